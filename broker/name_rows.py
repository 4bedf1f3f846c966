"""Names within a folder: whether one is taken, and what becomes of two, within whatever change needs it."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select, tuple_, update

from broker import keys
from broker.rows import File
from broker.schemas import Collision
from broker.tables import files

_OF_FOLDER = (
    files.c.tenant == bindparam("of_tenant"),
    files.c.owner == bindparam("of_owner"),
    files.c.folder == bindparam("of_folder"),
    files.c.trashed_at.is_(None),
)
FIND_NAME = select(files.c.id).where(*_OF_FOLDER, files.c.name_key == bindparam("of_name")).limit(1)
LIST_NUMBERED = select(files.c.name_key).where(
    *_OF_FOLDER, files.c.name_key >= bindparam("first"), files.c.name_key < bindparam("last")
)
TRASH_NAMESAKES = (
    update(files)
    .where(*_OF_FOLDER, files.c.name_key == bindparam("of_name"))
    .values(trashed_at=bindparam("at"), modified_at=bindparam("at"), revision=files.c.revision + 1)
)
LIST_TAKEN = select(files.c.folder, files.c.name_key).where(
    files.c.tenant == bindparam("of_tenant"),
    files.c.owner == bindparam("of_owner"),
    files.c.trashed_at.is_(None),
    tuple_(files.c.folder, files.c.name_key).in_(bindparam("names", expanding=True)),
)


def settle_name(connection: Connection, file: File, collision: Collision) -> File:
    """Make way for a new file, or return it with a name that is free."""
    values = {"of_tenant": file.tenant, "of_owner": file.owner, "of_folder": file.folder}
    if collision == "replace":
        connection.execute(TRASH_NAMESAKES, values | {"of_name": file.name_key, "at": file.created_at})
    elif collision != "allow" and connection.execute(FIND_NAME, values | {"of_name": file.name_key}).first():
        stem, _ = keys.split_name(file.name)
        first = keys.name_key(f"{stem} (")
        numbered = connection.execute(LIST_NUMBERED, values | {"first": first, "last": first[:-1] + ")"})
        name = keys.number_name(file.name, {file.name_key, *numbered.scalars()})
        return replace(file, name=name, name_key=keys.name_key(name))
    return file


def list_taken(
    connection: Connection, tenant: str, owner: str, names: Iterable[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    """Return those that are taken of some names, each the path of a folder and a name's key."""
    values = {"of_tenant": tenant, "of_owner": owner, "names": list(names)}
    return [(row.folder, row.name_key) for row in connection.execute(LIST_TAKEN, values)]
