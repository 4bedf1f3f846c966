"""What the commands share."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import click

from broker.errors import BrokerError, InvalidField, OperatorError
from broker.sizes import parse_size

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Life(click.ParamType[timedelta]):
    """A duration such as 30d, 12h or 15m."""

    name = "duration"

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        found = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", value, re.ASCII)
        life = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
        if life is None or life > self._longest:
            self.fail(f"{value} is not like 15m, 12h or 30d, up to {self._longest.days}d.", param, ctx)
        return life


class Size(click.ParamType[int]):
    """A size such as 10MB, 2GiB or 1000."""

    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_size(value)
        except ValueError as error:
            self.fail(f"{value}: {error}.", param, ctx)


@contextmanager
def sentences() -> Iterator[None]:
    """Show what an operator can mend as one sentence, not as a traceback."""
    try:
        yield
    except OperatorError as error:
        raise click.ClickException(str(error)) from error
    except BrokerError as error:
        # only this kind has sentences that do not say what they are about
        about = (
            f"{error.members['field']}: "
            if type(error) is InvalidField and error.members.get("field")
            else ""
        )
        raise click.ClickException(about + error.detail) from error
    except UnicodeEncodeError as error:
        if error.encoding != "utf-8":
            raise
        raise click.ClickException("What was given is not UTF-8.") from error


def read_secret(what: str, *, is_new: bool = False) -> str:
    """Ask for what is not to be shown; without a terminal, it is one line of standard input."""
    if sys.stdin and sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True, confirmation_prompt=is_new, err=True))
    line = sys.stdin.readline().rstrip("\r\n") if sys.stdin else ""
    if not line:
        raise click.ClickException(f"{what} expected: one line of standard input.")
    return line


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align rows below their head; what a client chose cannot break a line or colour one.

    >>> print(table(("NAME", "STATE"), [("ada", ""), ("bob\\n", "disabled")]))
    NAME   STATE
    ada
    bob\\n  disabled
    """
    lines = [[printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def printable(text: str) -> str:
    """Escape a text that could break a line or colour one."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
