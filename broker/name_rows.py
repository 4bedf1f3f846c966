"""Names within a folder: whether one is taken, and what becomes of two, within whatever change needs it."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, tuple_, update

from broker import keys
from broker.rows import File
from broker.schemas import Collision
from broker.tables import files

_AT_ONCE = 1024  # names in one question

_OF_FOLDER = (
    files.c.tenant == bindparam("of_tenant"),
    files.c.owner == bindparam("of_owner"),
    files.c.folder == bindparam("of_folder"),
    files.c.trashed_at.is_(None),
)
# where replicas write side by side, two would find the same name free; SQLite has one writer anyway
HOLD_NAMES = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("whose"), 0)))
# a file that keeps its name, but for its case, is not in its own way
_OTHERS = (*_OF_FOLDER, files.c.id != bindparam("of_id"))
FIND_TAKEN = (
    select(files.c.name_key)
    .distinct()
    .where(*_OTHERS, files.c.name_key.in_(bindparam("of_names", expanding=True)))
)
TRASH_NAMESAKES = (
    update(files)
    .where(*_OTHERS, files.c.name_key == bindparam("of_name"))
    .values(trashed_at=bindparam("at"), modified_at=bindparam("at"), revision=files.c.revision + 1)
)
LIST_TAKEN = select(files.c.folder, files.c.name_key).where(
    files.c.tenant == bindparam("of_tenant"),
    files.c.owner == bindparam("of_owner"),
    files.c.trashed_at.is_(None),
    tuple_(files.c.folder, files.c.name_key).in_(bindparam("names", expanding=True)),
)


def hold_names(connection: Connection, wanted: Iterable[tuple[File, Collision]]) -> None:
    """Let nobody else settle names of the same owners until the change is made, where it matters."""
    owners = {(file.tenant, file.owner) for file, collision in wanted if collision != "allow"}
    # in their order, so that no two changes wait for each other
    for tenant, owner in sorted(owners):
        hold_names_of(connection, tenant, owner)


def hold_names_of(connection: Connection, tenant: str, owner: str) -> None:
    """Let nobody else settle names of an owner, or move his folders, until the change is made."""
    if connection.dialect.name == "postgresql":
        connection.execute(HOLD_NAMES, {"whose": f"{tenant}/{owner}"})


def settle_name(connection: Connection, file: File, collision: Collision, *, at: datetime) -> File:
    """Make way for a file that comes into a folder, or return it with a name that is free."""
    if collision == "replace":
        connection.execute(TRASH_NAMESAKES, _others(file) | {"of_name": file.name_key, "at": at})
    elif collision != "allow":
        return file.named(
            _first_free(connection, file, itertools.chain([file.name], keys.number_names(file.name)))
        )
    return file


def find_free(connection: Connection, coming: Iterable[File]) -> set[str]:
    """Return the ids of the files whose names no other has where they come to, be it one of these."""
    by_name: defaultdict[tuple[str, str, str, str], list[File]] = defaultdict(list)
    for file in coming:
        by_name[file.tenant, file.owner, file.folder, file.name_key].append(file)
    by_owner: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for tenant, owner, folder, name in by_name:
        by_owner[tenant, owner].add((folder, name))
    taken = {
        (*whose, *name) for whose, names in by_owner.items() for name in list_taken(connection, *whose, names)
    }
    return {files[0].id for place, files in by_name.items() if len(files) == 1 and place not in taken}


def has_namesake(connection: Connection, file: File) -> bool:
    """Say whether there is another file of its name in its folder."""
    return bool(_find_taken(connection, file, [file.name_key]))


def _first_free(connection: Connection, file: File, names: Iterator[str]) -> str:
    """Return the first of endless names that no other in its folder has, asking about ever more of them."""
    at_once = 1  # mostly the very first one is free
    while True:
        wanted = {keys.name_key(name): name for name in itertools.islice(names, at_once)}
        taken = _find_taken(connection, file, list(wanted))
        if free := [name for key, name in wanted.items() if key not in taken]:
            return free[0]
        at_once = min(2 * at_once, _AT_ONCE)


def _find_taken(connection: Connection, file: File, name_keys: Sequence[str]) -> set[str]:
    return set(connection.execute(FIND_TAKEN, _others(file) | {"of_names": name_keys}).scalars())


def list_taken(
    connection: Connection, tenant: str, owner: str, names: Iterable[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    """Return those that are taken of some names, each the path of a folder and a name's key."""
    values = {"of_tenant": tenant, "of_owner": owner, "names": list(names)}
    return [(row.folder, row.name_key) for row in connection.execute(LIST_TAKEN, values)]


def _others(file: File) -> dict[str, Any]:
    """Name the other files of a file's folder."""
    return {
        "of_tenant": file.tenant,
        "of_owner": file.owner,
        "of_folder": file.folder,
        "of_id": file.id,
    }
