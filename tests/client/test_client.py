"""The Python client against a real broker and a real store."""

import asyncio
import errno
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from msgspec import structs

from broker import errors
from broker.auth import Scope
from broker.client import (
    AsyncClient,
    BrokerUnreachable,
    ChecksumMismatch,
    Client,
    SourceChanged,
    StoreRefused,
    StoreUnreachable,
    UploadEnded,
    downloading,
    retry,
    store,
)
from broker.client.calls import Calls
from broker.client.downloading import Downloading
from broker.client.hashing import fingerprint
from broker.client.partial_name import partial_name
from broker.client.sources import BytesSource, FileSource
from broker.client.uploading import Uploading
from broker.schemas import File, NewUpload, PresignedRequest, Upload
from broker.settings import StoreSettings
from tests import faulty_store
from tests.faulty_store import (
    Exchange,
    FaultyStore,
    asked,
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


def fetch(client: Client, file: File, directory: Path) -> bytes:
    return client.download(file.id, directory / "fetched").read_bytes()


@pytest.mark.parametrize("body", [b"", b"hello", b"x" * 100_000])
def test_bytes_go_in_and_come_out(client: Client, tmp_path: Path, body: bytes) -> None:
    file = client.upload(body, name="größe.txt")

    assert (file.name, file.size, file.type) == ("größe.txt", len(body), "text/plain")
    assert fetch(client, file, tmp_path) == body


@pytest.mark.parametrize("policy", ["default", "sha256"])
def test_a_large_file_goes_in_parts_and_comes_in_ranges(
    client: Client, large: Path, tmp_path: Path, policy: str
) -> None:
    told: list[tuple[int, int]] = []
    file = client.upload(large, policy=policy, on_progress=lambda *at: told.append(at))

    fetched = client.download(file.id, tmp_path / "copy.mp4")

    assert fetched.read_bytes() == large.read_bytes()
    assert told[-1] == (file.size, file.size)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.mp4", "film.mp4"]


def test_a_file_is_downloaded_into_a_directory_by_its_name(client: Client, tmp_path: Path) -> None:
    file = client.upload(b"hello", name="hello.txt")

    assert client.download(file.id, tmp_path) == tmp_path / "hello.txt"


def test_a_broker_cannot_have_a_file_saved_elsewhere(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = client.upload(b"hello", name="hello.txt")
    monkeypatch.setattr(Calls, "read_file", lambda _, _id: structs.replace(file, name="../escaped"))
    (tmp_path / "in").mkdir()

    assert client.download(file.id, tmp_path / "in") == tmp_path / "in" / "escaped"


@pytest.mark.parametrize("place", ["pipe", "missing/", "directory/"])
def test_nothing_but_a_file_gives_way_to_a_download(client: Client, tmp_path: Path, place: str) -> None:
    os.mkfifo(tmp_path / "pipe")  # as a device is, which root could replace
    (tmp_path / "directory" / "hello.txt").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    file = client.upload(b"hello", name="hello.txt")

    with pytest.raises(OSError, match=place):
        client.download(file.id, f"{tmp_path}/{place}")

    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "pipe").is_fifo()


def test_many_files_are_fetched_each_to_its_path(client: Client, large: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    files = [client.upload(large), client.upload(b"hello", name="hello.txt"), client.upload(b"", name="gone")]
    client.files.delete(files[2].id)
    paths = [tmp_path / "new" / name for name in ("a/film", "b/hello", "gone")]

    outcomes = client.download_many(zip(files, paths, strict=True), on_progress=lambda *now: told.append(now))

    assert outcomes[:2] == paths[:2]
    assert isinstance(outcomes[2], errors.NotFound)
    assert [path.read_bytes() for path in paths[:2]] == [large.read_bytes(), b"hello"]
    assert told[-1] == (large.stat().st_size + 5,) * 2


def test_an_interrupt_ends_all_that_is_fetched(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "RANGE", 1024 * 1024)
    monkeypatch.setattr(downloading, "_WORKERS", 1)
    stopped = threading.Event()
    stop = Downloading.stop

    def stop_and_tell(each: Downloading) -> None:
        stop(each)
        stopped.set()

    monkeypatch.setattr(Downloading, "stop", stop_and_tell)
    files = [client.upload(b"hello", name="hello.txt"), client.upload(large)]
    line.requests.clear()

    def wait(exchange: Exchange) -> None:
        if exchange.headers["range"] != "bytes=0-4":
            stopped.wait(30)
        exchange.answer(*exchange.forward())

    def interrupt(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    line.otherwise = wait
    with pytest.raises(KeyboardInterrupt):
        client.download_many(((each, tmp_path / each.id) for each in files), on_progress=interrupt)

    assert len(line.requests) <= 2
    assert not (tmp_path / files[1].id).exists()


def test_many_files_are_created_and_completed_together(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = [tmp_path / f"{index}.txt" for index in range(20)]
    for path in small:
        path.write_text(path.name)
    in_folders = [(path, path.stem) for path in small[10:]]
    batches: list[int] = []
    create = Calls.create_batch

    def count(calls: Calls, drafts: Sequence[NewUpload], *, key: str) -> list[Upload | errors.BrokerError]:
        batches.append(len(drafts))
        return create(calls, drafts, key=key)

    monkeypatch.setattr(Calls, "create_batch", count)

    outcomes = client.upload_many([*small[:10], *in_folders, large], folder="top")

    assert [(each.folder, each.name) for each in outcomes if isinstance(each, File)] == [
        *(("top", path.name) for path in small[:10]),
        *((path.stem, path.name) for path in small[10:]),
        ("top", "film.mp4"),
    ]
    assert batches == [20]
    assert sorted(each.id for each in client.files) == sorted(
        each.id for each in outcomes if isinstance(each, File)
    )


def test_many_files_are_not_compared_each_with_each(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in ("a.txt", "b.txt", "c.txt")]
    for path in paths:
        path.write_text(path.name)
    compared: list[object] = []
    monkeypatch.setattr(Uploading, "__eq__", lambda _, other: compared.append(other))

    outcomes = client.upload_many(paths)

    assert [each.name for each in outcomes if isinstance(each, File)] == ["a.txt", "b.txt", "c.txt"]
    assert compared == []


def test_progress_of_many_files_adds_all_of_them_up(client: Client, large: Path, tmp_path: Path) -> None:
    other, small = tmp_path / "other.mp4", tmp_path / "a.txt"
    other.write_bytes(large.read_bytes())
    small.write_text("some")
    told: list[tuple[int, int]] = []

    client.upload_many([large, small, other], on_progress=lambda *at: told.append(at))

    total = 2 * large.stat().st_size + 4
    assert told[-1] == (total, total)


def test_one_refused_file_keeps_no_other_back(client: Client, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / ("n" * 240 + "\t.txt")
    good.write_text("good")
    bad.write_text("bad")

    first, second = client.upload_many([good, bad])

    assert isinstance(first, File)
    assert isinstance(second, errors.InvalidName)


@pytest.mark.parametrize(
    ("policy", "before"),
    [("sha256", {"single_put_max": 2**24}), ("sha256 whole", {"checksum_algorithm": "crc32c"})],
)
def test_a_policy_that_was_changed_since_it_was_read_is_read_again(
    client: Client,
    large: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    policy: str,
    before: dict[str, object],
) -> None:
    paths = [tmp_path / "a.txt", large, tmp_path / "b.txt"]
    for path in (paths[0], paths[2]):
        path.write_text(path.name)
    me = client.me()
    old = structs.replace(me, policies=tuple(structs.replace(each, **before) for each in me.policies))
    read = [me, old]
    monkeypatch.setattr(Calls, "me", lambda _: read.pop())

    outcomes = client.upload_many(paths, policy=policy)

    assert [getattr(each, "name", each) for each in outcomes] == ["a.txt", "film.mp4", "b.txt"]
    assert read == []


def test_a_policy_that_cannot_be_read_again_leaves_its_refusals(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("some")
    me = client.me()
    old = structs.replace(me, policies=(structs.replace(me.policies[0], name="sha256 whole"),))
    read = [structs.replace(me, policies=()), old]
    monkeypatch.setattr(Calls, "me", lambda _: read.pop())

    (outcome,) = client.upload_many([tmp_path / "a.txt"], policy="sha256 whole")

    assert isinstance(outcome, errors.InvalidChecksum)
    assert read == []


def test_what_refuses_all_files_is_the_outcome_of_each(remote: RunningBroker, tmp_path: Path) -> None:
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path in paths:
        path.write_text("text")
    with Client(remote.url, token=remote.token(scopes=[Scope.FILES_READ])) as reader:
        outcomes = reader.upload_many(paths)

    assert [type(each) for each in outcomes] == [errors.InsufficientScope] * 2


def test_one_that_cannot_be_read_or_named_keeps_no_other_back(client: Client, tmp_path: Path) -> None:
    good, gone, odd = tmp_path / "good.txt", tmp_path / "gone.txt", tmp_path / os.fsdecode(b"odd\xff.txt")
    for path in (good, gone, odd):
        path.write_text("some")

    def choose() -> Iterator[Path]:
        yield from (gone, odd)
        gone.unlink()
        yield good

    first, second, third = client.upload_many(choose())
    (alone,) = client.upload_many([odd])

    assert isinstance(first, FileNotFoundError)
    assert isinstance(second, errors.InvalidName)
    assert isinstance(third, File)
    assert isinstance(alone, errors.InvalidName)


def test_what_there_is_no_room_for_comes_after_what_is_sent(client: Client, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abcde"]
    for path in paths:
        path.write_text(path.name)

    outcomes = client.upload_many(paths, policy="narrow")

    assert [getattr(each, "name", each) for each in outcomes] == list("abcde")
    assert len(list(client.files)) == 5


def test_what_there_is_never_room_for_is_told_of_each(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in "ab"]
    for path in paths:
        path.write_text(path.name)
    monkeypatch.setattr(retry, "PATIENCE", 0.0)

    outcomes = client.upload_many(paths, policy="shut")

    assert [type(each) for each in outcomes] == [errors.TooManyUploads] * 2


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([error(503, "SlowDown")], id="busy"),
        pytest.param([disconnect], id="reset"),
        pytest.param([damage], id="damaged on the way"),
        pytest.param([error(403, "AccessDenied")], id="URL too old"),
        pytest.param([lose_answer], id="answer lost"),
        pytest.param([cut_short], id="answer cut short"),
        pytest.param([slowly] * 4, id="round trips of 200 ms"),
        pytest.param([error(408, "RequestTimeout")], id="408"),
        pytest.param([error(429, "TooManyRequests")] * 2, id="two 429"),
    ],
)
@pytest.mark.parametrize("name", ["small", "large"])
def test_a_failing_line_loses_nothing(
    client: Client,
    line: FaultyStore,
    large: Path,
    tmp_path: Path,
    faults: list[faulty_store.Fault],
    name: str,
) -> None:
    body = large.read_bytes() if name == "large" else b"small"
    line.faults.extend(faults)

    file = client.upload(body, name="file.bin")

    assert fetch(client, file, tmp_path) == body


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([lose_answer], id="lost answer"),
        pytest.param([error(403, "AccessDenied"), lose_answer], id="lost answer, by the second URL"),
    ],
)
def test_what_was_stored_without_an_answer_counts_as_sent(
    client: Client, line: FaultyStore, faults: list[faulty_store.Fault]
) -> None:
    line.faults += faults
    told: list[tuple[int, int]] = []

    client.upload(b"hello", name="a.txt", on_progress=lambda *at: told.append(at))

    assert told[-1] == (5, 5)


@pytest.mark.parametrize("many", [False, True], ids=["alone", "among many"])
def test_what_the_broker_made_a_file_before_the_client_knew_is_that_file(
    client: Client, remote: RunningBroker, token: str, line: FaultyStore, tmp_path: Path, many: bool
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("some")
    headers = {"authorization": f"Bearer {token}"}

    def complete_and_disconnect(exchange: Exchange) -> None:
        """As when the store reports what it took, or the client's machine slept for an hour."""
        exchange.forward()
        (upload,) = client.uploads.pending()
        url = f"{remote.url}/v1/uploads/{upload.id}/complete"
        httpx.post(url, headers=headers, json={}, verify=False).raise_for_status()
        exchange.disconnect()

    line.faults.append(complete_and_disconnect)
    stored = client.upload_many([path])[0] if many else client.upload(path)

    assert stored == next(iter(client.files))


def test_six_failures_in_a_row_are_borne(client: Client, line: FaultyStore, large: Path) -> None:
    line.faults.extend([error(503, "SlowDown")] * 3 + [disconnect] * 3)

    assert client.upload(large).size == large.stat().st_size


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
    client: Client,
    token: str,
    way: FaultyStore,
    large: Path,
    tmp_path: Path,
    call: str,
    name: str,
) -> None:
    body = large.read_bytes() if name == "large" else b"small"
    way.otherwise = on_call(call, lose_answer)

    with Client(way.settings.url, token=token) as far:
        file = far.upload(body, name="file.bin")

    assert len(asked(way, call)) > 1
    assert ([each.id for each in client.files], list(client.uploads.pending())) == ([file.id], [])
    assert fetch(client, file, tmp_path) == body


@pytest.mark.parametrize(
    "call", ["GET /me", "GET /uploads", "POST /uploads", "POST /parts", "POST /complete", "POST /download"]
)
def test_a_broker_in_trouble_is_waited_for(
    token: str, way: FaultyStore, large: Path, tmp_path: Path, call: str
) -> None:
    way.otherwise = on_call(call, *[faulty_store.body(b"", 503)] * 2, disconnect)

    with Client(way.settings.url, token=token) as far:
        file = far.upload(large)

        assert fetch(far, file, tmp_path) == large.read_bytes()


def test_a_store_that_is_down_for_some_seconds_is_waited_for(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.otherwise = down_for(2)

    file = client.upload(large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_a_line_of_8_mb_a_second_is_waited_for(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.reading = throttled

    file = client.upload(large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_a_connection_that_stands_still_is_given_up(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_TIMEOUT", httpx.Timeout(5, write=0.5))
    line.reading = stalling(1)

    file = client.upload(large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_wrong_does_no_harm(
    client: Client, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + minutes * 60)

    file = client.upload(large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


@pytest.mark.parametrize("name", ["small", "large"])
def test_a_file_that_changes_on_disk_is_never_a_mixture(
    client: Client, line: FaultyStore, large: Path, name: str
) -> None:
    if name == "small":
        large.write_bytes(b"small")
    line.otherwise = change_on_disk(large)

    with pytest.raises(SourceChanged):
        client.upload(large)

    assert list(client.files) == []


@pytest.mark.parametrize("many", [False, True], ids=["alone", "among many"])
def test_a_pipe_is_not_stored_as_an_empty_file(client: Client, pipe: Path, large: Path, many: bool) -> None:
    with pytest.raises(OSError, match="Not a regular file"):
        client.upload_many([large, pipe]) if many else client.upload(pipe)

    assert list(client.files) == []


def test_a_full_store_is_told_as_what_it_is(client: Client, line: FaultyStore, large: Path) -> None:
    line.otherwise = error(507, "XMinioStorageFull")

    with pytest.raises(StoreRefused) as refused:
        client.upload(large)

    assert (refused.value.status, refused.value.code) == (507, "XMinioStorageFull")


def test_what_the_store_refuses_for_good_is_told(client: Client, line: FaultyStore) -> None:
    line.otherwise = error(400, "InvalidArgument")

    with pytest.raises(StoreRefused) as refused:
        client.upload(b"hello", name="hello.txt")

    assert (refused.value.status, refused.value.code) == (400, "InvalidArgument")


def refuse_part(number: int) -> faulty_store.Fault:
    def fault(exchange: Exchange) -> None:
        if f"partNumber={number}&" in exchange.path:
            error(400, "InvalidArgument")(exchange)
        else:
            exchange.answer(*exchange.forward())

    return fault


def test_another_process_goes_on_where_one_was_cut_short(
    client: Client, remote: RunningBroker, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.otherwise = refuse_part(2)
    with pytest.raises(StoreRefused):
        client.upload(large)
    (pending,) = client.uploads.pending()
    line.otherwise = None
    held = {number for number in (1, 3) if any(f"partNumber={number}&" in each for each in line.requests)}
    line.requests.clear()

    file = client.upload(large)

    assert 2 in {int(each.split("partNumber=")[1].split("&")[0]) for each in line.requests}
    assert len(line.requests) <= 3 - len(held) + 1
    assert list(client.uploads.pending()) == []
    assert pending.fingerprint == fingerprint(FileSource(large))
    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_another_file_of_the_same_name_and_size_is_not_mixed_in(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.otherwise = refuse_part(2)
    with pytest.raises(StoreRefused):
        client.upload(large)
    line.otherwise = None
    other = bytes(large.stat().st_size)

    file = client.upload(other, name=large.name)

    assert len(list(client.uploads.pending())) == 1
    assert fetch(client, file, tmp_path) == other


@pytest.mark.parametrize(("folder", "policy"), [("inbox", "default"), ("", "sha256")])
def test_a_file_that_goes_elsewhere_is_begun_anew(
    client: Client, line: FaultyStore, large: Path, folder: str, policy: str
) -> None:
    line.otherwise = refuse_part(2)
    with pytest.raises(StoreRefused):
        client.upload(large)
    line.otherwise = None

    file = client.upload(large, folder=folder, policy=policy)

    assert (file.folder, file.policy) == (folder, policy)
    assert len(list(client.uploads.pending())) == 1


def first(act: Callable[[], object]) -> faulty_store.Fault:
    """Have something happen before the store hears of the request."""

    def fault(exchange: Exchange) -> None:
        act()
        exchange.answer(*exchange.forward())

    return fault


def test_the_file_of_another_client_that_was_faster_is_the_file(
    client: Client, remote: RunningBroker, token: str, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    def overtake() -> None:
        with Client(remote.url, token=token) as other:
            other.upload(large)

    line.faults.append(first(overtake))
    told: list[tuple[int, int]] = []

    file = client.upload(large, on_progress=lambda *at: told.append(at))

    assert ([*client.files], [*client.uploads.pending()]) == ([file], [])
    assert told[-1] == (file.size, file.size)
    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_another_file_whose_fingerprint_lies_is_not_taken_for_the_file(
    client: Client, remote: RunningBroker, token: str, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    body = bytearray(large.read_bytes())
    body[100_000] ^= 1

    def overtake() -> None:
        with Client(remote.url, token=token) as other:
            other.upload(bytes(body), name=large.name)

    line.faults.append(first(overtake))

    file = client.upload(large)

    assert fingerprint(BytesSource(bytes(body), "")) == fingerprint(FileSource(large))
    assert len(list(client.files)) == 2
    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_an_upload_that_the_store_has_lost_is_begun_anew_and_found_no_more(
    client: Client, embedded: StoreSettings, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.otherwise = refuse_part(2)
    with pytest.raises(StoreRefused):
        client.upload(large)
    (pending,) = client.uploads.pending()
    line.mend()
    drop_parts(embedded, {"id": pending.id})

    file = client.upload(large)

    assert list(client.uploads.pending()) == []
    assert fetch(client, file, tmp_path) == large.read_bytes()


def give_up(client: Client) -> None:
    (pending,) = client.uploads.pending()
    client.uploads.abort(pending.id)


def finish_and_delete(client: Client, large: Path) -> None:
    client.files.delete(client.upload(large).id)


@pytest.mark.parametrize("is_file", [False, True], ids=["aborted", "a file that was deleted"])
def test_an_upload_that_is_given_up_elsewhere_is_not_begun_anew(
    client: Client, remote: RunningBroker, token: str, line: FaultyStore, large: Path, is_file: bool
) -> None:
    def end() -> None:
        with Client(remote.url, token=token) as other:
            finish_and_delete(other, large) if is_file else give_up(other)

    line.faults.append(first(end))

    with pytest.raises(UploadEnded):
        client.upload(large)
    assert [*client.files, *client.uploads.pending()] == []


def test_a_download_that_was_cut_short_goes_on(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "RANGE", 8 * 1024 * 1024)
    monkeypatch.setattr(downloading, "_WORKERS", 1)
    file = client.upload(large)
    line.faults.extend([lambda exchange: exchange.answer(*exchange.forward()), error(400, "InvalidArgument")])
    with pytest.raises(StoreRefused):
        client.download(file.id, tmp_path / "copy.mp4")
    assert not (tmp_path / "copy.mp4").exists()
    line.requests.clear()

    fetched = client.download(file.id, tmp_path / "copy.mp4")

    assert len(line.requests) == 2
    assert fetched.read_bytes() == large.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.mp4", "film.mp4"]


def test_what_is_left_of_another_download_is_not_taken_for_a_part_of_this_one(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "RANGE", 8 * 1024 * 1024)
    monkeypatch.setattr(downloading, "_WORKERS", 1)
    path = tmp_path / "copy.mp4"
    other = client.upload(bytes(large.stat().st_size), name="other.mp4")
    file = client.upload(large)
    for left in "of another file", "notes alone":
        line.faults.extend(
            [lambda exchange: exchange.answer(*exchange.forward()), error(400, "InvalidArgument")]
        )
        with pytest.raises(StoreRefused):
            client.download((other if left == "of another file" else file).id, path)
        if left == "notes alone":
            path.with_name(partial_name(path.name)).unlink()

        assert client.download(file.id, path).read_bytes() == large.read_bytes()
        path.unlink()


def test_what_may_be_lost_in_a_power_failure_is_not_noted_as_fetched(
    client: Client, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = client.upload(large)
    path = tmp_path / "copy.mp4"

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="the disk is broken"):
            client.download(file.id, path)

    assert not path.with_name(f"{partial_name(path.name)}.json").exists()
    assert client.download(file.id, path).read_bytes() == large.read_bytes()


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 127 + "."], ids=["ASCII", "UTF-8"])
def test_a_file_of_the_longest_name_comes_out(client: Client, tmp_path: Path, name: str) -> None:
    file = client.upload(b"hello", name=name)

    assert client.download(file.id, tmp_path).read_bytes() == b"hello"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def flip_a_byte(exchange: Exchange) -> None:
    status, headers, content = exchange.forward()
    exchange.answer(status, headers, content[:100] + bytes([content[100] ^ 1]) + content[101:])


def test_damaged_bytes_are_never_taken_for_the_file(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    file = client.upload(large)
    line.faults.append(flip_a_byte)

    with pytest.raises(ChecksumMismatch):
        client.download(file.id, tmp_path / "copy.mp4")

    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_an_answer_cut_short_is_fetched_again(
    client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    file = client.upload(large)
    line.faults.append(cut_short)

    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_errors_are_the_brokers_own(client: Client, tmp_path: Path) -> None:
    with pytest.raises(errors.NotFound, match="There is no such file"):
        client.files.get("none")
    with pytest.raises(errors.InvalidField) as refused:
        client.upload(b"x", name="x", policy="none")
    with pytest.raises(errors.InvalidName) as invalid:
        client.upload(b"x", name="a/b")
    with pytest.raises(errors.InvalidName):
        client.upload(__file__, name="")

    assert refused.value.members["field"] == "policy"
    assert invalid.value.members["field"] == "name"


def test_a_deleted_file_is_gone_and_an_aborted_upload_is_not_pending(
    client: Client, line: FaultyStore, large: Path
) -> None:
    file = client.upload(b"hello", name="hello.txt")
    line.otherwise = refuse_part(1)
    with pytest.raises(StoreRefused):
        client.upload(large)

    client.files.delete(file.id)
    (pending,) = client.uploads.pending()
    client.uploads.abort(pending.id)

    assert [*client.files, *client.uploads.pending()] == []


def test_a_broker_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        Client("http://127.0.0.1:1", token="t") as client,
        pytest.raises(BrokerUnreachable, match="Connection refused"),
    ):
        client.me()


@pytest.mark.parametrize(
    "address",
    [
        *("localhost:8000", "files.example.org", "ftp://files", "http://", "http://[::1"),
        *("https://eve@files", "https://files/?a=1", "https://files/#a"),
    ],
)
def test_what_is_no_address_is_told_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="not an address") as told:
        Client(address, token="t")

    assert "eve" not in str(told.value)


def test_something_else_that_answers_is_not_taken_for_a_broker(way: FaultyStore) -> None:
    way.otherwise = faulty_store.body(b"<!doctype html>")

    with (
        Client(way.settings.url, username="eve", password="a good password") as client,
        pytest.raises(BrokerUnreachable, match="not the broker's"),
    ):
        client.me()


def test_signing_in_may_take_as_long_as_any_other_call(
    remote: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed: dict[str, set[float]] = {}
    send = httpx.HTTPTransport.handle_request

    def note(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        allowed[request.url.path] = set(request.extensions["timeout"].values())
        return send(transport, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", note)
    remote.add_user("dora", "a good password")
    with Client(remote.url, username="dora", password="a good password") as client:
        client.me()

    assert allowed == {"/v1/session": {30}, "/v1/me": {30}}


def test_a_token_may_come_from_a_file_with_its_line_break(remote: RunningBroker) -> None:
    with Client(remote.url, token=f"{remote.token('alice')}\n") as client:
        assert client.me().subject == "alice"


@pytest.mark.parametrize("token", ["", "two\nlines", "größe"])
def test_what_no_header_can_hold_is_no_token(remote: RunningBroker, token: str) -> None:
    with Client(remote.url, token=token) as client, pytest.raises(errors.InvalidToken):
        client.upload(b"x", name="x")


def test_a_store_that_does_not_answer_is_named_without_its_signature() -> None:
    url = "http://127.0.0.1:1/bucket/key?X-Amz-Signature=secret"
    request = PresignedRequest(method="PUT", url=url, headers={}, expires_at=datetime.now(UTC))

    with httpx.Client() as http, pytest.raises(StoreUnreachable) as unanswered:
        store.StoreCalls(http).put(request, [b"x"])

    assert str(unanswered.value).startswith("http://127.0.0.1:1, the store, does not answer (")


def test_a_token_that_expired_is_asked_for_again(remote: RunningBroker) -> None:
    tokens = [remote.token(expires_in=-int(timedelta(hours=2).total_seconds())), remote.token("bob")]
    asked = iter([tokens[0], tokens[0], tokens[1], tokens[1]])

    with Client(remote.url, token=lambda: next(asked)) as client:
        assert client.me().subject == "bob"


def test_a_user_signs_in_with_a_password(remote: RunningBroker) -> None:
    remote.add_user("carol", "a good password")

    with Client(remote.url, username="carol", password="a good password") as client:
        assert client.me().subject == "carol"


def test_files_are_found_renamed_moved_and_thrown_away(remote: RunningBroker) -> None:
    with Client(remote.url, token=remote.token("finder")) as client:
        files = client.files
        first, second = (client.upload(b"x" * size, name="Film.mp4", folder="a") for size in (1, 2))

        moved = files.change(first.id, name="Series.mp4", folder="b")
        with pytest.raises(errors.NameTaken):
            files.change(second.id, name="series.mp4", folder="b", collision="refuse")
        numbered = files.change(second.id, name="Series.mp4", folder="b", collision="rename")
        trashed = files.change(moved.id, trashed=True)

        assert (moved.name, moved.folder, numbered.name) == ("Series.mp4", "b", "Series (2).mp4")
        assert trashed.trashed_at is not None
        assert [file.id for file in files] == [second.id]
        assert list(files.find(folder="a")) == []
        assert [file.id for file in files.find(q="SERIES", trashed=True)] == [first.id]
        assert list(files.find(q="film")) == []
        restored = files.change(first.id, trashed=False)
        assert [file.id for file in files.find(folder="b", sort="size")] == [restored.id, second.id]


def test_folders_are_made_moved_thrown_away_and_taken_back(remote: RunningBroker) -> None:
    with Client(remote.url, token=remote.token("filer")) as client:
        folders = client.folders
        client.upload(b"hello", name="a.txt", folder="inbox/2026")

        assert folders.create("empty").path == "empty"
        assert folders.move("inbox", "archive").path == "archive"
        assert [folder.path for folder in folders.within()] == ["archive", "empty"]
        assert [folder.path for folder in folders.within("archive")] == ["archive/2026"]
        trashed_at = folders.trash("archive")
        assert [folder.path for folder in folders.within()] == ["empty"]
        assert folders.restore("archive", trashed_at) == 1
        assert [file.folder for file in client.files] == ["archive/2026"]
        with pytest.raises(errors.NotFound):
            folders.move("nowhere", "else")
        for not_text in (lambda: folders.create("\udcff"), lambda: list(folders.within("\udcff"))):
            with pytest.raises(errors.MalformedJson, match="UTF-8"):
                not_text()


def test_the_asynchronous_client_does_the_same(remote: RunningBroker, tmp_path: Path) -> None:
    async def whole_job() -> tuple[bytes, list[str]]:
        async with AsyncClient(remote.url, token=remote.token("dora")) as client:
            file = await client.upload(b"hello", name="hello.txt")
            path = await client.download(file.id, tmp_path)
            names = [each.name async for each in client.iterate_files(folder="", q="HELLO", sort="name")]
            assert (await client.change_file(file.id, name="bye.txt")).name == "bye.txt"
            share = await client.create_share(file.id, expires_in=60)
            assert await client.list_shares(file.id) == [share]
            await client.revoke_share(share.id)
            assert await client.list_shares() == []
            await client.upload(b"hello", name="other.txt", folder="inbox")
            assert [each.path for each in await client.list_folders()] == ["inbox"]
            assert (await client.create_folder("a")).path == "a"
            assert (await client.move_folder("a", "b")).path == "b"
            await client.restore_folder("b", await client.trash_folder("b"))
            assert [each.path for each in await client.list_folders()] == ["b", "inbox"]
            assert await client.download_many([(file, tmp_path / "copy")]) == [tmp_path / "copy"]
            of_folder = await client.create_folder_share("inbox", max_downloads=2)
            receiving = await client.create_receiving_share("inbox", title="Yours, please", max_files=3)
            assert await client.list_shares() == [receiving, of_folder]
            await client.delete_file(file.id)
            return path.read_bytes(), names

    assert asyncio.run(whole_job()) == (b"hello", ["hello.txt"])


def test_a_source_in_memory_reads_as_one_on_disk(large: Path) -> None:
    memory = BytesSource(large.read_bytes(), "film.mp4")

    for start, length in [(0, 10), (5, 3_000_000), (memory.size - 3, 100)]:
        on_disk = b"".join(FileSource(large).chunks(start, length))
        assert b"".join(memory.chunks(start, length)) == on_disk
