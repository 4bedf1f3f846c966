"""Folders, as their owner lists, makes, moves and empties them."""

import logging
from datetime import UTC, datetime

from broker import keys, policy, schemas
from broker.auth import Claims
from broker.errors import FolderExists, InvalidField, InvalidName, NotFound
from broker.file_registry import FileRegistry
from broker.policy import Policies
from broker.rows import Caller

log = logging.getLogger(__name__)


class Folders:
    """The caller's folders. All raise RegistryUnavailable, and InvalidName for what cannot be a folder."""

    def __init__(self, *, registry: FileRegistry, policies: Policies) -> None:
        self._registry = registry
        self._policies = policies

    async def list(self, claims: Claims, query: schemas.ListFolders) -> schemas.Page[schemas.Folder]:
        """Return one page of the folders right below one, by their names; its cursor is the last path."""
        parent = _check_path(query.parent, "parent")
        after = _check_cursor(query.cursor)
        found = await self._registry.list_folders(claims, parent, after=after, limit=query.limit + 1)
        items = tuple(schemas.Folder(path=path) for path in found[: query.limit])
        return schemas.Page(items=items, next_cursor=items[-1].path if len(found) > query.limit else None)

    async def create(self, claims: Claims, new: schemas.NewFolder) -> schemas.Folder:
        """Make a folder, with those above it. Raises FolderExists."""
        path = _check(new.path, "path")
        if not await self._registry.add_folder(claims, path):
            raise FolderExists("There is a folder of this name.")
        log.info("Folder made")
        return schemas.Folder(path=path)

    async def move(
        self, claims: Claims, wanted: schemas.MoveFolder, *, caller: Caller, at: datetime
    ) -> schemas.Folder:
        """Move or rename a folder with all that is in it, at once.

        Raises NotFound, FolderExists, PolicyViolation.
        """
        path, to = _check(wanted.path, "path"), _check(wanted.to, "to")
        if to.startswith(f"{path}/"):
            raise InvalidName("A folder cannot be moved into itself.", field="to")
        for below in await self._registry.list_folders_below(claims, path):
            _check_path(to + below[len(path) :], "to")  # it may be too long there
        for name, folder in await self._registry.policies_below(claims, path, at=at):
            policy.check_move(self._policies.of(name), to + folder[len(path) :], claims)
        entry = caller.did("folder.moved", at=at)
        if not await self._registry.move_folder(claims, path, to, entry, at=at):
            if await self._registry.has_folder(claims, path):
                raise FolderExists("There is a folder of this name.")
            raise NotFound("There is no such folder.")
        log.info("Folder moved")
        return schemas.Folder(path=to)

    async def trash(
        self, claims: Claims, wanted: schemas.NewFolder, *, caller: Caller, at: datetime
    ) -> schemas.TrashedFolder:
        """Put all that is in a folder into the trash, and take the folder away. Raises NotFound."""
        path = _check(wanted.path, "path")
        entry = caller.did("folder.trashed", at=at)
        files = await self._registry.trash_folder(claims, path, entry, at=at)
        if files is None:
            raise NotFound("There is no such folder.")
        log.info("Folder put into the trash")
        return schemas.TrashedFolder(path=path, files=files, trashed_at=at)

    async def restore(
        self, claims: Claims, wanted: schemas.RestoreFolder, *, caller: Caller, at: datetime
    ) -> schemas.RestoredFolder:
        """Take what was in a folder out of the trash, and make the folder again. Raises InvalidField."""
        path = _check(wanted.path, "path")
        trashed_at = wanted.trashed_at and _in_utc(wanted.trashed_at, "trashed_at")
        entry = caller.did("folder.restored", at=at)
        files = await self._registry.restore_folder(claims, path, entry, trashed_at=trashed_at, at=at)
        return schemas.RestoredFolder(path=path, files=files)


def _check_cursor(cursor: str | None) -> str:
    try:
        return keys.check_folder(cursor or "")
    except InvalidName as error:
        raise InvalidField("The cursor is not one that this service gave out.", field="cursor") from error


def _check_path(path: str, field: str) -> str:
    try:
        return keys.check_folder(path)
    except InvalidName as error:
        others = {name: value for name, value in error.members.items() if name != "field"}
        raise InvalidName(error.detail, field=field, **others) from error


def _check(path: str, field: str) -> str:
    path = _check_path(path, field)
    if not path:
        raise InvalidName("The top folder is always there, and stays where it is.", field=field)
    return path


def _in_utc(instant: datetime, field: str) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:  # at either end of the calendar, an offset leads out of it
        raise InvalidField("There is no such time in UTC.", field=field) from error
