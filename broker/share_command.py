"""`broker share`, `shares` and `unshare`: links by which anybody may fetch files, or send some."""

from datetime import timedelta
from typing import Any

import click
import msgspec

from broker.client import Client
from broker.client_session import client_sentences, do_each, open_client
from broker.errors import NotFound, OperatorError
from broker.file_choice import find_file
from broker.schemas import MAX_SHARE_EXPIRES_IN, Share
from broker.terminal import Life, Size, table

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")


@click.command("share")
@click.argument("wanted", metavar="FILE|FOLDER")
@click.option(
    "--expires",
    "life",
    type=Life(timedelta(seconds=MAX_SHARE_EXPIRES_IN)),
    default="7d",
    show_default=True,
    help="How long the link is good: 15m, 12h, 30d.",
)
@click.option("--password", is_flag=True, help="Ask for a password, which the link will ask for.")
@click.option("--max-downloads", type=click.IntRange(1, 1_000_000), help="How often it may be used.")
@click.option("--receive", is_flag=True, help="Let others send files into the folder instead.")
@click.option("--title", default="", help="With --receive: what others read above.")
@click.option("--message", default="", help="With --receive: what others read below.")
@click.option("--policy", default="default", show_default=True, help="With --receive: what files it takes.")
@click.option("--max-files", type=click.IntRange(1, 1_000_000), help="With --receive: how many in all.")
@click.option("--max-bytes", type=Size(), help="With --receive: how much in all, such as 2GB.")
@_JSON
def share_command(
    wanted: str,
    life: timedelta,
    password: bool,
    max_downloads: int | None,
    receive: bool,
    as_json: bool,
    **limits: Any,  # noqa: ANN401 - the options of --receive, as Shares.receive takes them
) -> None:
    """Print a link by which anybody may fetch a file, by its id, name or path, or all in a folder.

    What ends in / is a folder. With --receive the link lets anybody send files into the folder.
    """
    if receive and max_downloads:
        raise click.UsageError("--max-downloads is not for --receive.")
    if not receive and any(value not in {None, "", "default"} for value in limits.values()):
        raise click.UsageError("That is for --receive.")
    secret = (
        click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True) if password else None
    )
    expires_in = int(life.total_seconds())
    with client_sentences(), open_client() as client:
        if receive:
            share = _receive(client, wanted.rstrip("/"), expires_in=expires_in, password=secret, **limits)
        else:
            share = _share(
                client, wanted, expires_in=expires_in, password=secret, max_downloads=max_downloads
            )
    click.echo(msgspec.json.encode(share) if as_json else share.url)


@click.command("shares")
@_JSON
def shares_command(as_json: bool) -> None:
    """List links, newest first, and how often they were used, or how many files they took."""
    with client_sentences(), open_client() as client:
        shares = list(client.shares)
        if as_json:
            for share in shares:
                click.echo(msgspec.json.encode(share))
        elif shares:
            click.echo(
                table(
                    ("ID", "KIND", "UNTIL (UTC)", "USED", "NAME", "LINK"), [_row(share) for share in shares]
                )
            )


@click.command("unshare")
@click.argument("share_ids", metavar="ID...", nargs=-1, required=True)
def unshare_command(share_ids: tuple[str, ...]) -> None:
    """Take links back, by their ids."""
    with client_sentences(), open_client() as client:
        do_each(share_ids, client.shares.revoke)


def _share(client: Client, wanted: str, **options: Any) -> Share:  # noqa: ANN401 - as Shares.create takes them
    file = None if wanted.endswith("/") else find_file(client, wanted)
    if file:
        return client.shares.create(file.id, **options)
    try:
        return client.shares.create_for_folder(wanted.rstrip("/"), **options)
    except NotFound as error:
        raise OperatorError(f"There is no file and no folder {wanted}.") from error


def _receive(client: Client, path: str, **options: Any) -> Share:  # noqa: ANN401 - as Shares.receive takes them
    try:
        return client.shares.receive(path, **options)
    except NotFound as error:
        raise OperatorError(
            f"There is no folder {path}: make it in the page, or upload a file into it first."
        ) from error


def _row(share: Share) -> tuple[str, ...]:
    is_receiving = share.kind == "receive"
    used = share.received_files if is_receiving else share.downloads
    limit = share.max_files if is_receiving else share.max_downloads
    shown = str(used) if limit is None else f"{used}/{limit}"
    return share.id, share.kind, f"{share.expires_at:%Y-%m-%d %H:%M}", shown, share.name, share.url
