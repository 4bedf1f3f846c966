"""Making folders, within whatever change needs them, and telling what is in one."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, func, or_
from sqlalchemy.dialects import postgresql, sqlite

from broker.tables import folders

# by the name of the dialect: each has its own way to say the same
INSERT_FOLDERS = {
    "sqlite": sqlite.insert(folders).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(folders).on_conflict_do_nothing(),
}


def add_folders(connection: Connection, tenant: str, owner: str, paths: Iterable[str]) -> None:
    """Add folders with all above them, where they are missing; the empty path needs no row."""
    wanted = {above for path in paths for above in _with_parents(path)}
    # in their order, so that no two changes wait for each other
    rows = [
        {"tenant": tenant, "owner": owner, "path": path, "parent": path.rpartition("/")[0]}
        for path in sorted(wanted)
    ]
    if rows:
        connection.execute(INSERT_FOLDERS[connection.dialect.name], rows)


def is_below(column: ColumnElement[str], path: str) -> ColumnElement[bool]:
    """Say whether a path is this one or below it, whatever characters there are in it."""
    inside = path + "/"
    return or_(column == path, func.substr(column, 1, len(inside)) == inside)


def _with_parents(path: str) -> Iterable[str]:
    """List a path and those above it, but not the top.

    >>> list(_with_parents("a/b"))
    ['a/b', 'a']
    """
    while path:
        yield path
        path = path.rpartition("/")[0]
