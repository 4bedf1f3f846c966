"""Passwords: hashed with argon2id, a few at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from broker.errors import SignInBusy

_AT_ONCE = 2  # each takes 64 MiB and a core
_WAITING = 16  # about a second of work

# Of a password that nobody knows. An unknown user is answered as late as a wrong password.
DECOY_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$henkreJUpGfTAjQGcXTRUQ$JV+ICFtjQur3d8yDXAAcHeoiMSR7GWgRER9OjjTNoxA"
)


class Passwords:
    """Hash and verify; never in the loop's own thread."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()  # argon2id with RFC 9106's second recommended parameters
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return argon2's encoded form. Raises SignInBusy."""
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    def is_outdated(self, password_hash: str) -> bool:
        """Say whether it was made with other parameters than a new one would be."""
        return self._hasher.check_needs_rehash(password_hash)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Say whether the password is the one; without a hash it takes as long. Raises SignInBusy."""
        async with self._turn():
            try:
                await asyncio.to_thread(self._hasher.verify, password_hash or DECOY_HASH, password)
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= _WAITING:
            raise SignInBusy("Too many passwords are looked at; try again in a moment.")
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1
