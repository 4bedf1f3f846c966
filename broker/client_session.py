"""How the file commands reach the broker, and say what went wrong."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from broker.client import Client, TransferError
from broker.client.saved_login import SavedLogin, default_path
from broker.errors import OperatorError
from broker.terminal import sentences


def open_client() -> Client:
    """Make a client of BROKER_URL and BROKER_TOKEN, or of who is signed in. Raises OperatorError."""
    url, token = os.environ.get("BROKER_URL"), os.environ.get("BROKER_TOKEN")
    if url and token:
        return Client(url, token=token)
    if url or token:  # a saved token is not sent to another address
        raise OperatorError("Set both BROKER_URL and BROKER_TOKEN, or neither and use broker login.")
    saved = SavedLogin(default_path())
    return Client(saved.url, token=saved)


@contextmanager
def client_sentences() -> Iterator[None]:
    """Show what went wrong as one sentence, not as a traceback."""
    with sentences():
        try:
            yield
        except KeyboardInterrupt:
            click.echo("Interrupted. The same command goes on where it was.", err=True)
            raise SystemExit(130) from None
        except TransferError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"{error.filename or ''}: {error.strerror}".lstrip(": ")) from error
