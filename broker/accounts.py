"""Built-in users: adding them and signing them in."""

import asyncio
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from broker.auth import Claims, Scope, Tokens
from broker.errors import SignInBusy, WrongCredentials
from broker.registry import Registry
from broker.rows import User
from broker.schemas import Session

DEMO_USER = "demo"  # known to everybody: only `broker dev` may have it
DEFAULT_TENANT = "default"
_EVERY_SCOPE = frozenset(Scope)
_HASHES_AT_ONCE = 2  # each takes 64 MiB and a core
_HASHES_WAITING = 16  # about a second of work

# Of a password that nobody knows. An unknown user is answered as late as a wrong password.
DECOY_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$henkreJUpGfTAjQGcXTRUQ$JV+ICFtjQur3d8yDXAAcHeoiMSR7GWgRER9OjjTNoxA"
)


class Accounts:
    """Sign built-in users in, and add them."""

    def __init__(self, *, registry: Registry, tokens: Tokens, token_expires_in: int) -> None:
        self._registry = registry
        self._tokens = tokens
        self._token_expires_in = token_expires_in
        self._hasher = PasswordHasher()  # argon2id with RFC 9106's second recommended parameters
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._waiting = 0

    async def sign_in(self, username: str, password: str, *, at: datetime) -> Session:
        """Return a session. Raises SignInBusy, and WrongCredentials also for an unknown user."""
        user = await self._registry.find_user(username)
        matches = await self._verify(user.password_hash if user else DECOY_HASH, password)
        if user is None or not matches:
            raise WrongCredentials("The user name or the password is wrong.")
        claims = Claims(subject=user.name, tenant=user.tenant, scopes=_EVERY_SCOPE)
        token = self._tokens.issue(claims, expires_in=self._token_expires_in, at=at)
        return Session(access_token=token, expires_in=self._token_expires_in)

    async def add(self, username: str, password: str, *, at: datetime) -> bool:
        """Say whether the user was added: False when the name is taken."""
        password_hash = await asyncio.to_thread(self._hasher.hash, password)
        user = User(name=username, tenant=DEFAULT_TENANT, password_hash=password_hash, created_at=at)
        return await self._registry.add_user(user)

    async def _verify(self, password_hash: str, password: str) -> bool:
        if self._waiting >= _HASHES_WAITING:
            raise SignInBusy("Too many sign in at once; try again in a moment.")
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(self._hasher.verify, password_hash, password)
        except VerifyMismatchError:
            return False
        finally:
            self._waiting -= 1
