"""The simplest change of a registry, for tests of databases: another user."""

from collections.abc import Callable

from sqlalchemy import Connection, text

from broker.database import Database

ADD_USER = text(
    "INSERT INTO users (name, tenant, password_hash, created_at) VALUES (:name, 't', :hash, '2026-01-01')"
)


def add_user(name: str, password_hash: str = "h") -> Callable[[Connection], object]:
    return lambda c: c.execute(ADD_USER, {"name": name, "hash": password_hash})


async def users_of(database: Database) -> set[str]:
    return await database.read(lambda c: set(c.execute(text("SELECT name FROM users")).scalars()))
