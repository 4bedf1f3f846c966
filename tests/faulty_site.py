"""A broker that can be stopped, a store that can be killed, and lines to both that fail as told."""

import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from socket import socket

from broker.server import listen
from tests.crash.mortal_store import MortalStore, mortal_store
from tests.faulty_store import Exchange, faulty
from tests.running import RunningBroker, origin_of, run_broker_on


class Site:
    """A broker that can be stopped and started again, and a store that clients of it reach by the `line`.

    `way` is a line to the broker; who reaches it by its own address meets no fault.
    """

    def __init__(self, directory: Path) -> None:
        self._services = ExitStack()
        self._stack = ExitStack()
        self._database_url = f"sqlite:///{directory / 'broker.db'}"
        listener = self._services.enter_context(listen("127.0.0.1", 0))
        self._port = int(listener.getsockname()[1])
        self.store = self._stack.enter_context(mortal_store(directory / "store", (origin_of(listener),)))
        self.line = self._stack.enter_context(faulty(self.store.settings))
        broker = replace(self.store.settings, url=origin_of(listener))  # to a line a broker is like a store
        self.way = self._stack.enter_context(faulty(broker))
        self.broker = self._serve(listener)

    def stop_broker(self) -> None:
        self._services.close()

    def start_broker(self) -> None:
        self._serve(self._services.enter_context(listen("127.0.0.1", self._port)))

    def close(self) -> None:
        with self._stack:
            self._services.close()

    def _serve(self, listener: socket) -> RunningBroker:
        store = replace(self.store.settings, public_url=self.line.settings.url)
        origins = (origin_of(listener), self.way.settings.url)
        return self._services.enter_context(
            run_broker_on(listener, store, self._database_url, origins=origins)
        )


class Killing:
    """Kills the store in the middle of an upload in parts: at the first PUT of its second."""

    def __init__(self, store: MortalStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._is_done = threading.Event()
        self._refused = threading.Semaphore(0)

    def __call__(self, exchange: Exchange) -> None:
        with self._lock:
            if exchange.command == "PUT" and "partNumber=2&" in exchange.path and not self._is_done.is_set():
                self._store.kill()
                self._is_done.set()
        try:
            exchange.answer(*exchange.forward())
        except OSError:
            self._refused.release()
            exchange.disconnect()

    def wait_until_missed(self) -> None:
        """Return when the store is dead, and a client has tried it since."""
        assert self._is_done.wait(20)
        for _ in range(2):
            assert self._refused.acquire(timeout=20)
