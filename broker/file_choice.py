"""Which files a command means."""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from broker import keys
from broker.client import Client
from broker.errors import InvalidName, NotFound, OperatorError
from broker.schemas import File


def choose_paths(sources: Iterable[Path], folder: str) -> list[tuple[Path, str]]:
    """Find all files, each with the folder that it goes to: a directory keeps its shape.

    Links within a directory are left out, for they may lead out of it or in a circle. Raises OperatorError,
    and OSError for a directory that cannot be read.
    """
    chosen: list[tuple[Path, str]] = []
    for source in sources:
        if not source.is_dir():
            chosen.append((source, folder))
            continue
        root = source.resolve() if source.name in {"", ".."} else source  # a link keeps its own name
        for path in sorted(_files_below(root)):
            inside = path.parent.relative_to(root.parent).as_posix()
            chosen.append((path, "/".join(filter(None, (folder, inside)))))
    if not chosen:
        raise OperatorError("There is no file in what was named.")
    return chosen


def _files_below(root: Path) -> Iterator[Path]:
    """Not Path.rglob, which passes by what it cannot read as if nothing were there."""
    for directory, _, names in os.walk(root, onerror=_refuse):
        for path in (Path(directory, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path


def _refuse(error: OSError) -> None:
    raise error


def find_file(client: Client, wanted: str, *, trashed: bool = False) -> File | None:
    """Find a file by its id, else the newest of that name, or of that path, as `broker ls` shows it."""
    with suppress(NotFound):
        if keys.is_id(wanted):
            return client.files.get(wanted)
    folder, is_path, name = wanted.rpartition("/")
    with suppress(InvalidName):  # which no file has
        name = keys.check_name(name)
        found = client.files.find(
            folder=folder.removeprefix("/") if is_path else None, q=name, trashed=trashed
        )
        return next((file for file in found if file.name == name), None)
    return None


def choose_file(client: Client, wanted: str) -> File:
    """Find a file as `find_file` does. Raises OperatorError."""
    found = find_file(client, wanted)
    if found is None:
        raise OperatorError(f"There is no file {wanted}.")
    return found


def choose_targets(client: Client, wanted: Sequence[str], output: str) -> list[tuple[File, Path]]:
    """Choose files, and where each goes: a single one to a path, several into a directory.

    What ends in / is a folder or a directory; a folder keeps its shape. Raises OperatorError, and InvalidName
    for a name that would lead elsewhere.
    """
    directory = Path(output)
    if len(wanted) == 1 and not output.endswith("/") and not directory.is_dir():
        file = _find_unless_folder(client, wanted[0])
        if file:
            return [(file, directory)]
    if directory.exists() and not directory.is_dir():
        raise OperatorError(f"{output} is not a directory.")
    found: dict[str, tuple[File, Path]] = {}
    for each in wanted:
        for file, folder in _find_all(client, each):
            found.setdefault(file.id, (file, directory / folder))
    # a folder may be called like a file beside it
    taken = {keys.name_key(str(above)) for _, place in found.values() for above in (place, *place.parents)}
    return [(file, _free_path(place, file.name, taken)) for file, place in found.values()]


def _find_unless_folder(client: Client, wanted: str) -> File | None:
    return None if wanted.endswith("/") else find_file(client, wanted)


def _find_all(client: Client, wanted: str) -> list[tuple[File, PurePosixPath]]:
    """Find a file, or all below a folder, each with its folder as seen from above that one."""
    if file := _find_unless_folder(client, wanted):
        return [(file, PurePosixPath())]
    with suppress(InvalidName):  # which no folder has
        # a variable that is empty does not mean everything
        if wanted and (found := _find_below(client, keys.check_folder(wanted.strip("/")))):
            return found
    raise OperatorError(f"There is no file {wanted}, and none in a folder of that name.")


def _find_below(client: Client, folder: str) -> list[tuple[File, PurePosixPath]]:
    above = PurePosixPath(folder).parent
    return [
        (file, PurePosixPath(keys.check_folder(file.folder)).relative_to(above))
        for file in _stored_below(client, folder)
    ]


def _stored_below(client: Client, folder: str) -> Iterator[File]:
    yield from client.files.find(folder=folder)
    for each in client.folders.within(folder):
        yield from _stored_below(client, each.path)


def _free_path(directory: Path, name: str, taken: set[str]) -> Path:
    """Number names that are there already, whatever their case: some file systems do not tell it."""
    names = itertools.chain([keys.check_name(name)], keys.number_names(name))
    path = next(directory / each for each in names if keys.name_key(str(directory / each)) not in taken)
    taken.add(keys.name_key(str(path)))
    return path
