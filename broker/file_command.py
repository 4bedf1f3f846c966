"""`broker upload`, `download`, `ls`, `rm`, `restore` and `uploads`: the client at the command line.

They exit with 0 when all is done, 1 when something was not, 2 when they were used wrongly, and 130 when they
were interrupted; then the same command goes on where it was.
"""

import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, TypedDict, get_args

import click
import msgspec

from broker.client import Client
from broker.client.progress import OnProgress
from broker.client_session import client_sentences, do_each, open_client
from broker.errors import BrokerError, NameTaken, NotFound
from broker.file_choice import choose_file, choose_paths, choose_targets, find_file
from broker.schemas import Collision, File
from broker.terminal import printable, table

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
_STDIN = "-"
_SOURCE = click.Path(exists=True, allow_dash=True)  # as text: a Path takes "./-", a file, for "-"


class Place(TypedDict):
    """What holds for all that one command uploads."""

    folder: str
    policy: str
    collision: Collision


@click.command("upload")
@click.argument("sources", nargs=-1, required=True, type=_SOURCE)
@click.option("--folder", default="", help="Where to put them, like photos/2026.")
@click.option("--policy", default="default", show_default=True, help="Which policy applies.")
@click.option(
    "--collision",
    type=click.Choice((*get_args(Collision), "skip")),
    default="allow",
    show_default=True,
    help="What to do where a file of the name is there: let both have it, give the new one a number, put the "
    "old one into the trash, refuse, or leave the new one out.",
)
@click.option("--name", help="Another name; needed for standard input.")
@_JSON
def upload_command(
    sources: tuple[str, ...],
    folder: str,
    policy: str,
    collision: Collision | Literal["skip"],
    name: str | None,
    as_json: bool,
) -> None:
    """Upload files, folders with all that is in them, or - for standard input.

    A large file that was cut short, here or in a browser, is gone on with. With --collision skip the same
    command goes on with a folder.
    """
    is_stdin = _STDIN in sources
    if (is_stdin or name is not None) and (len(sources) > 1 or not name):
        raise click.UsageError("Standard input is uploaded alone, with --name; a --name is for one file.")
    if is_stdin and sys.stdin is None:
        raise click.UsageError("Standard input is closed.")
    no_failures = (NameTaken,) if collision == "skip" else ()
    place = Place(
        folder=folder.strip("/"), policy=policy, collision="refuse" if collision == "skip" else collision
    )
    with client_sentences(), open_client() as client:
        if name:
            with suppress(*no_failures), _spooled(sources[0]) as path:
                with _bar("Uploading", not as_json) as tell:
                    file = client.upload(path, name=name, on_progress=tell, **place)
                _print_files([file], as_json)
            return
        chosen = choose_paths([Path(source) for source in sources], place["folder"])
        with _bar(f"Uploading {len(chosen)}", not as_json) as tell:
            outcomes = client.upload_many(chosen, on_progress=tell, **place)
    _print_files([each for each in outcomes if isinstance(each, File)], as_json)
    _exit_with_failures(
        (path, outcome)
        for (path, _), outcome in zip(chosen, outcomes, strict=True)
        if not isinstance(outcome, no_failures)
    )


def _exit_with_failures(outcomes: Iterable[tuple[Path, object]]) -> None:
    """Name what failed, and exit with 1 then."""
    failures = [(path, outcome) for path, outcome in outcomes if isinstance(outcome, Exception)]
    for path, outcome in failures:
        if isinstance(outcome, OSError):
            reason = outcome.strerror or str(outcome)
        else:
            reason = outcome.detail if isinstance(outcome, BrokerError) else str(outcome)
        click.secho(f"{printable(str(path))}: {reason}", fg="red", err=True)
    if failures:
        raise SystemExit(1)


@click.command("download")
@click.argument("wanted", metavar="FILE|FOLDER...", nargs=-1, required=True)
@click.option("-o", "--output", default=".", help="A path, a directory, or - for standard output.")
@_JSON
def download_command(wanted: tuple[str, ...], output: str, as_json: bool) -> None:
    """Download files, by their ids, names or paths, and folders with all that is in them.

    Of several files of a name it is the newest; what ends in / is a folder. Each is verified before it gets
    its name. Cut short, the same command goes on, and fetches nothing that is there already.
    """
    if output == "-" and as_json:
        raise click.UsageError("Standard output takes the file or JSON about it: use -o PATH with --json.")
    if output == "-" and len(wanted) > 1:
        raise click.UsageError("Standard output takes one file.")
    if output == "-" and sys.stdout is None:
        raise click.UsageError("Standard output is closed.")
    with client_sentences(), open_client() as client:
        if output == "-":
            _print_content(client, choose_file(client, wanted[0]))
            return
        chosen = choose_targets(client, wanted, output)
        with _bar(f"Downloading {len(chosen)}", not as_json) as tell:
            outcomes = client.download_many(chosen, on_progress=tell)
    for (file, _), outcome in zip(chosen, outcomes, strict=True):
        if not isinstance(outcome, Exception):
            found = {"path": str(outcome), "file": file}
            click.echo(msgspec.json.encode(found) if as_json else printable(str(outcome)))
    _exit_with_failures((path, outcome) for (_, path), outcome in zip(chosen, outcomes, strict=True))


def _print_content(client: Client, file: File) -> None:
    with tempfile.TemporaryDirectory() as directory, _bar("Downloading", True) as tell:
        path = client.download(file.id, Path(directory) / "file", on_progress=tell)
        with path.open("rb") as fetched:
            shutil.copyfileobj(fetched, sys.stdout.buffer)


@click.command("ls")
@click.argument("folder", required=False)
@click.option("--search", metavar="TEXT", help="Only those whose names hold this.")
@click.option("--trash", is_flag=True, help="Those in the trash.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1), help="At most so many.")
@_JSON
def ls_command(folder: str | None, search: str | None, trash: bool, limit: int, as_json: bool) -> None:
    """List files, newest first: all, or those of FOLDER; / is the top one."""
    with client_sentences(), open_client() as client:
        folder = None if folder is None else folder.strip("/")
        found = client.files.find(folder=folder, q=search, trashed=trash)
        files = list(itertools.islice(found, limit))
    _print_files(files, as_json)


@click.command("rm")
@click.argument("wanted", metavar="FILE...", nargs=-1, required=True)
@click.option("--for-good", is_flag=True, help="Delete them at once; they are named by their ids then.")
def rm_command(wanted: tuple[str, ...], for_good: bool) -> None:
    """Put files into the trash, by their ids, names or paths.

    Of several files of a name it is the newest. `broker restore` takes them out again.
    """
    with client_sentences(), open_client() as client:
        do_each(wanted, client.files.delete if for_good else _mover(client, wanted, into_trash=True))


@click.command("restore")
@click.argument("wanted", metavar="FILE...", nargs=-1, required=True)
def restore_command(wanted: tuple[str, ...]) -> None:
    """Take files out of the trash, by their ids, names or paths.

    Of several files of a name it is the newest.
    """
    with client_sentences(), open_client() as client:
        do_each(wanted, _mover(client, wanted, into_trash=False))


def _mover(client: Client, wanted: Iterable[str], *, into_trash: bool) -> Callable[[str], None]:
    """Find all before any is moved: of a name that is given twice, the second is no other file."""
    found = {each: find_file(client, each, trashed=not into_trash) for each in wanted}

    def move(each: str) -> None:
        file = found[each]
        if file is None:
            raise NotFound(f"There is no such file{'' if into_trash else ' in the trash'}.")
        moved = client.files.change(file.id, trashed=into_trash)
        click.echo(printable("/".join(filter(None, (moved.folder, moved.name)))))

    return move


@click.command("uploads")
@click.option("--discard", metavar="ID", help="Give this one up, and what is stored of it.")
@_JSON
def uploads_command(discard: str | None, as_json: bool) -> None:
    """List unfinished uploads, also those of a browser; upload the same file to go on with one."""
    with client_sentences(), open_client() as client:
        if discard is not None:
            client.uploads.abort(discard)
            return
        pending = list(client.uploads.pending())
    if as_json:
        for upload in pending:
            click.echo(msgspec.json.encode(upload))
    elif pending:
        rows = [(each.id, str(each.size), f"{each.expires_at:%Y-%m-%d %H:%M}", each.name) for each in pending]
        click.echo(table(("ID", "SIZE", "UNTIL (UTC)", "NAME"), rows))


def _print_files(files: list[File], as_json: bool) -> None:
    if as_json:
        for file in files:
            click.echo(msgspec.json.encode(file))
    elif files:
        rows = [
            (
                each.id,
                str(each.size),
                f"{each.created_at:%Y-%m-%d %H:%M}",
                f"{each.folder}/{each.name}".lstrip("/"),
            )
            for each in files
        ]
        click.echo(table(("ID", "SIZE", "CREATED (UTC)", "NAME"), rows))


@contextmanager
def _spooled(source: str) -> Iterator[Path]:
    """Keep standard input on disk: its size has to be known before a byte is sent."""
    if source != _STDIN:
        yield Path(source)
        return
    with tempfile.NamedTemporaryFile() as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.flush()
        yield Path(spool.name)


@contextmanager
def _bar(what: str, is_wanted: bool) -> Iterator[OnProgress | None]:
    """Show progress at a terminal, on standard error, so that the output can be piped."""
    if not (is_wanted and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
