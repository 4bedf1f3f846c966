"""`broker keys`: changing the key that signs access tokens, refresh tokens and receipts."""

import secrets
from pathlib import Path

import click

from broker import configuration
from broker.auth import key_id
from broker.configuration import secret_key_files
from broker.settings import SettingsError
from broker.terminal import sentences, table


@click.group("keys")
def keys_group() -> None:
    """Manage the broker's own keys."""


@keys_group.command("ls")
def list_keys() -> None:
    """List the keys by their ids, as tokens name them."""
    with sentences():
        current = configuration.load()
    rows = [
        (key_id(key), "signs" if key == current.secret_key else "verifies") for key in current.secret_keys
    ]
    click.echo(table(("ID", "USE"), rows))


@keys_group.command("rotate")
def rotate_keys() -> None:
    """Make a new secret key; the one before goes on verifying.

    Nobody is signed out, and receipts stay good. With BROKER_SECRET_KEY_FILE and
    BROKER_SECRET_KEY_PREVIOUS_FILE both files are written; else the new values are printed. Services take
    them up when they are started anew. Rotate again only when the longest session is over: that ends links
    and programs' tokens that are older than this rotation, too.
    """
    with sentences():
        current = configuration.load()
        files = secret_key_files()
        new = secrets.token_hex(32)
        if files is None:
            click.echo(f"BROKER_SECRET_KEY={new}\nBROKER_SECRET_KEY_PREVIOUS={current.secret_key}")
            click.echo("Set these two, and start the services anew.", err=True)
            return
        newest, previous = files
        _write(previous, current.secret_key)  # first: a crash in between leaves the one key in both
        _write(newest, new)
    click.echo(f"Wrote {newest} and {previous}: start the services anew.")


def _write(path: Path, secret: str) -> None:
    """Replace a file's content in one step, readable by its owner alone. Raises SettingsError."""
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(f"{secret}\n")
        draft.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error
