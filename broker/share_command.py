"""`broker share`, `shares` and `unshare`: links by which anybody may fetch a file."""

from datetime import timedelta

import click
import msgspec

from broker.client_session import client_sentences, open_client
from broker.file_choice import choose_file
from broker.schemas import MAX_SHARE_EXPIRES_IN, Share
from broker.terminal import Life, table

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")


@click.command("share")
@click.argument("wanted", metavar="FILE")
@click.option(
    "--expires",
    "life",
    type=Life(timedelta(seconds=MAX_SHARE_EXPIRES_IN)),
    default="7d",
    show_default=True,
    help="How long the link is good: 15m, 12h, 30d.",
)
@click.option("--max-downloads", type=click.IntRange(1, 1_000_000), help="How often it may be used.")
@click.option("--password", is_flag=True, help="Ask for a password, which the link will ask for.")
@_JSON
def share_command(
    wanted: str, life: timedelta, max_downloads: int | None, password: bool, as_json: bool
) -> None:
    """Print a link by which anybody may fetch a file, named by its id or its name."""
    secret = (
        click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True) if password else None
    )
    with client_sentences(), open_client() as client:
        file = choose_file(client, wanted)
        share = client.shares.create(
            file.id, expires_in=int(life.total_seconds()), password=secret, max_downloads=max_downloads
        )
    click.echo(msgspec.json.encode(share) if as_json else share.url)


@click.command("shares")
@_JSON
def shares_command(as_json: bool) -> None:
    """List links, newest first, and how often they were used."""
    with client_sentences(), open_client() as client:
        shares = list(client.shares)
        if as_json:
            for share in shares:
                click.echo(msgspec.json.encode(share))
        elif shares:
            click.echo(table(("ID", "UNTIL", "USED", "NAME", "LINK"), [_row(share) for share in shares]))


@click.command("unshare")
@click.argument("share_ids", metavar="ID...", nargs=-1, required=True)
def unshare_command(share_ids: tuple[str, ...]) -> None:
    """Take links back, by their ids."""
    with client_sentences(), open_client() as client:
        for share_id in share_ids:
            client.shares.revoke(share_id)


def _row(share: Share) -> tuple[str, str, str, str, str]:
    used = str(share.downloads) if share.max_downloads is None else f"{share.downloads}/{share.max_downloads}"
    return share.id, f"{share.expires_at:%Y-%m-%d %H:%M}", used, share.name, share.url
