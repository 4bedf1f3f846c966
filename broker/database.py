"""How the registry reaches its database: queries are plain functions of a connection, which get one here."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from broker.errors import RegistryUnavailable
from broker.tables import REVISION

log = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item")


class Database(Protocol):
    """Run functions of a connection. All raise RegistryUnavailable when the database fails."""

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query that changes nothing."""

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run a change; when this returns it is durable, when it raises nothing of it was kept.

        It may be run several times before it is kept. When the connection is lost in the very moment of the
        commit, nobody knows whether that was kept: this raises then, and callers may repeat what they do.
        """

    async def write_each(
        self, change: Callable[[Connection, Sequence[Item]], Sequence[T]], items: Sequence[Item]
    ) -> Sequence[T]:
        """Run a change of many items, which returns one result for each; else as `write`.

        The items of callers who wait together may be given to one call.
        """

    def close(self) -> None:
        """Finish what was begun and give up connections and threads."""


class OutcomeUnknown(RegistryUnavailable):
    """The connection was lost while the change was committed: it must not be made again just like that."""


def unavailable(
    error: Exception, kind: type[RegistryUnavailable] = RegistryUnavailable
) -> RegistryUnavailable:
    """Log the failure, and make of it what callers get."""
    what, *_values = str(error).split("\n", 1)  # PostgreSQL shows the whole row that it refuses
    log.error("Registry failed: %s", what)
    return kind("The registry cannot be used right now; nothing was lost, try again.")


def migrate(engine: Engine, begin_alone: Callable[[Connection], None]) -> None:
    """Bring the database to REVISION; `begin_alone` keeps others from it. Raises RegistryUnavailable."""
    try:
        if _revision(engine) != REVISION:
            _upgrade(engine, begin_alone)
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise RegistryUnavailable(f"The registry cannot be opened: {reason}") from error


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine, begin_alone: Callable[[Connection], None]) -> None:
    # loaded only when there is something to do: it costs time and memory
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "broker:migrations")
    try:
        with engine.begin() as connection:
            begin_alone(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, REVISION)
    except CommandError as error:
        raise RegistryUnavailable("The registry was made by a newer release; run that one.") from error
    log.info("Registry migrated to revision %s", REVISION)
