"""Names within a folder: whether one is taken, and what becomes of two, within whatever change needs it."""

import itertools
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection, bindparam, func, select, tuple_, update

from broker import keys
from broker.rows import File
from broker.schemas import Collision
from broker.tables import files

T = TypeVar("T")

# tenant, owner, folder, a name's key
_Place: TypeAlias = tuple[str, str, str, str]

_AT_ONCE = 1024  # names in one question

# where replicas write side by side, two would find the same name free; SQLite has one writer anyway
HOLD_NAMES = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("whose"), 0)))
# a file that keeps its name, but for its case, is not in its own way
_OTHERS = (
    files.c.tenant == bindparam("of_tenant"),
    files.c.owner == bindparam("of_owner"),
    files.c.trashed_at.is_(None),
    files.c.id != bindparam("of_id"),
)
TRASH_NAMESAKES = (
    update(files)
    .where(*_OTHERS, files.c.folder == bindparam("of_folder"), files.c.name_key == bindparam("of_name"))
    .values(trashed_at=bindparam("at"), modified_at=bindparam("at"), revision=files.c.revision + 1)
)
LIST_TAKEN = (
    select(files.c.folder, files.c.name_key)
    .distinct()
    .where(*_OTHERS, tuple_(files.c.folder, files.c.name_key).in_(bindparam("names", expanding=True)))
)
# SQLite would read all files of an owner to look for pairs; to ask it about each folder costs no more
LIST_TAKEN_IN_FOLDER = (
    select(files.c.folder, files.c.name_key)
    .distinct()
    .where(
        *_OTHERS,
        files.c.folder == bindparam("of_folder"),
        files.c.name_key.in_(bindparam("names", expanding=True)),
    )
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


def in_rounds(
    coming: Sequence[tuple[File, Collision]],
) -> Iterator[Sequence[tuple[File, Collision]]]:
    """Part files that come into folders so that none replaces another one of its round."""
    while coming:
        places: set[_Place] = set()
        now: list[tuple[File, Collision]] = []
        later: list[tuple[File, Collision]] = []
        for file, collision in coming:
            is_rival = collision == "replace" and _place_of(file) in places
            (later if is_rival else now).append((file, collision))
            places.add(_place_of(file))
        yield now
        coming = later


def settle_names(
    connection: Connection, coming: Sequence[tuple[File, Collision]], *, besides: str = "", at: datetime
) -> list[File]:
    """Make way for files of one round that come into folders, or return them with names that are free.

    `besides` is the id of one that is there already.
    """
    if replacing := [file for file, collision in coming if collision == "replace"]:
        connection.execute(
            TRASH_NAMESAKES,
            [
                {
                    "of_tenant": file.tenant,
                    "of_owner": file.owner,
                    "of_folder": file.folder,
                    "of_name": file.name_key,
                    "of_id": file.id,
                    "at": at,
                }
                for file in replacing
            ],
        )
    giving_way = [file for file, collision in coming if collision in {"rename", "refuse"}]
    kept = {_place_of(file) for file, collision in coming if collision in {"allow", "replace"}}
    named = {file.id: file for file in _number(connection, giving_way, taken=kept, besides=besides)}
    return [named.get(file.id, file) for file, _ in coming]


def has_namesake(connection: Connection, file: File) -> bool:
    """Say whether there is another file of its name in its folder."""
    return bool(_find_taken(connection, [_place_of(file)], besides=file.id))


def list_taken(
    connection: Connection,
    tenant: str,
    owner: str,
    names: Iterable[tuple[str, str]],
    *,
    besides: str = "",
) -> set[tuple[str, str]]:
    """Return those that files have of some names, each the path of a folder and a name's key.

    `besides` is the id of a file that is not meant.
    """
    whose = {"of_tenant": tenant, "of_owner": owner, "of_id": besides}
    taken: set[tuple[str, str]] = set()
    if connection.dialect.name == "sqlite":
        by_folder: defaultdict[str, list[str]] = defaultdict(list)
        for folder, name in names:
            by_folder[folder].append(name)
        for folder, inside in by_folder.items():
            for some in _portions(inside):
                values = whose | {"of_folder": folder, "names": some}
                taken.update((row[0], row[1]) for row in connection.execute(LIST_TAKEN_IN_FOLDER, values))
    else:
        for pairs in _portions(list(names)):
            rows = connection.execute(LIST_TAKEN, whose | {"names": pairs})
            taken.update((row[0], row[1]) for row in rows)
    return taken


def _portions(names: Sequence[T]) -> Iterator[Sequence[T]]:
    return (names[begin : begin + _AT_ONCE] for begin in range(0, len(names), _AT_ONCE))


def _number(
    connection: Connection, coming: Iterable[File], *, taken: set[_Place], besides: str
) -> Iterator[File]:
    """Yield files with names that no other has: their own, or the first number that is free.

    All are asked about together, with ever more numbers for those that have not found one yet.
    """
    waiting: defaultdict[tuple[_Place, str], deque[File]] = defaultdict(deque)
    for file in coming:
        waiting[_place_of(file), file.name].append(file)
    names = {same: itertools.chain([same[1]], keys.number_names(same[1])) for same in waiting}
    spare = 0  # mostly the very first one is free
    while waiting:
        offers = {
            same: [
                ((*same[0][:3], keys.name_key(name)), name)
                for name in itertools.islice(names[same], len(alike) + spare)
            ]
            for same, alike in waiting.items()
        }
        places = {place for offered in offers.values() for place, _ in offered}
        taken |= _find_taken(connection, places - taken, besides=besides)
        for same, offered in offers.items():
            for place, name in offered:
                if same in waiting and place not in taken:
                    taken.add(place)
                    yield waiting[same].popleft().named(name)
                    if not waiting[same]:
                        del waiting[same]
        spare = min(2 * spare + 1, _AT_ONCE)


def _find_taken(connection: Connection, places: Iterable[_Place], *, besides: str) -> set[_Place]:
    """Return the places that files have, but that with this id."""
    by_owner: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for tenant, owner, folder, name in places:
        by_owner[tenant, owner].append((folder, name))
    return {
        (*whose, *name)
        for whose, names in by_owner.items()
        for name in list_taken(connection, *whose, names, besides=besides)
    }


def _place_of(file: File) -> _Place:
    return file.tenant, file.owner, file.folder, file.name_key
