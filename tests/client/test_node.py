"""The Node.js client, as it is built and as a back end imports it, against a real broker and a real store."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from broker.client import Client, StoreRefused
from broker.client.partial_name import partial_name
from broker.settings import StoreSettings
from tests.client.conftest import PACKAGE, ROOT
from tests.faulty_store import (
    Exchange,
    Fault,
    FaultyStore,
    asked,
    body,
    change_on_disk,
    cut_short,
    damage,
    disconnect,
    down_for,
    error,
    lose_answer,
    on_call,
    slowly,
    stalling,
    throttled,
)
from tests.objects import drop_parts
from tests.running import RunningBroker

BROKEN_DISK = """
import { open } from "node:fs/promises";
const file = await open("/dev/null");
Object.getPrototypeOf(file).sync = async () => {
  throw new Error("the disk is broken");
};
await file.close();
"""


class Node:
    """A back end in Node.js that acts for a user."""

    def __init__(self, script: Path, url: str, *tokens: str, **environ: str) -> None:
        self._script = script
        self._environ = os.environ | {"BROKER_URL": url, "BROKER_TOKENS": " ".join(tokens)} | environ

    def run(self, *arguments: object) -> Any:  # noqa: ANN401 - whatever JSON it answers
        done = subprocess.run(
            ["node", str(self._script), *map(str, arguments)],
            env=self._environ,
            check=True,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.stderr == ""  # Node.js warns there of what may be a leak
        return json.loads(done.stdout)


@pytest.fixture
def node(remote: RunningBroker, script: Path, token: str, client: Client) -> Node:
    """Return the Node.js client of the user whose Python client is `client`."""
    return Node(script, remote.url, token)


@pytest.fixture
def far(way: FaultyStore, script: Path, token: str, client: Client) -> Node:
    """Return the same, which reaches the broker by a line that may fail."""
    return Node(script, way.settings.url, token)


def fetch(client: Client, file: dict[str, Any], directory: Path) -> bytes:
    return client.download(file["id"], directory / "fetched").read_bytes()


def test_a_large_file_goes_in_and_comes_out(node: Node, client: Client, large: Path, tmp_path: Path) -> None:
    file = node.run("upload", large)

    assert node.run("download", file["id"], tmp_path / "copy.mp4")["rss"] < 300_000_000
    assert (tmp_path / "copy.mp4").read_bytes() == large.read_bytes()
    assert file["told"] == file["size"] == large.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.mp4", "film.mp4"]
    assert fetch(client, file, tmp_path) == large.read_bytes()


@pytest.mark.parametrize("policy", ["sha256", "sha256 whole"])
@pytest.mark.parametrize("name", ["small", "large"])
def test_a_policy_may_ask_for_sha256(
    node: Node, client: Client, large: Path, tmp_path: Path, policy: str, name: str
) -> None:
    if name == "small":
        large.write_bytes(b"small")

    file = node.run("upload", large, policy)

    assert file["checksum"].startswith("sha256:")
    assert fetch(client, file, tmp_path) == large.read_bytes()


@pytest.mark.parametrize(
    ("policy", "before"),
    [("sha256", {"single_put_max": 2**24}), ("sha256 whole", {"checksum_algorithm": "crc32c"})],
)
def test_a_policy_that_was_changed_since_it_was_read_is_read_again(
    far: Node, client: Client, way: FaultyStore, large: Path, tmp_path: Path, policy: str, before: object
) -> None:
    def tell_what_was_before(exchange: Exchange) -> None:
        status, headers, content = exchange.forward()
        me = json.loads(content)
        old = json.dumps(me | {"policies": [each | before for each in me["policies"]]}).encode()
        exchange.answer(status, headers | {"content-length": str(len(old))}, old)

    large.write_bytes(b"small")
    way.otherwise = on_call("GET /me", tell_what_was_before)

    file = far.run("upload", large, policy)

    assert file["checksum"].startswith("sha256:")
    assert len(asked(way, "GET /me")) == 2
    assert fetch(client, file, tmp_path) == b"small"


def test_a_file_of_the_longest_name_comes_out(node: Node, client: Client, tmp_path: Path) -> None:
    file = client.upload(b"hello", name="ü" * 127 + ".")

    node.run("download", file.id, tmp_path / file.name)

    assert (tmp_path / file.name).read_bytes() == b"hello"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_what_may_be_lost_in_a_power_failure_is_not_noted_as_fetched(
    remote: RunningBroker, script: Path, token: str, client: Client, large: Path, tmp_path: Path
) -> None:
    file = client.upload(large)
    (tmp_path / "broken-disk.mjs").write_text(BROKEN_DISK)
    options = f"--import {(tmp_path / 'broken-disk.mjs').as_uri()}"
    copy = tmp_path / "copy.mp4"

    failed = Node(script, remote.url, token, NODE_OPTIONS=options).run("download", file.id, copy)

    assert failed["text"] == "the disk is broken"
    assert not copy.with_name(f"{partial_name(copy.name)}.json").exists()


def test_a_file_whose_parts_have_sha256_is_verified(
    node: Node, client: Client, large: Path, tmp_path: Path
) -> None:
    file = client.upload(large, policy="sha256")

    node.run("download", file.id, tmp_path / "copy.mp4")

    assert (tmp_path / "copy.mp4").read_bytes() == large.read_bytes()


def test_bytes_in_memory_and_an_empty_file_go_in(node: Node, client: Client, tmp_path: Path) -> None:
    (tmp_path / "empty.bin").touch()

    text = node.run("memory", "größe.txt", "hello")
    empty = node.run("upload", tmp_path / "empty.bin")

    assert fetch(client, text, tmp_path) == b"hello"
    assert (text["name"], empty["size"]) == ("größe.txt", 0)


def test_many_files_go_together(node: Node, client: Client, tmp_path: Path) -> None:
    paths = [tmp_path / f"{index}.txt" for index in range(30)]
    for path in paths:
        path.write_text(path.name)

    files = node.run("many", *paths)

    assert [file["name"] for file in files] == [path.name for path in paths]
    assert len(list(client.files)) == 30


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([error(503, "SlowDown")] * 6, id="busy six times"),
        pytest.param([disconnect] * 6, id="reset six times"),
        pytest.param([damage], id="damaged on the way"),
        pytest.param([error(403, "AccessDenied")], id="URL too old"),
        pytest.param([lose_answer], id="answer lost"),
        pytest.param([cut_short], id="answer cut short"),
        pytest.param([slowly] * 4, id="round trips of 200 ms"),
        pytest.param([error(408, "RequestTimeout")], id="408"),
        pytest.param([error(429, "TooManyRequests")] * 2, id="two 429"),
    ],
)
def test_a_failing_line_loses_nothing(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path, faults: list[Fault]
) -> None:
    line.faults.extend(faults)

    file = node.run("upload", large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("small", "POST /uploads"),
        ("small", "POST /complete"),
        ("large", "POST /uploads"),
        ("large", "POST /parts"),
        ("large", "POST /complete"),
    ],
)
def test_a_lost_answer_of_the_broker_leaves_nothing_twice(
    far: Node, client: Client, way: FaultyStore, large: Path, tmp_path: Path, call: str, name: str
) -> None:
    if name == "small":
        large.write_bytes(b"small")
    way.otherwise = on_call(call, lose_answer)

    file = far.run("upload", large)

    assert len(asked(way, call)) > 1
    assert ([each.id for each in client.files], list(client.uploads.pending())) == ([file["id"]], [])
    assert fetch(client, file, tmp_path) == large.read_bytes()


@pytest.mark.parametrize(
    "call", ["GET /me", "GET /uploads", "POST /uploads", "POST /parts", "POST /complete", "POST /download"]
)
def test_a_broker_in_trouble_is_waited_for(
    far: Node, way: FaultyStore, large: Path, tmp_path: Path, call: str
) -> None:
    way.otherwise = on_call(call, *[body(b"", 503)] * 2, disconnect)

    file = far.run("upload", large)
    far.run("download", file["id"], tmp_path / "copy.mp4")

    assert (tmp_path / "copy.mp4").read_bytes() == large.read_bytes()


def test_a_store_that_is_down_for_some_seconds_is_waited_for(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.otherwise = down_for(2)

    file = node.run("upload", large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_a_line_of_8_mb_a_second_is_waited_for(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.reading = throttled

    file = node.run("upload", large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


@pytest.mark.parametrize("name", ["small", "large"])
def test_a_connection_that_stands_still_is_given_up(
    remote: RunningBroker,
    script: Path,
    token: str,
    client: Client,
    line: FaultyStore,
    large: Path,
    tmp_path: Path,
    name: str,
) -> None:
    if name == "small":
        large.write_bytes(b"small")
    line.reading = stalling(1)

    file = Node(script, remote.url, token, HASTE="60").run("upload", large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_a_token_that_expires_is_renewed(
    script: Path, token: str, client: Client, way: FaultyStore, large: Path, tmp_path: Path
) -> None:
    expired = b'{"type": "urn:broker:problem:expired-token", "status": 401}'
    way.otherwise = on_call("POST /parts", body(expired, 401))

    file = Node(script, way.settings.url, token, token).run("upload", large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


@pytest.mark.parametrize("minutes", ["-10", "10"])
def test_a_clock_that_is_wrong_does_no_harm(
    remote: RunningBroker,
    script: Path,
    token: str,
    client: Client,
    large: Path,
    tmp_path: Path,
    minutes: str,
) -> None:
    file = Node(script, remote.url, token, CLOCK_MINUTES=minutes).run("upload", large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_a_file_that_changes_on_disk_is_never_a_mixture(
    node: Node, client: Client, line: FaultyStore, large: Path
) -> None:
    line.otherwise = change_on_disk(large)

    refused = node.run("upload", large)

    assert refused.get("error") == "SourceUnreadable"
    assert list(client.files) == []


def test_a_small_file_is_read_once_and_stored_as_it_was(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    large.write_bytes(b"small")
    line.otherwise = change_on_disk(large)

    file = node.run("upload", large)

    assert large.read_bytes() != b"small"
    assert fetch(client, file, tmp_path) == b"small"


def test_a_pipe_is_not_stored_as_an_empty_file(node: Node, client: Client, pipe: Path) -> None:
    refused = node.run("upload", pipe)

    assert refused == {"error": "SourceUnreadable", "text": f"{pipe} is not a regular file"}
    assert list(client.files) == []


def test_a_full_store_is_told_as_what_it_is(node: Node, line: FaultyStore, large: Path) -> None:
    line.otherwise = error(507, "XMinioStorageFull")

    refused = node.run("upload", large)

    assert (refused["error"], refused["status"]) == ("StoreRefused", 507)


def refuse_the_second(exchange: Exchange) -> None:
    if "partNumber=2&" in exchange.path:
        error(400, "InvalidArgument")(exchange)
    else:
        exchange.answer(*exchange.forward())


def test_what_python_began_is_gone_on_with_and_the_other_way_round(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.otherwise = refuse_the_second
    with pytest.raises(StoreRefused):
        client.upload(large)
    (pending,) = node.run("pending")
    line.otherwise = None
    file = node.run("upload", large)
    assert list(client.uploads.pending()) == []

    client.files.delete(file["id"])
    line.otherwise = refuse_the_second
    refused = node.run("upload", large)
    line.otherwise = None
    (again,) = client.uploads.pending()
    late = client.upload(large)

    assert pending["fingerprint"] == again.fingerprint
    assert (refused["error"], refused["status"]) == ("StoreRefused", 400)
    assert client.download(late.id, tmp_path / "copy").read_bytes() == large.read_bytes()


def test_what_another_client_has_finished_is_begun_anew(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    def overtake(exchange: Exchange) -> None:
        client.upload(large)
        exchange.answer(*exchange.forward())

    line.faults.append(overtake)

    file = node.run("upload", large)

    assert (len(list(client.files)), list(client.uploads.pending())) == (2, [])
    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_an_upload_that_the_store_has_lost_is_begun_anew(
    node: Node, client: Client, embedded: StoreSettings, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.otherwise = refuse_the_second
    node.run("upload", large)
    (pending,) = client.uploads.pending()
    line.mend()
    drop_parts(embedded, {"id": pending.id})

    file = node.run("upload", large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_damaged_bytes_are_never_taken_for_the_file(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    def flip_a_byte(exchange: Exchange) -> None:
        status, headers, content = exchange.forward()
        exchange.answer(status, headers, content[:100] + bytes([content[100] ^ 1]) + content[101:])

    file = node.run("upload", large)
    line.faults.append(flip_a_byte)

    refused = node.run("download", file["id"], tmp_path / "copy.mp4")

    assert refused["error"] == "ChecksumMismatch"
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_refusal_has_the_problems_slug(node: Node, tmp_path: Path) -> None:
    refused = node.run("memory", "a/b", "x")

    assert (refused["error"], refused["slug"]) == ("Problem", "invalid-name")


def test_the_engine_takes_at_most_12_kb_of_a_page(tmp_path: Path) -> None:
    entry = tmp_path / "page.js"
    entry.write_text(f'export {{ createClient }} from "{PACKAGE / "src" / "index.ts"}";')
    command = ["node", str(ROOT / "tests" / "node" / "size.mjs"), str(ROOT / "frontend"), str(entry)]

    taken = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert 5_000 < int(taken) <= 12 * 1024


def test_a_link_is_made_listed_and_taken_back(node: Node, client: Client) -> None:
    file = client.upload(b"hello", name="a.txt")

    done = node.run("share", file.id)

    share = done["share"]
    assert (share["file"], share["max_downloads"], share["has_password"]) == (file.id, 2, True)
    assert (done["listed"], done["left"]) == ([share], [])


def test_folders_are_made_moved_thrown_away_and_taken_back(node: Node, client: Client) -> None:
    client.upload(b"hello", name="a.txt", folder="inbox/2026")

    done = node.run("folders")

    assert (done["made"], done["moved"]) == ({"path": "empty"}, {"path": "archive"})
    assert done["there"] == [["archive", "empty"], ["archive/2026"]]
    assert done["left"] == ["empty"]
    assert done["restored"] == 1
    assert [file["folder"] for file in done["files"]] == ["archive/2026"]


def test_links_to_a_folder_are_made(node: Node, client: Client) -> None:
    client.upload(b"hello", name="a.txt", folder="inbox")

    done = node.run("shareFolder", "inbox")

    assert done["listed"] == done["made"]
    receiving, shared = done["made"]
    assert (shared["kind"], shared["max_downloads"]) == ("folder", 2)
    assert (receiving["kind"], receiving["max_files"], receiving["max_bytes"]) == ("receive", 3, 1000)
    assert (receiving["title"], receiving["message"]) == ("Yours", "Thanks")
