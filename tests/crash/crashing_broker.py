"""A broker in a process of its own, which kills itself before or after a step of its work.

A step is a change of the registry or a call to the store: what others see, and what stays. The process ends
by SIGKILL, so nothing is cleaned up, no answer is sent and no connection is closed in order.
"""

import asyncio
import inspect
import itertools
import logging
import multiprocessing
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from multiprocessing.connection import Connection
from typing import Literal, NamedTuple, TypeVar

from broker.app import create_app, open_services
from broker.grouping import Change, make_one
from broker.lifecycle import Lifecycle
from broker.logs import JsonFormatter
from broker.server import serve
from broker.settings import Settings
from broker.sqlite import SqliteDatabase
from broker.stores.base import Store
from broker.stores.s3 import S3Store
from tests.secret_lines import has_secret

T = TypeVar("T")
Item = TypeVar("Item")

# what the service does at times of its own, beside what is asked of it: no step of any request
_ASIDE = ("AccountRegistry.forget", "AuditRegistry.", "ShareRegistry.forget")
SECONDS = 30  # any wait that takes so long has failed

# a process that has imported everything, and of which each broker is a fork: they start at once
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["__main__", __name__])


class Trap(NamedTuple):
    """Where a process kills itself: the steps are counted from 0, since its start."""

    step: int
    moment: Literal["before", "after"]


class Crashing:
    """A process that may kill itself; the names of the steps it has begun come out of `steps`."""

    def __init__(self, job: Callable[..., None], *arguments: object, trap: Trap | None) -> None:
        self._told, tell = _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(target=_run, args=(job, arguments, trap, tell), daemon=True)
        self._process.start()
        tell.close()  # its only end is the process's: when that ends, so does what it tells

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    def steps(self) -> Iterator[str]:
        """Yield the steps begun since this was asked last; a process that has ended begins no more."""
        while self._told.poll():
            try:
                yield self._told.recv()
            except EOFError:
                return

    def join(self) -> int | None:
        """Wait for the end; return the exit code, which is negative for a signal."""
        self._process.join(SECONDS)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()
        assert self.join() is not None
        self._told.close()


@contextmanager
def serving(settings: Settings, listener: socket.socket, *, trap: Trap | None = None) -> Iterator[Crashing]:
    """Run the service; connections that are made before it listens wait for it."""
    with _running(Crashing(_serve, settings, listener, trap=trap)) as process:
        yield process


@contextmanager
def reconciling(settings: Settings, *, at: datetime, trap: Trap | None) -> Iterator[Crashing]:
    """Reconcile once, as if it were this late."""
    with _running(Crashing(_reconcile, settings, at, trap=trap)) as process:
        yield process


@contextmanager
def _running(process: Crashing) -> Iterator[Crashing]:
    try:
        yield process
    finally:
        process.kill()


def _run(job: Callable[..., None], arguments: Sequence[object], trap: Trap | None, tell: Connection) -> None:
    _watch(trap, tell)
    logging.basicConfig(handlers=[_Refuser()], level=logging.DEBUG, force=True)
    job(*arguments)


class _Refuser(logging.Handler):
    """Fails what logs a secret (CHECKLIST 54); nothing else becomes of the lines."""

    def emit(self, record: logging.LogRecord) -> None:
        assert not has_secret(JsonFormatter().format(record))


def _serve(settings: Settings, listener: socket.socket) -> None:
    lifecycle = Lifecycle()
    serve(create_app(settings, lifecycle), listener, lifecycle, drain_seconds=0)


def _reconcile(settings: Settings, at: datetime) -> None:
    async def visit_all() -> None:
        async for _ in services.reconciler.reconcile(at=at):
            pass

    with open_services(settings) as services:
        asyncio.run(visit_all())


def _watch(trap: Trap | None, tell: Connection) -> None:
    """Have every step of this process told, and the trap sprung."""
    numbers = itertools.count()

    async def take(name: str, step: Callable[[], Awaitable[T]]) -> T:
        number = next(numbers)
        tell.send(name)
        if trap == (number, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        result = await step()
        if trap == (number, "after"):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    # all changes of the registry go through this one
    write_each = SqliteDatabase.write_each

    async def watched_write(
        self: SqliteDatabase, change: Change[Item, T], items: Sequence[Item]
    ) -> Sequence[T]:
        what = getattr(items[0] if change is make_one else change, "__qualname__", "write")
        if what.startswith(_ASIDE):
            return await write_each(self, change, items)
        return await take(what, lambda: write_each(self, change, items))

    SqliteDatabase.write_each = watched_write  # type: ignore[method-assign]
    for name, _ in inspect.getmembers(Store, inspect.iscoroutinefunction):
        setattr(S3Store, name, _watched(getattr(S3Store, name), take))


def _watched(
    call: Callable[..., Awaitable[T]], take: Callable[..., Awaitable[T]]
) -> Callable[..., Awaitable[T]]:
    @wraps(call)
    async def watched(*arguments: object, **named: object) -> T:
        return await take(call.__qualname__, lambda: call(*arguments, **named))

    return watched
