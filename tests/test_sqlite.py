"""What holds for SQLite alone."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.errors import RegistryUnavailable
from broker.sqlite import SqliteDatabase
from tests.user_rows import add_user, users_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broker.db"


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(f"sqlite:///{path}")
    yield database
    database.close()


def test_a_database_that_fails_is_unavailable_and_recovers(database: SqliteDatabase, path: Path) -> None:
    async def story(blocker: sqlite3.Connection) -> None:
        await database.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout=10"))
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(RegistryUnavailable):
            await database.write(add_user("alice"))
        assert await users_of(database) == set()  # reading goes on

        blocker.rollback()
        await database.write(add_user("alice"))

    blocker = sqlite3.connect(path, isolation_level=None)
    asyncio.run(story(blocker))
    blocker.close()


@pytest.mark.parametrize("is_replaced", [False, True], ids=["removed", "replaced"])
def test_a_file_that_is_gone_is_unavailable_until_it_is_back(
    database: SqliteDatabase, path: Path, is_replaced: bool
) -> None:
    async def is_refused() -> None:
        for call in database.write(add_user("bob")), users_of(database):
            with pytest.raises(RegistryUnavailable):
                await call

    async def goes_on() -> None:
        await database.write(add_user("carol"))
        assert await users_of(database) == {"alice", "carol"}

    asyncio.run(database.write(add_user("alice")))
    aside = path.rename(path.with_name("aside"))
    if is_replaced:
        path.touch()

    asyncio.run(is_refused())

    assert path.exists() == is_replaced
    aside.replace(path)
    asyncio.run(goes_on())


def test_a_file_whose_directory_is_none_any_more_is_unavailable(tmp_path: Path) -> None:
    directory = tmp_path / "registry"
    directory.mkdir()
    with contextlib.closing(SqliteDatabase(f"sqlite:///{directory / 'broker.db'}")) as database:
        directory.rename(tmp_path / "aside")
        directory.touch()

        with pytest.raises(RegistryUnavailable):
            asyncio.run(asyncio.wait_for(database.write(add_user("bob")), 10))


def test_when_the_disk_is_full_nothing_is_acknowledged_that_is_not_kept(database: SqliteDatabase) -> None:
    """SQLite answers a full disk by taking back the whole transaction, not the one statement."""

    async def story() -> None:
        await database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=40"))
        sizes = [10] * 50 + [400_000] + [10] * 50

        results = await asyncio.gather(
            *(database.write(add_user(f"user {n}", "x" * size)) for n, size in enumerate(sizes)),
            return_exceptions=True,
        )

        kept = {f"user {n}" for n, result in enumerate(results) if not isinstance(result, Exception)}
        assert await users_of(database) == kept
        assert any(isinstance(result, RegistryUnavailable) for result in results)
        await database.write(add_user("afterwards"))

    asyncio.run(story())


def test_what_cannot_be_opened_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "not a database").write_bytes(b"x" * 4096)

    for path in tmp_path / "not a database", tmp_path / "nowhere" / "broker.db":
        with pytest.raises(RegistryUnavailable, match="registry cannot be opened"):
            SqliteDatabase(f"sqlite:///{path}")


def test_every_commit_is_durable(database: SqliteDatabase) -> None:
    async def pragma(name: str) -> object:
        return await database.write(lambda c: c.exec_driver_sql(f"PRAGMA {name}").scalar())

    assert asyncio.run(pragma("journal_mode")) == "wal"
    assert asyncio.run(pragma("synchronous")) == 2  # FULL
    assert asyncio.run(pragma("foreign_keys")) == 1


def test_the_writer_alone_keeps_temporary_files_in_memory(database: SqliteDatabase) -> None:
    async def story() -> tuple[object, object]:
        asked = "PRAGMA temp_store"  # 0: as SQLite was built, which is on the disk; 2: in memory
        return (
            await database.write(lambda c: c.exec_driver_sql(asked).scalar()),
            await database.read(lambda c: c.exec_driver_sql(asked).scalar()),
        )

    assert asyncio.run(story()) == (2, 0)
