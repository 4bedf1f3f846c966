import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeAlias

import pytest

from broker import turns
from broker.errors import NotFound, StoreUnavailable
from broker.turns import AT_ONCE, TOGETHER, run_together, take_turns

RunAll: TypeAlias = Callable[[Sequence[Callable[[], Awaitable[Any]]]], Coroutine[Any, Any, list[Any]]]

EITHER = pytest.mark.parametrize(
    ("run_all", "at_once"), [(take_turns, AT_ONCE), (run_together, TOGETHER)], ids=["turns", "together"]
)


@EITHER
def test_what_each_action_returned_or_raised_comes_in_their_order(run_all: RunAll, at_once: int) -> None:
    async def answer(number: int) -> int:
        await asyncio.sleep(0)
        if number % 3 == 0:
            raise NotFound(f"{number}.")
        return number

    outcomes = asyncio.run(run_all([partial(answer, number) for number in range(at_once * 2)]))

    shown = [outcome.detail if isinstance(outcome, NotFound) else outcome for outcome in outcomes]
    assert shown == [f"{number}." if number % 3 == 0 else number for number in range(at_once * 2)]


@EITHER
def test_only_some_run_at_once(run_all: RunAll, at_once: int) -> None:
    running, most = 0, 0

    async def run() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    asyncio.run(run_all([run] * 3 * at_once))

    assert most == at_once


def test_when_the_time_is_up_nothing_new_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SECONDS", -1)
    begun: list[int] = []

    async def begin() -> None:
        begun.append(1)

    outcomes = asyncio.run(take_turns([begin] * 3))

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    assert begun == []
