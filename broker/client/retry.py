"""Trying again: with full jitter, and not for ever.

https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from broker.client.failures import BrokerUnreachable, StoreRefused, StoreUnreachable
from broker.errors import BrokerError

Result = TypeVar("Result")

PATIENCE = 120.0  # seconds of waiting, in all, before an action has failed
_BASE, _CAP = 0.5, 8.0  # seconds
_TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})
# S3 answers these with 400, though the next try may well succeed
_TRANSIENT_CODE = frozenset({"RequestTimeout", "BadDigest"})


class Stopped(Exception):
    """Somebody else's failure, or the caller, ended this work."""


def is_transient(error: Exception) -> bool:
    """Say whether the same action may succeed a moment later."""
    if isinstance(error, BrokerError):
        return error.status in _TRANSIENT_STATUS or error.slug == "request-in-progress"
    if isinstance(error, StoreRefused):
        return error.status in _TRANSIENT_STATUS or error.code in _TRANSIENT_CODE
    return isinstance(error, BrokerUnreachable | StoreUnreachable)


def backoff(failures: int, error: Exception) -> float:
    """Choose how long to wait before the next try, in seconds; `failures` counts from 1."""
    asked = error.headers.get("retry-after", "") if isinstance(error, BrokerError) else ""
    least = min(_CAP, float(asked)) if asked.isdigit() else 0.0
    return least + random.uniform(0, min(_CAP, _BASE * 2 ** (failures - 1)))  # noqa: S311 - no secret


def persist(action: Callable[[], Result], *, stop: threading.Event) -> Result:
    """Try until it succeeds, fails for good, or has failed for too long. Raises Stopped."""
    failures, waited = 0, 0.0
    while not stop.is_set():
        try:
            return action()
        except Exception as error:
            if not is_transient(error) or waited > PATIENCE:
                raise
            failures += 1
            pause = backoff(failures, error)
        waited += pause
        stop.wait(pause)
    raise Stopped
