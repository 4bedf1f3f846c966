"""Built-in users and tokens for programs: adding, signing in, changing and shutting out."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from broker import keys, schemas
from broker.account_registry import AccountRegistry
from broker.auth import Claims, Scope, Tokens
from broker.errors import InvalidField, SessionEnded, WrongCredentials
from broker.passwords import Passwords
from broker.revocations import Revocation, Revocations
from broker.rows import MachineToken, Session, User
from broker.sessions import Sessions
from broker.throttle import PasswordThrottle

log = logging.getLogger(__name__)

DEMO_USER = "demo"  # known to everybody: only `broker dev` may have it
DEFAULT_TENANT = "default"
USER_SCOPES = frozenset(Scope) - {Scope.ADMIN}
MAX_TOKEN_LIFE = timedelta(days=366)
_OVERLAP = timedelta(minutes=2)  # by how much the clocks of replicas may differ


class SignedIn(Struct, frozen=True):
    """What a person gets at sign-in and at each renewal; the refresh token goes into a cookie."""

    claims: Claims
    session_id: str
    session: schemas.Session
    refresh_token: str
    expires_at: datetime


class Accounts:
    """Everything about who may sign in. All raise RegistryUnavailable."""

    def __init__(
        self,
        *,
        registry: AccountRegistry,
        tokens: Tokens,
        sessions: Sessions,
        revocations: Revocations,
        passwords: Passwords,
        token_expires_in: int,
    ) -> None:
        self._registry = registry
        self._tokens = tokens
        self._sessions = sessions
        self._revocations = revocations
        self._token_expires_in = token_expires_in
        self._passwords = passwords
        self._throttle = PasswordThrottle()
        self._learned_at: datetime | None = None

    async def sign_in(self, username: str, password: str, *, address: str, at: datetime) -> SignedIn:
        """Begin a session. Raises TooManySignIns, SignInBusy, and WrongCredentials whatever is wrong."""
        await self._throttle.check(username, address)
        user = await self._registry.find_user(username)
        # a user who is shut out is answered as one that there is not
        known_hash = user.password_hash if user and not user.disabled_at else None
        if not await self._passwords.verify(known_hash, password) or user is None:
            await self._throttle.count_failure(username, address)
            raise WrongCredentials(
                "The user name or the password is wrong.",
                tenant=user.tenant if user else "",
                subject=user.name if user else "",
            )
        await self._throttle.forgive(username, address)
        if self._passwords.is_outdated(user.password_hash):
            user = await self._registry.replace_hash(user, await self._passwords.hash(password))
        session = await self._sessions.begin(user, at=at)
        if session is None:
            return await self.sign_in(username, password, address=address, at=at)  # by what holds now
        log.info("Signed in", extra={"subject": username})
        return self._describe(user, session, at=at)

    async def renew(self, refresh_token: str, *, at: datetime) -> SignedIn:
        """Go on with a session. Raises SessionEnded."""
        session = await self._sessions.renew(refresh_token, at=at)
        user = await self._registry.find_user(session.username)
        if user is None or user.disabled_at:
            raise SessionEnded("The session has ended: sign in again.")
        return self._describe(user, session, at=at)

    async def sign_out(self, refresh_token: str, *, at: datetime) -> Claims | None:
        """End a session, its access tokens included, and say whose it was, if it had not ended."""
        session = await self._sessions.end(refresh_token, at=at)
        user = await self._registry.find_user(session.username) if session else None
        return _claims_of(user) if user else None

    async def sign_out_everywhere(self, claims: Claims, *, at: datetime) -> None:
        """End all sessions of the caller, and refuse all tokens that he has by now."""
        revocation = _revoke(claims.tenant, claims.subject, at=at)
        await self._registry.revoke_all(revocation)
        self._revocations.learn([revocation], at=at)
        log.info("Signed out everywhere", extra={"subject": claims.subject})

    async def add(
        self,
        username: str,
        password: str,
        *,
        tenant: str = DEFAULT_TENANT,
        scopes: Iterable[str] = USER_SCOPES,
        at: datetime,
    ) -> bool:
        """Say whether the user was added: False when the name is taken."""
        return await self._registry.add_user(
            User(
                name=username,
                tenant=tenant,
                password_hash=await self._passwords.hash(password),
                created_at=at,
                scopes=" ".join(sorted(scopes)),
            )
        )

    async def set_password(self, username: str, password: str, *, at: datetime) -> bool:
        """Change a password, which ends all sessions; say whether there is such a user."""
        password_hash = await self._passwords.hash(password)
        while user := await self._registry.find_user(username):
            revocation = _revoke(user.tenant, username, at=at)
            if await self._registry.set_password(user, password_hash, revocation):
                self._revocations.learn([revocation], at=at)
                return True
        return False

    async def disable(self, username: str, *, at: datetime) -> bool:
        """Shut a user out at once; say whether there is such a user."""
        user = await self._registry.find_user(username)
        if user is None:
            return False
        revocation = _revoke(user.tenant, username, at=at)
        await self._registry.disable_user(revocation)
        self._revocations.learn([revocation], at=at)
        return True

    async def enable(self, username: str) -> bool:
        """Let a user sign in again; say whether there is such a user."""
        return await self._registry.enable_user(username)

    async def list_users(self) -> list[User]:
        return await self._registry.list_users()

    async def has_user(self, username: str) -> bool:
        return await self._registry.find_user(username) is not None

    async def issue_token(self, claims: Claims, *, expires_in: timedelta, at: datetime) -> str:
        """Sign an access token for a program, good for up to 366 days; it is recorded, to be revoked."""
        token = MachineToken(
            id=keys.new_id(at),
            subject=claims.subject,
            tenant=claims.tenant,
            scopes=" ".join(sorted(claims.scopes)),
            created_at=at,
            expires_at=at + min(expires_in, MAX_TOKEN_LIFE),
        )
        await self._registry.add_token(token)
        seconds = int((token.expires_at - at).total_seconds())
        return self._tokens.issue(claims, expires_in=seconds, handle=token.id, at=at)

    async def list_tokens(self, *, at: datetime) -> list[MachineToken]:
        return await self._registry.list_tokens(at=at)

    async def revoke_token(self, token_id: str, *, at: datetime) -> bool:
        """Refuse a program's token from now on; say whether it was good until now."""
        token = await self._registry.find_token(token_id)
        if token is None:
            return False
        revocation = Revocation(
            id=keys.new_id(at),
            tenant=token.tenant,
            subject=token.subject,
            handle=token.id,
            created_at=at,
            until=token.expires_at,
        )
        is_revoked = await self._registry.revoke_token(revocation)
        if is_revoked:
            self._revocations.learn([revocation], at=at)
        return is_revoked

    async def learn_revocations(self, *, at: datetime) -> None:
        """Hear what other processes have revoked since the last time."""
        since = self._learned_at - _OVERLAP if self._learned_at else datetime.min.replace(tzinfo=at.tzinfo)
        self._revocations.learn(await self._registry.list_revocations(since=since, at=at), at=at)
        self._learned_at = at

    async def forget(self, *, at: datetime) -> None:
        """Remove sessions, tokens and revocations that are over."""
        await self._registry.forget(at=at)

    def _describe(self, user: User, session: Session, *, at: datetime) -> SignedIn:
        claims = _claims_of(user)
        token = self._tokens.issue(claims, expires_in=self._token_expires_in, handle=session.id, at=at)
        return SignedIn(
            claims=claims,
            session_id=session.id,
            session=schemas.Session(access_token=token, expires_in=self._token_expires_in),
            refresh_token=self._sessions.token_of(session),
            expires_at=session.expires_at,
        )


def check_username(name: str) -> None:
    """Return if somebody may be called so. Raises InvalidField."""
    if name == DEMO_USER:
        raise InvalidField(f"The name {DEMO_USER} is for `broker dev` alone.", field="name")
    if not name.strip() or len(name) > schemas.MAX_USERNAME or not name.isprintable():
        raise InvalidField(
            f"A user's name has 1 to {schemas.MAX_USERNAME} characters, all printable.", field="name"
        )


def _claims_of(user: User) -> Claims:
    return Claims(subject=user.name, tenant=user.tenant, scopes=frozenset(user.scopes.split()))


def _revoke(tenant: str, subject: str, *, at: datetime) -> Revocation:
    """Refuse all that a subject has."""
    return Revocation(
        id=keys.new_id(at),
        tenant=tenant,
        subject=subject,
        handle=None,
        created_at=at,
        until=at + MAX_TOKEN_LIFE,
    )
