"""What the commands share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from broker.errors import BrokerError, OperatorError


@contextmanager
def sentences() -> Iterator[None]:
    """Show what an operator can mend as one sentence, not as a traceback."""
    try:
        yield
    except OperatorError as error:
        raise click.ClickException(str(error)) from error
    except BrokerError as error:
        raise click.ClickException(error.detail) from error


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align rows below their head; what a client chose cannot break a line or colour one.

    >>> print(table(("NAME", "STATE"), [("ada", ""), ("bob\\n", "disabled")]))
    NAME   STATE
    ada
    bob\\n  disabled
    """
    lines = [[_printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _printable(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
