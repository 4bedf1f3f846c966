"""The store is killed while bytes are on their way, and while uploads are completed; it comes back."""

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from broker.errors import StoreUnavailable
from broker.parts import MIB
from broker.settings import Policy
from tests.conftest import ORIGINS
from tests.crash.mortal_store import MortalStore, mortal_store
from tests.objects import parts_uploads
from tests.problems import assert_problem
from tests.reconciling import reconcile
from tests.running import RunningBroker, run_broker
from tests.transfers import checksum_of, complete, create, cut, named, put, send_parts, sign, upload
from tests.waiting import wait_until

BYTES = os.urandom(17 * MIB)  # three parts
PART_SIZE = 8 * MIB
POLICIES = {"default": Policy(), "parts": Policy(name="parts", single_put_max=0)}
AT_ONCE = 8
SECONDS = 60  # any wait that takes so long has failed


@pytest.fixture(scope="module")
def store() -> Iterator[MortalStore]:
    with (
        tempfile.TemporaryDirectory(prefix="broker-tests-") as directory,
        mortal_store(Path(directory), ORIGINS) as store,
    ):
        yield store


@pytest.fixture
def broker(store: MortalStore, tmp_path: Path) -> Iterator[RunningBroker]:
    """Run a broker, which sees the store die and come back."""
    settings = replace(store.settings, self_test=False)
    with run_broker(settings, f"sqlite:///{tmp_path / 'broker.db'}", policies=POLICIES) as running:
        yield running


@pytest.fixture
def client(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def test_c58_a_store_that_is_killed_in_the_middle_of_a_part_loses_that_part_alone(
    client: httpx.Client, store: MortalStore, broker: RunningBroker
) -> None:
    earlier = upload(client, b"an earlier file")
    given_up = create(client, b"x", policy="parts")
    send_parts(client, given_up, {1: b"x"})
    created = create(client, BYTES)
    parts = cut(created, BYTES)
    send_parts(client, created, {1: parts[1]})

    with pytest.raises(httpx.TransportError):
        send_until_the_middle(sign(client, created, parts)[1], parts[2], then=store.kill)

    while_down(client, created, parts, earlier)
    client.delete(f"/v1/uploads/{given_up['id']}").raise_for_status()

    store.start_again()
    held = client.get(f"/v1/uploads/{created['id']}").raise_for_status().json()["parts"]
    assert [(part["number"], part["size"]) for part in held] == [(1, PART_SIZE)]
    send_again(client, created, {number: parts[number] for number in (2, 3)})
    file = complete(client, created, named(parts)).raise_for_status().json()["file"]
    assert fetch(client, file) == BYTES
    assert fetch(client, earlier) == b"an earlier file"
    assert client.get("/readyz").status_code == 200
    assert reconcile(broker.settings, after=timedelta(hours=2))
    assert parts_uploads(store.settings, given_up) == []


def while_down(
    client: httpx.Client, created: dict[str, Any], parts: dict[int, bytes], file: dict[str, Any]
) -> None:
    """Check what is answered while there is no store: all that needs none, and of the rest why not."""
    new = {"name": "a", "size": 1, "policy": "parts"}
    for answer in (
        client.get(f"/v1/uploads/{created['id']}"),
        complete(client, created, named(parts)),
        client.post("/v1/uploads", json=new),
    ):
        assert_problem(answer, StoreUnavailable)
    assert client.get("/readyz").status_code == 503
    for answer in (
        client.get("/livez"),
        client.post("/v1/uploads", json=new | {"policy": "default"}),
        client.post(f"/v1/files/{file['id']}/download", json={}),
        client.get("/v1/files"),
    ):
        assert answer.is_success, answer.text
    assert sign(client, created, parts)


@pytest.mark.parametrize("answers", [1, 6, 12])
def test_c58_a_store_that_is_killed_while_uploads_are_completed_has_all_of_them_in_the_end(
    client: httpx.Client, store: MortalStore, answers: int
) -> None:
    bodies = [os.urandom(1000) for _ in range(24)]
    uploads = [create(client, body, policy="parts", checksum=None) for body in bodies]
    for created, body in zip(uploads, bodies, strict=True):
        send_again(client, created, cut(created, body))

    first = complete_until_killed(client, store, uploads, after=answers)
    store.start_again()
    files = [complete(client, created).raise_for_status().json()["file"] for created in uploads]

    assert {answer.status_code for answer in first} == {200, 503}
    for answer, file in zip(first, files, strict=True):
        if answer.is_success:
            assert answer.json()["file"] == file
        else:
            assert_problem(answer, StoreUnavailable)
    assert [fetch(client, file) for file in files] == bodies
    assert [file["checksum"] for file in files] == [checksum_of(body) for body in bodies]
    usage = {"files": 24, "bytes": 24_000, "pending": 0, "pending_bytes": 0}
    assert client.get("/v1/me").json()["usage"] == usage


def complete_until_killed(
    client: httpx.Client, store: MortalStore, uploads: list[dict[str, Any]], *, after: int
) -> list[httpx.Response]:
    """Complete some at a time; after so many answers kill the store. Return all answers."""
    answered = count(1)

    def complete_one(created: dict[str, Any]) -> httpx.Response:
        answer = complete(client, created)
        if next(answered) == after:
            store.kill()
        return answer

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(complete_one, uploads, timeout=SECONDS))


def send_until_the_middle(request: dict[str, Any], body: bytes, *, then: Callable[[], None]) -> None:
    def content() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        then()
        yield body[len(body) // 2 :]

    httpx.put(request["url"], headers=request["headers"], content=content(), timeout=SECONDS)


def send_again(client: httpx.Client, created: dict[str, Any], parts: dict[int, bytes]) -> None:
    """Send parts, each until the store has taken it: just started, it may have nowhere to put them."""
    for request in sign(client, created, parts):
        wait_until(partial(is_taken, request, parts[request["number"]]))


def is_taken(request: dict[str, Any], body: bytes) -> bool:
    return put({"request": request}, body).is_success


def fetch(client: httpx.Client, file: dict[str, Any]) -> bytes:
    request = client.post(f"/v1/files/{file['id']}/download", json={}).raise_for_status().json()
    return httpx.get(request["url"], verify=False).raise_for_status().content
