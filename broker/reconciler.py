"""Bringing registry and store together again: what was abandoned, cut short or deleted.

The registry says when each upload has to be looked at (`visit_at`), so that no listing of the store is
needed. A visit may be cut short anywhere and repeated, by this process or by another replica at the same
time: only the one that moves an upload out of `pending` removes what it stored, and what has moved out of it
never becomes a file again.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from msgspec import Struct

from broker import keys
from broker.errors import OperatorError, RegistryUnavailable, StoreUnavailable
from broker.publishing import Publisher
from broker.registry import Registry
from broker.rows import Upload
from broker.stores.base import Store, StoredObject

log = logging.getLogger(__name__)

_random = random.SystemRandom()  # as in background.py

# `publish`: the object is there, but nobody came to complete the upload. `expire`: it was not completed in
# time. `wait`: it may still be. `remove`: it is no file, and may have stored something since it was settled.
# `forget`: that has been removed for good, and nobody asks any more. `orphan`: an object of no upload.
Action: TypeAlias = Literal["publish", "expire", "wait", "remove", "forget", "orphan"]

KEEP = timedelta(days=1)  # how long a client may still ask what became of an upload
_TRY_AGAIN = timedelta(minutes=5)
_BATCH = 100
_AT_ONCE = 8
_ORPHAN_AGE = timedelta(days=1)
_PAGE = 500
_SUSPICIOUS = 10_000  # objects that a registry does not know, without one that it does


class Visit(Struct, frozen=True):
    """What was done, or is to be done, about an upload or an object."""

    action: Action
    key: str
    upload_id: str | None = None


class WrongRegistry(OperatorError):
    """The registry knows none of the objects: removing the others would be a disaster."""


class Reconciler:
    """Visits the uploads that are due."""

    def __init__(self, *, registry: Registry, store: Store, publisher: Publisher, key_prefix: str) -> None:
        self._registry = registry
        self._store = store
        self._publisher = publisher
        self._key_prefix = key_prefix

    async def reconcile(self, *, at: datetime) -> AsyncIterator[Visit]:
        """Visit all uploads that are due. Raises RegistryUnavailable."""
        while due := await self._registry.list_due(at=at, limit=_BATCH):
            _random.shuffle(due)  # replicas that look at the same time begin with different ones
            for visit in await self._visit_all(due, at=at):
                yield visit

    async def preview(self, *, at: datetime) -> AsyncIterator[Visit]:
        """Say what `reconcile` would do. Raises RegistryUnavailable, StoreUnavailable."""
        offset = 0
        while due := await self._registry.list_due(at=at, limit=_BATCH, offset=offset):
            offset += len(due)
            for upload in due:
                yield Visit(await self._foresee(upload, at=at), upload.key, upload.id)

    async def _visit_all(self, due: list[Upload], *, at: datetime) -> list[Visit]:
        turns = asyncio.Semaphore(_AT_ONCE)

        async def visit(upload: Upload) -> Visit:
            async with turns:
                return await self._visit(upload, at=at)

        return await asyncio.gather(*map(visit, due))

    async def _visit(self, upload: Upload, *, at: datetime) -> Visit:
        """Do what has to be done; afterwards the upload is not due any more, whatever happened."""
        try:
            action = await self._act(upload, at=at)
        except RegistryUnavailable:
            raise
        except Exception as error:
            if not isinstance(error, StoreUnavailable):  # one upload must not keep the others from their turn
                log.exception("Visit crashed", extra={"upload": upload.id})
            action = "wait"
            await self._registry.visit_later(upload, at + _TRY_AGAIN)
        if action != "wait":
            log.info("Reconciled: %s", action, extra={"upload": upload.id})
        return Visit(action, upload.key, upload.id)

    async def _act(self, upload: Upload, *, at: datetime) -> Action:
        if upload.status != "pending":
            return await self._clear(upload, at=at)
        if at >= upload.expires_at:
            await self._publisher.settle(upload, "expired", at=at)
            return "expire"
        facts = await self._store.head(upload.key)
        if facts and await self._publisher.is_whole(upload, facts):
            await self._publisher.publish(upload, facts, at=at)
            return "publish"
        # seldom at last: an upload of a day is looked at ten times
        await self._registry.visit_later(upload, min(upload.expires_at, at + (at - upload.created_at)))
        return "wait"

    async def _clear(self, upload: Upload, *, at: datetime) -> Action:
        if not await self._publisher.remove(upload):
            await self._registry.visit_later(upload, at + _TRY_AGAIN)
            return "wait"
        if _is_over(upload, at=at):
            await self._registry.forget_upload(upload.id)
            return "forget"
        await self._registry.visit_later(upload, (upload.settled_at or at) + KEEP)
        return "remove"

    async def _foresee(self, upload: Upload, *, at: datetime) -> Action:
        if upload.status != "pending":
            return "forget" if _is_over(upload, at=at) else "remove"
        if at >= upload.expires_at:
            return "expire"
        facts = await self._store.head(upload.key)
        return "publish" if facts and await self._publisher.is_whole(upload, facts) else "wait"

    async def find_orphans(self, *, at: datetime) -> AsyncIterator[Visit]:
        """Yield the objects below our prefix that belong to no upload, a day old and more.

        Raises WrongRegistry, RegistryUnavailable, StoreUnavailable.
        """
        knows_any = False
        unknown: list[Visit] = []
        async for page in _pages(self._store.list_objects(f"{self._key_prefix}/")):
            known = await self._registry.known_keys([keys.owning_key(found.key) for found in page])
            knows_any = knows_any or bool(known)
            unknown += [
                Visit("orphan", found.key)
                for found in page
                if keys.owning_key(found.key) not in known and at - found.stored_at >= _ORPHAN_AGE
            ]
            if knows_any:
                for visit in unknown:
                    yield visit
                unknown = []
            elif len(unknown) > _SUSPICIOUS:
                break
        if unknown:
            raise WrongRegistry(
                "The registry knows none of the objects: is it the right one? Nothing was removed."
            )

    async def remove_orphan(self, orphan: Visit) -> None:
        """Remove an object. Raises StoreUnavailable."""
        await self._store.delete(orphan.key)
        log.info("Orphan removed", extra={"key": orphan.key})


def _is_over(upload: Upload, *, at: datetime) -> bool:
    return upload.settled_at is None or at >= upload.settled_at + KEEP


async def _pages(found: AsyncIterator[StoredObject]) -> AsyncIterator[list[StoredObject]]:
    page: list[StoredObject] = []
    async for item in found:
        page.append(item)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page
