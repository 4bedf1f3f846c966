import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from broker.retry import Transient
from broker.stores.threads import AllStuck, Threads

FOREVER = 10.0  # seconds that no test takes


class Gate:
    """A call that waits until it is let through; it may end without an answer."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.opened = threading.Event()
        self.is_answered = True

    def __call__(self) -> str:
        self.begun.release()
        assert self.opened.wait(FOREVER)
        if not self.is_answered:
            raise Transient
        return "answer"

    async def await_begun(self, count: int) -> None:
        for _ in range(count):
            assert await asyncio.to_thread(self.begun.acquire, timeout=FOREVER)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


def answer() -> str:
    return "answer"


def test_more_calls_than_threads_wait_in_line(gate: Gate) -> None:
    threads = Threads(2, patience=FOREVER)

    async def story() -> list[str]:
        calls = [asyncio.create_task(threads.run(gate)) for _ in range(10)]
        await gate.await_begun(2)
        assert not gate.begun.acquire(blocking=False)
        gate.opened.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(story()) == ["answer"] * 10
    threads.close()


def test_while_all_threads_are_stuck_a_new_call_fails_at_once(gate: Gate) -> None:
    threads = Threads(2, patience=0)

    async def story() -> None:
        calls = [asyncio.create_task(threads.run(gate)) for _ in range(2)]
        await gate.await_begun(2)

        with pytest.raises(AllStuck):
            await threads.run(answer)

        gate.opened.set()
        await asyncio.gather(*calls)
        assert await threads.run(answer) == "answer"

    asyncio.run(story())
    threads.close()


def test_one_free_thread_is_enough_to_try(gate: Gate) -> None:
    threads = Threads(2, patience=0)

    async def story() -> None:
        stuck = asyncio.create_task(threads.run(gate))
        await gate.await_begun(1)

        assert await threads.run(answer) == "answer"

        gate.opened.set()
        await stuck

    asyncio.run(story())
    threads.close()


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_patience_begins_with_the_first_call_that_waits(gate: Gate) -> None:
    clock = Clock()
    threads = Threads(1, patience=2, clock=clock)

    async def story() -> None:
        await threads.run(answer)
        clock.seconds = 3600  # the service was idle
        first = asyncio.create_task(threads.run(gate))
        await gate.await_begun(1)
        clock.seconds += 2
        second = asyncio.create_task(threads.run(answer))
        await asyncio.sleep(0)  # the second gets in line
        gate.opened.set()

        assert [await first, await second] == ["answer", "answer"]

    asyncio.run(story())
    threads.close()


def test_an_answer_begins_the_patience_anew_and_a_failure_does_not() -> None:
    clock = Clock()
    threads = Threads(2, patience=2, clock=clock)
    failing, answering, *stuck = [Gate() for _ in range(4)]
    failing.is_answered = False

    async def begin(gate: Gate) -> asyncio.Task[str]:
        call = asyncio.create_task(threads.run(gate))
        await gate.await_begun(1)
        return call

    async def end(gate: Gate, call: asyncio.Task[str]) -> None:
        gate.opened.set()
        await asyncio.gather(call, return_exceptions=True)

    async def story() -> None:
        first, second = await begin(failing), await begin(answering)
        clock.seconds = 3
        await end(failing, first)
        third = await begin(stuck[0])
        with pytest.raises(AllStuck):
            await threads.run(answer)
        await end(answering, second)
        fourth = await begin(stuck[1])

        in_line = asyncio.create_task(threads.run(answer))
        await asyncio.sleep(0)
        await end(stuck[0], third)
        await end(stuck[1], fourth)

        assert await in_line == "answer"

    asyncio.run(story())
    threads.close()


def test_a_call_whose_caller_has_left_is_not_begun(gate: Gate) -> None:
    threads = Threads(1, patience=FOREVER)
    begun: list[str] = []

    async def story() -> None:
        first = asyncio.create_task(threads.run(gate))
        await gate.await_begun(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await threads.run(lambda: begun.append("begun"))
        gate.opened.set()
        await first
        await threads.run(answer)

    asyncio.run(story())
    threads.close()
    assert begun == []


HANGING = """
import asyncio, threading
from broker.stores.threads import Threads

async def main():
    begun = threading.Event()
    call = asyncio.create_task(Threads(1, patience=60).run(lambda: begun.set() or threading.Event().wait()))
    await asyncio.to_thread(begun.wait)
    call.cancel()

asyncio.run(main())
"""


def test_a_call_that_hangs_does_not_keep_the_process_alive() -> None:
    subprocess.run([sys.executable, "-c", HANGING], check=True, timeout=30)


def test_a_call_that_raises_leaves_its_thread_to_the_next() -> None:
    threads = Threads(1, patience=FOREVER)

    async def story() -> None:
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await threads.run(lambda: 1 / 0)
        assert await threads.run(answer) == "answer"

    asyncio.run(story())
    threads.close()
