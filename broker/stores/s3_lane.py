"""Calls to a store from the event loop: repeated within a deadline, on a bounded number of threads."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from broker import retry
from broker.errors import StoreUnavailable
from broker.retry import Transient
from broker.sigv4 import Signer
from broker.stores.s3_client import Refused, S3Client, Send
from broker.stores.threads import AllStuck, Threads

log = logging.getLogger(__name__)

T = TypeVar("T")


class Lane:
    """Calls as one identity, each done in `seconds`; `read_seconds` is how long one attempt may hear nothing.

    Slow calls have a lane of their own, so that they cannot take the threads of the others. `patience` is
    that of the threads.
    """

    def __init__(
        self, signer: Signer, *, at_once: int, seconds: float, read_seconds: float, patience: float
    ) -> None:
        self._client = S3Client(signer, connections=at_once, read_seconds=read_seconds)
        self._threads = Threads(at_once, patience=patience)
        self._seconds = seconds

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the store's clock is ahead of ours, by its last answer; None before there is one."""
        return self._client.clock_skew

    async def run(self, call: Callable[[Send], T], *, seconds: float | None = None) -> T:
        """Await a call of `s3_calls`, by default in the lane's own time. Raises StoreUnavailable."""

        async def attempt(deadline: float) -> T:
            return await self._threads.run(partial(call, partial(self._client.send, deadline=deadline)))

        try:
            return await retry.persist(attempt, seconds=self._seconds if seconds is None else seconds)
        except (Transient, Refused, AllStuck, TimeoutError) as error:
            log.warning("Store call failed: %r", error)
            raise StoreUnavailable("The object store does not answer right now; try again.") from error

    def close(self) -> None:
        self._threads.close()
        self._client.close()
