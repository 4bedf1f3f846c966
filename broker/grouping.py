"""Changes that wait together are made together: one transaction pays for all of them (group commit)."""

import asyncio
import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
Item = TypeVar("Item")
Change = Callable[[Connection, Sequence[Item]], Sequence[T]]

_GROUP = 256


class Job(NamedTuple):
    """What a caller waits for; `since` when, by the monotonic clock."""

    change: Change[Any, Any]
    items: Sequence[Any]
    done: "Future[Any]"
    since: float


class GroupWriter:
    """A thread that takes whatever has come to wait while it was busy, and has it done at once."""

    def __init__(self, do: Callable[[list[Job]], None]) -> None:
        self._do = do
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="registry-writer", daemon=True)
        self._thread.start()

    async def make(self, change: Change[Item, T], items: Sequence[Item]) -> Sequence[T]:
        done: Future[Sequence[T]] = Future()
        done.set_running_or_notify_cancel()  # a caller that goes away takes nothing back
        self._waiting.put(Job(change, items, done, time.monotonic()))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Return when all that waits is done."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            while len(group) < _GROUP and not self._waiting.empty():
                job = self._waiting.get()
                if job is None:
                    self._waiting.put(None)
                    break
                group.append(job)
            self._do(group)


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
        if len(jobs) == 1:
            return [(jobs[0], outcome)]
        return [(job, attempt(job.change, job.items)) for job in jobs]
    results = iter(outcome)
    return [(job, list(itertools.islice(results, len(job.items)))) for job in jobs]


def answer(outcomes: Iterable[tuple[Job, Any]]) -> None:
    """Give the callers what they wait for."""
    for job, outcome in outcomes:
        if isinstance(outcome, BaseException):
            job.done.set_exception(outcome)
        else:
            job.done.set_result(outcome)
