"""What the service does by itself, beside answering."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from broker.errors import BrokerError
from broker.lifecycle import Lifecycle

log = logging.getLogger(__name__)

# not the common one: replicas spread out also where somebody has seeded that
_random = random.SystemRandom()

Job = Callable[[], Awaitable[object]]


@asynccontextmanager
async def background(*jobs: Job) -> AsyncIterator[None]:
    """Run jobs for the length of a block; what they are doing at its end is cut short."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def repeat(job: Job, *, seconds: float, lifecycle: Lifecycle) -> None:
    """Do a job now and again until the service stops; one that fails is logged and has its next turn."""
    while not lifecycle.is_stopping:
        try:
            await job()
        except BrokerError as error:
            log.warning("Background job failed: %s", error.detail)
        except Exception:
            log.exception("Background job crashed")
        await asyncio.sleep(seconds * _random.uniform(0.8, 1.2))
