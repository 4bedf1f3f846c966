"""What becomes of Ctrl-C while a command runs, and after it."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker.client_session import client_sentences


@pytest.fixture(autouse=True)
def _usual() -> Iterator[None]:
    """Have Ctrl-C do what it usually does, whatever runs the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_command_takes_ctrl_c_and_gives_it_back() -> None:
    with client_sentences():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_command_in_the_background_is_not_ended_by_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell has it for those

    with client_sentences():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_thread_that_cannot_have_ctrl_c_does_without() -> None:
    def run() -> str:
        with client_sentences():
            return "done"

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(run).result(20) == "done"
