import asyncio
from functools import partial

import pytest

from broker import turns
from broker.errors import NotFound, StoreUnavailable
from broker.turns import AT_ONCE, take_turns


def test_what_each_action_returned_or_raised_comes_in_their_order() -> None:
    async def answer(number: int) -> int:
        await asyncio.sleep(0)
        if number % 3 == 0:
            raise NotFound(f"{number}.")
        return number

    outcomes = asyncio.run(take_turns([partial(answer, number) for number in range(20)]))

    shown = [outcome.detail if isinstance(outcome, NotFound) else outcome for outcome in outcomes]
    assert shown == [f"{number}." if number % 3 == 0 else number for number in range(20)]


def test_only_some_run_at_once() -> None:
    running, most = 0, 0

    async def run() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    asyncio.run(take_turns([run] * 50))

    assert most == AT_ONCE


def test_when_the_time_is_up_nothing_new_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SECONDS", -1)
    begun: list[int] = []

    async def begin() -> None:
        begun.append(1)

    outcomes = asyncio.run(take_turns([begin] * 3))

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    assert begun == []
