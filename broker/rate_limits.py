"""How much one caller may ask for: requests in a minute, and requests at once.

Who has a good token is counted by it, all others by their address. The counting is `limits`' own, in this
process or in a Redis that replicas share. It takes as long as signing a URL does, so requests are bought from
it by the hundredth of the limit: a caller may get a few more or less than the number says, never far from it.
When Redis does not answer, nobody is refused: a limit is there to protect the service, not to stop it.
"""

import asyncio
import logging
import math
import time
from collections import OrderedDict
from typing import cast
from weakref import WeakValueDictionary

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from msgspec import Struct

from broker.errors import TooManyRequests
from broker.settings import RateLimitSettings, SettingsError

log = logging.getLogger(__name__)

_CALLERS = 10_000  # remembered here; who bought longest ago goes first
_SHARE = 100
_PATIENCE = 0.25  # seconds for Redis to answer
_WITHOUT_COUNTING = 5  # seconds until a Redis that did not answer is asked again


class _Bought(Struct):
    """Requests that are paid for; `until` is when they lapse, by the clock."""

    left: int
    until: float


class RateLimits:
    """Counts requests. Raises SettingsError for limits and storages that `limits` does not know."""

    def __init__(self, settings: RateLimitSettings) -> None:
        self._limits = {
            "subject": _read("BROKER_RATE_LIMITS_SUBJECT", settings.subject),
            "address": _read("BROKER_RATE_LIMITS_ADDRESS", settings.address),
        }
        self._limiter = _limiter(settings.storage)
        self._bought: OrderedDict[tuple[str, str], _Bought] = OrderedDict()
        self._buying: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._at_once = settings.at_once
        self._in_flight: dict[str, int] = {}

    def spend(self, kind: str, caller: str) -> bool:
        """Count a request that is paid for; say whether it was."""
        bought = self._bought.get((kind, caller))
        if bought is None or bought.left <= 0 or time.time() >= bought.until:
            return False
        bought.left -= 1
        return True

    async def take(self, kind: str, caller: str) -> None:
        """Count a request of a `subject` or of an `address`. Raises TooManyRequests."""
        if self.spend(kind, caller):
            return
        key = kind, caller
        # one buys at a time: what others bought meanwhile would be lost
        async with self._buying.setdefault(key, asyncio.Lock()):
            if not self.spend(kind, caller):
                bought = await self._buy(kind, caller)
                bought.left -= 1
                self._bought[key] = bought
                self._bought.move_to_end(key)
                if len(self._bought) > _CALLERS:
                    self._bought.popitem(last=False)

    def enter(self, caller: str) -> None:
        """Begin a request of a caller, who has only so many at once. Raises TooManyRequests."""
        count = self._in_flight.get(caller, 0)
        if count >= self._at_once:
            raise TooManyRequests(
                f"At most {self._at_once} requests are worked on at once.", limit=self._at_once, retry_after=1
            )
        self._in_flight[caller] = count + 1

    def leave(self, caller: str) -> None:
        """End a request that was begun."""
        if left := self._in_flight.pop(caller) - 1:
            self._in_flight[caller] = left

    async def close(self) -> None:
        """Give up the connections to Redis."""
        if isinstance(self._limiter.storage, RedisStorage):
            await cast(RedispyBridge, self._limiter.storage.bridge).storage.aclose()

    async def _buy(self, kind: str, caller: str) -> _Bought:
        limit = self._limits[kind]
        count = max(1, limit.amount // _SHARE)
        try:
            async with asyncio.timeout(_PATIENCE):
                is_bought = await self._limiter.hit(limit, kind, caller, cost=count)
                window = await self._limiter.get_window_stats(limit, kind, caller)
        except Exception as error:  # noqa: BLE001 - whatever Redis or its client may raise
            log.warning("Rate limits are not counted: %s", type(error).__name__)
            return _Bought(limit.amount, time.time() + _WITHOUT_COUNTING)
        if is_bought:
            return _Bought(count, window.reset_time)
        raise TooManyRequests(
            f"At most {limit.amount} requests are taken in {limit.get_expiry()} seconds.",
            limit=limit.amount,
            retry_after=max(1, math.ceil(window.reset_time - time.time())),
        )


def _read(variable: str, text: str) -> RateLimitItem:
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"{variable}: expected something like 600/minute") from error


def _limiter(storage: str) -> FixedWindowRateLimiter:
    try:
        options = {"implementation": "redispy"} if storage.startswith("redis") else {}
        return FixedWindowRateLimiter(storage_from_string(f"async+{storage}", **options))
    except (ConfigurationError, ValueError) as error:
        raise SettingsError(
            "BROKER_RATE_LIMITS_STORAGE: expected something like redis://cache:6379/0, with the extra redis"
        ) from error
