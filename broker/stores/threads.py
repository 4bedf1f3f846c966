"""Threads for blocking calls, which tell when all of them are stuck."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Generic, TypeVar

from broker.retry import Transient

T = TypeVar("T")


class AllStuck(Exception):
    """No thread is free, and none has brought an answer for a while."""


class Threads:
    """Run up to `count` calls at once; more wait in line as long as answers come.

    Once all threads have waited `patience` seconds for any answer, new calls fail at once instead of lining
    up behind them, until a thread is free to try again. A call that raises Transient brought no answer.

    A ThreadPoolExecutor is joined when the process ends, however long its calls still take; these are not.
    """

    def __init__(self, count: int, *, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._patience = patience
        self._clock = clock
        self._line: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._busy = 0
        self._silent_since: float | None = None  # None: what was called has been answered

    async def run(self, call: Callable[[], T]) -> T:
        """Raises AllStuck, and what the call raises. A call whose caller has left is not begun."""
        if self._are_stuck():
            raise AllStuck(f"{self._count} calls have waited {self._patience} s and more for any answer.")
        job = _Job(partial(self._run, call))
        self._line.put(job.do)
        if self._started < self._count:
            self._started += 1
            threading.Thread(target=self._work, name=f"store-{self._started}", daemon=True).start()
        return await asyncio.wrap_future(job.future)

    def close(self) -> None:
        """End the threads, each after its call."""
        for _ in range(self._started):
            self._line.put(None)

    def _are_stuck(self) -> bool:
        with self._lock:
            since = self._silent_since
            return self._busy == self._count and since is not None and self._clock() - since > self._patience

    def _work(self) -> None:
        while do := self._line.get():
            do()

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


class _Job(Generic[T]):
    """A call in line; its future is cancelled when the caller leaves."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self.future: Future[T] = Future()

    def do(self) -> None:
        if self.future.set_running_or_notify_cancel():
            try:
                self.future.set_result(self._call())
            except Exception as error:  # noqa: BLE001 -- the caller's, and no thread ends by it
                self.future.set_exception(error)
