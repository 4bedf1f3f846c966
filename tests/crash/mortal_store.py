"""A store that is killed, and comes back at the same address with what it had on disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from broker.bootstrap import bootstrap
from broker.settings import StoreSettings
from broker.stores.embedded import EmbeddedStore


class MortalStore:
    """An embedded store; `settings` hold over all its lives."""

    def __init__(self, directory: Path, origins: tuple[str, ...]) -> None:
        self._directory = directory
        self._origins = origins
        self.settings = self._start(port=None)
        for step in bootstrap(self.settings, admin=self.settings.control, origins=origins, users=False):
            assert step.outcome == "done", step

    def kill(self) -> None:
        """End weed by SIGKILL, in whatever it is doing."""
        self._weed.kill()
        self._weed.wait(30)

    def start_again(self) -> None:
        self.close()
        assert self._start(port=int(self.settings.url.rpartition(":")[2])) == self.settings

    def close(self) -> None:
        self._store.__exit__()

    def _start(self, *, port: int | None) -> StoreSettings:
        self._store = EmbeddedStore(self._directory, origins=self._origins, port=port)
        self._store.__enter__()
        (self._weed,) = psutil.Process(self._store._process.pid).children()
        return self._store.settings


@contextmanager
def mortal_store(directory: Path, origins: tuple[str, ...]) -> Iterator[MortalStore]:
    store = MortalStore(directory, origins)
    try:
        yield store
    finally:
        store.close()
