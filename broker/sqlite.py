"""The registry in a SQLite file.

SQLite takes one writer at a time, so one thread does all writing, and everything that waits for it goes
into one transaction: full durability then costs next to nothing under load.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os.path import samestat
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from broker.database import migrate, unavailable
from broker.grouping import Change, GroupWriter, Job, alike, answer, attempt_together, make_one

T = TypeVar("T")
Item = TypeVar("Item")

_READERS = 4
_BUSY_MS = 5000


class SqliteDatabase:
    """A SQLite file in WAL mode, brought to the newest revision when opened. Raises RegistryUnavailable."""

    def __init__(self, url: str) -> None:
        self._engine = _make_engine(url)
        migrate(self._engine, _begin_alone)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="registry-reader")
        self._written = self._engine.connect()
        with self._written.begin():  # else each group of changes makes a file for its savepoints
            self._written.exec_driver_sql("PRAGMA temp_store=MEMORY")
        self._file = _OpenFile(self._engine)
        self._writer = GroupWriter(partial(_write_group, self._written, self._file))

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._readers.submit(self._read, query))

    async def write(self, change: Callable[[Connection], T]) -> T:
        return (await self.write_each(make_one, [change]))[0]

    async def write_each(self, change: Change[Item, T], items: Sequence[Item]) -> Sequence[T]:
        return await self._writer.make(change, items)

    def close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self._written.close()
        self._engine.dispose()

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            self._file.require()
            with self._engine.connect() as connection:
                return query(connection)
        except (DBAPIError, _FileGoneError) as error:
            raise unavailable(error) from error


class _FileGoneError(Exception):
    """The file is no longer where it was opened."""


class _OpenFile:
    """The file that an engine has open: once it is removed, SQLite goes on with it, and all is lost."""

    def __init__(self, engine: Engine) -> None:
        with engine.connect() as connection:
            main, *_temporary = connection.exec_driver_sql("PRAGMA database_list").all()
        self._path = Path(main.file)
        self._opened = self._path.stat()

    def require(self) -> None:
        """Raise _FileGoneError if another file is at its path, or none."""
        try:
            is_there = samestat(self._opened, self._path.stat())
        except OSError:  # also where its directory is none any more
            is_there = False
        if not is_there:
            raise _FileGoneError(
                f"{self._path} was removed or replaced while it was in use. Stop the service before that; "
                "it takes what is there now when it is started again."
            )


def _write_group(connection: Connection, file: _OpenFile, group: list[Job]) -> None:
    """Do the jobs in one transaction, each in a savepoint, so that one that fails harms no other."""
    outcomes: list[tuple[Job, Any]] = []
    try:
        file.require()
        with connection.begin():
            _begin_alone(connection)
            for jobs in alike(group):
                outcomes += attempt_together(jobs, partial(_attempt, connection))
    except (SQLAlchemyError, _FileGoneError) as error:
        failure = unavailable(error)
        outcomes = [(job, failure) for job in group]
    answer(outcomes)


def _attempt(connection: Connection, change: Change[Any, Any], items: Sequence[Any]) -> Any:  # noqa: ANN401 - or the error
    # begin_nested() would compile its statements anew each time
    connection.exec_driver_sql("SAVEPOINT attempt")
    try:
        outcome: Any = change(connection, items)
    except DBAPIError as error:
        driver = connection.connection.driver_connection
        if driver is None or not driver.in_transaction:
            raise  # a full disk, for one: SQLite took the whole group back, not this change alone
        connection.exec_driver_sql("ROLLBACK TO attempt")
        outcome = unavailable(error)
    except Exception as error:  # noqa: BLE001 - it is the caller's, who gets it from the future
        connection.exec_driver_sql("ROLLBACK TO attempt")
        outcome = error
    connection.exec_driver_sql("RELEASE attempt")
    return outcome


def _begin_alone(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make_engine(url: str) -> Engine:
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
        connection.create_function("lower", 1, str.lower, deterministic=True)  # its own knows ASCII alone

    return engine
