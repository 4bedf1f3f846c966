"""What the registry remembers, row by row."""

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, Dialect, Insert, Select

from broker import keys
from broker.auth import Claims, Link
from broker.schemas import AuditEvent, ChecksumAlgorithm, Collision, ScanState, ShareKind, UploadStatus

# `deleted`: it was a file, which was deleted; nobody but the reconciler sees it any more
RowStatus: TypeAlias = UploadStatus | Literal["deleted"]


class User(Struct, frozen=True, kw_only=True):
    """A built-in user; `password_hash` is argon2's encoded form, `scopes` are joined by spaces."""

    name: str
    tenant: str
    password_hash: str
    created_at: datetime
    scopes: str
    disabled_at: datetime | None = None


class Session(Struct, frozen=True, kw_only=True):
    """What keeps a user signed in. `generation` counts the refresh tokens: the newest alone is good."""

    id: str
    username: str
    generation: int
    created_at: datetime
    renewed_at: datetime
    idle_expires_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


class MachineToken(Struct, frozen=True, kw_only=True):
    """An access token that was issued to a program by hand; `scopes` are joined by spaces."""

    id: str
    subject: str
    tenant: str
    scopes: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class Upload(Struct, frozen=True, kw_only=True):
    """One attempt to store one file; `part_size` and `store_upload_id` are those of a multipart upload.

    `visit_at` is when the reconciler has to look at it again. `share_id` is of the link by which it was made,
    if it was not its owner who made it. `declared_folder` is where it was to go before its folder was moved.
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
    fingerprint: str | None = None
    policy: str = "default"
    checksum_algorithm: ChecksumAlgorithm = "crc32c"
    store_upload_id: str | None = None
    part_size: int | None = None
    idempotency_key: str | None = None
    collision: Collision = "allow"
    status: RowStatus
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None = None
    visit_at: datetime | None = None
    share_id: str | None = None
    declared_folder: str | None = None

    @property
    def stored_keys(self) -> tuple[str, ...]:
        """What the store may hold of it; only what was a file may have a thumbnail."""
        return (self.key, keys.thumbnail_key(self.key)) if self.status == "deleted" else (self.key,)


class File(Struct, frozen=True, kw_only=True):
    """A completed, verified upload. While its `scan` is `pending` it is in quarantine, until `scan_at`.

    `name_key` is by what it is found, `sort_key` by what it is sorted. `revision` counts its changes, the
    last at `modified_at`. From `thumbnail_at` on, it may have a thumbnail.
    """

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
    name_key: str = ""
    sort_key: str = ""
    revision: int = 1
    modified_at: datetime | None = None
    trashed_at: datetime | None = None
    scan: ScanState | None = None
    scan_at: datetime | None = None
    share_id: str | None = None
    thumbnail_at: datetime | None = None

    @property
    def stored_keys(self) -> tuple[str, ...]:
        """What the store may hold of it."""
        return (self.key, keys.thumbnail_key(self.key)) if self.thumbnail_at else (self.key,)

    def named(self, name: str) -> "File":
        """Return it with another name."""
        return replace(self, name=name, name_key=keys.name_key(name), sort_key=keys.sort_key(name))


class Share(Struct, frozen=True, kw_only=True):
    """A link by which anybody may fetch a file or all in a folder, or send files into one under a policy.

    `file_name` is the name that the file has now; it is kept with the file. `password_hash` is argon2's
    encoded form. What was received counts pending uploads too.
    """

    id: str
    tenant: str
    owner: str
    kind: ShareKind
    file_id: str | None = None
    file_name: str | None = None
    folder: str | None = None
    title: str | None = None
    message: str | None = None
    policy: str | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    received_files: int = 0
    received_bytes: int = 0
    password_hash: str | None = None
    max_downloads: int | None = None
    downloads: int = 0
    created_at: datetime
    expires_at: datetime

    @property
    def name(self) -> str:
        """What the file or the folder is called, without where it is."""
        return self.file_name or (self.folder or "").rpartition("/")[2]


class Counters(Struct, frozen=True):
    """What is stored under a policy, and what its pending uploads have reserved."""

    files: int = 0
    bytes: int = 0
    pending: int = 0
    pending_bytes: int = 0

    def __add__(self, more: "Counters") -> "Counters":
        return Counters(
            self.files + more.files,
            self.bytes + more.bytes,
            self.pending + more.pending,
            self.pending_bytes + more.pending_bytes,
        )


class AuditEntry(Struct, frozen=True, kw_only=True):
    """What somebody did, or was refused; texts are empty where nothing is known."""

    id: str
    at: datetime
    tenant: str
    subject: str
    event: str
    target: str
    address: str
    request_id: str


class Caller(Struct, frozen=True, kw_only=True):
    """Who does something and from where, for the audit trail; texts are empty where nothing is known."""

    tenant: str = ""
    subject: str = ""
    address: str = ""
    request_id: str = ""

    def did(self, event: AuditEvent, target: str = "", *, at: datetime) -> AuditEntry:
        """Write an entry; `target` is the id of what it was done to, or a name."""
        return AuditEntry(
            id=keys.new_id(at),
            at=at,
            tenant=self.tenant,
            subject=self.subject,
            event=event,
            target=target,
            address=self.address,
            request_id=self.request_id,
        )


def caller_of(claims: Claims | None, *, address: str = "", request_id: str = "") -> Caller:
    """Name a caller as the audit trail does."""
    return Caller(
        tenant=claims.tenant if claims else "",
        subject=claims.actor if claims else "",
        address=address,
        request_id=request_id,
    )


def owner_of(file: File) -> Caller:
    """Name whose a file is, where nobody has asked for what is done with it."""
    return Caller(tenant=file.tenant, subject=file.owner)


def sender_of(upload: Upload) -> Caller:
    """Name who has declared an upload and sent it, where nobody else is known."""
    link = Link(upload.share_id) if upload.share_id else None
    return caller_of(Claims(subject=upload.owner, tenant=upload.tenant, scopes=frozenset(), link=link))


class OwnedCounters(Struct, frozen=True, kw_only=True):
    """What one subject has under a policy."""

    tenant: str
    owner: str
    policy: str
    files: int
    bytes: int
    pending: int
    pending_bytes: int


def is_for(claims: Claims, upload: Upload) -> bool:
    """Say whether an upload is the caller's: a stranger's are those of the link alone."""
    is_own = (upload.tenant, upload.owner) == (claims.tenant, claims.subject)
    return is_own and (claims.link is None or claims.link.id == upload.share_id)


Row = TypeVar("Row", bound=Struct)


def first(
    kind: type[Row], connection: Connection, query: Select[Any], values: Mapping[str, object]
) -> Row | None:
    """Return the first row that a query finds."""
    row = connection.execute(query, values).mappings().first()
    return None if row is None else kind(**row)


def every(
    kind: type[Row], connection: Connection, query: Select[Any], values: Mapping[str, object]
) -> list[Row]:
    """Return all rows that a query finds."""
    return [kind(**row) for row in connection.execute(query, values).mappings()]


def add_all(connection: Connection, statement: Insert, rows: Sequence[Struct]) -> None:
    """Insert rows, each with a value for each column.

    For SQLite they are written as its driver takes them: SQLAlchemy looks at each value by itself, which
    takes as long as SQLite needs for the rest.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        sql, write = _for_driver(statement, connection.dialect)
        connection.exec_driver_sql(sql, [write(row) for row in rows])
    else:
        connection.execute(statement, [asdict(row) for row in rows])


@functools.lru_cache(maxsize=16)
def _for_driver(statement: Insert, dialect: Dialect) -> tuple[str, Callable[[Struct], tuple[object, ...]]]:
    """Return a statement's SQL, and how a row is written for it."""
    compiled = statement.compile(dialect=dialect)
    names = compiled.positiontup or []
    processors = [
        statement.table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
    ]
    processed = [(index, each) for index, each in enumerate(processors) if each]
    read = attrgetter(*names)

    def write(row: Struct) -> tuple[object, ...]:
        values = list(read(row))
        for index, process in processed:
            values[index] = process(values[index])
        return tuple(values)

    return compiled.string, write
