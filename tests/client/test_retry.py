"""How the Python client tries again, and how many requests it has under way."""

import threading

import pytest

from broker.client import BrokerUnreachable, StoreRefused, StoreUnreachable, retry
from broker.client.failures import UnknownProblem, read_problem
from broker.client.lanes import Lanes
from broker.errors import NotFound, RequestInProgress, TooManyRequests


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PATIENCE", 0.0)
    tries = 0

    def action() -> None:
        nonlocal tries
        tries += 1
        raise StoreUnreachable(f"try {tries}")

    with pytest.raises(StoreUnreachable):
        retry.persist(action, stop=threading.Event())
    assert tries >= 2


def test_work_that_is_stopped_is_not_tried_again() -> None:
    stop = threading.Event()

    def action() -> None:
        stop.set()
        raise StoreUnreachable("reset")

    with pytest.raises(retry.Stopped):
        retry.persist(action, stop=stop)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (StoreRefused(503, "SlowDown"), True),
        (StoreRefused(408, None), True),
        (StoreRefused(400, "BadDigest"), True),
        (StoreRefused(400, "RequestTimeout"), True),
        (StoreRefused(400, "InvalidArgument"), False),
        (StoreUnreachable("reset"), True),
        (BrokerUnreachable("reset"), True),
        *((read_problem(status, b"<html>", {}), True) for status in (500, 502, 503, 504)),
        (RequestInProgress("In a moment."), True),
        (TooManyRequests("Slowly.", retry_after=1), True),
        (NotFound("Gone."), False),
        (ValueError(), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, expected: bool) -> None:
    assert retry.is_transient(error) is expected


def test_the_broker_is_given_the_time_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_CAP", 8.0)
    busy = read_problem(503, b"{}", {"retry-after": "2"})

    assert 2 <= retry.backoff(1, busy) <= 2 + retry._BASE


def test_an_answer_that_is_no_problem_keeps_its_status() -> None:
    error = read_problem(502, b"<html>", {})

    assert isinstance(error, UnknownProblem)
    assert (error.status, error.detail) == (502, "HTTP 502")


def test_lanes_become_more_while_all_goes_well_and_half_after_overload() -> None:
    lanes = Lanes(8)
    for _ in range(9):
        with lanes.use():
            pass
    grown = lanes.limit
    with pytest.raises(StoreUnreachable), lanes.use():
        raise StoreUnreachable("reset")
    halved = lanes.limit
    with pytest.raises(ValueError, match="other"), lanes.use():
        raise ValueError("other")

    assert (grown, halved, lanes.limit) == (6, 3, 3)
