"""Files: completed uploads, as their owner lists, fetches and deletes them."""

import logging
from datetime import datetime

from broker import keys, policy, schemas
from broker.auth import Claims, Scope
from broker.errors import InvalidField, NotFound
from broker.policy import Policy
from broker.registry import File, Registry
from broker.stores.base import Store

log = logging.getLogger(__name__)

_NEWEST = "~"  # sorts after every id


class Files:
    """List, look at, hand out and delete the caller's files."""

    def __init__(self, *, registry: Registry, store: Store, policy: Policy) -> None:
        self._registry = registry
        self._store = store
        self._policy = policy

    async def list(self, claims: Claims, query: schemas.ListFiles) -> schemas.Page[schemas.File]:
        """Return one page, newest first; its cursor is the last id. Raises InvalidField."""
        claims.require(Scope.FILES_READ)
        if query.cursor is not None and not keys.is_id(query.cursor):
            raise InvalidField("The cursor is not one that this service gave out.", field="cursor")
        before = query.cursor or _NEWEST
        found = await self._registry.list_files(claims, before=before, limit=query.limit + 1)
        items = tuple(describe_file(file) for file in found[: query.limit])
        return schemas.Page(items=items, next_cursor=items[-1].id if len(found) > query.limit else None)

    async def get(self, claims: Claims, file_id: str) -> schemas.File:
        """Return one file. Raises NotFound."""
        claims.require(Scope.FILES_READ)
        return describe_file(await self._find(claims, file_id))

    async def download(
        self, claims: Claims, file_id: str, new: schemas.NewDownload, *, at: datetime
    ) -> schemas.PresignedRequest:
        """Presign a GET of the file's bytes. Raises NotFound, InvalidField."""
        claims.require(Scope.FILES_READ)
        expires_in = policy.check_expires_in(new.expires_in or self._policy.url_expires_in)
        file = await self._find(claims, file_id)
        media_type, disposition = policy.handing_out(file.type, new.disposition)
        return self._store.presign_get(
            file.key,
            media_type=media_type,
            disposition=keys.content_disposition(disposition, file.name),
            expires_in=expires_in,
            at=at,
        )

    async def delete(self, claims: Claims, file_id: str) -> None:
        """Remove the object, then the file; one that is cut short can be repeated.

        Raises NotFound, StoreUnavailable.
        """
        claims.require(Scope.FILES_DELETE)
        file = await self._find(claims, file_id)
        await self._store.delete(file.key)
        await self._registry.delete_file(file.id)
        log.info("File deleted", extra={"file": file.id})

    async def usage(self, claims: Claims) -> schemas.Usage:
        """Say how much the caller stores."""
        count, size = await self._registry.sum_files(claims)
        return schemas.Usage(files=count, bytes=size)

    async def _find(self, claims: Claims, file_id: str) -> File:
        file = await self._registry.find_file(claims, file_id) if keys.is_id(file_id) else None
        if file is None:
            raise NotFound("There is no such file.")
        return file


def describe_file(file: File) -> schemas.File:
    """Show a file as its owner may see it: no key, no ETag, no owner."""
    return schemas.File(
        id=file.id,
        name=file.name,
        size=file.size,
        type=file.type,
        checksum=file.checksum,
        created_at=file.created_at,
    )
