"""The thread that makes changes together answers whoever waits, whatever happens to others."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from broker.database import OutcomeUnknown
from broker.grouping import GroupWriter, Job, answer, attempt_together
from tests.waiting import wait_until

NOBODY = cast("asyncio.Future[Any]", None)  # waits for the answer


def count(_: Connection, items: Sequence[int]) -> Sequence[int]:
    return items


def test_a_writer_that_fails_says_so_and_goes_on() -> None:
    def fail(_: list[Job]) -> None:
        raise ArithmeticError("out of order")

    async def story() -> None:
        writer = GroupWriter(fail)
        for _ in range(2):
            with pytest.raises(ArithmeticError, match="out of order"):
                await asyncio.wait_for(writer.make(count, [1]), 20)
        writer.close()

    asyncio.run(story())


def test_who_has_gone_away_keeps_no_other_from_an_answer() -> None:
    elsewhere = asyncio.new_event_loop()
    ended = elsewhere.create_future()
    elsewhere.close()

    async def story() -> object:
        gone, waits = (asyncio.get_running_loop().create_future() for _ in range(2))
        gone.cancel()
        answer((Job(count, [1], done, 0), "an answer") for done in (ended, gone, waits))
        return await asyncio.wait_for(waits, 20)

    assert asyncio.run(story()) == "an answer"


def test_what_is_made_together_is_answered_to_each() -> None:
    jobs = [Job(count, items, NOBODY, 0) for items in ([1, 2], [], [3])]

    assert attempt_together(jobs, lambda _, items: items) == list(zip(jobs, ([1, 2], [], [3]), strict=True))


@pytest.mark.parametrize(
    ("jobs", "error"), [(1, ArithmeticError()), (2, OutcomeUnknown("Nobody knows."))], ids=["alone", "kept"]
)
def test_what_failed_alone_or_may_have_been_kept_is_not_made_again(jobs: int, error: Exception) -> None:
    attempts: list[Sequence[int]] = []

    def attempt(_: object, items: Sequence[int]) -> Exception:
        attempts.append(items)
        return error

    group = [Job(count, [n], NOBODY, 0) for n in range(jobs)]

    assert attempt_together(group, attempt) == [(job, error) for job in group]
    assert attempts == [list(range(jobs))]


def test_closing_waits_for_what_is_asked_for_and_no_longer() -> None:
    is_busy, may_go_on = threading.Event(), threading.Event()

    def work(jobs: list[Job]) -> None:
        is_busy.set()
        assert may_go_on.wait(20)
        answer((job, job.items) for job in jobs)

    async def story() -> None:
        writer = GroupWriter(work)
        first = asyncio.create_task(writer.make(count, [1]))
        assert await asyncio.to_thread(is_busy.wait, 20)
        second = asyncio.create_task(writer.make(count, [2]))
        await asyncio.sleep(0)
        closing = threading.Thread(target=writer.close, daemon=True)
        closing.start()
        wait_until(lambda: writer._calls.qsize() == 1)
        may_go_on.set()

        found = tuple(await asyncio.wait_for(asyncio.gather(first, second), 20))
        assert found == ([1], [2])
        await asyncio.to_thread(closing.join, 20)
        assert not closing.is_alive()

    asyncio.run(story())


def test_so_many_changes_are_made_together_and_no_more() -> None:
    is_busy, may_go_on = threading.Event(), threading.Event()
    groups: list[int] = []

    def work(jobs: list[Job]) -> None:
        groups.append(len(jobs))
        is_busy.set()
        assert may_go_on.wait(20)
        answer((job, job.items) for job in jobs)

    async def story() -> None:
        writer = GroupWriter(work)
        first = asyncio.create_task(writer.make(count, [1]))
        assert await asyncio.to_thread(is_busy.wait, 20)
        rest = [asyncio.create_task(writer.make(count, [n])) for n in range(300)]
        await asyncio.sleep(0)
        may_go_on.set()

        assert await asyncio.wait_for(asyncio.gather(first, *rest), 20) == [[1], *([n] for n in range(300))]
        writer.close()

    asyncio.run(story())

    assert groups == [1, 256, 44]


def test_what_a_loop_has_at_hand_is_made_together() -> None:
    groups: list[int] = []

    def work(jobs: list[Job]) -> None:
        groups.append(len(jobs))
        answer((job, job.items) for job in jobs)

    async def story() -> None:
        for _ in range(2):
            writer = GroupWriter(work)
            await asyncio.wait_for(asyncio.gather(*(writer.make(count, [n]) for n in range(200))), 20)
            writer.close()

    asyncio.run(story())

    assert groups == [200, 200]


def test_a_loop_that_ended_before_it_woke_the_writer_holds_up_no_other() -> None:
    ended = asyncio.new_event_loop()
    ended.close()

    async def story() -> object:
        writer = GroupWriter(lambda jobs: answer((job, job.items) for job in jobs))
        writer._waker = ended
        made = await asyncio.wait_for(writer.make(count, [1]), 20)
        writer.close()
        return made

    assert asyncio.run(story()) == [1]


def test_closing_makes_also_what_the_writer_was_not_woken_for_yet() -> None:
    made: list[object] = []
    writer = GroupWriter(lambda jobs: made.extend(job.items for job in jobs))

    async def story() -> None:
        asked = asyncio.create_task(writer.make(count, [1]))
        await asyncio.sleep(0)
        writer.close()
        asked.cancel()

    asyncio.run(story())

    assert made == [[1]]
