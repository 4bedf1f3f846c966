"""What the service does by itself: again and again whatever fails, and no longer than it runs."""

import asyncio

import pytest

from broker.background import background, repeat
from broker.errors import StoreUnavailable
from broker.lifecycle import Lifecycle


def test_a_job_that_fails_has_its_next_turn_until_the_service_stops(caplog: pytest.LogCaptureFixture) -> None:
    lifecycle = Lifecycle()
    turns = 0

    async def job() -> None:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise StoreUnavailable("The store is down.")
        if turns == 2:
            raise ArithmeticError("out of order")
        lifecycle.stop()
        await asyncio.sleep(60 if turns > 3 else 0)

    asyncio.run(asyncio.wait_for(repeat(job, seconds=0, lifecycle=lifecycle), 20))

    assert turns == 3
    logged = [each.getMessage() for each in caplog.records if each.name == "broker.background"]
    assert logged == ["Background job failed: The store is down.", "Background job crashed"]


def test_what_a_job_is_doing_when_the_service_ends_is_cut_short() -> None:
    async def story() -> None:
        is_begun, is_cut_short = asyncio.Event(), asyncio.Event()

        async def job() -> None:
            is_begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                is_cut_short.set()

        async with background(job):
            await is_begun.wait()

        assert is_cut_short.is_set()

    asyncio.run(asyncio.wait_for(story(), 20))
