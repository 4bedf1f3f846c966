"""Bounded waits on conditions."""

import time
from collections.abc import Callable

_PAUSE = 0.02


def wait_until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Return as soon as the condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(_PAUSE)
