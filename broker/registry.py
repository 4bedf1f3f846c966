"""The only SQL: what the broker remembers of users, uploads and files, and how much that is.

Every change that moves an upload from one status to another moves the counters of its quota along, in the
same transaction: first the subject's row, then its tenant's, so that no two changes wait for each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from broker.auth import Claims
from broker.database import Database
from broker.schemas import ChecksumAlgorithm, UploadStatus
from broker.settings import Quota
from broker.tables import files, uploads, usage, users

# `deleted`: it was a file, which was deleted; nobody but the reconciler sees it any more
RowStatus: TypeAlias = UploadStatus | Literal["deleted"]


class User(Struct, frozen=True, kw_only=True):
    """A built-in user; `password_hash` is argon2's encoded form."""

    name: str
    tenant: str
    password_hash: str
    created_at: datetime


class Upload(Struct, frozen=True, kw_only=True):
    """One attempt to store one file; `part_size` and `store_upload_id` are those of a multipart upload.

    `visit_at` is when the reconciler has to look at it again.
    """

    id: str
    tenant: str
    owner: str
    key: str
    name: str
    folder: str = ""
    size: int
    type: str
    checksum: str | None
    policy: str = "default"
    checksum_algorithm: ChecksumAlgorithm = "crc32c"
    store_upload_id: str | None = None
    part_size: int | None = None
    idempotency_key: str | None = None
    status: RowStatus
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None = None
    visit_at: datetime | None = None


class File(Struct, frozen=True, kw_only=True):
    """A completed, verified upload."""

    id: str
    tenant: str
    owner: str
    upload_id: str
    key: str
    name: str
    folder: str = ""
    size: int
    type: str
    checksum: str | None
    part_size: int | None = None
    policy: str = "default"
    etag: str
    created_at: datetime


class Reservation(Struct, frozen=True):
    """An upload that is to be added, and the quota of its policy for its subject and for its tenant."""

    upload: Upload
    quota: Quota
    tenant_quota: Quota


class Full(Struct, frozen=True):
    """Why an upload was not added: `rule` is the quota's name below the policy, such as `quota.bytes`."""

    rule: str
    limit: int


class Counters(Struct, frozen=True):
    """What is stored under a policy, and what its pending uploads have reserved."""

    files: int = 0
    bytes: int = 0
    pending: int = 0
    pending_bytes: int = 0


Row = TypeVar("Row", User, Upload, File)

_OWNER: dict[str, BindParameter[str]] = {"tenant": bindparam("tenant"), "owner": bindparam("owner")}
_OWN_UPLOADS = select(uploads).filter_by(**_OWNER).where(uploads.c.status != "deleted")
_OWN_FILES = select(files).filter_by(**_OWNER)

FIND_USER = select(users).where(users.c.name == bindparam("name"))
INSERT_USER = insert(users)
INSERT_FILE = insert(files)
FIND_UPLOAD = _OWN_UPLOADS.where(uploads.c.id == bindparam("id"))
FIND_UPLOAD_OF_KEY = select(uploads).where(uploads.c.key == bindparam("key"))
FIND_REPEATED = (
    select(uploads)
    .filter_by(**_OWNER)
    .where(uploads.c.idempotency_key.in_(bindparam("idempotency_keys", expanding=True)))
)
LIST_PENDING = (
    _OWN_UPLOADS.where(
        uploads.c.status == "pending",
        uploads.c.expires_at > bindparam("at"),
        uploads.c.id < bindparam("before"),
    )
    .order_by(uploads.c.id.desc())
    .limit(bindparam("limit"))
)
LIST_DUE = (
    select(uploads)
    .where(uploads.c.visit_at <= bindparam("at"))
    .order_by(uploads.c.visit_at)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
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
LIST_FILES = (
    _OWN_FILES.where(files.c.id < bindparam("before")).order_by(files.c.id.desc()).limit(bindparam("limit"))
)
DELETE_FILE = delete(files).where(files.c.id == bindparam("id"))

_COUNTED: dict[str, BindParameter[str]] = {
    "tenant": bindparam("of_tenant"),
    "owner": bindparam("of_owner"),
    "policy": bindparam("of_policy"),
}
LIST_USAGE = select(usage).filter_by(**_OWNER)
FIND_USAGE = select(usage).filter_by(**_COUNTED)
COUNT = (
    update(usage)
    .filter_by(**_COUNTED)
    .values(
        files=usage.c.files + bindparam("more_files"),
        bytes=usage.c.bytes + bindparam("more_bytes"),
        pending=usage.c.pending + bindparam("more_pending"),
        pending_bytes=usage.c.pending_bytes + bindparam("more_pending_bytes"),
    )
)
RESERVE = COUNT.where(
    usage.c.files + usage.c.pending + bindparam("more_pending") <= bindparam("max_files"),
    usage.c.bytes + usage.c.pending_bytes + bindparam("more_pending_bytes") <= bindparam("max_bytes"),
    usage.c.pending + bindparam("more_pending") <= bindparam("max_pending"),
)
# by the name of the dialect: each has its own way to say the same
INSERT_UPLOADS = {
    "sqlite": sqlite.insert(uploads).on_conflict_do_nothing(),
    # SQLAlchemy forgets how many rows an INSERT made if not told to remember
    "postgresql": postgresql.insert(uploads)
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True),
}
INSERT_USAGE = {
    "sqlite": sqlite.insert(usage).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(usage).on_conflict_do_nothing(),
}

_NO_LIMIT = 2**62


class Registry:
    """Users, uploads and files. Every method raises RegistryUnavailable when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> None:
        """Return when the database answers."""
        await self._database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())

    def close(self) -> None:
        """Finish what was begun and close the database."""
        self._database.close()

    async def find_user(self, name: str) -> User | None:
        if "\0" in name:
            return None  # nobody has it, and PostgreSQL cannot even be asked
        return await self._database.read(lambda c: _first(User, c, FIND_USER, {"name": name}))

    async def add_user(self, user: User) -> bool:
        """Say whether the user was added: False when the name is taken."""

        def change(connection: Connection) -> bool:
            if _first(User, connection, FIND_USER, {"name": user.name}):
                return False
            connection.execute(INSERT_USER, asdict(user))
            return True

        return await self._database.write(change)

    async def add_uploads(self, reservations: Sequence[Reservation]) -> Sequence[Upload | Full]:
        """Reserve quota and add: for each the upload, or why it was not added.

        An upload whose idempotency key is taken is not added: the one that has the key is returned instead.
        """
        return await self._database.write_each(_add_uploads, reservations)

    async def find_upload(self, claims: Claims, upload_id: str) -> Upload | None:
        values = _of(claims) | {"id": upload_id}
        return await self._database.read(lambda c: _first(Upload, c, FIND_UPLOAD, values))

    async def find_upload_of_key(self, key: str) -> Upload | None:
        return await self._database.read(lambda c: _first(Upload, c, FIND_UPLOAD_OF_KEY, {"key": key}))

    async def find_repeated(self, claims: Claims, idempotency_keys: Iterable[str]) -> dict[str, Upload]:
        """Return the caller's uploads that were created with these keys."""
        values = _of(claims) | {"idempotency_keys": list(idempotency_keys)}
        found = await self._database.read(lambda c: _all(Upload, c, FIND_REPEATED, values))
        return {upload.idempotency_key: upload for upload in found if upload.idempotency_key}

    async def list_pending(self, claims: Claims, *, before: str, limit: int, at: datetime) -> list[Upload]:
        """Return the caller's newest unfinished uploads, only those whose id sorts before `before`."""
        values = _of(claims) | {"before": before, "limit": limit, "at": at}
        return await self._database.read(lambda c: _all(Upload, c, LIST_PENDING, values))

    async def list_due(self, *, at: datetime, limit: int, offset: int = 0) -> list[Upload]:
        """Return the uploads that the reconciler has to visit, of all owners, the longest overdue first."""
        values = {"at": at, "limit": limit, "offset": offset}
        return await self._database.read(lambda c: _all(Upload, c, LIST_DUE, values))

    async def known_keys(self, keys: Sequence[str]) -> set[str]:
        """Say which of these object keys belong to an upload or a file."""
        return await self._database.read(lambda c: set(c.execute(LIST_KNOWN_KEYS, {"keys": keys}).scalars()))

    async def settle_upload(
        self, upload: Upload, status: UploadStatus, *, at: datetime, visit_at: datetime
    ) -> bool:
        """Give a pending upload a final status other than `completed`; say whether it was still pending."""

        def change(connection: Connection) -> bool:
            if not _move(connection, upload.id, "pending", status, at=at, visit_at=visit_at):
                return False
            _count(connection, upload, Counters(pending=-1, pending_bytes=-upload.size))
            return True

        return await self._database.write(change)

    async def visit_later(self, upload: Upload, at: datetime) -> None:
        """Have the reconciler come back then, unless the upload has moved on meanwhile."""
        values = {"upload_id": upload.id, "old_status": upload.status, "new_visit_at": at}
        await self._database.write(lambda c: c.execute(VISIT_LATER, values))

    async def forget_upload(self, upload_id: str) -> None:
        """Remove a settled upload that is no file."""
        await self._database.write(lambda c: c.execute(FORGET_UPLOAD, {"upload_id": upload_id}))

    async def publish(self, file: File) -> File | None:
        """Turn a pending upload into this file, once: the file that it is now, or None if it is none."""

        def change(connection: Connection) -> File | None:
            if not _move(connection, file.upload_id, "pending", "completed", at=file.created_at):
                return _first(File, connection, FIND_FILE_OF_UPLOAD, {"upload_id": file.upload_id})
            connection.execute(INSERT_FILE, asdict(file))
            moved = Counters(files=1, bytes=file.size, pending=-1, pending_bytes=-file.size)
            _count(connection, file, moved)
            return file

        return await self._database.write(change)

    async def find_file_of_upload(self, upload_id: str) -> File | None:
        values = {"upload_id": upload_id}
        return await self._database.read(lambda c: _first(File, c, FIND_FILE_OF_UPLOAD, values))

    async def find_file(self, claims: Claims, file_id: str) -> File | None:
        values = _of(claims) | {"id": file_id}
        return await self._database.read(lambda c: _first(File, c, FIND_FILE, values))

    async def list_files(self, claims: Claims, *, before: str, limit: int) -> list[File]:
        """Return the caller's newest files first, only those whose id sorts before `before`."""
        values = _of(claims) | {"before": before, "limit": limit}
        return await self._database.read(lambda c: _all(File, c, LIST_FILES, values))

    async def usage_of(self, claims: Claims) -> dict[str, Counters]:
        """Return what the caller stores, by policy."""
        return await self._database.read(
            lambda c: {
                row.policy: Counters(row.files, row.bytes, row.pending, row.pending_bytes)
                for row in c.execute(LIST_USAGE, _of(claims))
            }
        )

    async def delete_file(self, file: File, *, at: datetime, visit_at: datetime) -> None:
        """Forget a file, and have the reconciler see to its object."""

        def change(connection: Connection) -> None:
            if connection.execute(DELETE_FILE, {"id": file.id}).rowcount:
                _move(connection, file.upload_id, "completed", "deleted", at=at, visit_at=visit_at)
                _count(connection, file, Counters(files=-1, bytes=-file.size))

        await self._database.write(change)


class _Scope(NamedTuple):
    """Whose pending uploads and files are counted together; a tenant's scope has no owner."""

    tenant: str
    owner: str
    policy: str


def _add_uploads(connection: Connection, reservations: Sequence[Reservation]) -> list[Upload | Full]:
    alike: defaultdict[tuple[_Scope, Quota, Quota], list[Upload]] = defaultdict(list)
    for reservation in reservations:
        scope = _scope_of(reservation.upload)
        alike[scope, reservation.quota, reservation.tenant_quota].append(reservation.upload)
    outcomes: dict[str, Upload | Full] = {}
    for (scope, quota, tenant_quota), wanted in alike.items():
        outcomes |= _add_alike(connection, scope, quota, tenant_quota, wanted)
    return [outcomes[reservation.upload.id] for reservation in reservations]


def _add_alike(
    connection: Connection, scope: _Scope, quota: Quota, tenant_quota: Quota, wanted: Sequence[Upload]
) -> dict[str, Upload | Full]:
    """Add uploads that are counted together; if there is no room for all, those that fit, in their order."""
    repeated = _find_repeated(connection, scope, wanted)
    outcomes: dict[str, Upload | Full] = {
        upload.id: repeated.get(upload.idempotency_key, upload) for upload in wanted
    }
    new = [upload for upload in wanted if outcomes[upload.id] is upload]
    if new and _reserve(connection, scope, quota, tenant_quota, new):
        for upload in new:
            outcomes[upload.id] = _reserve(connection, scope, quota, tenant_quota, [upload]) or upload
    _insert(connection, scope, outcomes, [upload for upload in new if outcomes[upload.id] is upload])
    return outcomes


def _find_repeated(
    connection: Connection, scope: _Scope, wanted: Iterable[Upload]
) -> dict[str | None, Upload]:
    keys = [upload.idempotency_key for upload in wanted if upload.idempotency_key]
    if not keys:
        return {}
    values = {"tenant": scope.tenant, "owner": scope.owner, "idempotency_keys": keys}
    return {upload.idempotency_key: upload for upload in _all(Upload, connection, FIND_REPEATED, values)}


def _insert(
    connection: Connection, scope: _Scope, outcomes: dict[str, Upload | Full], new: Sequence[Upload]
) -> None:
    statement = INSERT_UPLOADS[connection.dialect.name]
    if unique := [asdict(upload) for upload in new if upload.idempotency_key is None]:
        connection.execute(statement, unique)
    for upload in new:
        if upload.idempotency_key and not connection.execute(statement, asdict(upload)).rowcount:
            # another replica has taken the key since we looked
            outcomes[upload.id] = _find_repeated(connection, scope, [upload])[upload.idempotency_key]
            _count(connection, upload, Counters(pending=-1, pending_bytes=-upload.size))


def _reserve(
    connection: Connection, scope: _Scope, quota: Quota, tenant_quota: Quota, wanted: Sequence[Upload]
) -> Full | None:
    """Count pending uploads, all or none; return why not."""
    more = Counters(pending=len(wanted), pending_bytes=sum(upload.size for upload in wanted))
    if full := _reserve_in(connection, scope, quota, more):
        return Full(f"quota.{full.rule}", full.limit)
    if full := _reserve_in(connection, scope._replace(owner=""), tenant_quota, more):
        less = Counters(pending=-more.pending, pending_bytes=-more.pending_bytes)
        connection.execute(COUNT, _values(scope, less))
        return Full(f"tenant_quota.{full.rule}", full.limit)
    return None


def _reserve_in(connection: Connection, scope: _Scope, quota: Quota, more: Counters) -> Full | None:
    limits = {
        "max_files": _NO_LIMIT if quota.files is None else quota.files,
        "max_bytes": _NO_LIMIT if quota.bytes is None else quota.bytes,
        "max_pending": _NO_LIMIT if quota.pending is None else quota.pending,
    }
    values = _values(scope, more) | limits
    if connection.execute(RESERVE, values).rowcount:
        return None
    connection.execute(INSERT_USAGE[connection.dialect.name], scope._asdict())  # the scope's first upload
    if connection.execute(RESERVE, values).rowcount:
        return None
    found = connection.execute(FIND_USAGE, _values(scope, more)).one()
    if found.pending + more.pending > limits["max_pending"]:
        return Full("pending", limits["max_pending"])
    if found.files + found.pending + more.pending > limits["max_files"]:
        return Full("files", limits["max_files"])
    return Full("bytes", limits["max_bytes"])


def _count(connection: Connection, row: Upload | File, more: Counters) -> None:
    scope = _scope_of(row)
    for counted in scope, scope._replace(owner=""):
        connection.execute(COUNT, _values(counted, more))


def _scope_of(row: Upload | File) -> _Scope:
    return _Scope(row.tenant, row.owner, row.policy)


def _values(scope: _Scope, more: Counters) -> dict[str, str | int]:
    return {
        "of_tenant": scope.tenant,
        "of_owner": scope.owner,
        "of_policy": scope.policy,
        "more_files": more.files,
        "more_bytes": more.bytes,
        "more_pending": more.pending,
        "more_pending_bytes": more.pending_bytes,
    }


def _move(
    connection: Connection,
    upload_id: str,
    old: RowStatus,
    new: RowStatus,
    *,
    at: datetime,
    visit_at: datetime | None = None,
) -> bool:
    """Move an upload from one status to another; say whether it had the first."""
    values = {
        "upload_id": upload_id,
        "old_status": old,
        "new_status": new,
        "new_settled_at": at,
        "new_visit_at": visit_at,
    }
    return connection.execute(SETTLE_UPLOAD, values).rowcount == 1


def _of(claims: Claims) -> dict[str, Any]:
    return {"tenant": claims.tenant, "owner": claims.subject}


def _first(
    kind: type[Row], connection: Connection, query: Select[Any], values: Mapping[str, object]
) -> Row | None:
    row = connection.execute(query, values).mappings().first()
    return None if row is None else kind(**row)


def _all(
    kind: type[Row], connection: Connection, query: Select[Any], values: Mapping[str, object]
) -> list[Row]:
    return [kind(**row) for row in connection.execute(query, values).mappings()]
