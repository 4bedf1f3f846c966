"""Trying again what failed in passing: a few times, with full jitter, within a deadline.

https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")

_random = random.SystemRandom()  # as in background.py


class Transient(Exception):
    """What failed may succeed when it is tried again."""


class Retries(Struct, frozen=True, kw_only=True):
    """How often to try in all, and the bounds of the pauses between, in seconds."""

    attempts: int = 3
    first_pause: float = 0.1
    longest_pause: float = 1.0

    def pause(self, failures: int, *, draw: float) -> float:
        """Return the seconds to wait after so many failures; `draw` is random, from 0 to 1.

        >>> [Retries().pause(failures, draw=1) for failures in (1, 2, 3, 9)]
        [0.1, 0.2, 0.4, 1.0]
        """
        return draw * min(self.longest_pause, self.first_pause * 2.0 ** (failures - 1))


USUAL = Retries()


async def persist(attempt: Callable[[float], Awaitable[T]], *, seconds: float, retries: Retries = USUAL) -> T:
    """Await attempts until one succeeds; each is given the deadline, on the clock of `time.monotonic`.

    Raises what the last attempt raised, at once if it is not Transient, and TimeoutError after `seconds`.
    """
    deadline = time.monotonic() + seconds
    async with asyncio.timeout(seconds):
        for failures in range(1, retries.attempts):
            try:
                return await attempt(deadline)
            except Transient:
                pause = retries.pause(failures, draw=_random.random())
                if time.monotonic() + pause >= deadline:
                    raise
            await asyncio.sleep(pause)
        return await attempt(deadline)
