"""How often a password may be guessed.

Ten wrong ones in a quarter of an hour shut an account to the address they came from, and a hundred to all:
so nobody can keep its owner out with ten requests, and a thousand addresses guess no more than a hundred
times. An address that tries one account after the other is shut out too. While an account is shut, the right
password is refused as well: else the answer would tell it. Each replica counts for itself.
"""

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from broker.errors import TooManySignIns

_OF_ACCOUNT_FROM_ADDRESS = RateLimitItemPerMinute(10, 15, "account-address")
_OF_ACCOUNT = RateLimitItemPerMinute(100, 15, "account")
_FROM_ADDRESS = RateLimitItemPerMinute(100, 15, "address")


class PasswordThrottle:
    """Counts wrong passwords: no more is remembered than can be hashed in a quarter of an hour."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def check(self, username: str, address: str) -> None:
        """Return if the password may be looked at. Raises TooManySignIns."""
        for item, key in _counted(username, address):
            if not await self._limiter.test(item, *key):
                stats = await self._limiter.get_window_stats(item, *key)
                wait = max(1, math.ceil(stats.reset_time - time.time()))
                raise TooManySignIns(
                    "Too many wrong passwords were tried: wait before the next one.", retry_after=wait
                )

    async def count_failure(self, username: str, address: str) -> None:
        for item, key in _counted(username, address):
            await self._limiter.hit(item, *key)

    async def forgive(self, username: str, address: str) -> None:
        """Forget the wrong passwords of one who has found the right one."""
        await self._limiter.clear(_OF_ACCOUNT_FROM_ADDRESS, username, address)


def _counted(username: str, address: str) -> tuple[tuple[RateLimitItem, tuple[str, ...]], ...]:
    return (
        (_OF_ACCOUNT_FROM_ADDRESS, (username, address)),
        (_OF_ACCOUNT, (username,)),
        (_FROM_ADDRESS, (address,)),
    )
