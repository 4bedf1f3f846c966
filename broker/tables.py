"""The registry's tables. A change here comes with a migration; a test compares the two."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

REVISION = "0001"  # of the newest migration: what a registry must be at


class Instant(TypeDecorator[datetime]):
    """A UTC instant; SQLite, which knows no time zones, stores it without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("type", String(255), nullable=False),
    Column("checksum", String(80)),
    Column("status", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("upload_id", String(26), ForeignKey("uploads.id"), nullable=False, unique=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("type", String(255), nullable=False),
    Column("checksum", String(80)),
    Column("etag", String(80), nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("files_by_owner", "tenant", "owner", "id"),
)
