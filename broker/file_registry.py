"""What the broker remembers of where files are: lists, moves, the trash, and the folders.

A folder is a row of its own, so that an empty one is one too; storing a file makes those that it needs.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    select,
    tuple_,
    union,
    update,
)

from broker import keys
from broker.audit_rows import add_entries
from broker.auth import Claims
from broker.database import Database
from broker.errors import NameTaken
from broker.folder_rows import add_folders, hold_folder, is_below
from broker.name_rows import has_namesake, hold_names, hold_names_of, settle_names
from broker.rows import AuditEntry, File, every
from broker.schemas import Collision, FileOrder
from broker.tables import files, folders, shares, uploads

_COLUMN = {"created": files.c.id, "name": files.c.sort_key, "size": files.c.size}

REPLACE_FILE = (
    update(files)
    .where(files.c.id == bindparam("file_id"), files.c.revision == bindparam("old_revision"))
    .values(
        {
            files.c[name]: bindparam(f"new_{name}")
            for name in ("name", "name_key", "sort_key", "folder", "trashed_at", "modified_at", "revision")
        }
    )
)


class Filter(Struct, frozen=True, kw_only=True):
    """Which files to list: of a folder or of all, those whose name holds `q`, or what is in the trash."""

    folder: str | None = None
    q: str | None = None
    is_trashed: bool = False


class FileRegistry:
    """Every method raises RegistryUnavailable when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        claims: Claims,
        wanted: Filter,
        *,
        order: FileOrder,
        after: tuple[str | int, str] | None,
        limit: int,
    ) -> list[File]:
        """Return the caller's files in this order, only those behind `after`: a value and an id."""
        query = select_files(claims, wanted, order=order, after=after).limit(limit)
        return await self._database.read(lambda c: every(File, c, query, {}))

    async def replace(
        self, old: File, new: File, collision: Collision, entry: AuditEntry, *, at: datetime
    ) -> File | None:
        """Write what has changed of a file and return it as it is then, None if somebody else was quicker.

        Raises NameTaken.
        """

        def change(connection: Connection) -> File | None:
            is_coming = _place_of(new) not in {None, _place_of(old)}
            hold_names(connection, [(new, collision)] if is_coming else [])
            if connection.execute(REPLACE_FILE, _values(old, new)).rowcount != 1:
                return None
            written = _settle(connection, new, collision, at=at) if is_coming else new
            if not new.trashed_at:
                add_folders(connection, new.tenant, new.owner, [new.folder])
            add_entries(connection, [entry])
            return written

        return await self._database.write(change)

    async def allow_thumbnail(self, file: File, *, at: datetime) -> bool:
        """Note that a file may have a thumbnail from now on; say whether it still is a file."""
        change = update(files).where(files.c.id == file.id).values(thumbnail_at=at)
        return await self._database.write(lambda c: c.execute(change).rowcount == 1)

    async def list_with_thumbnail(self, claims: Claims, ids: Sequence[str]) -> Sequence[File]:
        """Return those of the caller's files that may have a thumbnail, but nothing in quarantine."""
        query = select(files).where(
            *_own_files(claims),
            files.c.id.in_(ids),
            files.c.thumbnail_at.is_not(None),
            files.c.scan.is_distinct_from("pending"),
        )
        return await self._database.read(lambda c: every(File, c, query, {}))

    async def list_folders(self, claims: Claims, parent: str, *, after: str, limit: int) -> Sequence[str]:
        """Return the paths of the folders right below one, sorted, only those behind `after`."""
        query = (
            select(folders.c.path)
            .where(*_own_folders(claims), folders.c.parent == parent, folders.c.path > after)
            .order_by(folders.c.path)
            .limit(limit)
        )
        return await self._database.read(lambda c: list(c.execute(query).scalars()))

    async def has_folder(self, claims: Claims, path: str) -> bool:
        return await self._database.read(lambda c: _has_folder(c, claims, path))

    async def add_folder(self, claims: Claims, path: str) -> bool:
        """Say whether the folder was added, with those above it: not when there is one of the name."""

        def change(connection: Connection) -> bool:
            if _has_folder(connection, claims, path):
                return False
            add_folders(connection, claims.tenant, claims.subject, [path])
            return True

        return await self._database.write(change)

    async def list_folders_below(self, claims: Claims, path: str) -> Sequence[str]:
        """Return the paths of a folder and of all below it."""
        query = select(folders.c.path).where(*_own_folders(claims), is_below(folders.c.path, path))
        return await self._database.read(lambda c: list(c.execute(query).scalars()))

    async def policies_below(self, claims: Claims, path: str, *, at: datetime) -> Sequence[tuple[str, str]]:
        """Return the policies, with the folders, of all files in a folder and below it, or on their way.

        Those of the links by which more may come are among them.
        """
        query = union(
            select(files.c.policy, files.c.folder).where(*_own_files_below(claims, path)),
            select(uploads.c.policy, uploads.c.folder).where(*_on_their_way_below(claims, path)),
            select(shares.c.policy, shares.c.folder).where(*_receiving_below(claims, path, at=at)),
        )
        return await self._database.read(lambda c: [(row.policy, row.folder) for row in c.execute(query)])

    async def move_folder(
        self, claims: Claims, path: str, to: str, entry: AuditEntry, *, at: datetime
    ) -> bool:
        """Move a folder with all that is below it, at once; say whether: not where there is one already."""

        def change(connection: Connection) -> bool:
            # one after the other: what another move is just bringing in has to come along
            hold_names_of(connection, claims.tenant, claims.subject)
            if not _has_folder(connection, claims, path) or _has_folder(connection, claims, to):
                return False
            # uploads, files, folders: in the order of whoever stores files, so that no two changes deadlock
            connection.execute(
                update(uploads)
                .where(*_on_their_way_below(claims, path))
                .values(
                    folder=to + func.substr(uploads.c.folder, len(path) + 1),
                    declared_folder=func.coalesce(uploads.c.declared_folder, uploads.c.folder),
                )
            )
            move_files = (
                update(files)
                .where(*_own_files_below(claims, path))
                .values(
                    folder=to + func.substr(files.c.folder, len(path) + 1),
                    modified_at=at,
                    revision=files.c.revision + 1,
                )
            )
            connection.execute(move_files)
            hold_folder(connection, claims.tenant, claims.subject, path)
            # changed, not made anew: the links to them come along (tables.py)
            above = to.rpartition("/")[0]
            parent = to + func.substr(folders.c.parent, len(path) + 1)
            connection.execute(
                update(folders)
                .where(*_own_folders(claims), is_below(folders.c.path, path))
                .values(
                    path=to + func.substr(folders.c.path, len(path) + 1),
                    parent=case((folders.c.path == path, above), else_=parent),
                )
            )
            connection.execute(move_files)  # also those that came meanwhile
            add_folders(connection, claims.tenant, claims.subject, [above])
            add_entries(connection, [entry])
            return True

        return await self._database.write(change)

    async def trash_folder(self, claims: Claims, path: str, entry: AuditEntry, *, at: datetime) -> int | None:
        """Put all files of a folder and below it into the trash, and forget the folders with their links.

        Return how many files there were, None when there is no such folder.
        """

        def change(connection: Connection) -> int | None:
            # a file that replaces others holds them, too, each in an order of its own
            hold_names_of(connection, claims.tenant, claims.subject)
            if not _has_folder(connection, claims, path):
                return None
            trash_files = (
                update(files)
                .where(*_own_files_below(claims, path), files.c.trashed_at.is_(None))
                .values(trashed_at=at, modified_at=at, revision=files.c.revision + 1)
            )
            # files, folders: in the order of whoever stores files, so that no two changes deadlock
            trashed = connection.execute(trash_files).rowcount
            hold_folder(connection, claims.tenant, claims.subject, path)
            connection.execute(delete(folders).where(*_own_folders(claims), is_below(folders.c.path, path)))
            add_entries(connection, [entry])
            # also those that came meanwhile
            return trashed + connection.execute(trash_files).rowcount

        return await self._database.write(change)

    async def restore_folder(
        self, claims: Claims, path: str, entry: AuditEntry, *, trashed_at: datetime | None, at: datetime
    ) -> int:
        """Take the files that were in a folder and below it out of the trash, and count them.

        With `trashed_at`, only those that were put there at that moment; where a folder above them has been
        moved since, they come back where that is. Where another file has the name of one, it gets a number:
        of several that come back, the newest keeps its name.
        """

        def change(connection: Connection) -> int:
            hold_names_of(connection, claims.tenant, claims.subject)
            trashed = _find_trashed(connection, claims, path, trashed_at)
            newest_first = select(files).where(trashed.found).order_by(files.c.id.desc())
            back = [
                replace(file, trashed_at=None, modified_at=at, revision=file.revision + 1)
                for file in every(File, connection, newest_first, {})
            ]
            # they are no namesakes of their own as long as they are in the trash
            settled = settle_names(connection, [(file, "rename") for file in back], at=at)
            restored = connection.execute(
                update(files)
                .where(trashed.found)
                .values(trashed_at=None, modified_at=at, revision=files.c.revision + 1)
            )
            renamed = [(old, new) for old, new in zip(back, settled, strict=True) if old != new]
            if renamed:
                connection.execute(REPLACE_FILE, [_values(old, new) for old, new in renamed])
            add_folders(connection, claims.tenant, claims.subject, trashed.folders)
            add_entries(connection, [entry])
            return restored.rowcount

        return await self._database.write(change)


def select_files(
    claims: Claims, wanted: Filter, *, order: FileOrder, after: tuple[str | int, str] | None = None
) -> Select[Any]:
    """Return the query of a list of files, see FileRegistry.list."""
    is_descending = order.startswith("-")
    column = _COLUMN[order.removeprefix("-")]
    # by the id alone it is sorted already
    columns = (column,) if column is files.c.id else (column, files.c.id)
    query = select(files).where(*_wanted(claims, wanted))
    if after is not None:
        place, row = tuple_(*after[-len(columns) :]), tuple_(*columns)
        query = query.where(row < place if is_descending else row > place)
    return query.order_by(*(each.desc() if is_descending else each for each in columns))


class _Trashed(NamedTuple):
    """Files that are to come back, and the folders that they need."""

    found: ColumnElement[bool]
    folders: Sequence[str]


def _find_trashed(connection: Connection, claims: Claims, path: str, trashed_at: datetime | None) -> _Trashed:
    """Find what was put into the trash with a folder, see FileRegistry.restore_folder."""
    is_wanted = files.c.trashed_at.is_not(None) if trashed_at is None else files.c.trashed_at == trashed_at

    def list_folders(found: ColumnElement[bool]) -> list[str]:
        return list(connection.execute(select(files.c.folder).distinct().where(found)).scalars())

    below, anywhere = (
        and_(is_wanted, *whose) for whose in (_own_files_below(claims, path), _own_files(claims))
    )
    inside = list_folders(below)
    if trashed_at and not inside and (moved := list_folders(anywhere)):
        return _Trashed(anywhere, moved)
    return _Trashed(below, [path, *inside])


def _settle(connection: Connection, file: File, collision: Collision, *, at: datetime) -> File:
    """Do what is wanted when another has the name that a file was given. Raises NameTaken."""
    if collision == "refuse" and has_namesake(connection, file):
        raise NameTaken("There is a file of this name in the folder.", field="name")
    (settled,) = settle_names(connection, [(file, collision)], besides=file.id, at=at)
    if settled != file:
        connection.execute(REPLACE_FILE, _values(file, settled))
    return settled


def _place_of(file: File) -> tuple[str, str] | None:
    """Say which name in which folder a file takes: none in the trash."""
    return None if file.trashed_at else (file.folder, file.name_key)


def _values(old: File, new: File) -> dict[str, Any]:
    return {
        "file_id": old.id,
        "old_revision": old.revision,
        "new_name": new.name,
        "new_name_key": new.name_key,
        "new_sort_key": new.sort_key,
        "new_folder": new.folder,
        "new_trashed_at": new.trashed_at,
        "new_modified_at": new.modified_at,
        "new_revision": new.revision,
    }


def _wanted(claims: Claims, wanted: Filter) -> Iterable[ColumnElement[bool]]:
    yield from _own_files(claims)
    yield files.c.trashed_at.is_not(None) if wanted.is_trashed else files.c.trashed_at.is_(None)
    if wanted.folder is not None:
        yield files.c.folder == wanted.folder
    if wanted.q:
        yield files.c.name_key.contains(keys.name_key(wanted.q), autoescape=True)


def _own_files(claims: Claims) -> Sequence[ColumnElement[bool]]:
    return (files.c.tenant == claims.tenant, files.c.owner == claims.subject)


def _own_files_below(claims: Claims, path: str) -> Sequence[ColumnElement[bool]]:
    """Say which files are the caller's, in a folder or below it."""
    return (*_own_files(claims), is_below(files.c.folder, path))


def _on_their_way_below(claims: Claims, path: str) -> Sequence[ColumnElement[bool]]:
    """Say which of the caller's uploads may become files in a folder or below it."""
    return (
        uploads.c.tenant == claims.tenant,
        uploads.c.owner == claims.subject,
        uploads.c.status == "pending",
        is_below(uploads.c.folder, path),
    )


def _receiving_below(claims: Claims, path: str, *, at: datetime) -> Sequence[ColumnElement[bool]]:
    """Say which links take files into a folder of the caller's or below it."""
    return (
        shares.c.tenant == claims.tenant,
        shares.c.owner == claims.subject,
        shares.c.kind == "receive",
        shares.c.expires_at > at,
        is_below(shares.c.folder, path),
    )


def _own_folders(claims: Claims) -> Sequence[ColumnElement[bool]]:
    return (folders.c.tenant == claims.tenant, folders.c.owner == claims.subject)


def _has_folder(connection: Connection, claims: Claims, path: str) -> bool:
    query = select(folders.c.path).where(*_own_folders(claims), folders.c.path == path)
    return connection.execute(query).first() is not None
