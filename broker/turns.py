"""Working through all that one request asks for, without keeping others from the store or the registry."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from broker.errors import BrokerError, StoreUnavailable

T = TypeVar("T")

AT_ONCE = 8  # half of the store's threads (stores/s3.py)
TOGETHER = 50
SECONDS = 20  # after which nothing new is begun


async def take_turns(actions: Sequence[Callable[[], Awaitable[T]]]) -> list[T | BrokerError]:
    """Run actions that ask the store, few at once; return what each returned or raised, in their order."""
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
            return await _outcome_of(action)

    return await asyncio.gather(*map(take, actions))


async def run_together(actions: Sequence[Callable[[], Awaitable[T]]]) -> list[T | BrokerError]:
    """Run many actions at once, whose changes the registry makes together; return as `take_turns` does."""
    places = asyncio.Semaphore(TOGETHER)

    async def run(action: Callable[[], Awaitable[T]]) -> T | BrokerError:
        async with places:
            return await _outcome_of(action)

    return await asyncio.gather(*map(run, actions))


async def _outcome_of(action: Callable[[], Awaitable[T]]) -> T | BrokerError:
    try:
        return await action()
    except BrokerError as error:
        return error
