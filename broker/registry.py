"""What the broker remembers of uploads and files; with quotas.py and account_registry.py, the only SQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    insert,
    select,
    text,
    tuple_,
    update,
)

from broker.audit_rows import add_entries
from broker.auth import Claims
from broker.database import Database
from broker.folder_rows import add_folders
from broker.name_rows import find_free, hold_names, list_taken, settle_name
from broker.quotas import FIND_REPEATED, Full, Reservation, add_uploads, count, release
from broker.rows import (
    AuditEntry,
    Counters,
    File,
    OwnedCounters,
    RowStatus,
    Upload,
    add_all,
    every,
    first,
    is_for,
)
from broker.schemas import Collision, UploadStatus, UsageOrder
from broker.tables import files, uploads, usage

_OWNER: dict[str, BindParameter[str]] = {"tenant": bindparam("tenant"), "owner": bindparam("owner")}
_OWN_UPLOADS = select(uploads).filter_by(**_OWNER).where(uploads.c.status != "deleted")
_OWN_FILES = select(files).filter_by(**_OWNER)

INSERT_FILE = insert(files)
FIND_UPLOAD = _OWN_UPLOADS.where(uploads.c.id == bindparam("id"))
FIND_UPLOADS = _OWN_UPLOADS.where(uploads.c.id.in_(bindparam("ids", expanding=True)))
FIND_UPLOAD_OF_KEY = select(uploads).where(uploads.c.key == bindparam("key"))
FIND_UPLOAD_OF_TENANT = select(uploads).where(
    uploads.c.tenant == bindparam("tenant"), uploads.c.id == bindparam("id"), uploads.c.status != "deleted"
)
LIST_PENDING_OF_TENANT = (
    select(uploads)
    .where(
        uploads.c.tenant == bindparam("tenant"),
        uploads.c.status == "pending",
        uploads.c.expires_at > bindparam("at"),
        uploads.c.id < bindparam("before"),
    )
    .order_by(uploads.c.id.desc())
    .limit(bindparam("limit"))
)
LIST_PENDING = LIST_PENDING_OF_TENANT.where(
    uploads.c.owner == bindparam("owner"),
    uploads.c.share_id.is_(None),  # for its sender to finish
)
LIST_DUE = (
    select(uploads)
    .where(uploads.c.visit_at <= bindparam("at"))
    .order_by(uploads.c.visit_at)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
HOLD_PENDING = (
    select(uploads.c.id, uploads.c.folder)
    .where(uploads.c.id.in_(bindparam("ids", expanding=True)), uploads.c.status == "pending")
    .order_by(uploads.c.id)  # so that no two replicas wait for each other
    .with_for_update()
)
LIST_KNOWN_KEYS = select(uploads.c.key).where(uploads.c.key.in_(bindparam("keys", expanding=True)))
SETTLE_UPLOAD = (
    update(uploads)
    .where(uploads.c.id == bindparam("upload_id"), uploads.c.status == bindparam("old_status"))
    .values(
        status=bindparam("new_status"),
        settled_at=bindparam("new_settled_at"),
        visit_at=bindparam("new_visit_at"),
    )
)
VISIT_LATER = (
    update(uploads)
    .where(
        uploads.c.id == bindparam("upload_id"),
        uploads.c.status == bindparam("old_status"),
        uploads.c.visit_at.is_not(None),
    )
    .values(visit_at=bindparam("new_visit_at"))
)
FORGET_UPLOAD = delete(uploads).where(
    uploads.c.id == bindparam("upload_id"),
    uploads.c.status.in_(("aborted", "expired", "rejected", "deleted")),
)
FIND_FILE = _OWN_FILES.where(files.c.id == bindparam("id"))
FIND_FILE_OF_UPLOAD = select(files).where(files.c.upload_id == bindparam("upload_id"))
LIST_TO_SCAN = (
    select(files)
    .where(files.c.scan_at <= bindparam("at"))
    .order_by(files.c.scan_at)
    .limit(bindparam("limit"))
)
CLAIM_SCAN = (
    update(files)
    .where(files.c.id == bindparam("file_id"), files.c.scan_at == bindparam("old_scan_at"))
    .values(scan_at=bindparam("new_scan_at"))
)
RELEASE_FILE = (
    update(files)
    .where(files.c.id == bindparam("file_id"), files.c.scan == "pending")
    .values(scan="clean", scan_at=None)
)
DELETE_FILE = delete(files).where(files.c.id == bindparam("id"))
_IS_TRASHED = files.c.trashed_at <= bindparam("before")
DELETE_TRASHED = DELETE_FILE.where(_IS_TRASHED)
LIST_TRASHED = select(files).where(files.c.trashed_at.is_not(None), _IS_TRASHED).limit(bindparam("limit"))

LIST_USAGE = select(usage).filter_by(**_OWNER)


class Registry:
    """Uploads and files. Every method raises RegistryUnavailable when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> None:
        """Return when the database answers."""
        await self._database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())

    def close(self) -> None:
        """Finish what was begun and close the database."""
        self._database.close()

    async def add_uploads(self, reservations: Sequence[Reservation]) -> Sequence[Upload | Full]:
        """Reserve quota and add: for each the upload, or why it was not added.

        An upload whose idempotency key is taken is not added: the one that has the key is returned instead.
        """
        return await self._database.write_each(add_uploads, reservations)

    async def find_upload(self, claims: Claims, upload_id: str) -> Upload | None:
        values = _of(claims) | {"id": upload_id}
        found = await self._database.read(lambda c: first(Upload, c, FIND_UPLOAD, values))
        return found if found and is_for(claims, found) else None

    async def find_uploads(self, claims: Claims, upload_ids: Iterable[str]) -> dict[str, Upload]:
        """Return those of these uploads that there are, by their ids."""
        values = _of(claims) | {"ids": list(upload_ids)}
        found = await self._database.read(lambda c: every(Upload, c, FIND_UPLOADS, values))
        return {upload.id: upload for upload in found if is_for(claims, upload)}

    async def find_upload_of_key(self, key: str) -> Upload | None:
        if "\0" in key:
            return None  # nothing has it, and PostgreSQL cannot even be asked
        return await self._database.read(lambda c: first(Upload, c, FIND_UPLOAD_OF_KEY, {"key": key}))

    async def find_repeated(self, claims: Claims, idempotency_keys: Iterable[str]) -> dict[str, Upload]:
        """Return the caller's uploads that were created with these keys."""
        values = _of(claims) | {"idempotency_keys": list(idempotency_keys)}
        found = await self._database.read(lambda c: every(Upload, c, FIND_REPEATED, values))
        return {upload.idempotency_key: upload for upload in found if upload.idempotency_key}

    async def list_pending(self, claims: Claims, *, before: str, limit: int, at: datetime) -> list[Upload]:
        """Return the caller's newest unfinished uploads, only those whose id sorts before `before`."""
        values = _of(claims) | {"before": before, "limit": limit, "at": at}
        return await self._database.read(lambda c: every(Upload, c, LIST_PENDING, values))

    async def find_upload_of(self, tenant: str, upload_id: str) -> Upload | None:
        """Return an upload of a tenant, whoever owns it."""
        values = {"tenant": tenant, "id": upload_id}
        return await self._database.read(lambda c: first(Upload, c, FIND_UPLOAD_OF_TENANT, values))

    async def list_pending_of(self, tenant: str, *, before: str, limit: int, at: datetime) -> list[Upload]:
        """Return the newest unfinished uploads of a tenant, as `list_pending` does."""
        values = {"tenant": tenant, "before": before, "limit": limit, "at": at}
        return await self._database.read(lambda c: every(Upload, c, LIST_PENDING_OF_TENANT, values))

    async def list_due(self, *, at: datetime, limit: int, offset: int = 0) -> list[Upload]:
        """Return the uploads that the reconciler has to visit, of all owners, the longest overdue first."""
        values = {"at": at, "limit": limit, "offset": offset}
        return await self._database.read(lambda c: every(Upload, c, LIST_DUE, values))

    async def known_keys(self, keys: Sequence[str]) -> set[str]:
        """Say which of these object keys belong to an upload or a file."""
        return await self._database.read(lambda c: set(c.execute(LIST_KNOWN_KEYS, {"keys": keys}).scalars()))

    async def settle_upload(
        self,
        upload: Upload,
        status: UploadStatus,
        entry: AuditEntry | None = None,
        *,
        at: datetime,
        visit_at: datetime,
    ) -> bool:
        """Give a pending upload a final status other than `completed`; say whether it was still pending.

        If it was, the audit trail has the `entry`.
        """

        def change(connection: Connection) -> bool:
            if not _move(connection, upload.id, "pending", status, at=at, visit_at=visit_at):
                return False
            release(connection, upload)
            add_entries(connection, [entry] if entry else [])
            return True

        return await self._database.write(change)

    async def visit_later(self, upload: Upload, at: datetime) -> None:
        """Have the reconciler come back then, unless the upload has moved on meanwhile."""
        values = {"upload_id": upload.id, "old_status": upload.status, "new_visit_at": at}
        await self._database.write(lambda c: c.execute(VISIT_LATER, values))

    async def forget_upload(self, upload_id: str) -> None:
        """Remove a settled upload that is no file."""
        await self._database.write(lambda c: c.execute(FORGET_UPLOAD, {"upload_id": upload_id}))

    async def publish(
        self, file: File, collision: Collision = "allow", entry: AuditEntry | None = None
    ) -> File | None:
        """Turn a pending upload into this file, once: the file that it is now, or None if it is none.

        It goes into the folder that the upload has now, which may have been moved since it was read. Only
        with this file the audit trail has the `entry`.
        """
        (outcome,) = await self._database.write_each(_publish, [_Publication(file, collision, entry)])
        return outcome

    async def list_taken(self, claims: Claims, names: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """Return those that are taken of some names, each the path of a folder and a name's key."""
        return await self._database.read(lambda c: list_taken(c, claims.tenant, claims.subject, names))

    async def find_file_of_upload(self, upload_id: str) -> File | None:
        values = {"upload_id": upload_id}
        return await self._database.read(lambda c: first(File, c, FIND_FILE_OF_UPLOAD, values))

    async def find_file(self, claims: Claims, file_id: str) -> File | None:
        values = _of(claims) | {"id": file_id}
        return await self._database.read(lambda c: first(File, c, FIND_FILE, values))

    async def list_to_scan(self, *, at: datetime, limit: int) -> list[File]:
        """Return the files in quarantine about which the scanner is to be asked now."""
        return await self._database.read(lambda c: every(File, c, LIST_TO_SCAN, {"at": at, "limit": limit}))

    async def claim_scan(self, file: File, *, again_at: datetime) -> bool:
        """Say whether it is for the caller to have the file scanned; another one may, from `again_at` on."""
        values = {"file_id": file.id, "old_scan_at": file.scan_at, "new_scan_at": again_at}
        return await self._database.write(lambda c: c.execute(CLAIM_SCAN, values).rowcount == 1)

    async def release(self, file: File) -> None:
        """Let a file out of quarantine."""
        await self._database.write(lambda c: c.execute(RELEASE_FILE, {"file_id": file.id}))

    async def usage_of(self, claims: Claims) -> dict[str, Counters]:
        """Return what the caller stores, by policy."""
        return await self._database.read(
            lambda c: {
                row.policy: Counters(row.files, row.bytes, row.pending, row.pending_bytes)
                for row in c.execute(LIST_USAGE, _of(claims))
            }
        )

    async def list_usage(
        self, tenant: str, *, order: UsageOrder, after: tuple[str | int, ...] | None, limit: int
    ) -> list[OwnedCounters]:
        """Return what a tenant's subjects store under each policy, only what is sorted behind `after`.

        Rows are sorted by subject and policy, or by a number before these: so is what `after` holds.
        """
        query = _select_usage(tenant, order, after).limit(limit)
        return await self._database.read(lambda c: every(OwnedCounters, c, query, {}))

    async def delete_file(
        self,
        file: File,
        entry: AuditEntry | None = None,
        *,
        at: datetime,
        visit_at: datetime,
        trashed_before: datetime | None = None,
    ) -> bool:
        """Forget a file, and have the reconciler see to its object; say whether it was there.

        With `trashed_before`, only if it is in the trash since then. If it was there, the audit trail has the
        `entry`.
        """
        statement = DELETE_FILE if trashed_before is None else DELETE_TRASHED

        def change(connection: Connection) -> bool:
            if not connection.execute(statement, {"id": file.id, "before": trashed_before}).rowcount:
                return False
            _move(connection, file.upload_id, "completed", "deleted", at=at, visit_at=visit_at)
            count(connection, [(file, Counters(files=-1, bytes=-file.size))])
            add_entries(connection, [entry] if entry else [])
            return True

        return await self._database.write(change)

    async def list_trashed(self, *, before: datetime, limit: int) -> list[File]:
        """Return files that are in the trash since then, of all owners."""
        return await self._database.read(
            lambda c: every(File, c, LIST_TRASHED, {"before": before, "limit": limit})
        )


class _Publication(NamedTuple):
    """A file that an upload is to become."""

    file: File
    collision: Collision
    entry: AuditEntry | None


def _publish(connection: Connection, wanted: Sequence[_Publication]) -> Sequence[File | None]:
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


def _move(
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


def _select_usage(
    tenant: str, order: UsageOrder, after: tuple[str | int, ...] | None
) -> Select[tuple[Any, ...]]:
    is_descending = order.startswith("-")
    name = order.removeprefix("-")
    by_number = () if name == "subject" else (usage.c[name],)
    columns = (*by_number, usage.c.owner, usage.c.policy)
    # the row of a tenant itself has no owner
    query = select(usage).where(usage.c.tenant == tenant, usage.c.owner > "")
    if after is not None:
        row, place = tuple_(*columns), tuple_(*after)
        query = query.where(row < place if is_descending else row > place)
    return query.order_by(*(each.desc() if is_descending else each for each in columns))


def _of(claims: Claims) -> dict[str, Any]:
    return {"tenant": claims.tenant, "owner": claims.subject}
