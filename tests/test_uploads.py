"""Completing many uploads, where it takes a registry that tells how it is asked."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker import turns
from broker.app import open_database
from broker.auth import Claims
from broker.keys import new_id
from broker.policy import Policies
from broker.publishing import Publisher
from broker.quotas import Reservation
from broker.receipts import Receipts
from broker.registry import Registry
from broker.rows import AuditEntry, Caller, File, Upload
from broker.schemas import Collision, Completion, UploadToComplete
from broker.settings import Policy, Quota
from broker.stores.base import ObjectFacts
from broker.uploads import Uploads

AT = datetime(2026, 11, 22, tzinfo=UTC)
ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset())
CALLER = Caller(tenant="acme", subject="alice")


class Watched(Registry):
    """Tells how many files waited at once to be published."""

    waiting = most = 0

    async def publish(
        self, file: File, collision: Collision = "allow", entry: AuditEntry | None = None
    ) -> File | None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            return await super().publish(file, collision, entry)
        finally:
            self.waiting -= 1


class FullStore:
    """Holds each object; tells how many were asked for at once."""

    asking = most = 0

    async def head(self, _: str) -> ObjectFacts:
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


def test_files_of_a_batch_are_published_together_and_the_store_is_asked_for_some_at_once(
    registry: Watched,
) -> None:
    store = FullStore()
    policies = Policies({"default": Policy()})
    uploads = Uploads(
        registry=registry,
        store=cast(Any, store),
        policies=policies,
        intake=cast(Any, None),
        publisher=Publisher(registry=registry, store=cast(Any, store), policies=policies),
        receipts=Receipts(issuer="http://broker", bucket="files", key=Ed25519PrivateKey.generate()),
    )
    pending = [upload_of() for _ in range(turns.TOGETHER + 1)]

    async def complete_all() -> list[object]:
        await registry.add_uploads([Reservation(each, Quota(), Quota()) for each in pending])
        wanted = [UploadToComplete(id=each.id) for each in pending]
        return list(await uploads.complete_batch(ALICE, wanted, caller=CALLER, at=AT))

    outcomes = asyncio.run(complete_all())

    assert [type(outcome) for outcome in outcomes] == [Completion] * len(pending)
    assert registry.most == turns.TOGETHER
    assert store.most == turns.AT_ONCE
