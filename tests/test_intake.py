"""Admitting uploads, where it takes a store that answers when the test wants it to."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from broker.app import open_database
from broker.auth import Claims
from broker.errors import RequestInProgress, StoreUnavailable
from broker.intake import Intake
from broker.policy import Policies
from broker.registry import Registry
from broker.rows import Upload
from broker.schemas import NewUpload
from broker.settings import Policy, Quota
from broker.stores.base import Store

AT = datetime(2026, 11, 22, tzinfo=UTC)
ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset())
IN_PARTS = NewUpload(name="a", size=1)


class SlowStore:
    """Begins multipart uploads when it is told to, and remembers those that were given up."""

    def __init__(self) -> None:
        self.may_begin = asyncio.Event()
        self.is_asked = asyncio.Event()
        self.begun: list[str] = []
        self.aborted: list[str] = []

    async def create_multipart(self, key: str, **_: object) -> str:
        self.is_asked.set()
        await self.may_begin.wait()
        self.begun.append(key)
        return f"of {key}"

    async def abort_multipart(self, key: str, _: str) -> None:
        self.aborted.append(key)
        raise StoreUnavailable("It does not matter here.")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry(open_database(f"sqlite:///{tmp_path / 'broker.db'}"))
    yield registry
    registry.close()


def intake_of(registry: Registry, store: SlowStore, quota: Quota = Quota()) -> Intake:  # noqa: B008 - frozen
    policies = Policies({"default": Policy(single_put_max=0, quota=quota)})
    return Intake(registry=registry, store=cast(Store, store), policies=policies, key_prefix="uploads")


def test_c56_a_request_is_refused_while_the_same_one_is_being_worked_on(registry: Registry) -> None:
    async def story() -> None:
        store = SlowStore()
        intake = intake_of(registry, store)

        first = asyncio.ensure_future(intake.admit(ALICE, [IN_PARTS], idempotency_key="k", at=AT))
        await store.is_asked.wait()
        with pytest.raises(RequestInProgress):
            await intake.admit(ALICE, [IN_PARTS], idempotency_key="k", at=AT)
        store.may_begin.set()

        (upload,) = await first
        assert await intake.admit(ALICE, [IN_PARTS], idempotency_key="k", at=AT) == [upload]
        assert len(store.begun) == 1

    asyncio.run(story())


def test_c56_of_two_replicas_one_creates_and_the_other_gives_up_what_it_began(registry: Registry) -> None:
    async def story() -> None:
        stores = SlowStore(), SlowStore()
        asked = [
            asyncio.ensure_future(
                intake_of(registry, store).admit(ALICE, [IN_PARTS], idempotency_key="k", at=AT)
            )
            for store in stores
        ]
        for store in stores:
            await store.is_asked.wait()
        for store in stores:
            store.may_begin.set()

        first, second = await asyncio.gather(*asked)

        assert first == second
        (upload,) = first
        assert isinstance(upload, Upload)
        begun, given_up = ({*stores[0].begun, *stores[1].begun}, {*stores[0].aborted, *stores[1].aborted})
        assert begun - given_up == {upload.key}
        assert (await registry.usage_of(ALICE))["default"].pending == 1

    asyncio.run(story())


def test_c53_what_was_begun_without_room_for_it_is_given_up(registry: Registry) -> None:
    async def story() -> None:
        store = SlowStore()
        store.may_begin.set()

        wanted = [IN_PARTS] * 3
        outcomes = await intake_of(registry, store, Quota(files=1)).admit(
            ALICE, wanted, idempotency_key=None, at=AT
        )

        admitted = [outcome.key for outcome in outcomes if isinstance(outcome, Upload)]
        assert len(admitted) == 1
        assert set(store.begun) - set(store.aborted) == set(admitted)

    asyncio.run(story())


def test_what_was_begun_in_vain_is_given_up_all_at_once(registry: Registry) -> None:
    """One after the other, a store that hangs would keep the client for hours."""

    class SlowToAbort(SlowStore):
        together = asyncio.Barrier(3)

        async def abort_multipart(self, key: str, store_upload_id: str) -> None:
            await self.together.wait()
            await super().abort_multipart(key, store_upload_id)

    async def story() -> None:
        store = SlowToAbort()
        store.may_begin.set()
        intake = intake_of(registry, store, Quota(files=0))

        async with asyncio.timeout(5):
            await intake.admit(ALICE, [IN_PARTS] * 3, idempotency_key=None, at=AT)

        assert len(store.aborted) == 3

    asyncio.run(story())
