"""Completing many uploads, where it takes a registry that tells how it is asked."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker import turns
from broker.app import open_database
from broker.auth import Claims
from broker.errors import BrokerError, InvalidField, NotFound
from broker.keys import new_id
from broker.policy import Policies
from broker.publishing import Publisher
from broker.quotas import Reservation
from broker.receipts import Receipts
from broker.registry import Registry
from broker.rows import AuditEntry, Caller, File, Upload
from broker.schemas import Collision, Completion, PartsToSign, PartToSign, UploadToComplete
from broker.settings import Policy, Quota
from broker.stores.base import ObjectFacts
from broker.uploads import Uploads

AT = datetime(2026, 11, 22, tzinfo=UTC)
ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset())
CALLER = Caller(tenant="acme", subject="alice")


class Watched(Registry):
    """Tells how many files waited at once to be published; has something done before."""

    waiting = most = 0
    before: Callable[[File], Awaitable[object]] | None = None

    async def publish(
        self, file: File, collision: Collision = "allow", entry: AuditEntry | None = None
    ) -> File | None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            if self.before:
                await self.before(file)
            return await super().publish(file, collision, entry)
        finally:
            self.waiting -= 1


class FullStore:
    """Holds each object; tells how many were asked for at once, and stumbles over one."""

    asking = most = 0
    stone = ""

    async def head(self, key: str) -> ObjectFacts:
        if key == self.stone:
            raise ZeroDivisionError
        self.asking += 1
        self.most = max(self.most, self.asking)
        await asyncio.sleep(0)
        self.asking -= 1
        return ObjectFacts(size=3, type="text/plain", etag="abc", checksums={})


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Watched]:
    registry = Watched(open_database(f"sqlite:///{tmp_path / 'broker.db'}"))
    yield registry
    registry.close()


def upload_of() -> Upload:
    upload_id = new_id(AT)
    return Upload(
        id=upload_id,
        tenant=ALICE.tenant,
        owner=ALICE.subject,
        key=f"uploads/acme/{upload_id}",
        name=f"{upload_id}.txt",
        size=3,
        type="text/plain",
        checksum=None,
        status="pending",
        created_at=AT,
        expires_at=AT + timedelta(days=1),
    )


def uploads_of(registry: Registry, store: FullStore) -> Uploads:
    policies = Policies({"default": Policy()})
    return Uploads(
        registry=registry,
        store=cast(Any, store),
        policies=policies,
        intake=cast(Any, None),
        publisher=Publisher(registry=registry, store=cast(Any, store), policies=policies),
        receipts=Receipts(issuer="http://broker", bucket="files", key=Ed25519PrivateKey.generate()),
    )


async def complete_all(
    registry: Registry, uploads: Uploads, pending: Sequence[Upload]
) -> list[Completion | BrokerError]:
    await registry.add_uploads([Reservation(each, Quota(), Quota()) for each in pending])
    wanted = [UploadToComplete(id=each.id) for each in pending]
    return await uploads.complete_batch(ALICE, wanted, caller=CALLER, at=AT)


def test_files_of_a_batch_are_published_together_and_the_store_is_asked_for_some_at_once(
    registry: Watched,
) -> None:
    store = FullStore()
    pending = [upload_of() for _ in range(turns.TOGETHER + 1)]

    outcomes = asyncio.run(complete_all(registry, uploads_of(registry, store), pending))

    assert [type(outcome) for outcome in outcomes] == [Completion] * len(pending)
    assert registry.most == turns.TOGETHER
    assert store.most == turns.AT_ONCE


def test_a_fault_of_our_own_in_a_batch_keeps_no_other_upload_from_becoming_a_file(registry: Watched) -> None:
    store, pending = FullStore(), [upload_of() for _ in range(3)]
    store.stone = pending[1].key

    async def story() -> list[bool]:
        with pytest.raises(ZeroDivisionError):
            await complete_all(registry, uploads_of(registry, store), pending)
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))  # the others are at work
        return [await registry.find_file_of_upload(each.id) is not None for each in pending]

    assert asyncio.run(story()) == [True, False, True]


def test_no_part_is_signed_once_an_upload_is_a_file(registry: Watched) -> None:
    store, upload = FullStore(), upload_of()
    uploads = uploads_of(registry, store)
    parts = PartsToSign(parts=(PartToSign(number=1, checksum="crc32c:AAAAAA=="),))

    async def sign(_: File) -> None:
        with pytest.raises(InvalidField):  # it is pending, and remembered
            await uploads.sign_parts(ALICE, upload.id, parts, at=AT)

    async def story() -> None:
        registry.before = sign
        await complete_all(registry, uploads, [upload])
        with pytest.raises(NotFound):
            await uploads.sign_parts(ALICE, upload.id, parts, at=AT)

    asyncio.run(story())
