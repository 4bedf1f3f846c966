"""How the file commands reach the broker, and say what went wrong."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from broker.client import Client, TransferError
from broker.client.saved_login import SavedLogin, default_path
from broker.errors import BrokerError, OperatorError
from broker.terminal import printable, sentences

_GRACE = 2.0  # seconds
_INTERRUPTED = "Interrupted. The same command goes on where it was."
_SHOW_CURSOR = "\r\x1b[K\x1b[?25h"  # and clear its line: a progress bar hides the cursor


def open_client() -> Client:
    """Make a client of BROKER_URL and BROKER_TOKEN, or of who is signed in. Raises OperatorError."""
    url, token = os.environ.get("BROKER_URL"), os.environ.get("BROKER_TOKEN")
    if url and token:
        try:
            return Client(url, token=token)
        except ValueError as error:
            raise OperatorError(f"BROKER_URL: {error}") from error
    if url or token:  # a saved token is not sent to another address
        raise OperatorError("Set both BROKER_URL and BROKER_TOKEN, or neither and use broker login.")
    saved = SavedLogin(default_path())
    return Client(saved.url, token=saved)


def do_each(ids: Iterable[str], action: Callable[[str], None]) -> None:
    """Do it for each, whatever becomes of others; name those that are refused, and exit with 1 then."""
    failed = False
    for each in ids:
        try:
            action(each)
        except BrokerError as error:
            failed = True
            click.secho(f"{printable(each)}: {error.detail}", fg="red", err=True)
    if failed:
        raise SystemExit(1)


@contextmanager
def client_sentences() -> Iterator[None]:
    """Show what went wrong as one sentence, not as a traceback."""
    with sentences(), _ending_soon():
        try:
            yield
        except KeyboardInterrupt:
            click.echo(_INTERRUPTED, err=True)
            raise SystemExit(130) from None
        except TransferError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            raise  # whoever read has read enough: click ends without a word
        except OSError as error:
            raise click.ClickException(f"{error.filename or ''}: {error.strerror}".lstrip(": ")) from error


@contextmanager
def _ending_soon() -> Iterator[None]:
    """Have Ctrl-C end the process after a moment, a second one at once.

    A thread that waits for the network notices nothing before its timeout, and the process would wait for it.
    """
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    end = threading.Timer(_GRACE, _leave)
    end.daemon = True

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, _leave)  # before all else: a second one may come within this function
        end.start()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        end.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(*_signal: object) -> NoReturn:
    """End as a crash would, which loses nothing either."""
    begin = _SHOW_CURSOR if os.isatty(2) else ""
    # not click.echo: whoever is interrupted may be within a write to sys.stderr
    os.write(2, f"{begin}{_INTERRUPTED}\n".encode())
    os._exit(130)
