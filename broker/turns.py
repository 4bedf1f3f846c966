"""Working through what one request asks of the store, without keeping others from it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from broker.errors import BrokerError, StoreUnavailable

T = TypeVar("T")

AT_ONCE = 8  # half of the store's threads (stores/s3.py)
SECONDS = 20  # after which nothing new is begun


async def take_turns(actions: Sequence[Callable[[], Awaitable[T]]]) -> list[T | BrokerError]:
    """Run actions, some at once; return what each returned, or the error it raised, in the same order."""
    if not actions:
        return []
    deadline = time.monotonic() + SECONDS
    turns = asyncio.Semaphore(AT_ONCE)

    async def take(action: Callable[[], Awaitable[T]]) -> T | BrokerError:
        async with turns:
            if time.monotonic() > deadline:
                return StoreUnavailable(
                    "The object store answers too slowly for all of these; ask for fewer."
                )
            try:
                return await action()
            except BrokerError as error:
                return error

    return await asyncio.gather(*map(take, actions))
