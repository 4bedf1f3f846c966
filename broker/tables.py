"""The registry's tables. A change here comes with a migration; a test compares the two."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Table,
    TypeDecorator,
    text,
)

REVISION = "0013"  # of the newest migration: what a registry must be at


class Instant(TypeDecorator[datetime]):
    """A UTC instant; SQLite, which knows no time zones, stores it without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], object] | None:
        """Write instants as SQLAlchemy does for SQLite, in a tenth of the time."""
        return _written if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def _written(value: datetime | None) -> str | None:
    if value is None:
        return None
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds").removesuffix("+00:00")


metadata = MetaData()

# these are compared byte by byte, whatever the language of the database
Id = String(26).with_variant(String(26, collation="C"), "postgresql")
Exact = String(1024).with_variant(String(1024, collation="C"), "postgresql")


def _partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


users = Table(
    "users",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column(
        "scopes",
        String(1000),
        nullable=False,
        server_default="files:delete files:read files:write shares:write uploads:write",
    ),
    Column("disabled_at", Instant),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("username", String(200), ForeignKey("users.name"), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("renewed_at", Instant, nullable=False),
    Column("idle_expires_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("sessions_of_user", "username"),
    Index("sessions_to_forget", "expires_at"),
)

machine_tokens = Table(
    "machine_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subject", String(200), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("scopes", String(1000), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index("machine_tokens_to_forget", "expires_at"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("handle", Id),
    Column("created_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Index("revocations_by_age", "created_at"),
    Index("revocations_to_forget", "until"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("folder", String(1024), nullable=False, server_default=""),
    Column("size", BigInteger, nullable=False),
    Column("type", String(255), nullable=False),
    Column("checksum", String(80)),
    Column("fingerprint", String(64)),
    Column("policy", String(64), nullable=False, server_default="default"),
    Column("checksum_algorithm", String(16), nullable=False, server_default="crc32c"),
    Column("store_upload_id", String(1024)),
    Column("part_size", BigInteger),
    Column("idempotency_key", String(255)),
    Column("collision", String(16), nullable=False, server_default="allow"),
    Column("status", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("visit_at", Instant),
    Column("share_id", Id),
    Column("declared_folder", String(1024)),
    _partial_index(
        "uploads_by_idempotency_key",
        *("tenant", "owner", "idempotency_key"),
        where="idempotency_key IS NOT NULL",
        unique=True,
    ),
    _partial_index("uploads_pending", "tenant", "owner", "id", where="status = 'pending'"),
    # what the reconciler has to look at, and when; most uploads have become files and are not in here
    _partial_index("uploads_to_visit", "visit_at", where="visit_at IS NOT NULL"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("event", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("address", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Index("audit_of_subject", "subject", "id"),
    Index("audit_of_target", "target", "id"),
)

files = Table(
    "files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("upload_id", Id, ForeignKey("uploads.id"), nullable=False, unique=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("folder", String(1024), nullable=False, server_default=""),
    Column("size", BigInteger, nullable=False),
    Column("type", String(255), nullable=False),
    Column("checksum", String(80)),
    Column("part_size", BigInteger),
    Column("policy", String(64), nullable=False, server_default="default"),
    Column("etag", String(80), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("name_key", Exact, nullable=False, server_default=""),
    Column("revision", BigInteger, nullable=False, server_default="1"),
    Column("modified_at", Instant),
    Column("trashed_at", Instant),
    Column("scan", String(16)),
    Column("scan_at", Instant),
    Column("share_id", Id),
    Column("thumbnail_at", Instant),
    Column("sort_key", Exact, nullable=False, server_default=""),
    Index("files_by_owner", "tenant", "owner", "id"),
    Index("files_by_folder", "tenant", "owner", "folder", "name_key", "id"),
    Index("files_sorted", "tenant", "owner", "sort_key", "id"),
    Index("files_sorted_in_folder", "tenant", "owner", "folder", "sort_key", "id"),
    _partial_index("files_in_trash", "tenant", "owner", "id", where="trashed_at IS NOT NULL"),
    _partial_index("files_to_scan", "scan_at", where="scan_at IS NOT NULL"),
)

folders = Table(
    "folders",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("owner", String(200), primary_key=True),
    Column("path", Exact, primary_key=True),
    Column("parent", Exact, nullable=False),
    Index("folders_by_parent", "tenant", "owner", "parent", "path"),
)

# A link to a folder goes where the folder goes, and ends with it.
shares = Table(
    "shares",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("kind", String(16), nullable=False, server_default="file"),
    Column("file_id", Id, ForeignKey("files.id", ondelete="CASCADE")),
    Column("folder", Exact),
    Column("title", String(200)),
    Column("message", String(2000)),
    Column("policy", String(64)),
    Column("max_files", BigInteger),
    Column("max_bytes", BigInteger),
    Column("received_files", BigInteger, nullable=False, server_default="0"),
    Column("received_bytes", BigInteger, nullable=False, server_default="0"),
    Column("password_hash", String(200)),
    Column("max_downloads", BigInteger),
    Column("downloads", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["tenant", "owner", "folder"],
        ["folders.tenant", "folders.owner", "folders.path"],
        name="shares_of_folder_fkey",
        onupdate="CASCADE",
        ondelete="CASCADE",
    ),
    Index("shares_by_owner", "tenant", "owner", "id"),
    Index("shares_of_file", "file_id", "id"),
    Index("shares_of_folder", "tenant", "owner", "folder", "id"),
    Index("shares_to_forget", "expires_at"),
)

# Kept by the very changes that it counts. A row of a subject, and one with an empty owner for its tenant.
usage = Table(
    "usage",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("owner", String(200), primary_key=True),
    Column("policy", String(64), primary_key=True),
    Column("files", BigInteger, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("pending", BigInteger, nullable=False, server_default="0"),
    Column("pending_bytes", BigInteger, nullable=False, server_default="0"),
)
