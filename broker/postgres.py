"""The registry in PostgreSQL, which many replicas may share; nothing else is shared between them.

It is reached by psycopg in threads, as many as there are connections (docs/decisions/0003). Each call has a
deadline from the moment it is made, and this side sees to it: a server that hangs cannot.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError

from broker.database import OutcomeUnknown, migrate, unavailable
from broker.grouping import Change, GroupWriter, Job, alike, answer, attempt_together

T = TypeVar("T")
Item = TypeVar("Item")

_READERS = 4
_WRITERS = 8
_CALL_SECONDS = 5
_CONNECT_SECONDS = 3
_PAUSES = (0, 0.02, 0.04, 0.08, 0.16)  # before each try, at most, in seconds

# Another was quicker. A change that is made anew sees what that one did: that the name is taken, for one.
_OVERTAKEN = (DeadlockDetected, SerializationFailure, UniqueViolation)

_NAME = "presigned-url-broker"
_MIGRATION_LOCK = 0x62726F6B6572  # "broker"; any number that others do not lock
# a server that vanishes with its machine sends no word
_KEEPALIVE: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
# a replica that was stopped in the middle of a change must not keep the rows from the others
_SESSION = f"""
SET TIME ZONE 'UTC';
SET statement_timeout = '{_CALL_SECONDS}s';
SET idle_in_transaction_session_timeout = '{_CALL_SECONDS}s'
"""


class PostgresDatabase:
    """A PostgreSQL database, brought to the newest revision when opened. Raises RegistryUnavailable."""

    def __init__(self, url: str) -> None:
        self._writers = _Connections(url, _WRITERS, "READ COMMITTED")
        self._readers = _Connections(url, _READERS, "AUTOCOMMIT")
        self._group_writer = GroupWriter(self._write_group)
        try:
            migrate(self._writers.engine, _begin_alone)
        except BaseException:
            self.close()
            raise

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await self._call(self._readers, query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        return await self._call(self._writers, change)

    async def write_each(self, change: Change[Item, T], items: Sequence[Item]) -> Sequence[T]:
        return await self._group_writer.make(change, items)

    def close(self) -> None:
        self._group_writer.close()
        self._readers.close()
        self._writers.close()

    async def _call(self, connections: "_Connections", function: Callable[[Connection], T]) -> T:
        deadline = time.monotonic() + _CALL_SECONDS
        return await asyncio.wrap_future(connections.submit(function, deadline))

    def _write_group(self, group: list[Job]) -> None:
        """Do jobs of a kind in one transaction: else each would wait for the counters of its quota."""
        deadline = group[0].since + _CALL_SECONDS

        def attempt(change: Change[Any, Any], items: Sequence[Any]) -> Any:  # noqa: ANN401 - or the error
            try:
                return self._writers.submit(lambda connection: change(connection, items), deadline).result()
            except Exception as error:  # noqa: BLE001 - it is the caller's, who gets it from the future
                return error

        for jobs in alike(group):
            answer(attempt_together(jobs, attempt))


class _Connections:
    """Connections of one kind, and a thread for each."""

    def __init__(self, url: str, size: int, isolation_level: IsolationLevel) -> None:
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="registry")
        self.engine = create_engine(
            "postgresql+psycopg://",
            creator=partial(_connect, url),
            pool_size=size,
            max_overflow=0,
            use_native_hstore=False,
            hide_parameters=True,  # there are hashes of passwords among them
            isolation_level=isolation_level,
        )

    def submit(self, function: Callable[[Connection], T], deadline: float) -> "Future[T]":
        """Call a function in a transaction; anew when another was quicker, or when the connection is lost."""
        return self._threads.submit(self._run, function, deadline)

    def close(self) -> None:
        self._threads.shutdown()
        self.engine.dispose()

    def _run(self, function: Callable[[Connection], T], deadline: float) -> T:
        failure: DBAPIError | None = None
        for pause in _PAUSES:
            time.sleep(random.uniform(0, pause))  # noqa: S311 - so that two do not meet again
            if time.monotonic() >= deadline:
                break
            is_committing = False
            try:
                with self.engine.connect() as connection:
                    _limit(connection, deadline)
                    result = function(connection)
                    is_committing = True
                    connection.commit()
                    return result
            except DBAPIError as error:
                failure = error
                if is_committing and error.connection_invalidated:
                    raise unavailable(error, OutcomeUnknown) from error
                if not error.connection_invalidated and not isinstance(error.orig, _OVERTAKEN):
                    break
        raise unavailable(failure or TimeoutError("no connection was free in time")) from failure


class _Connection(psycopg.Connection[Any]):
    """One that waits for the server until its deadline, and is closed then."""

    deadline: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if self.deadline is not None:
            timeout = max(0.0, self.deadline - time.monotonic())
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # the answer may still come: nobody is to use this one again
            raise


def _connect(url: str) -> _Connection:
    connection = _Connection.connect(
        url, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name=_NAME, **_KEEPALIVE
    )
    connection.deadline = time.monotonic() + _CONNECT_SECONDS
    connection.execute(_SESSION)
    connection.autocommit = False
    return connection


def _limit(connection: Connection, deadline: float | None) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, _Connection)  # noqa: S101 - for mypy: `_connect` has made it
    driver.deadline = deadline


def _begin_alone(connection: Connection) -> None:
    """Let one replica migrate while the others wait, for as long as it takes."""
    _limit(connection, None)
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
