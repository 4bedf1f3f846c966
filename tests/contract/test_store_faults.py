"""A store that fails: what is tried again, what is not, and what the caller learns."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count

import httpx
import pytest
from msgspec import structs

from broker.errors import StoreUnavailable
from broker.settings import StoreSettings
from broker.stores.base import PartToSend, StoredPart
from broker.stores.s3 import S3Store
from broker.stores.threads import AllStuck
from tests.contract.test_store import crc32c, run
from tests.faulty_store import (
    Exchange,
    Fault,
    FaultyStore,
    body,
    cut_short,
    disconnect,
    error,
    faulty,
    hang,
    lose_answer,
    trickle,
)

DATA = b"a last part may be small"
TRANSIENT = [
    error(500, "InternalError"),
    error(502, "BadGateway"),
    error(503, "ServiceUnavailable"),
    error(503, "SlowDown"),
    error(429, "TooManyRequests"),
    disconnect,
]
TRANSIENT_IDS = ["500", "502", "503", "slow-down", "429", "disconnect"]

_numbers = count()


@pytest.fixture
def proxy(embedded: StoreSettings) -> Iterator[FaultyStore]:
    with faulty(embedded) as proxy:
        yield proxy


@pytest.fixture
def store(proxy: FaultyStore) -> Iterator[S3Store]:
    store = S3Store(proxy.settings)
    yield store
    store.close()


@pytest.fixture
def hurried(proxy: FaultyStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    """Return a store that gives its calls one second."""
    for name in "_CALL_SECONDS", "_ASSEMBLY_SECONDS":
        monkeypatch.setattr(f"broker.stores.s3.{name}", 1)
    store = S3Store(proxy.settings)
    yield store
    store.close()


@pytest.fixture
def key() -> str:
    """Return a key that no other test uses."""
    return f"uploads/faults/{next(_numbers)}"


async def begin(store: S3Store, key: str) -> tuple[str, list[StoredPart]]:
    """Begin an upload of one part and send it; return its id and its parts."""
    upload_id = await store.create_multipart(key, media_type="text/plain", algorithm="crc32c")
    part = PartToSend(1, len(DATA), crc32c(DATA))
    [request] = store.presign_parts(key, upload_id, [part], expires_in=60, at=datetime.now(UTC))
    async with httpx.AsyncClient() as client:
        sent = await client.put(request.url, headers=request.headers, content=DATA)
    sent.raise_for_status()
    parts = await store.list_parts(key, upload_id, after=0, limit=1000)
    assert parts is not None
    return upload_id, parts


async def list_objects(store: S3Store, key: str) -> list[str]:
    return [found.key async for found in store.list_objects(key)]


CALLS: dict[str, Callable[[S3Store, str], Awaitable[object]]] = {
    "head": lambda store, key: store.head(key),
    "delete": lambda store, key: store.delete(key),
    "check": lambda store, _: store.check(),
    "read_start": lambda store, key: store.read_start(key, 10),
    "list_objects": list_objects,
    "create_multipart": lambda store, key: store.create_multipart(
        key, media_type="text/plain", algorithm="crc32c"
    ),
    "list_parts": lambda store, key: store.list_parts(key, "id", after=0, limit=10),
    "complete_multipart": lambda store, key: store.complete_multipart(
        key, "id", [StoredPart(number=1, size=1, etag="e", checksum=None)], checksum=None
    ),
    "abort_multipart": lambda store, key: store.abort_multipart(key, "id"),
}


@pytest.mark.parametrize("fault", TRANSIENT, ids=TRANSIENT_IDS)
def test_what_fails_in_passing_is_tried_three_times(
    proxy: FaultyStore, store: S3Store, key: str, fault: Fault
) -> None:
    async def story() -> None:
        upload_id, parts = await begin(store, key)
        proxy.requests.clear()
        proxy.faults.extend([fault, fault])

        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "completed"

        assert len(proxy.requests) == 3
        assert await store.read_start(key, 100) == DATA

    run(story)


@pytest.mark.parametrize("fault", TRANSIENT, ids=TRANSIENT_IDS)
def test_what_fails_again_and_again_is_given_up(
    proxy: FaultyStore, store: S3Store, key: str, fault: Fault
) -> None:
    proxy.otherwise = fault

    with pytest.raises(StoreUnavailable):
        run(lambda: store.head(key))

    assert len(proxy.requests) == 3


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_tried_again(proxy: FaultyStore, store: S3Store, key: str, name: str) -> None:
    proxy.otherwise = error(503, "SlowDown")

    with pytest.raises(StoreUnavailable):
        run(lambda: CALLS[name](store, key))

    assert len(proxy.requests) == 3


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "fault",
    [error(400, "MalformedXML"), error(403, "AccessDenied"), error(409, "OperationAborted")],
    ids=["400", "403", "409"],
)
def test_what_the_store_refuses_is_not_tried_again(
    proxy: FaultyStore, store: S3Store, key: str, name: str, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.otherwise = fault

    with pytest.raises(StoreUnavailable):
        run(lambda: CALLS[name](store, key))

    assert len(proxy.requests) == 1
    assert "Store call failed: Refused(4" in caplog.text  # an operator learns why


@pytest.mark.parametrize(
    ("status", "detail"),
    [(404, "The bucket does not exist."), (403, "The object store does not answer right now; try again.")],
)
def test_a_bucket_that_nobody_may_look_at_is_not_told_to_be_none(
    proxy: FaultyStore, store: S3Store, status: int, detail: str
) -> None:
    proxy.otherwise = body(b"", status)

    with pytest.raises(StoreUnavailable) as refused:
        run(store.check)

    assert refused.value.detail == detail


@pytest.mark.parametrize("fault", [lose_answer, cut_short])
def test_completing_again_after_a_lost_answer_says_that_the_object_is_there(
    proxy: FaultyStore, store: S3Store, key: str, fault: Fault
) -> None:
    async def story() -> None:
        upload_id, parts = await begin(store, key)
        proxy.faults.append(fault)

        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "exists"

        assert await store.read_start(key, 100) == DATA

    run(story)


@pytest.mark.parametrize("name", ["delete", "abort_multipart", "create_multipart"])
@pytest.mark.parametrize("fault", [lose_answer, disconnect])
def test_what_changes_the_store_may_be_repeated_after_a_lost_answer(
    proxy: FaultyStore, store: S3Store, key: str, name: str, fault: Fault
) -> None:
    async def story() -> None:
        upload_id, parts = await begin(store, key)
        await store.complete_multipart(key, upload_id, parts, checksum=None)
        proxy.faults.append(fault)

        await CALLS[name](store, key)

        assert (await store.head(key) is None) is (name == "delete")

    run(story)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("PreconditionFailed", "exists"),
        ("NoSuchUpload", "gone"),
        ("InvalidPart", "mismatch"),
        ("InvalidPartOrder", "mismatch"),
        ("EntityTooSmall", "mismatch"),
        ("BadDigest", "mismatch"),
        ("XAmzContentChecksumMismatch", "mismatch"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_an_error_in_the_answer_to_a_completion_counts_whatever_its_status(
    proxy: FaultyStore, store: S3Store, key: str, status: int, code: str, expected: str
) -> None:
    async def story() -> None:
        upload_id, parts = await begin(store, key)
        proxy.faults.append(error(status, code))

        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == expected

    run(story)


def test_a_completion_says_that_the_checksum_is_of_all_bytes(
    proxy: FaultyStore, store: S3Store, key: str
) -> None:
    """Amazon compares that with what was said at the beginning; SeaweedFS does not."""
    sent: list[tuple[str | None, str | None]] = []

    def complete(exchange: Exchange) -> None:
        sent.append((exchange.headers["x-amz-checksum-crc32c"], exchange.headers["x-amz-checksum-type"]))
        exchange.answer(200, {}, b"<CompleteMultipartUploadResult/>")

    async def story() -> None:
        upload_id, parts = await begin(store, key)
        proxy.otherwise = complete
        await store.complete_multipart(key, upload_id, parts, checksum=crc32c(DATA))

    run(story)

    assert sent == [(crc32c(DATA).value, "FULL_OBJECT")]


def test_a_completion_that_cannot_say_each_parts_checksum_is_a_mismatch(
    proxy: FaultyStore, store: S3Store, key: str
) -> None:
    said = StoredPart(number=1, size=1, etag="e", checksum=crc32c(DATA))
    unsaid = StoredPart(number=2, size=1, etag="e", checksum=None)
    proxy.otherwise = error(400, "InvalidRequest")

    assert run(lambda: store.complete_multipart(key, "id", [said, unsaid], checksum=None)) == "mismatch"
    with pytest.raises(StoreUnavailable):
        run(lambda: store.complete_multipart(key, "id", [said], checksum=None))


@pytest.mark.parametrize("code", ["InternalError", "SlowDown"])
def test_a_completion_whose_200_is_a_passing_error_is_tried_again(
    proxy: FaultyStore, store: S3Store, key: str, code: str
) -> None:
    async def story() -> None:
        upload_id, parts = await begin(store, key)
        proxy.faults.extend([error(200, code)] * 2)

        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "completed"

        proxy.otherwise = error(200, code)
        with pytest.raises(StoreUnavailable):
            await store.complete_multipart(key, upload_id, parts, checksum=None)

    run(story)


BOMB = b"""<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<CompleteMultipartUploadResult>&c;</CompleteMultipartUploadResult>"""


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"<html>", b"<CompleteMultipartUploadResult>", b"<Other/>", BOMB, b"\xff\xfe"),
        *(f'<?xml version="1.0" encoding="{name}"?><Other/>'.encode() for name in ("utf-7", "klingon")),
    ],
    ids=["empty", "html", "cut", "other", "entities", "bytes", "encoding", "no-encoding"],
)
def test_an_answer_that_cannot_be_read_is_no_success(
    proxy: FaultyStore, store: S3Store, key: str, content: bytes
) -> None:
    proxy.otherwise = body(content)

    for name in "complete_multipart", "create_multipart", "list_parts", "list_objects":
        proxy.requests.clear()
        with pytest.raises(StoreUnavailable):
            run(lambda name=name: CALLS[name](store, key))  # type: ignore[misc]
        assert len(proxy.requests) == 3


@pytest.mark.parametrize(
    "headers",
    [{}, {"ETag": '"e"', "Content-Length": "many"}, {"Content-Length": "1"}],
    ids=["nothing", "size", "etag"],
)
def test_an_object_of_which_the_store_says_too_little_is_not_believed(
    proxy: FaultyStore, store: S3Store, key: str, headers: dict[str, str]
) -> None:
    proxy.otherwise = lambda exchange: exchange.answer(200, headers, b"")

    with pytest.raises(StoreUnavailable):
        run(lambda: store.head(key))
    assert len(proxy.requests) == 3


@pytest.mark.parametrize(
    ("status", "code"), [(400, "InvalidRequest"), (400, "InvalidArgument"), (501, "NotImplemented")]
)
def test_a_store_that_takes_no_checksum_of_the_whole_is_served_without(
    proxy: FaultyStore, store: S3Store, key: str, status: int, code: str
) -> None:
    async def story() -> None:
        proxy.faults.append(error(status, code))
        upload_id, [part] = await begin(store, key)
        parts = [structs.replace(part, checksum=crc32c(DATA))]

        outcome = await store.complete_multipart(key, upload_id, parts, checksum=crc32c(DATA))

        facts = await store.head(key)
        assert outcome == "completed"
        assert facts is not None
        assert facts.checksums["crc32c"].endswith("-1")  # a composite: no more was asked for

    run(story)


def test_a_store_that_hangs_costs_its_callers_no_more_than_their_time(
    proxy: FaultyStore, hurried: S3Store, key: str
) -> None:
    proxy.otherwise = hang

    async def story() -> None:
        calls = (call(hurried, key) for call in CALLS.values())
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}

    run(story)
    await_idle(hurried)  # the threads are free again while the store still hangs


def test_a_call_that_hears_nothing_is_tried_again_while_there_is_time(
    proxy: FaultyStore, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("broker.stores.s3._READ_SECONDS", 1)
    monkeypatch.setattr("broker.stores.s3._CALL_SECONDS", 30)
    store = S3Store(proxy.settings)
    proxy.faults.append(hang)

    assert run(lambda: store.head(key)) is None

    store.close()


def test_looking_at_the_bucket_takes_no_longer_than_who_asks_for_it_waits(
    proxy: FaultyStore, store: S3Store, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("broker.stores.s3._CHECK_SECONDS", 0)

    with pytest.raises(StoreUnavailable):
        run(store.check)
    assert run(lambda: store.head(key)) is None


def test_an_answer_that_never_ends_is_given_up(proxy: FaultyStore, hurried: S3Store, key: str) -> None:
    proxy.otherwise = trickle

    with pytest.raises(StoreUnavailable):
        run(lambda: hurried.read_start(key, 1000))

    await_idle(hurried)


def test_a_call_that_hangs_does_not_hold_up_the_next(proxy: FaultyStore, hurried: S3Store, key: str) -> None:
    async def story() -> None:
        proxy.faults.append(hang)
        hanging = asyncio.create_task(hurried.delete(key))
        await asyncio.to_thread(proxy.held.acquire)

        assert await hurried.head(key) is None

        with pytest.raises(StoreUnavailable):
            await hanging

    run(story)


def test_completions_that_hang_leave_the_other_calls_their_threads(
    proxy: FaultyStore, hurried: S3Store, key: str
) -> None:
    def hang_completions(exchange: Exchange) -> None:
        if exchange.command == "POST":
            hang(exchange)
        else:
            exchange.answer(*exchange.forward())

    async def complete() -> None:
        with pytest.raises(StoreUnavailable):
            await CALLS["complete_multipart"](hurried, key)

    async def story() -> None:
        proxy.otherwise = hang_completions
        completions = [asyncio.create_task(complete()) for _ in range(100)]
        await asyncio.to_thread(proxy.held.acquire)

        assert await hurried.head(key) is None

        await asyncio.gather(*completions)

    run(story)


def test_while_every_thread_is_stuck_a_call_fails_at_once(
    proxy: FaultyStore, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("broker.stores.s3._CALLS_AT_ONCE", 2)
    monkeypatch.setattr("broker.stores.s3._PATIENCE_SECONDS", 0)
    store = S3Store(proxy.settings)

    async def story() -> None:
        proxy.otherwise = hang
        stuck = [asyncio.create_task(store.delete(key)) for _ in range(2)]
        for _ in stuck:
            await asyncio.to_thread(proxy.held.acquire)

        with pytest.raises(StoreUnavailable) as refusal:
            await store.head(key)

        assert isinstance(refusal.value.__cause__, AllStuck)
        assert len(proxy.requests) == 2  # nobody lined up
        proxy.otherwise = None
        proxy.released.set()
        await asyncio.gather(*stuck)
        assert await store.head(key) is None

    run(story)
    store.close()


def await_idle(store: S3Store) -> None:
    """Wait until no thread of the store has anything to do."""
    deadline = time.monotonic() + 10
    while store._calls._threads._busy or store._assemblies._threads._busy:
        assert time.monotonic() < deadline, "threads are stuck"
        time.sleep(0.01)


def test_of_a_store_that_knows_no_ranges_no_more_than_the_start_is_read(
    proxy: FaultyStore, store: S3Store, key: str
) -> None:
    proxy.otherwise = body(DATA)

    assert run(lambda: store.read_start(key, 4)) == DATA[:4]


def test_keys_are_asked_for_in_an_encoding_for_xml_cannot_hold_them_all(
    proxy: FaultyStore, store: S3Store, key: str
) -> None:
    assert run(lambda: list_objects(store, key)) == []

    [request] = proxy.requests
    assert "&encoding-type=url&" in request.replace("?", "&")


@pytest.mark.parametrize("tokens", [("a", "a"), ("a", "b", "a")])
def test_a_list_that_goes_round_in_a_circle_is_given_up(
    proxy: FaultyStore, store: S3Store, tokens: tuple[str, ...]
) -> None:
    proxy.faults.extend(
        body(
            b"<ListBucketResult><IsTruncated>true</IsTruncated>"
            b"<NextContinuationToken>%s</NextContinuationToken></ListBucketResult>" % token.encode()
        )
        for token in tokens
    )

    with pytest.raises(StoreUnavailable, match="begins again"):
        run(lambda: list_objects(store, "uploads"))

    assert len(proxy.requests) == len(tokens)


def test_c59_a_clock_that_differs_is_seen_even_in_a_refusal(proxy: FaultyStore, store: S3Store) -> None:
    def an_hour_ahead(exchange: Exchange) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
        exchange.answer(403, {"Date": date}, b"<Error><Code>RequestTimeTooSkewed</Code></Error>")

    proxy.otherwise = an_hour_ahead

    with pytest.raises(StoreUnavailable):
        run(lambda: list_objects(store, "uploads"))

    assert store.clock_skew is not None
    assert abs(store.clock_skew - 3600) < 30


@pytest.mark.parametrize(
    "date", ["", "now", "Mon, 01 Jan 2024 00:00:00 -0000", "Mon, 01 Jan 2024 00:00:00 +9999999999999"]
)
def test_a_date_that_is_none_costs_no_answer(proxy: FaultyStore, store: S3Store, date: str) -> None:
    proxy.otherwise = lambda exchange: exchange.answer(200, {"Date": date}, b"")

    run(store.check)

    assert store.clock_skew is None
