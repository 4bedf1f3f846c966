"""A store that fails: what is tried again, what is not, and what the caller learns."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from itertools import count

import httpx
import pytest

from broker.errors import StoreUnavailable
from broker.settings import StoreSettings
from broker.stores.base import PartToSend, StoredPart
from broker.stores.s3 import S3Store
from tests import faulty_store
from tests.contract.test_store import crc32c, run
from tests.faulty_store import (
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
    [error(403, "AccessDenied"), error(400, "MalformedXML"), error(404, "NoSuchBucket"), error(409, "Odd")],
    ids=["403", "400", "404", "409"],
)
def test_what_the_store_refuses_is_not_tried_again(
    proxy: FaultyStore, store: S3Store, key: str, name: str, fault: Fault
) -> None:
    proxy.otherwise = fault
    is_absence = fault is not None and name == "head"

    async def story() -> object:
        return await CALLS[name](store, key)

    if is_absence:
        with pytest.raises(StoreUnavailable):
            run(lambda: CALLS["delete"](store, key))
    else:
        with pytest.raises(StoreUnavailable):
            run(story)

    assert len(proxy.requests) == 1
