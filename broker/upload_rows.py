"""Moving uploads from one status to another, and making files of them, within whatever change needs it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, insert, select, update

from broker.audit_rows import add_entries
from broker.folder_rows import add_folders
from broker.name_rows import hold_names, in_rounds, settle_names
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
    hold_names(connection, ((each.file, each.collision) for each in wanted))
    ids = [each.file.upload_id for each in wanted]
    pending = {row.id: row.folder for row in connection.execute(HOLD_PENDING, {"ids": ids})}
    chosen = [
        each._replace(file=replace(each.file, folder=pending.pop(each.file.upload_id)))
        for each in wanted
        if each.file.upload_id in pending  # of several for one upload, only the first is
    ]
    published: dict[str, File] = {}
    for together in in_rounds([(each.file, each.collision) for each in chosen]):
        settled = settle_names(connection, together, at=max(file.created_at for file, _ in together))
        add_all(connection, INSERT_FILE, settled)
        published |= {file.upload_id: file for file in settled}
    _complete(connection, published.values())
    for (tenant, owner), folders in _folders_by_owner(published.values()):
        add_folders(connection, tenant, owner, folders)
    moved = [
        (file, Counters(files=1, bytes=file.size, pending=-1, pending_bytes=-file.size))
        for file in published.values()
    ]
    count(connection, moved)
    add_entries(connection, [each.entry for each in chosen if each.entry])
    return [
        published.get(upload_id) or first(File, connection, FIND_FILE_OF_UPLOAD, {"upload_id": upload_id})
        for upload_id in ids
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
