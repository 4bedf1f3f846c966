"""Whether the service is ready, with stand-ins for what it asks."""

import asyncio
from unittest.mock import AsyncMock, Mock

import pytest

from broker.errors import ShuttingDown, StoreUnavailable
from broker.lifecycle import Lifecycle
from broker.readiness import Readiness


def test_however_many_ask_at_once_the_store_is_asked_once() -> None:
    async def story() -> None:
        may_answer = asyncio.Event()
        registry, store, self_test = AsyncMock(), AsyncMock(), AsyncMock()
        store.check.side_effect = may_answer.wait
        lifecycle = Lifecycle()
        readiness = Readiness(registry=registry, store=store, self_test=self_test, lifecycle=lifecycle)

        async with asyncio.timeout(10):
            asking = [asyncio.create_task(readiness.require()) for _ in range(100)]
            gone = asyncio.create_task(readiness.require())
            await asyncio.sleep(0)
            gone.cancel()  # who asks and leaves takes the answer from nobody
            may_answer.set()
            await asyncio.gather(*asking)

            assert (registry.check.await_count, store.check.await_count) == (1, 1)
            store.check.side_effect = StoreUnavailable(
                "The object store does not answer right now; try again."
            )
            with pytest.raises(StoreUnavailable):
                await readiness.require()

    asyncio.run(story())


def test_a_service_that_stops_is_not_ready_whatever_is_being_looked_at() -> None:
    lifecycle = Lifecycle()
    lifecycle.stop()
    nothing = Mock()
    readiness = Readiness(registry=nothing, store=nothing, self_test=nothing, lifecycle=lifecycle)

    with pytest.raises(ShuttingDown):
        asyncio.run(readiness.require())
    assert nothing.mock_calls == []
