"""What holds for every database that the registry may be in."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from broker import keys, migrations, tables
from broker.app import open_database
from broker.database import Database
from broker.errors import RegistryUnavailable
from tests.user_rows import ADD_USER, add_user, users_of


def upgrade_to(revision: str, url: str, *statements: str) -> None:
    """Make a registry as an older release has left it."""
    config = Config()
    config.set_main_option("script_location", "broker:migrations")
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_a_change_that_fails_keeps_nothing_and_harms_no_other(database: Database) -> None:
    async def add(name: str, *, then_fail: bool) -> None:
        def change(connection: Connection) -> None:
            add_user(name)(connection)
            if then_fail:
                raise KeyError(name)

        await database.write(change)

    async def story() -> None:
        results = await asyncio.gather(
            *(add(f"user {n}", then_fail=n % 3 == 0) for n in range(30)), return_exceptions=True
        )

        assert await users_of(database) == {f"user {n}" for n in range(30) if n % 3}
        assert [isinstance(result, KeyError) for result in results] == [n % 3 == 0 for n in range(30)]

    asyncio.run(story())


def test_items_that_are_changed_together_fail_alone(database: Database) -> None:
    calls = 0

    def add_all(connection: Connection, names: Sequence[str]) -> list[str]:
        nonlocal calls
        calls += 1
        connection.execute(ADD_USER, [{"name": name, "hash": "h"} for name in names])
        if "bad" in names:
            raise KeyError("bad")
        return [name.upper() for name in names]

    async def story() -> None:
        several = [["a", "b"], ["bad"], ["c"], ["d", "e", "f"]]

        results = await asyncio.gather(
            *(database.write_each(add_all, names) for names in several), return_exceptions=True
        )

        assert results[0] == ["A", "B"]
        assert isinstance(results[1], KeyError)
        assert results[2:] == [["C"], ["D", "E", "F"]]
        assert await users_of(database) == {"a", "b", "c", "d", "e", "f"}

        calls_before = calls
        await asyncio.gather(*(database.write_each(add_all, [f"user {n}"]) for n in range(100)))
        assert calls - calls_before < 50

    asyncio.run(story())


def test_a_caller_that_goes_away_does_not_stop_the_others(database: Database) -> None:
    async def story() -> None:
        gone = asyncio.ensure_future(database.write(lambda c: c.execute(text("SELECT 1")).scalar()))
        await asyncio.sleep(0)
        gone.cancel()

        assert await database.write(lambda c: c.execute(text("SELECT 2")).scalar()) == 2

    asyncio.run(story())


def test_what_cannot_be_written_is_logged_without_its_values(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    incomplete = text("INSERT INTO users VALUES ('alice', NULL, :hash, '2026-01-01')")

    with pytest.raises(RegistryUnavailable):
        asyncio.run(database.write(lambda c: c.execute(incomplete, {"hash": "a hash of a password"})))

    assert "Registry failed" in caplog.text
    assert "a hash of a password" not in caplog.text


def test_a_registry_of_a_newer_release_is_refused_in_a_sentence(
    database: Database, database_url: str
) -> None:
    newer = text("UPDATE alembic_version SET version_num='9999'")
    asyncio.run(database.write(lambda c: c.execute(newer)))

    with pytest.raises(RegistryUnavailable, match="newer release"):
        open_database(database_url)


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    async def differences() -> object:
        return await database.read(lambda c: compare_metadata(MigrationContext.configure(c), tables.metadata))

    assert asyncio.run(differences()) == []


def test_the_newest_migration_is_the_one_that_the_code_asks_for() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))

    assert scripts.get_heads() == [tables.REVISION]


def test_files_of_an_older_release_are_sorted_as_new_ones_are(blank_database_url: str) -> None:
    at = "'2026-01-01 10:00:00'"
    names = [f"Größe {n}.txt" for n in range(1001)]  # more than are done at once
    uploads = ", ".join(
        f"('u{n}', 'acme', 'alice', 'k{n}', 'n', 1, 'text/plain', 'completed', {at}, {at})"
        for n in range(len(names))
    )
    files = ", ".join(
        f"('f{n}', 'acme', 'alice', 'u{n}', 'k{n}', '{name}', 1, 'text/plain', 'etag', {at})"
        for n, name in enumerate(names)
    )
    of_upload = "id, tenant, owner, key, name, size, type, status, created_at, expires_at"
    of_file = "id, tenant, owner, upload_id, key, name, size, type, etag, created_at"
    upgrade_to(
        "0012",
        blank_database_url,
        f"INSERT INTO uploads ({of_upload}) VALUES {uploads}",
        f"INSERT INTO files ({of_file}) VALUES {files}",
    )

    database = open_database(blank_database_url)

    found = asyncio.run(
        database.read(lambda c: {row.name: row.sort_key for row in c.execute(text("SELECT * FROM files"))})
    )
    assert found == {name: keys.sort_key(name) for name in names}
    database.close()


def test_a_registry_of_the_first_release_is_counted_and_has_its_visits(blank_database_url: str) -> None:
    def upload(name: str, status: str, size: int, *, tenant: str = "acme", owner: str = "alice") -> str:
        values = f"'{name}', '{tenant}', '{owner}', 'k/{name}', 'n', {size}, 'text/plain', NULL, '{status}'"
        return f"INSERT INTO uploads VALUES ({values}, '2026-01-01 10:00:00', '2026-01-02 10:00:00')"

    def file(upload: str, size: int, *, tenant: str = "acme", owner: str = "alice") -> str:
        values = f"'f{upload}', '{tenant}', '{owner}', '{upload}', 'k/{upload}', 'n', {size}, 'text/plain'"
        return f"INSERT INTO files VALUES ({values}, NULL, 'etag', '2026-01-01 10:00:00')"

    upgrade_to(
        "0001",
        blank_database_url,
        upload("pending", "pending", 1),
        upload("stored", "completed", 10),
        file("stored", 10),
        upload("deleted", "completed", 100),
        upload("aborted", "aborted", 1000),
        upload("bobs", "pending", 2, owner="bob"),
        upload("theirs", "completed", 5 * 2**40, tenant="other"),
        file("theirs", 5 * 2**40, tenant="other"),
    )

    database = open_database(blank_database_url)

    async def rows(query: str) -> set[tuple[object, ...]]:
        return await database.read(lambda c: {tuple(row) for row in c.execute(text(query))})

    async def story() -> None:
        assert await rows(
            "SELECT tenant, owner, policy, files, bytes, pending, pending_bytes FROM usage"
        ) == {
            ("acme", "alice", "default", 1, 10, 1, 1),
            ("acme", "bob", "default", 0, 0, 1, 2),
            ("acme", "", "default", 1, 10, 2, 3),
            ("other", "alice", "default", 1, 5 * 2**40, 0, 0),
            ("other", "", "default", 1, 5 * 2**40, 0, 0),
        }
        assert await rows(
            "SELECT id, status, visit_at = expires_at, settled_at = expires_at FROM uploads "
            "WHERE visit_at IS NOT NULL"
        ) == {
            ("pending", "pending", True, None),
            ("bobs", "pending", True, None),
            ("deleted", "deleted", True, True),
            ("aborted", "aborted", True, True),
        }
        assert await rows("SELECT id, status FROM uploads WHERE visit_at IS NULL") == {
            ("stored", "completed"),
            ("theirs", "completed"),
        }
        assert await rows("SELECT upload_id, folder, policy FROM files") == {
            ("stored", "", "default"),
            ("theirs", "", "default"),
        }

    asyncio.run(story())
    database.close()
