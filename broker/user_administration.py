"""The built-in users of a tenant, kept by its administrator as the operator does by `broker user`."""

from datetime import datetime

from broker import schemas
from broker.account_registry import AccountRegistry
from broker.accounts import USER_SCOPES, Accounts, check_username
from broker.auth import Claims, Scope
from broker.cursors import read_cursor, write_cursor
from broker.errors import InvalidField, NotFound, OwnAccount, UserExists
from broker.rows import User


class UserAdministration:
    """Everything is of the caller's own tenant: whoever is in another one looks like nobody."""

    def __init__(self, *, registry: AccountRegistry, accounts: Accounts) -> None:
        self._registry = registry
        self._accounts = accounts

    async def list(self, claims: Claims, query: schemas.ListUsers) -> schemas.Page[schemas.User]:
        """Return one page of the users, by name. Raises InvalidField."""
        (after,) = read_cursor(query.cursor, tuple[str]) if query.cursor else ("",)
        found = await self._registry.list_users_of(
            claims.tenant, query.q or "", after=after, limit=query.limit + 1
        )
        items = tuple(_describe(user) for user in found[: query.limit])
        cursor = write_cursor((items[-1].name,)) if len(found) > query.limit else None
        return schemas.Page(items=items, next_cursor=cursor)

    async def add(self, claims: Claims, new: schemas.NewUser, *, at: datetime) -> schemas.User:
        """Add a user. Raises InvalidField, UserExists, SignInBusy.

        A name is taken for all tenants at once: sessions know their user by it.
        """
        check_username(new.name)
        scopes = USER_SCOPES if new.scopes is None else frozenset(new.scopes)
        if unknown := sorted(scopes - set(Scope)):
            raise InvalidField(f"There is no scope {unknown[0]}.", field="scopes")
        is_added = await self._accounts.add(
            new.name, new.password, tenant=claims.tenant, scopes=scopes, at=at
        )
        if not is_added:
            raise UserExists("There is a user of this name already.")
        return _describe(await self._find(claims, new.name))

    async def disable(self, claims: Claims, name: str, *, at: datetime) -> None:
        """Shut a user out at once. Raises NotFound, OwnAccount."""
        user = await self._find(claims, name)
        if user.name == claims.subject:
            raise OwnAccount("Nobody can disable his own account: ask another administrator.")
        await self._accounts.disable(user.name, at=at)

    async def enable(self, claims: Claims, name: str) -> None:
        """Let a user in again. Raises NotFound."""
        user = await self._find(claims, name)
        await self._accounts.enable(user.name)

    async def set_password(self, claims: Claims, new: schemas.NewPassword, *, at: datetime) -> None:
        """Change a password, which ends all of the user's sessions. Raises NotFound, SignInBusy."""
        user = await self._find(claims, new.name)
        await self._accounts.set_password(user.name, new.password, at=at)

    async def _find(self, claims: Claims, name: str) -> User:
        user = await self._registry.find_user(name)
        if user is None or user.tenant != claims.tenant:
            raise NotFound("There is no such user.")
        return user


def _describe(user: User) -> schemas.User:
    return schemas.User(
        name=user.name,
        tenant=user.tenant,
        scopes=tuple(user.scopes.split()),
        created_at=user.created_at,
        disabled_at=user.disabled_at,
    )
