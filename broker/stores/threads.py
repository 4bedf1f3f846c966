"""Threads for blocking calls, which tell when all of them are stuck."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from broker.retry import Transient

T = TypeVar("T")


class AllStuck(Exception):
    """No thread is free, and none has brought an answer for a while."""


class Threads:
    """Run up to `count` calls at once; more wait in line as long as answers come.

    Once all threads have waited `patience` seconds for any answer, new calls fail at once instead of lining
    up behind them, until a thread is free to try again. A call that raises Transient brought no answer.
    """

    def __init__(self, count: int, *, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._patience = patience
        self._clock = clock
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="store")
        self._lock = threading.Lock()
        self._busy = 0
        self._silent_since: float | None = None  # None: what was called has been answered

    async def run(self, call: Callable[[], T]) -> T:
        """Raises AllStuck, and what the call raises. A call whose caller has left is not begun."""
        if self._are_stuck():
            raise AllStuck(f"{self._count} calls have waited {self._patience} s and more for any answer.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, call)

    def close(self) -> None:
        """Begin no more calls; those that run end by their own deadlines."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _are_stuck(self) -> bool:
        with self._lock:
            since = self._silent_since
            return self._busy == self._count and since is not None and self._clock() - since > self._patience

    def _run(self, call: Callable[[], T]) -> T:
        with self._lock:
            self._busy += 1
            if self._silent_since is None:
                self._silent_since = self._clock()
        is_answered = True
        try:
            return call()
        except Transient:
            is_answered = False
            raise
        finally:
            with self._lock:
                self._busy -= 1
                if is_answered:
                    self._silent_since = self._clock() if self._busy else None
