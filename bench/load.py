"""Load on an HTTP server: keep-alive connections that each send one request after the other, no pipelining.

It runs in a process of its own, so that client and server share neither a loop nor a core. Of an answer it
reads no more than the status and the length: parsing more would make the generator slower than what it
measures. While it measures for a time it never sleeps, so it needs a core for itself.
"""

import asyncio
import itertools
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import uvloop

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Job:
    """Send `requests` (whole HTTP messages) in turn: for `seconds`, or each once where that is None."""

    port: int
    requests: list[bytes]
    seconds: float | None = None
    connections: int = 64


@dataclass
class Result:
    """`times` are seconds from each request to its whole answer."""

    seconds: float = 0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    last_answer: bytes = b""
    answers: list[bytes] = field(default_factory=list)  # the bodies, where each request is sent once

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return how long the given share of the requests took at most, in milliseconds."""
        ranked = sorted(self.times)
        return ranked[min(int(len(ranked) * share), len(ranked) - 1)] * 1000


def run(job: Job) -> Result:
    """Do the job; call it in a process of its own."""
    return uvloop.run(_run(job))


async def _run(job: Job) -> Result:
    result = Result()
    once = job.seconds is None
    requests = iter(job.requests) if once else itertools.cycle(job.requests)
    loop = asyncio.get_running_loop()
    clients = [_Client(requests, result, keeps_answers=once) for _ in range(job.connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", job.port)  # type: ignore[misc]
    began = time.perf_counter()
    if job.seconds is not None:
        for client in clients:
            loop.call_later(job.seconds, client.finish)
    for client in clients:
        client.send()
    idling = None if once else loop.create_task(_stay_awake())
    await asyncio.gather(*(client.done for client in clients))
    if idling:
        idling.cancel()
    result.seconds = time.perf_counter() - began
    return result


async def _stay_awake() -> None:
    """Keep the loop from sleeping: else the server pays for waking it, the more the slower it answers."""
    while True:  # noqa: ASYNC110 - not to wait is what it is for
        await asyncio.sleep(0)


class _Client(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last one is there."""

    def __init__(self, requests: Iterator[bytes], result: Result, *, keeps_answers: bool) -> None:
        self._requests = requests
        self._keeps_answers = keeps_answers
        self._result = result
        self._buffer = b""
        self._wanted = 0
        self._status = 0
        self._is_finishing = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("The server closed the connection"))

    def finish(self) -> None:
        self._is_finishing = True

    def send(self) -> None:
        request = None if self._is_finishing else next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data if self._buffer else data
        if not self._wanted:
            end = buffer.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            status, length = _STATUS.match(buffer), _LENGTH.search(buffer, 0, end)
            if not status or not length:
                self.done.set_exception(ValueError(f"An answer without a length: {buffer[:end]!r}"))
                self._transport.abort()
                return
            self._status, self._wanted = int(status[1]), end + int(length[1])
        if len(buffer) < self._wanted:
            return
        self._result.times.append(time.perf_counter() - self._sent_at)
        self._result.statuses[self._status] += 1
        self._result.last_answer = buffer
        if self._keeps_answers:
            self._result.answers.append(buffer.partition(b"\r\n\r\n")[2])
        self._buffer, self._wanted = b"", 0
        self.send()
