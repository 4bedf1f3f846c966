"""What the broker remembers of users, their sessions, tokens for machines, and what was revoked."""

from datetime import datetime
from typing import Any

from msgspec.structs import asdict, replace
from sqlalchemy import Connection, Update, bindparam, delete, insert, select, update

from broker.database import Database
from broker.revocations import Revocation
from broker.rows import MachineToken, Session, User, every, first
from broker.tables import machine_tokens, revocations, sessions, users

FIND_USER = select(users).where(users.c.name == bindparam("name"))
ANY_USER = select(users).limit(1)
LIST_USERS = select(users).order_by(users.c.name)
LIST_USERS_OF_TENANT = (
    LIST_USERS.where(users.c.tenant == bindparam("tenant"), users.c.name > bindparam("after"))
).limit(bindparam("limit"))
INSERT_USER = insert(users)
_HAS_PASSWORD = (users.c.name == bindparam("user_name"), users.c.password_hash == bindparam("old_hash"))
# locked, so that nobody is shut out just now; SQLite has one writer anyway
HOLD_USER = (
    select(users.c.name).where(*_HAS_PASSWORD, users.c.disabled_at.is_(None)).with_for_update(read=True)
)
SET_PASSWORD = update(users).where(*_HAS_PASSWORD).values(password_hash=bindparam("new_hash"))
SET_DISABLED = update(users).where(users.c.name == bindparam("user_name")).values(disabled_at=bindparam("at"))
FIND_SESSION = select(sessions).where(sessions.c.id == bindparam("id"))
INSERT_SESSION = insert(sessions)
_OPEN_SESSION = update(sessions).where(sessions.c.ended_at.is_(None))
RENEW_SESSION = _OPEN_SESSION.where(
    sessions.c.id == bindparam("session_id"), sessions.c.generation == bindparam("old_generation")
).values(
    generation=bindparam("new_generation"),
    renewed_at=bindparam("at"),
    idle_expires_at=bindparam("new_idle_expires_at"),
)
END_SESSION = _OPEN_SESSION.where(sessions.c.id == bindparam("session_id")).values(ended_at=bindparam("at"))
# a caller whom somebody else vouches for may have the name of a user, in another tenant
END_SESSIONS_OF = _OPEN_SESSION.where(
    sessions.c.username.in_(
        select(users.c.name).where(
            users.c.name == bindparam("user_name"), users.c.tenant == bindparam("user_tenant")
        )
    )
).values(ended_at=bindparam("at"))
FORGET_SESSIONS = delete(sessions).where(sessions.c.expires_at <= bindparam("at"))
FIND_TOKEN = select(machine_tokens).where(machine_tokens.c.id == bindparam("id"))
LIST_TOKENS = (
    select(machine_tokens)
    .where(machine_tokens.c.expires_at > bindparam("at"), machine_tokens.c.revoked_at.is_(None))
    .order_by(machine_tokens.c.id)
)
INSERT_TOKEN = insert(machine_tokens)
_GOOD_TOKEN = update(machine_tokens).where(machine_tokens.c.revoked_at.is_(None))
REVOKE_TOKEN = _GOOD_TOKEN.where(machine_tokens.c.id == bindparam("token_id")).values(
    revoked_at=bindparam("at")
)
REVOKE_TOKENS_OF = _GOOD_TOKEN.where(
    machine_tokens.c.subject == bindparam("user_name"),
    machine_tokens.c.tenant == bindparam("user_tenant"),
    machine_tokens.c.created_at <= bindparam("at"),
).values(revoked_at=bindparam("at"))
FORGET_TOKENS = delete(machine_tokens).where(machine_tokens.c.expires_at <= bindparam("at"))
LIST_REVOCATIONS = select(revocations).where(
    revocations.c.created_at > bindparam("since"), revocations.c.until > bindparam("at")
)
INSERT_REVOCATION = insert(revocations)
FORGET_REVOCATIONS = delete(revocations).where(revocations.c.until <= bindparam("at"))


class AccountRegistry:
    """Users, sessions, tokens. Every method raises RegistryUnavailable when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_user(self, name: str) -> User | None:
        if "\0" in name:
            return None  # nobody has it, and PostgreSQL cannot even be asked
        return await self._database.read(lambda c: first(User, c, FIND_USER, {"name": name}))

    async def has_users(self) -> bool:
        return await self._database.read(lambda c: first(User, c, ANY_USER, {}) is not None)

    async def list_users(self) -> list[User]:
        return await self._database.read(lambda c: every(User, c, LIST_USERS, {}))

    async def list_users_of(self, tenant: str, q: str, *, after: str, limit: int) -> list[User]:
        """Return a tenant's users whose name holds `q`, by name, only those sorted after `after`."""
        if "\0" in q:
            return []  # as above
        values = {"tenant": tenant, "after": after, "limit": limit}
        query = LIST_USERS_OF_TENANT.where(users.c.name.icontains(q, autoescape=True))
        return await self._database.read(lambda c: every(User, c, query, values))

    async def add_user(self, user: User) -> bool:
        """Say whether the user was added: False when the name is taken."""

        def change(connection: Connection) -> bool:
            if first(User, connection, FIND_USER, {"name": user.name}):
                return False
            connection.execute(INSERT_USER, asdict(user))
            return True

        return await self._database.write(change)

    async def replace_hash(self, user: User, password_hash: str) -> User:
        """Store the same password hashed anew, unless it was changed meanwhile; return the user with it."""
        values = {"user_name": user.name, "old_hash": user.password_hash, "new_hash": password_hash}
        await self._database.write(lambda c: _move(c, SET_PASSWORD, values))
        return replace(user, password_hash=password_hash)

    async def set_password(self, user: User, password_hash: str, revocation: Revocation) -> bool:
        """Change the password and end all that was opened with the old one; say whether it was still that."""
        values = {"user_name": user.name, "old_hash": user.password_hash, "new_hash": password_hash}
        return await self._database.write(
            lambda c: _move(c, SET_PASSWORD, values) and _revoke_all(c, revocation)
        )

    async def disable_user(self, revocation: Revocation) -> None:
        """Shut a user out, from this moment on."""
        values = {"user_name": revocation.subject, "at": revocation.created_at}
        await self._database.write(lambda c: _move(c, SET_DISABLED, values) and _revoke_all(c, revocation))

    async def enable_user(self, name: str) -> bool:
        """Let a user in again, who has to sign in; say whether there is one of the name."""
        return await self._database.write(lambda c: _move(c, SET_DISABLED, {"user_name": name, "at": None}))

    async def revoke_all(self, revocation: Revocation) -> None:
        """End all sessions and refuse all tokens that the subject has now."""
        await self._database.write(lambda c: _revoke_all(c, revocation))

    async def add_session(self, session: Session, user: User) -> bool:
        """Say whether it was added: not when the user has another password by now, or is shut out."""
        values = {"user_name": user.name, "old_hash": user.password_hash}

        def change(connection: Connection) -> bool:
            if connection.execute(HOLD_USER, values).first() is None:
                return False
            connection.execute(INSERT_SESSION, asdict(session))
            return True

        return await self._database.write(change)

    async def find_session(self, session_id: str) -> Session | None:
        return await self._database.read(lambda c: first(Session, c, FIND_SESSION, {"id": session_id}))

    async def renew_session(
        self, session: Session, *, at: datetime, idle_expires_at: datetime
    ) -> Session | None:
        """Begin the next generation, once; None when the session is not at this generation any more."""
        renewed = replace(
            session, generation=session.generation + 1, renewed_at=at, idle_expires_at=idle_expires_at
        )
        values = {
            "session_id": session.id,
            "old_generation": session.generation,
            "new_generation": renewed.generation,
            "at": at,
            "new_idle_expires_at": idle_expires_at,
        }
        return renewed if await self._database.write(lambda c: _move(c, RENEW_SESSION, values)) else None

    async def end_session(self, session: Session, revocation: Revocation) -> None:
        """End a session, and refuse the access tokens that were issued for it."""

        def change(connection: Connection) -> None:
            at = revocation.created_at
            if _move(connection, END_SESSION, {"session_id": session.id, "at": at}):
                connection.execute(INSERT_REVOCATION, asdict(revocation))

        await self._database.write(change)

    async def add_token(self, token: MachineToken) -> None:
        await self._database.write(lambda c: c.execute(INSERT_TOKEN, asdict(token)))

    async def list_tokens(self, *, at: datetime) -> list[MachineToken]:
        """Return the machines' tokens that are good now, the oldest first."""
        return await self._database.read(lambda c: every(MachineToken, c, LIST_TOKENS, {"at": at}))

    async def find_token(self, token_id: str) -> MachineToken | None:
        return await self._database.read(lambda c: first(MachineToken, c, FIND_TOKEN, {"id": token_id}))

    async def revoke_token(self, revocation: Revocation) -> bool:
        """Refuse a machine's token; say whether it was good until now."""

        def change(connection: Connection) -> bool:
            values = {"token_id": revocation.handle, "at": revocation.created_at}
            if not _move(connection, REVOKE_TOKEN, values):
                return False
            connection.execute(INSERT_REVOCATION, asdict(revocation))
            return True

        return await self._database.write(change)

    async def list_revocations(self, *, since: datetime, at: datetime) -> list[Revocation]:
        """Return what was revoked since then and matters still."""
        values = {"since": since, "at": at}
        return await self._database.read(lambda c: every(Revocation, c, LIST_REVOCATIONS, values))

    async def forget(self, *, at: datetime) -> None:
        """Remove sessions, tokens and revocations that are over."""

        def change(connection: Connection) -> None:
            for statement in FORGET_SESSIONS, FORGET_TOKENS, FORGET_REVOCATIONS:
                connection.execute(statement, {"at": at})

        await self._database.write(change)


def _move(connection: Connection, statement: Update, values: dict[str, Any]) -> bool:
    return connection.execute(statement, values).rowcount == 1


def _revoke_all(connection: Connection, revocation: Revocation) -> bool:
    values = {
        "user_name": revocation.subject,
        "user_tenant": revocation.tenant,
        "at": revocation.created_at,
    }
    connection.execute(END_SESSIONS_OF, values)
    connection.execute(REVOKE_TOKENS_OF, values)
    connection.execute(INSERT_REVOCATION, asdict(revocation))
    return True
