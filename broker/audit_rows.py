"""Adding to the audit trail, within whatever change an entry tells of."""

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from broker.rows import AuditEntry, add_all
from broker.tables import audit

# By the name of the dialect: each has its own way to say the same. What is there already was written by a
# change of which nobody knew that it was kept.
INSERT_ENTRIES = {
    "sqlite": sqlite.insert(audit).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(audit).on_conflict_do_nothing(),
}


def add_entries(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Add entries, each once, however often it is added."""
    add_all(connection, INSERT_ENTRIES[connection.dialect.name], entries)
