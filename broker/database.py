"""How the registry reaches its database. Queries are plain functions of a connection; here they get one.

SQLite takes one writer at a time, so one thread does all writing, and everything that waits for it goes
into one transaction (group commit): full durability then costs next to nothing under load. PostgreSQL will
be a second class with the same two methods, which hands each function a connection of its own.
"""

import asyncio
import itertools
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from broker.errors import RegistryUnavailable
from broker.tables import REVISION

log = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item")

_GROUP = 256
_READERS = 4
_BUSY_MS = 5000


class Database(Protocol):
    """Run functions of a connection. Both raise RegistryUnavailable when the database fails."""

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query that changes nothing."""

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run a change; when this returns it is durable, when it raises nothing of it was kept."""

    async def write_each(
        self, change: Callable[[Connection, Sequence[Item]], Sequence[T]], items: Sequence[Item]
    ) -> Sequence[T]:
        """Run a change of many items, which returns one result for each; else as `write`.

        The items of callers who wait together may be given to one call.
        """

    def close(self) -> None:
        """Finish what was begun and give up connections and threads."""


class SqliteDatabase:
    """A SQLite file in WAL mode, brought to the newest revision when opened."""

    def __init__(self, url: str) -> None:
        self._engine = _sqlite_engine(url)
        migrate(self._engine, _begin_alone)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="registry-reader")
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_groups, name="registry-writer", daemon=True)
        self._writer.start()

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._readers.submit(self._read, query))

    async def write(self, change: Callable[[Connection], T]) -> T:
        return (await self.write_each(_run_change, [change]))[0]

    async def write_each(
        self, change: Callable[[Connection, Sequence[Item]], Sequence[T]], items: Sequence[Item]
    ) -> Sequence[T]:
        done: Future[Sequence[T]] = Future()
        done.set_running_or_notify_cancel()  # a caller that goes away takes nothing back
        self._waiting.put(_Job(change, items, done))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        self._waiting.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._engine.dispose()

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._engine.connect() as connection:
                return query(connection)
        except DBAPIError as error:
            raise unavailable(error) from error

    def _write_groups(self) -> None:
        with self._engine.connect() as connection:
            while (first := self._waiting.get()) is not None:
                group = [first]
                while len(group) < _GROUP and not self._waiting.empty():
                    item = self._waiting.get()
                    if item is None:
                        self._waiting.put(None)
                        break
                    group.append(item)
                _write_group(connection, group)


class _Job(NamedTuple):
    """What a caller waits for."""

    change: Callable[[Connection, Sequence[Any]], Sequence[Any]]
    items: Sequence[Any]
    done: "Future[Any]"


def _run_change(connection: Connection, changes: Sequence[Callable[[Connection], T]]) -> Sequence[T]:
    (change,) = changes  # unlike items, changes are not put together: one that fails must harm no other
    return [change(connection)]


def _write_group(connection: Connection, group: list[_Job]) -> None:
    """Do the jobs in one transaction, each in a savepoint, so that one that fails harms no other."""
    outcomes: list[tuple[_Job, Any]] = []
    try:
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            for jobs in _alike(group):
                outcomes += _attempt_together(connection, jobs)
    except SQLAlchemyError as error:
        failure = unavailable(error)
        outcomes = [(job, failure) for job in group]
    for job, outcome in outcomes:
        if isinstance(outcome, BaseException):
            job.done.set_exception(outcome)
        else:
            job.done.set_result(outcome)


def _alike(group: list[_Job]) -> Iterable[list[_Job]]:
    """Put together the jobs whose items one call can take."""
    alike: dict[object, list[_Job]] = {}
    for job in group:
        alike.setdefault(id(job) if job.change is _run_change else job.change, []).append(job)
    return alike.values()


def _attempt_together(connection: Connection, jobs: list[_Job]) -> list[tuple[_Job, Any]]:
    """Make one change of all the items; should it fail, one for each job."""
    outcome = _attempt(connection, jobs[0].change, [item for job in jobs for item in job.items])
    if isinstance(outcome, BaseException):
        if len(jobs) == 1:
            return [(jobs[0], outcome)]
        return [(job, _attempt(connection, job.change, job.items)) for job in jobs]
    results = iter(outcome)
    return [(job, list(itertools.islice(results, len(job.items)))) for job in jobs]


def _attempt(
    connection: Connection, change: Callable[[Connection, Sequence[Any]], Sequence[Any]], items: Sequence[Any]
) -> Any:  # noqa: ANN401 - or the error
    try:
        with connection.begin_nested():
            return change(connection, items)
    except DBAPIError as error:
        driver = connection.connection.driver_connection
        if driver is None or not driver.in_transaction:
            raise  # a full disk, for one: SQLite took the whole group back, not this change alone
        return unavailable(error)
    except Exception as error:  # noqa: BLE001 - it is the caller's, who gets it from the future
        return error


def unavailable(error: Exception) -> RegistryUnavailable:
    """Log the failure, and make of it what callers get."""
    log.error("Registry failed: %s", error)
    return RegistryUnavailable("The registry cannot be used right now; nothing was changed.")


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # what cannot be written is logged; there are hashes of passwords among it
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - sqlite3's own, behind SQLAlchemy's back
        connection.isolation_level = None  # no BEGIN behind our back (pysqlite's legacy transactions)
        for pragma in "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}":
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _begin_alone(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


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
