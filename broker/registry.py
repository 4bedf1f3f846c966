"""What the broker remembers of uploads and files."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    select,
    text,
    tuple_,
    update,
)

from broker.audit_rows import add_entries
from broker.auth import Claims
from broker.database import Database
from broker.name_rows import list_taken
from broker.quotas import FIND_REPEATED, Full, Reservation, add_uploads, count, release
from broker.rows import (
    AuditEntry,
    Counters,
    File,
    OwnedCounters,
    Upload,
    every,
    first,
    is_for,
)
from broker.schemas import Collision, UploadStatus, UsageOrder
from broker.tables import files, uploads, usage
from broker.upload_rows import FIND_FILE_OF_UPLOAD, Publication, move_upload, publish_all

_OWNER: dict[str, BindParameter[str]] = {"tenant": bindparam("tenant"), "owner": bindparam("owner")}
_OWN_UPLOADS = select(uploads).filter_by(**_OWNER).where(uploads.c.status != "deleted")
_OWN_FILES = select(files).filter_by(**_OWNER)

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
LIST_KNOWN_KEYS = select(uploads.c.key).where(uploads.c.key.in_(bindparam("keys", expanding=True)))
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
            if not move_upload(connection, upload.id, "pending", status, at=at, visit_at=visit_at):
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
        (outcome,) = await self._database.write_each(publish_all, [Publication(file, collision, entry)])
        return outcome

    async def list_taken(self, claims: Claims, names: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
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
            move_upload(connection, file.upload_id, "completed", "deleted", at=at, visit_at=visit_at)
            count(connection, [(file, Counters(files=-1, bytes=-file.size))])
            add_entries(connection, [entry] if entry else [])
            return True

        return await self._database.write(change)

    async def list_trashed(self, *, before: datetime, limit: int) -> list[File]:
        """Return files that are in the trash since then, of all owners."""
        return await self._database.read(
            lambda c: every(File, c, LIST_TRASHED, {"before": before, "limit": limit})
        )


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
