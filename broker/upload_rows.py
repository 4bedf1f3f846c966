"""Moving uploads from one status to another, and making files of them, within whatever change needs it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, insert, select, update

from broker.audit_rows import add_entries
from broker.folder_rows import add_folders
from broker.name_rows import find_free, hold_names, settle_name
from broker.quotas import count
from broker.rows import AuditEntry, Counters, File, RowStatus, add_all, first
from broker.schemas import Collision
from broker.tables import files, uploads

INSERT_FILE = insert(files)
HOLD_PENDING = (
    select(uploads.c.id, uploads.c.folder)
    .where(uploads.c.id.in_(bindparam("ids", expanding=True)), uploads.c.status == "pending")
    .order_by(uploads.c.id)  # so that no two replicas wait for each other
    .with_for_update()
)
SETTLE_UPLOAD = (
    update(uploads)
    .where(uploads.c.id == bindparam("upload_id"), uploads.c.status == bindparam("old_status"))
    .values(
        status=bindparam("new_status"),
        settled_at=bindparam("new_settled_at"),
        visit_at=bindparam("new_visit_at"),
    )
)
FIND_FILE_OF_UPLOAD = select(files).where(files.c.upload_id == bindparam("upload_id"))


class Publication(NamedTuple):
    """A file that an upload is to become."""

    file: File
    collision: Collision
    entry: AuditEntry | None


def publish_all(connection: Connection, wanted: Sequence[Publication]) -> Sequence[File | None]:
    """Turn pending uploads into files; for each of them see `Registry.publish`."""
    outcomes: dict[int, File] = {}
    unwritten: list[File] = []
    entries: list[AuditEntry] = []
    hold_names(connection, ((each.file, each.collision) for each in wanted))
    ids = [each.file.upload_id for each in wanted]
    pending = {row.id: row.folder for row in connection.execute(HOLD_PENDING, {"ids": ids})}
    placed = {
        index: replace(each.file, folder=pending.pop(each.file.upload_id))
        for index, each in sorted(enumerate(wanted), key=lambda item: item[1].file.upload_id)
        if each.file.upload_id in pending
    }
    may_give_way = any(each.collision != "allow" for each in wanted)
    has_free_name = find_free(connection, placed.values()) if may_give_way else set()
    for index, file in placed.items():
        _, collision, entry = wanted[index]
        if collision != "allow" and file.id not in has_free_name:
            add_all(connection, INSERT_FILE, unwritten)  # it has to see what those before it are called
            unwritten.clear()
            file = settle_name(connection, file, collision, at=file.created_at)
        unwritten.append(file)
        entries += [entry] if entry else []
        outcomes[index] = file
    add_all(connection, INSERT_FILE, unwritten)
    published = list(outcomes.values())
    _complete(connection, published)
    for (tenant, owner), folders in _folders_by_owner(published):
        add_folders(connection, tenant, owner, folders)
    moved = [
        (file, Counters(files=1, bytes=file.size, pending=-1, pending_bytes=-file.size)) for file in published
    ]
    count(connection, moved)
    add_entries(connection, entries)
    return [
        outcomes.get(index) or first(File, connection, FIND_FILE_OF_UPLOAD, {"upload_id": upload_id})
        for index, upload_id in enumerate(ids)
    ]


def _complete(connection: Connection, published: Iterable[File]) -> None:
    """Settle the uploads of files, which are pending and held."""
    settled = [_settling(each.upload_id, "pending", "completed", at=each.created_at) for each in published]
    if settled:
        connection.execute(SETTLE_UPLOAD, settled)


def _folders_by_owner(published: Iterable[File]) -> Iterable[tuple[tuple[str, str], set[str]]]:
    folders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for file in published:
        folders[file.tenant, file.owner].add(file.folder)
    return sorted(folders.items())


def move_upload(
    connection: Connection,
    upload_id: str,
    old: RowStatus,
    new: RowStatus,
    *,
    at: datetime,
    visit_at: datetime,
) -> bool:
    """Move an upload from one status to another; say whether it had the first."""
    values = _settling(upload_id, old, new, at=at, visit_at=visit_at)
    return connection.execute(SETTLE_UPLOAD, values).rowcount == 1


def _settling(
    upload_id: str, old: RowStatus, new: RowStatus, *, at: datetime, visit_at: datetime | None = None
) -> dict[str, Any]:
    return {
        "upload_id": upload_id,
        "old_status": old,
        "new_status": new,
        "new_settled_at": at,
        "new_visit_at": visit_at,
    }
