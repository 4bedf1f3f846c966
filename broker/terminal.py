"""What the commands share."""

from collections.abc import Iterator
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
