"""Files: completed uploads, as their owner lists, fetches, moves and deletes them."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from msgspec import Meta, structs

from broker import keys, policy, schemas
from broker.auth import Claims
from broker.cursors import read_cursor, write_cursor
from broker.errors import (
    BrokerError,
    FileQuarantined,
    InvalidField,
    NotFound,
    RevisionMismatch,
    StoreUnavailable,
)
from broker.file_registry import FileRegistry, Filter
from broker.policy import Policies
from broker.registry import Registry
from broker.rows import Caller, File, owner_of
from broker.stores.base import Store
from broker.turns import run_together

log = logging.getLogger(__name__)

_TRIES = 5  # somebody else may be changing the same file
_EMPTIED_AT_ONCE = 1000


class Files:
    """List, look at, hand out, change and delete the caller's files."""

    def __init__(
        self,
        *,
        registry: Registry,
        file_registry: FileRegistry,
        store: Store,
        policies: Policies,
        trash_days: int,
    ) -> None:
        self.trash_days = trash_days
        self._registry = registry
        self._file_registry = file_registry
        self._store = store
        self._policies = policies

    async def list(self, claims: Claims, query: schemas.ListFiles) -> schemas.Page[schemas.File]:
        """Return one page. Raises InvalidField, InvalidName."""
        wanted = Filter(
            folder=None if query.folder is None else keys.check_folder(query.folder),
            q=check_text(query.q),
            is_trashed=query.trashed,
        )
        after = _read_place(query) if query.cursor else None
        found = await self._file_registry.list(
            claims, wanted, order=query.sort, after=after, limit=query.limit + 1
        )
        page = found[: query.limit]
        cursor = _place_of(page[-1], query.sort) if len(found) > query.limit else None
        return schemas.Page(items=tuple(describe_file(file) for file in page), next_cursor=cursor)

    async def get(self, claims: Claims, file_id: str) -> schemas.File:
        """Return one file. Raises NotFound."""
        return describe_file(await self.find(claims, file_id))

    async def download(
        self, claims: Claims, file_id: str, new: schemas.NewDownload, *, at: datetime
    ) -> schemas.Download:
        """Presign a GET of the file's bytes. Raises NotFound, FileQuarantined, InvalidField."""
        wished = None if new.expires_in is None else policy.check_expires_in(new.expires_in)
        return self.sign(await self.find(claims, file_id), new.disposition, expires_in=wished, at=at)

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

    async def change(
        self,
        claims: Claims,
        file_id: str,
        wanted: schemas.ChangeFile,
        *,
        revision: int | None = None,
        caller: Caller,
        at: datetime,
    ) -> schemas.File:
        """Rename a file, move it, put it into the trash or take it out; return it as it is then.

        With a `revision`, only if it is still that. Raises NotFound, RevisionMismatch, NameTaken,
        InvalidName, PolicyViolation.
        """
        for _ in range(_TRIES):
            file = await self.find(claims, file_id)
            if revision not in {None, file.revision}:
                break
            changed = self._changed(claims, file, wanted, at=at)
            if changed == file:
                return describe_file(file)
            new = structs.replace(changed, modified_at=at, revision=file.revision + 1)
            entry = caller.did("file.changed", file.id, at=at)
            if written := await self._file_registry.replace(file, new, wanted.collision, entry, at=at):
                log.info("File changed", extra={"file": file.id})
                return describe_file(written)
        raise RevisionMismatch("The file has been changed meanwhile: read it again.")

    async def change_batch(
        self, claims: Claims, wanted: schemas.ChangeFiles, *, caller: Caller, at: datetime
    ) -> Sequence[schemas.File | BrokerError]:
        """Change many files alike; return for each what it is now, or why it was not changed."""
        change = schemas.ChangeFile(folder=wanted.folder, trashed=wanted.trashed, collision=wanted.collision)
        return await run_together(
            [partial(self.change, claims, file_id, change, caller=caller, at=at) for file_id in wanted.ids]
        )

    async def delete_batch(
        self, claims: Claims, wanted: schemas.DeleteFiles, *, caller: Caller, at: datetime
    ) -> Sequence[BrokerError | None]:
        """Delete many files; return for each None, or why it was not deleted."""
        return await run_together(
            [partial(self.delete, claims, file_id, caller=caller, at=at) for file_id in wanted.ids]
        )

    def _changed(self, claims: Claims, file: File, wanted: schemas.ChangeFile, *, at: datetime) -> File:
        of_file = self._policies.of(file.policy)
        if wanted.name is not None and wanted.name != file.name:
            file = file.named(policy.check_rename(of_file, wanted.name, file.type, claims))
        if wanted.folder is not None and wanted.folder != file.folder:
            file = structs.replace(file, folder=policy.check_move(of_file, wanted.folder, claims))
        if wanted.trashed is not None and wanted.trashed != (file.trashed_at is not None):
            file = structs.replace(file, trashed_at=at if wanted.trashed else None)
        return file

    async def delete(self, claims: Claims, file_id: str, *, caller: Caller, at: datetime) -> None:
        """Forget the file, then remove its object, or have the reconciler do so. Raises NotFound."""
        await self._delete(await self.find(claims, file_id), caller=caller, at=at)

    async def empty_trash(self, *, at: datetime) -> Sequence[File]:
        """Delete files that have been in the trash for long enough, of all owners; return them."""
        if not self.trash_days:
            return ()
        before = at - timedelta(days=self.trash_days)
        found = await self._registry.list_trashed(before=before, limit=_EMPTIED_AT_ONCE)
        deleted = await run_together(
            [
                partial(self._delete, file, caller=owner_of(file), at=at, trashed_before=before)
                for file in found
            ]
        )
        return [file for file, was_there in zip(found, deleted, strict=True) if was_there is True]

    async def _delete(
        self, file: File, *, caller: Caller, at: datetime, trashed_before: datetime | None = None
    ) -> bool:
        visit_at = at + timedelta(seconds=policy.MAX_URL_EXPIRES_IN)
        entry = caller.did("file.deleted", file.id, at=at)
        if not await self._registry.delete_file(
            file, entry, at=at, visit_at=visit_at, trashed_before=trashed_before
        ):
            return False
        log.info("File deleted", extra={"file": file.id})
        try:
            for key in file.stored_keys:
                await self._store.delete(key)
        except StoreUnavailable:
            log.warning("Object could not be removed yet", extra={"file": file.id})
        return True

    async def find(self, claims: Claims, file_id: str) -> File:
        """Return a file as it is recorded. Raises NotFound."""
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
        modified_at=file.modified_at or file.created_at,
        revision=file.revision,
        trashed_at=file.trashed_at,
        scan=file.scan,
        share=file.share_id,
    )


def check_text(text: str | None) -> str | None:
    """Return what is looked for. Raises InvalidField for what no name can hold."""
    if text is not None and "\0" in text:
        raise InvalidField("A name cannot hold this.", field="q")
    return text


def _place_of(file: File, order: schemas.FileOrder) -> str:
    """Write where a list that ends with this file goes on."""
    match order.removeprefix("-"):
        case "name":
            return write_cursor((file.sort_key, file.id))
        case "size":
            return write_cursor((file.size, file.id))
    return file.id


def _read_place(query: schemas.ListFiles) -> tuple[str | int, str]:
    cursor = query.cursor or ""
    match query.sort.removeprefix("-"):
        case "name":
            return read_cursor(cursor, tuple[str, str])
        case "size":
            return read_cursor(cursor, tuple[Annotated[int, Meta(ge=0, le=2**62)], str])
    return (keys.check_cursor(cursor), keys.check_cursor(cursor))
