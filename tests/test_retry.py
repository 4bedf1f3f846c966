import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.retry import Retries, Transient, persist

AT_ONCE = Retries(first_pause=0)


class Attempts:
    """Fail in these ways, one after the other, then succeed."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.deadlines: list[float] = []

    async def __call__(self, deadline: float) -> str:
        self.deadlines.append(deadline)
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def run(
    attempt: Callable[[float], Awaitable[str]], *, seconds: float = 10, retries: Retries = AT_ONCE
) -> str:
    return asyncio.run(persist(attempt, seconds=seconds, retries=retries))


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_what_fails_in_passing_is_tried_again(failures: int) -> None:
    attempts = Attempts(*(Transient() for _ in range(failures)))

    assert run(attempts) == "done"
    assert len(attempts.deadlines) == failures + 1


def test_the_third_failure_is_the_last() -> None:
    last = Transient("third")
    attempts = Attempts(Transient(), Transient(), last, Transient())

    with pytest.raises(Transient) as raised:
        run(attempts)

    assert raised.value is last
    assert len(attempts.deadlines) == 3


def test_any_other_failure_is_the_last() -> None:
    attempts = Attempts(Transient(), KeyError("refused"))

    with pytest.raises(KeyError):
        run(attempts)

    assert len(attempts.deadlines) == 2


def test_every_attempt_has_the_same_deadline() -> None:
    attempts = Attempts(Transient(), Transient())
    begun = time.monotonic()

    run(attempts, seconds=60)

    assert len(set(attempts.deadlines)) == 1
    assert begun < attempts.deadlines[0] - 60 < time.monotonic()


def test_an_attempt_that_does_not_end_is_left_at_the_deadline() -> None:
    async def hang(deadline: float) -> str:
        await asyncio.Event().wait()
        return "never"

    with pytest.raises(TimeoutError):
        run(hang, seconds=0.01)


def test_nobody_pauses_beyond_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.retry._random.random", lambda: 1.0)
    attempts = Attempts(Transient("the cause"))

    with pytest.raises(Transient, match="the cause"):
        run(attempts, seconds=5, retries=Retries(first_pause=60, longest_pause=60))

    assert len(attempts.deadlines) == 1


@given(st.integers(1, 1000), st.floats(0, 1))
def test_a_pause_is_anything_from_none_to_a_bound_that_doubles(failures: int, draw: float) -> None:
    bound = [0.5, 1, 2, 4][min(failures, 4) - 1]

    pause = Retries(first_pause=0.5, longest_pause=4).pause(failures, draw=draw)

    assert pause == pytest.approx(draw * bound)


def test_the_loop_goes_on_during_a_pause() -> None:
    async def story() -> list[str]:
        events: list[str] = []
        attempts = Attempts(Transient())

        async def attempt(deadline: float) -> str:
            events.append("attempt")
            asyncio.get_running_loop().call_soon(events.append, "other work")
            return await attempts(deadline)

        await persist(attempt, seconds=10, retries=Retries(first_pause=0.001))
        return events

    assert asyncio.run(story())[:3] == ["attempt", "other work", "attempt"]
