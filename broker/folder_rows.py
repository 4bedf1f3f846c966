"""Making folders, within whatever change needs them, and telling what is in one.

PostgreSQL makes changes side by side: whoever stores a file holds the rows of its folders until that is done,
and whoever moves or removes a folder holds its row and then looks for files, also those that came meanwhile.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.tables import folders

_INSERT = postgresql.insert(folders)
# by the name of the dialect: each has its own way to say the same
INSERT_FOLDERS = {
    "sqlite": sqlite.insert(folders).on_conflict_do_nothing(),
    # what is there is written again, and so kept from being moved or removed before this change is made
    "postgresql": _INSERT.on_conflict_do_update(
        index_elements=folders.primary_key.columns, set_={"parent": _INSERT.excluded.parent}
    ),
}
# SQLite has one writer anyway
HOLD_FOLDER = (
    select(folders.c.path)
    .where(
        folders.c.tenant == bindparam("of_tenant"),
        folders.c.owner == bindparam("of_owner"),
        folders.c.path == bindparam("of_path"),
    )
    .with_for_update()
)


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


def hold_folder(connection: Connection, tenant: str, owner: str, path: str) -> bool:
    """Keep a folder from going, and anything from coming into it, until the change is made; say if it is."""
    values = {"of_tenant": tenant, "of_owner": owner, "of_path": path}
    return connection.execute(HOLD_FOLDER, values).first() is not None


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
