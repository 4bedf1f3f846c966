"""Files: completed uploads, as their owner lists, fetches and deletes them."""

import logging
from datetime import datetime, timedelta

from msgspec import structs

from broker import keys, policy, schemas
from broker.auth import Claims
from broker.errors import FileQuarantined, NotFound, StoreUnavailable
from broker.policy import Policies
from broker.registry import Registry
from broker.rows import File
from broker.stores.base import Store

log = logging.getLogger(__name__)


class Files:
    """List, look at, hand out and delete the caller's files."""

    def __init__(self, *, registry: Registry, store: Store, policies: Policies) -> None:
        self._registry = registry
        self._store = store
        self._policies = policies

    async def list(self, claims: Claims, query: schemas.ListFiles) -> schemas.Page[schemas.File]:
        """Return one page, newest first; its cursor is the last id. Raises InvalidField."""
        before = keys.check_cursor(query.cursor)
        found = await self._registry.list_files(claims, before=before, limit=query.limit + 1)
        items = tuple(describe_file(file) for file in found[: query.limit])
        return schemas.Page(items=items, next_cursor=items[-1].id if len(found) > query.limit else None)

    async def get(self, claims: Claims, file_id: str) -> schemas.File:
        """Return one file. Raises NotFound."""
        return describe_file(await self._find(claims, file_id))

    async def download(
        self, claims: Claims, file_id: str, new: schemas.NewDownload, *, at: datetime
    ) -> schemas.Download:
        """Presign a GET of the file's bytes. Raises NotFound, FileQuarantined, InvalidField."""
        wished = None if new.expires_in is None else policy.check_expires_in(new.expires_in)
        return self.sign(await self._find(claims, file_id), new.disposition, expires_in=wished, at=at)

    def sign(
        self,
        file: File,
        disposition: schemas.Disposition,
        *,
        expires_in: int | None = None,
        longest: int = policy.MAX_URL_EXPIRES_IN,
        at: datetime,
    ) -> schemas.Download:
        """Presign a GET of a file's bytes, for as many seconds as its policy says, or `expires_in`.

        It lives for `longest` seconds at most. Raises FileQuarantined.
        """
        if file.scan == "pending":
            raise FileQuarantined("The file has not been found clean yet: try again later.")
        media_type, disposition = policy.handing_out(file.type, disposition)
        log.info("Download signed", extra={"file": file.id})
        request = self._store.presign_get(
            file.key,
            media_type=media_type,
            disposition=keys.content_disposition(disposition, file.name),
            expires_in=min(longest, expires_in or self._policies.of(file.policy).url_expires_in),
            at=at,
        )
        return schemas.Download(
            **structs.asdict(request), size=file.size, checksum=file.checksum, part_size=file.part_size
        )

    async def delete(self, claims: Claims, file_id: str, *, at: datetime) -> None:
        """Forget the file, then remove its object, or have the reconciler do so. Raises NotFound."""
        file = await self._find(claims, file_id)
        visit_at = at + timedelta(seconds=policy.MAX_URL_EXPIRES_IN)
        await self._registry.delete_file(file, at=at, visit_at=visit_at)
        log.info("File deleted", extra={"file": file.id})
        try:
            await self._store.delete(file.key)
        except StoreUnavailable:
            log.warning("Object could not be removed yet", extra={"file": file.id})

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
        folder=file.folder,
        size=file.size,
        type=file.type,
        checksum=file.checksum,
        part_size=file.part_size,
        policy=file.policy,
        created_at=file.created_at,
        scan=file.scan,
    )
