"""Changes that wait together are made together: one transaction pays for all of them (group commit).

A thread that has nothing to do is woken once for all that a loop has at hand: woken at the first one, it
would take Python's lock from the loop before the others are there.
"""

import asyncio
import itertools
import logging
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection

from broker.database import OutcomeUnknown

T = TypeVar("T")
Item = TypeVar("Item")
Change = Callable[[Connection, Sequence[Item]], Sequence[T]]

_GROUP = 256

log = logging.getLogger(__name__)


class Job(NamedTuple):
    """What a caller waits for; `since` when, by the monotonic clock."""

    change: Change[Any, Any]
    items: Sequence[Any]
    done: "asyncio.Future[Any]"
    since: float


class GroupWriter:
    """A thread that takes whatever has come to wait while it was busy, and has it done at once."""

    def __init__(self, do: Callable[[list[Job]], None]) -> None:
        self._do = do
        self._waiting: deque[Job] = deque()
        self._waker: asyncio.AbstractEventLoop | None = None  # the loop that is about to wake the thread
        self._calls: queue.SimpleQueue[bool] = queue.SimpleQueue()  # to work; False is the last one
        self._thread = threading.Thread(target=self._run, name="registry-writer", daemon=True)
        self._thread.start()

    async def make(self, change: Change[Item, T], items: Sequence[Item]) -> Sequence[T]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Sequence[T]] = loop.create_future()
        self._waiting.append(Job(change, items, done, time.monotonic()))
        if self._waker is not loop:
            self._waker = loop
            loop.call_soon(self._wake)
        return await done

    def close(self) -> None:
        """Return when all that waits is done."""
        self._calls.put(False)
        self._thread.join()

    def _wake(self) -> None:
        self._waker = None
        self._calls.put(True)

    def _run(self) -> None:
        is_open = True
        while is_open:
            is_open = self._calls.get()
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
                try:
                    self._do(group)
                except Exception as error:  # or nobody would ever be answered again
                    log.exception("Registry writer failed")
                    answer([(job, error) for job in group])


def make_one(connection: Connection, changes: Sequence[Callable[[Connection], T]]) -> Sequence[T]:
    """Make a change of its own kind: such are never put together, as one that fails must harm no other."""
    (change,) = changes
    return [change(connection)]


def alike(group: Iterable[Job]) -> Iterable[list[Job]]:
    """Put together the jobs whose items one call can take."""
    kinds: dict[object, list[Job]] = {}
    for job in group:
        kinds.setdefault(id(job) if job.change is make_one else job.change, []).append(job)
    return kinds.values()


def attempt_together(
    jobs: Sequence[Job], attempt: Callable[[Change[Any, Any], Sequence[Any]], Any]
) -> list[tuple[Job, Any]]:
    """Make one change of all the items; should it fail, one for each job. `attempt` returns an error."""
    outcome = attempt(jobs[0].change, [item for job in jobs for item in job.items])
    if isinstance(outcome, BaseException):
        if len(jobs) == 1 or isinstance(outcome, OutcomeUnknown):
            return [(job, outcome) for job in jobs]
        return [(job, attempt(job.change, job.items)) for job in jobs]
    results = iter(outcome)
    return [(job, list(itertools.islice(results, len(job.items)))) for job in jobs]


def answer(outcomes: Iterable[tuple[Job, Any]]) -> None:
    """Give the callers what they wait for; their loop is woken once for all of them."""
    waiting: defaultdict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = defaultdict(list)
    for job, outcome in outcomes:
        waiting[job.done.get_loop()].append((job.done, outcome))
    for loop, settled in waiting.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, settled)


def _settle(outcomes: Iterable[tuple["asyncio.Future[Any]", Any]]) -> None:
    for done, outcome in outcomes:
        if done.done():
            continue  # the caller went away, which takes nothing back
        if isinstance(outcome, BaseException):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)
