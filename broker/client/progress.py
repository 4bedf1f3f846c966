"""Counting bytes that several threads send or fetch."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OnProgress = Callable[[int, int], None]


class Progress:
    """Tells `on_progress(bytes, total)`, which may be called from any thread, one call at a time."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self._total = total
        self._tell = on_progress or (lambda _bytes, _total: None)
        self._bytes = 0
        self._lock = threading.Lock()

    def share(self) -> OnProgress:
        """Return what one of several files tells how far it is, to be added up here."""
        told = 0

        def tell(done: int, _total: int) -> None:
            nonlocal told
            more, told = done - told, done
            self._add(more)

        return tell

    def begin(self, done: int) -> None:
        """Start from so many bytes that need not be moved."""
        with self._lock:
            self._bytes = done
            self._tell(done, self._total)

    @contextmanager
    def sending(self) -> Iterator[Callable[[int], None]]:
        """Count what moves inside; a failure takes it back."""
        moved = 0

        def count(more: int) -> None:
            nonlocal moved
            moved += more
            self._add(more)

        try:
            yield count
        except BaseException:
            self._add(-moved)
            raise

    def _add(self, more: int) -> None:
        with self._lock:
            self._bytes += more
            self._tell(self._bytes, self._total)
