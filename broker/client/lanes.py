"""How many requests may be on their way to the store at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from broker.client.retry import is_transient


class Lanes:
    """A semaphore whose number follows what the store and the line bear, as TCP does.

    One more after as many successes as there are lanes, half of them after a failure of overload.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = min(4, most)
        self._busy = 0
        self._successes = 0
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        return self._limit

    @contextmanager
    def use(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._busy < self._limit)
            self._busy += 1
        try:
            yield
        except Exception as error:
            if is_transient(error):
                self._shrink()
            raise
        else:
            self._grow()
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _grow(self) -> None:
        with self._changed:
            self._successes += 1
            if self._successes >= self._limit < self._most:
                self._limit, self._successes = self._limit + 1, 0

    def _shrink(self) -> None:
        with self._changed:
            self._limit, self._successes = max(1, self._limit // 2), 0
