"""Sessions: what keeps a person signed in, by refresh tokens that are good for one use each (RFC 9700 §4.14).

A refresh token names its session and its generation, and is authenticated by a key of the broker's: nothing
of it is stored but the number of the newest generation. Using it makes the next one. An older one is used by
a thief, or after a theft by its owner: nobody can tell, so it ends the session. The last but one is taken for
ten seconds more and answered with the newest: two tabs may ask at the same time, and an answer may be lost.
"""

import hmac
import logging
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from broker import keys
from broker.account_registry import AccountRegistry
from broker.errors import SessionEnded
from broker.revocations import Revocation, Revocations
from broker.rows import Session, User

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=10)
_LONGEST_TOKEN = timedelta(days=1, minutes=1)  # of those issued for a session, the leeway included
_PURPOSE = b"presigned-url-broker: refresh tokens, 1"


class Sessions:
    """Begin, renew and end sessions, which live `expires_in` seconds and `idle_expires_in` without use."""

    def __init__(
        self,
        *,
        registry: AccountRegistry,
        revocations: Revocations,
        secret_keys: Sequence[str],
        idle_expires_in: int,
        expires_in: int,
    ) -> None:
        self._registry = registry
        self._revocations = revocations
        self._keys = [hmac.digest(each.encode(), _PURPOSE, "sha256") for each in secret_keys]
        self._idle_expires_in = timedelta(seconds=idle_expires_in)
        self._expires_in = timedelta(seconds=expires_in)

    async def begin(self, user: User, *, at: datetime) -> Session | None:
        """Begin a session, unless the password was changed or the user shut out since that was looked at."""
        expires_at = at + self._expires_in
        session = Session(
            id=keys.new_id(at),
            username=user.name,
            generation=1,
            created_at=at,
            renewed_at=at,
            idle_expires_at=min(at + self._idle_expires_in, expires_at),
            expires_at=expires_at,
        )
        return session if await self._registry.add_session(session, user) else None

    async def renew(self, refresh_token: str, *, at: datetime) -> Session:
        """Return the session as it is after this use of its token. Raises SessionEnded."""
        session, generation = await self._find(refresh_token, at=at)
        if generation == session.generation:
            idle_expires_at = min(at + self._idle_expires_in, session.expires_at)
            renewed = await self._registry.renew_session(session, at=at, idle_expires_at=idle_expires_at)
            if renewed:
                return renewed
            session, generation = await self._find(refresh_token, at=at)  # another request was quicker
        if generation == session.generation - 1 and at < session.renewed_at + GRACE:
            return session
        log.warning("Refresh token used again, session ended", extra={"session": session.id})
        await self._end(session, at=at)
        raise SessionEnded("The session has ended: its token was used before.")

    async def end(self, refresh_token: str, *, at: datetime) -> Session | None:
        """End the session of a token, and return it, if there is one that has not ended."""
        try:
            session, _ = await self._find(refresh_token, at=at)
        except SessionEnded:
            return None
        await self._end(session, at=at)
        return session

    def token_of(self, session: Session) -> str:
        """Return the session's newest refresh token."""
        return f"{session.id}.{session.generation}.{_sign(self._keys[0], session.id, session.generation)}"

    async def _find(self, refresh_token: str, *, at: datetime) -> tuple[Session, int]:
        session_id, generation = self._read(refresh_token)
        session = await self._registry.find_session(session_id)
        if session is None or session.ended_at or at >= min(session.expires_at, session.idle_expires_at):
            raise SessionEnded("The session has ended: sign in again.")
        return session, generation

    async def _end(self, session: Session, *, at: datetime) -> None:
        revocation = Revocation(
            id=keys.new_id(at),
            tenant="",  # the handle says it all
            subject=session.username,
            handle=session.id,
            created_at=at,
            until=at + _LONGEST_TOKEN,
        )
        await self._registry.end_session(session, revocation)
        self._revocations.learn([revocation], at=at)

    def _read(self, refresh_token: str) -> tuple[str, int]:
        session_id, _, rest = refresh_token.partition(".")
        number, _, signature = rest.partition(".")
        if keys.is_id(session_id) and number.isascii() and number.isdigit() and len(number) < 10:
            for key in self._keys:
                if hmac.compare_digest(_sign(key, session_id, int(number)).encode(), signature.encode()):
                    return session_id, int(number)
        raise SessionEnded("The session has ended: sign in again.")


def _sign(key: bytes, session_id: str, generation: int) -> str:
    signature = hmac.digest(key, f"{session_id}.{generation}".encode(), sha256)
    return urlsafe_b64encode(signature).rstrip(b"=").decode()
