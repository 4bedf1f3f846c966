"""Where the audit trail is kept."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, delete, select

from broker import keys
from broker.audit_rows import add_entries
from broker.database import Database
from broker.rows import AuditEntry, every
from broker.tables import audit

LIST_OF_TARGETS = (
    select(audit)
    .where(audit.c.tenant == bindparam("tenant"), audit.c.target.in_(bindparam("targets", expanding=True)))
    .order_by(audit.c.id.desc())
    .limit(bindparam("limit"))
)
FORGET_ENTRIES = delete(audit).where(audit.c.id < bindparam("before"))


class AuditFilter(Struct, frozen=True, kw_only=True):
    """Which entries are wanted; what is None is not asked for."""

    tenant: str | None = None
    subject: str | None = None
    event: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: str | None = None  # an entry's id


class AuditRegistry:
    """Adds and reads entries; none is ever changed. Every method raises RegistryUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries; those that are there already stay as they are."""
        await self._database.write(lambda c: add_entries(c, entries))

    async def list_of(self, tenant: str, targets: Sequence[str], *, limit: int) -> list[AuditEntry]:
        """Return the newest entries about any of these, the newest first."""
        values = {"tenant": tenant, "targets": targets, "limit": limit}
        return await self._database.read(lambda c: every(AuditEntry, c, LIST_OF_TARGETS, values))

    async def list(self, wanted: AuditFilter, *, limit: int) -> list[AuditEntry]:
        """Return the newest entries that are wanted, the newest first."""
        if any("\0" in (text or "") for text in (wanted.subject, wanted.target)):
            return []  # nothing has it, and PostgreSQL cannot even be asked
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        for column in audit.c.tenant, audit.c.subject, audit.c.event, audit.c.target:
            if (value := getattr(wanted, column.name)) is not None:
                query = query.where(column == value)
        if wanted.since:
            query = query.where(audit.c.id >= keys.first_id(wanted.since))
        if wanted.until:
            query = query.where(audit.c.id < keys.first_id(wanted.until))
        if wanted.before:
            query = query.where(audit.c.id < wanted.before)
        return await self._database.read(lambda c: every(AuditEntry, c, query, {}))

    async def forget(self, *, before: datetime) -> None:
        """Remove what is older: the one way in which entries go."""
        values = {"before": keys.first_id(before)}
        await self._database.write(lambda c: c.execute(FORGET_ENTRIES, values))
