"""What holds for PostgreSQL alone: servers that go away, hang, or are busy with another replica."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Iterator, Sequence
from datetime import datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Connection, text

from broker import postgres as module
from broker.app import open_database
from broker.database import OutcomeUnknown
from broker.errors import RegistryUnavailable
from broker.postgres import PostgresDatabase
from broker.settings import SettingsError
from broker.tables import Exact, Id, metadata
from tests.postgres import PostgresServer
from tests.user_rows import add_user, users_of
from tests.waiting import wait_until

MANY = 20  # more than there are connections
LATECOMERS = 500  # more than could each wait for a connection
OPEN = "import sys; from broker.app import open_database; open_database(sys.argv[1]).close()"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.make_database()


@pytest.fixture
def database(url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(url)
    yield database
    database.close()


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CALL_SECONDS", 1)
    monkeypatch.setattr(module, "_CONNECT_SECONDS", 2)  # the shortest that there is


async def use_all_connections(database: PostgresDatabase, times: int = MANY) -> list[BaseException]:
    """Read and write in every way at once; return what was raised."""

    def pause(connection: Connection, items: Sequence[int] = ()) -> Sequence[int]:
        connection.execute(text("SELECT pg_sleep(0.01)"))
        return items

    calls: list[Awaitable[object]] = []
    for n in range(times):
        calls += [database.read(pause), database.write(pause), database.write_each(pause, [n])]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return [answer for answer in answers if isinstance(answer, BaseException)]


async def until_all_connections_work(database: PostgresDatabase) -> None:
    """Wait for that: who is in a hurry gives up within a second, which a busy machine may need."""
    async with asyncio.timeout(60):
        while await use_all_connections(database):
            pass


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_c58_a_server_that_was_killed_and_started_again_is_not_noticed(
    database: PostgresDatabase, postgres: PostgresServer
) -> None:
    async def story() -> None:
        assert await use_all_connections(database) == []

        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)

        assert await use_all_connections(database) == []

    asyncio.run(story())


def test_c58_a_server_that_is_down_is_unavailable_until_it_is_up(
    database: PostgresDatabase, postgres: PostgresServer
) -> None:
    async def story() -> None:
        await asyncio.to_thread(postgres.kill)
        try:
            with pytest.raises(RegistryUnavailable):
                await database.write(add_user("alice"))
            with pytest.raises(RegistryUnavailable):
                await users_of(database)
        finally:
            await asyncio.to_thread(postgres.start)

        await database.write(add_user("alice"))
        assert await users_of(database) == {"alice"}

    asyncio.run(story())


def test_c58_a_server_that_hangs_does_not_hang_its_callers(
    database: PostgresDatabase, postgres: PostgresServer, in_a_hurry: None
) -> None:
    async def story() -> None:
        await until_all_connections_work(database)

        with postgres.hanging():
            async with asyncio.timeout(60):
                failures = await use_all_connections(database, LATECOMERS)
        assert {type(failure) for failure in failures} == {RegistryUnavailable}
        assert len(failures) == 3 * LATECOMERS

        await until_all_connections_work(database)

    asyncio.run(story())


def test_c58_a_registry_that_hangs_can_be_closed(
    url: str, postgres: PostgresServer, in_a_hurry: None
) -> None:
    async def story() -> None:
        database = PostgresDatabase(url)
        with postgres.hanging():
            waiting = [asyncio.ensure_future(database.write(add_user(f"user {n}"))) for n in range(30)]
            await asyncio.sleep(0)
            async with asyncio.timeout(60):
                await asyncio.to_thread(database.close)
                await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(story())


def test_an_answer_that_comes_too_late_is_not_taken_for_another(
    database: PostgresDatabase, in_a_hurry: None, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(question: str) -> object:
        return await database.read(lambda c: c.execute(text(f"SELECT {question}")).scalar())

    async def story() -> None:
        late = await asyncio.gather(
            *(ask("pg_sleep(1.5), 'late'") for _ in range(MANY)), return_exceptions=True
        )
        assert {type(answer) for answer in late} == {RegistryUnavailable}

        assert await asyncio.gather(*(ask(f"{n}") for n in range(MANY))) == list(range(MANY))

    asyncio.run(story())
    assert {record.name for record in caplog.records} == {"broker.database"}  # the pool has no complaints


def test_a_change_whose_rows_another_keeps_is_given_up(database: PostgresDatabase, url: str) -> None:
    rename = text("UPDATE users SET tenant = 'new' WHERE name = 'alice'")
    tenant = text("SELECT tenant FROM users WHERE name = 'alice'")

    async def story() -> None:
        await database.write(add_user("alice"))
        with psycopg.connect(url) as other:
            other.execute("SELECT * FROM users FOR UPDATE")

            async with asyncio.timeout(60):
                with pytest.raises(RegistryUnavailable):
                    await database.write(lambda c: c.execute(rename))

        assert await database.read(lambda c: c.execute(tenant).scalar()) == "t"

    asyncio.run(story())


def test_a_replica_that_stops_halfway_gives_its_rows_up(database: PostgresDatabase) -> None:
    async def setting(name: str) -> object:
        return await database.write(lambda c: c.execute(text(f"SHOW {name}")).scalar())

    assert asyncio.run(setting("idle_in_transaction_session_timeout")) == "5s"
    assert asyncio.run(setting("statement_timeout")) == "5s"


def test_a_change_whose_connection_is_lost_is_made_anew(database: PostgresDatabase) -> None:
    calls = 0

    def change(connection: Connection) -> str:
        nonlocal calls
        calls += 1
        add_user("alice")(connection)
        if calls == 1:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return "added"

    async def story() -> None:
        assert await database.write(change) == "added"
        assert await users_of(database) == {"alice"}

    asyncio.run(story())


def test_a_change_of_which_nobody_knows_whether_it_was_kept_is_not_made_twice(
    database: PostgresDatabase, url: str
) -> None:
    execute(
        url,
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER die_at_commit AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION die()",
    )
    added: list[str] = []

    def add(connection: Connection, names: Sequence[str]) -> Sequence[str]:
        added.extend(names)
        for name in names:
            add_user(name)(connection)
        return names

    async def story() -> None:
        calls: list[Awaitable[object]] = [database.write(lambda c: add(c, ["alice"]))]
        names = [f"user {n}" for n in range(MANY)]
        calls += [database.write_each(add, [name]) for name in names]

        answers = await asyncio.gather(*calls, return_exceptions=True)

        assert {type(answer) for answer in answers} == {OutcomeUnknown}
        assert sorted(added) == sorted(["alice", *names])

    asyncio.run(story())


def test_changes_that_wait_for_each_other_are_both_made(database: PostgresDatabase) -> None:
    both_have_one = threading.Barrier(2)

    def lock(first: str, second: str) -> Awaitable[None]:
        is_first_time = True

        def change(connection: Connection) -> None:
            nonlocal is_first_time
            connection.execute(text("UPDATE users SET tenant = 'new' WHERE name = :name"), {"name": first})
            if is_first_time:
                is_first_time = False
                both_have_one.wait(10)
            connection.execute(text("UPDATE users SET tenant = 'new' WHERE name = :name"), {"name": second})

        return database.write(change)

    async def story() -> None:
        await database.write(add_user("alice"))
        await database.write(add_user("bob"))

        await asyncio.gather(lock("alice", "bob"), lock("bob", "alice"))

    asyncio.run(story())


def test_who_is_overtaken_looks_again(database: PostgresDatabase) -> None:
    both_have_looked = threading.Barrier(2)

    def add_alice() -> Awaitable[bool]:
        is_first_time = True

        def change(connection: Connection) -> bool:
            nonlocal is_first_time
            is_taken = (
                connection.execute(text("SELECT 1 FROM users WHERE name = 'alice'")).first() is not None
            )
            if is_first_time:
                is_first_time = False
                both_have_looked.wait(10)
            if not is_taken:
                add_user("alice")(connection)
            return not is_taken

        return database.write(change)

    async def story() -> None:
        assert sorted(await asyncio.gather(add_alice(), add_alice())) == [False, True]

    asyncio.run(story())


def test_instants_come_back_in_utc(database: PostgresDatabase) -> None:
    async def now() -> datetime:
        return await database.read(lambda c: c.execute(text("SELECT now()")).scalar_one())

    assert asyncio.run(now()).utcoffset() == timedelta(0)


def test_ids_and_paths_are_compared_byte_by_byte_whatever_the_language(database: PostgresDatabase) -> None:
    collations = text(
        "SELECT table_name || '.' || column_name FROM information_schema.columns "
        "WHERE collation_name = 'C' AND table_schema = 'public'"
    )

    async def found() -> set[str]:
        return await database.read(lambda c: set(c.execute(collations).scalars()))

    ids = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.c
        if column.type in {Id, Exact}
    }
    assert asyncio.run(found()) == ids > {"uploads.id", "files.id", "files.upload_id"}


def test_replicas_that_start_at_once_migrate_once(url: str) -> None:
    with psycopg.connect(url) as blocker, psycopg.connect(url, autocommit=True) as observer:
        # none of them sees this table, and none can make its own while this one may come to be
        blocker.execute("CREATE TABLE alembic_version (version_num text)")
        replicas = [subprocess.Popen([sys.executable, "-c", OPEN, url]) for _ in range(3)]
        wait_until(lambda: observer.execute(WAITING).fetchone() == (3,), seconds=60)
        blocker.rollback()

    assert [replica.wait(60) for replica in replicas] == [0, 0, 0]


@pytest.mark.parametrize(
    ("old", "new"),
    [("p%40ss", "wrong"), ("/test_", "/missing_"), ("127.0.0.1:", "127.0.0.1:1")],
    ids=["password", "database", "port"],
)
def test_what_cannot_be_opened_is_said_in_a_sentence_without_the_password(
    url: str, old: str, new: str
) -> None:
    with pytest.raises(RegistryUnavailable, match=r"^The registry cannot be opened: [^\n]+$") as raised:
        open_database(url.replace(old, new))

    assert "rd: ?#" not in str(raised.value.detail)


def test_a_missing_driver_is_said_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "broker.postgres", None)

    with pytest.raises(SettingsError, match=r"BROKER_DATABASE_URL: .*presigned-url-broker\[postgres\]"):
        open_database("postgresql://127.0.0.1/db")
