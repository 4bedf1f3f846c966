"""What an owner may know of a file besides its bytes, and when the trash is emptied."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest

from broker.app import open_services
from broker.rows import File
from broker.settings import StoreSettings
from tests.objects import exists
from tests.running import RunningBroker, run_broker
from tests.transfers import create, put, upload
from tests.waiting import wait_until


@pytest.fixture
def broker(embedded: StoreSettings, database_url: str) -> Iterator[RunningBroker]:
    with run_broker(embedded, database_url) as running:
        yield running


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def test_a_receipt_can_be_had_again(alice: httpx.Client, broker: RunningBroker) -> None:
    file = upload(alice, b"hello", name="a.txt")

    receipt = alice.get(f"/v1/files/{file['id']}/receipt").json()["receipt"]

    key = jwt.PyJWKClient(f"{broker.url}/.well-known/jwks.json").get_signing_key_from_jwt(receipt)
    claims = jwt.decode(receipt, key, algorithms=["EdDSA"])
    assert (claims["jti"], claims["checksum"]) == (file["id"], file["checksum"])


def test_the_history_of_a_file_says_who_did_what(alice: httpx.Client, broker: RunningBroker) -> None:
    file = upload(alice, b"hello", name="a.txt")
    upload(alice, b"other", name="b.txt")
    alice.patch(f"/v1/files/{file['id']}", json={"name": "c.txt"}).raise_for_status()
    alice.post(f"/v1/files/{file['id']}/download").raise_for_status()

    def read() -> list[tuple[str, str]]:
        items = alice.get(f"/v1/files/{file['id']}/history").json()["items"]
        return [(each["event"], each["subject"]) for each in items]

    expected = ["file.handed-out", "file.changed", "upload.completed", "upload.created"]
    wait_until(lambda: read() == [(event, "alice") for event in expected])
    with broker.client("bob") as bob:
        assert bob.get(f"/v1/files/{file['id']}/history").status_code == 404


def empty_trash(broker: RunningBroker, at: datetime) -> list[File]:
    async def run() -> list[File]:
        with open_services(broker.settings) as services:
            return list(await services.files.empty_trash(at=at))

    return asyncio.run(run())


def test_what_was_in_the_trash_for_long_enough_is_deleted_for_good(
    alice: httpx.Client, broker: RunningBroker, embedded: StoreSettings
) -> None:
    now = datetime.now(UTC)
    created = create(alice, b"old", name="old")
    put(created, b"old").raise_for_status()
    old = alice.post(f"/v1/uploads/{created['id']}/complete").json()["file"]
    restored, kept = (upload(alice, name.encode(), name=name) for name in ("restored", "kept"))
    for each in old, restored:
        alice.patch(f"/v1/files/{each['id']}", json={"trashed": True}).raise_for_status()
    alice.patch(f"/v1/files/{restored['id']}", json={"trashed": False}).raise_for_status()

    too_early = empty_trash(broker, now + timedelta(days=29))
    deleted = empty_trash(broker, now + timedelta(days=31))
    again = empty_trash(broker, now + timedelta(days=31))

    assert ([each.name for each in deleted], too_early, again) == (["old"], [], [])
    assert [alice.get(f"/v1/files/{each['id']}").status_code for each in (old, restored, kept)] == [
        404,
        200,
        200,
    ]
    assert not exists(embedded, created)
    [entry] = alice.get("/v1/admin/audit", params={"event": "file.deleted"}).json()["items"]
    assert (entry["target"], entry["subject"]) == (old["id"], "alice")
    assert alice.get("/v1/me").json()["trash_days"] == 30
    assert alice.get("/v1/me").json()["usage"]["files"] == 2


def test_a_file_that_is_restored_meanwhile_stays(broker: RunningBroker, alice: httpx.Client) -> None:
    file = upload(alice, b"1", name="a.txt")
    alice.patch(f"/v1/files/{file['id']}", json={"trashed": True}).raise_for_status()
    later = datetime.now(UTC) + timedelta(days=31)

    async def list_and_delete(restore: Callable[[], object]) -> bool:
        with open_services(broker.settings) as services:
            (listed,) = await services.registry.list_trashed(before=later, limit=2)
            restore()
            return await services.registry.delete_file(listed, at=later, visit_at=later, trashed_before=later)

    def restore() -> None:
        alice.patch(f"/v1/files/{file['id']}", json={"trashed": False}).raise_for_status()

    assert not asyncio.run(list_and_delete(restore))
    assert alice.get(f"/v1/files/{file['id']}").status_code == 200
