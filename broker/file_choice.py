"""Which files a command means."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from broker import keys
from broker.client import Client
from broker.errors import InvalidName, NotFound, OperatorError
from broker.schemas import File


def choose_paths(sources: Iterable[Path], folder: str) -> dict[str, list[Path]]:
    """Find all files, by the folder that each goes to: a directory keeps its shape.

    Links within a directory are left out, for they may lead out of it or in a circle. Raises OperatorError,
    and OSError for a directory that cannot be read.
    """
    chosen: defaultdict[str, list[Path]] = defaultdict(list)
    for source in sources:
        if not source.is_dir():
            chosen[folder].append(source)
            continue
        root = source.resolve()
        for path in sorted(_files_below(root)):
            inside = path.parent.relative_to(root.parent).as_posix()
            chosen["/".join(filter(None, (folder, inside)))].append(path)
    if not chosen:
        raise OperatorError("There is no file in what was named.")
    return dict(chosen)


def _files_below(root: Path) -> Iterator[Path]:
    """Not Path.rglob, which passes by what it cannot read as if nothing were there."""
    for directory, _, names in os.walk(root, onerror=_refuse):
        for path in (Path(directory, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path


def _refuse(error: OSError) -> None:
    raise error


def find_file(client: Client, wanted: str) -> File | None:
    """Find a file by its id, else the newest of that name, or of that path, as `broker ls` shows it."""
    with suppress(NotFound):
        return client.files.get(wanted)
    folder, is_path, name = wanted.rpartition("/")
    with suppress(InvalidName):  # which no file has
        name = keys.check_name(name)
        found = client.files.find(folder=folder if is_path else None, q=name)
        return next((file for file in found if file.name == name), None)
    return None


def choose_file(client: Client, wanted: str) -> File:
    """Find a file as `find_file` does. Raises OperatorError."""
    found = find_file(client, wanted)
    if found is None:
        raise OperatorError(f"There is no file {wanted}.")
    return found
