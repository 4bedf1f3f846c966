import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec import structs
from sqlalchemy import Connection, create_engine, text

from broker import migrations, tables
from broker.auth import Claims
from broker.database import SqliteDatabase
from broker.errors import RegistryUnavailable
from broker.keys import new_id
from broker.registry import File, Registry, Upload, User

AT = datetime(2026, 11, 22, 12, 30, 15, 123456, tzinfo=UTC)
ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset())
BOB = Claims(subject="bob", tenant="acme", scopes=frozenset())
ALICE_ELSEWHERE = Claims(subject="alice", tenant="other", scopes=frozenset())


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'broker.db'}"


@pytest.fixture
def database(url: str) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(url)
    yield database
    database.close()


@pytest.fixture
def registry(database: SqliteDatabase) -> Registry:
    return Registry(database)


def upload_of(claims: Claims = ALICE, *, size: int = 3) -> Upload:
    upload_id = new_id(AT)
    return Upload(
        id=upload_id,
        tenant=claims.tenant,
        owner=claims.subject,
        key=f"uploads/{claims.tenant}/{upload_id}",
        name="größe ✓.txt",
        size=size,
        type="text/plain",
        checksum="crc32c:AAAAAA==",
        status="pending",
        created_at=AT,
        expires_at=AT + timedelta(days=1),
    )


def file_of(upload: Upload) -> File:
    return File(
        id=new_id(AT),
        tenant=upload.tenant,
        owner=upload.owner,
        upload_id=upload.id,
        key=upload.key,
        name=upload.name,
        size=upload.size,
        type=upload.type,
        checksum=upload.checksum,
        etag="abc",
        created_at=AT,
    )


async def publish(registry: Registry, upload: Upload) -> File:
    file = file_of(upload)
    await registry.add_upload(upload)
    assert await registry.publish(file) == file
    return file


def test_what_was_written_reads_back_whole(registry: Registry) -> None:
    async def story() -> None:
        upload = upload_of(size=5 * 2**40)
        await registry.add_upload(upload)

        assert await registry.find_upload(ALICE, upload.id) == upload

    asyncio.run(story())


def test_what_was_written_survives_a_restart(url: str) -> None:
    async def story() -> None:
        first = Registry(SqliteDatabase(url))
        file = await publish(first, upload_of())
        first.close()

        second = Registry(SqliteDatabase(url))
        assert await second.find_file(ALICE, file.id) == file
        second.close()

    asyncio.run(story())


@pytest.mark.parametrize("stranger", [BOB, ALICE_ELSEWHERE], ids=["another user", "another tenant"])
def test_c18_only_the_owner_finds_an_upload_or_a_file(registry: Registry, stranger: Claims) -> None:
    async def story() -> None:
        file = await publish(registry, upload_of())

        assert await registry.find_upload(stranger, file.upload_id) is None
        assert await registry.find_file(stranger, file.id) is None
        assert await registry.list_files(stranger, before="~", limit=10) == []
        assert await registry.sum_files(stranger) == (0, 0)
        assert await registry.sum_files(ALICE) == (1, 3)

    asyncio.run(story())


def test_c35_of_many_completions_at_once_one_makes_the_file(registry: Registry) -> None:
    async def story() -> None:
        upload = upload_of()
        await registry.add_upload(upload)

        published = await asyncio.gather(*(registry.publish(file_of(upload)) for _ in range(20)))

        assert len({file.id for file in published if file}) == 1
        assert None not in published
        assert await registry.sum_files(ALICE) == (1, 3)

    asyncio.run(story())


def test_an_upload_is_either_aborted_or_a_file(registry: Registry) -> None:
    async def story() -> None:
        for _ in range(20):
            upload = upload_of()
            await registry.add_upload(upload)

            was_aborted, file = await asyncio.gather(
                registry.settle_upload(upload.id, "aborted"), registry.publish(file_of(upload))
            )

            assert was_aborted is (file is None)

    asyncio.run(story())


def test_files_are_listed_newest_first_page_by_page(registry: Registry) -> None:
    async def story() -> None:
        files = [await publish(registry, upload_of()) for _ in range(5)]
        newest_first = sorted(files, key=lambda file: file.id, reverse=True)

        first = await registry.list_files(ALICE, before="~", limit=3)
        rest = await registry.list_files(ALICE, before=first[-1].id, limit=3)

        assert first + rest == newest_first

    asyncio.run(story())


def test_a_user_name_is_given_once(registry: Registry) -> None:
    async def story() -> None:
        user = User(name="alice", tenant="acme", password_hash="x", created_at=AT)

        assert await registry.add_user(user)
        assert not await registry.add_user(structs.replace(user, password_hash="y"))
        assert await registry.find_user("alice") == user
        assert await registry.find_user("nobody") is None

    asyncio.run(story())


def test_a_change_that_fails_keeps_nothing_and_harms_no_other(database: SqliteDatabase) -> None:
    def add(name: str, *, then_fail: bool) -> None:
        def change(connection: Connection) -> None:
            connection.execute(
                text("INSERT INTO users VALUES (:name, 't', 'h', '2026-01-01')"), {"name": name}
            )
            if then_fail:
                raise KeyError(name)

        changes.append(database.write(change))

    async def story() -> None:
        for n in range(30):
            add(f"user {n}", then_fail=n % 3 == 0)

        results = await asyncio.gather(*changes, return_exceptions=True)

        found = await database.read(lambda c: set(c.execute(text("SELECT name FROM users")).scalars()))
        assert found == {f"user {n}" for n in range(30) if n % 3}
        assert [isinstance(result, KeyError) for result in results] == [n % 3 == 0 for n in range(30)]

    changes: list = []  # type: ignore[type-arg]  # of coroutines
    asyncio.run(story())


def test_a_caller_that_goes_away_does_not_stop_the_writer(database: SqliteDatabase) -> None:
    async def story() -> None:
        gone = asyncio.ensure_future(database.write(lambda c: c.execute(text("SELECT 1")).scalar()))
        await asyncio.sleep(0)
        gone.cancel()

        assert await database.write(lambda c: c.execute(text("SELECT 2")).scalar()) == 2

    asyncio.run(story())


def test_a_database_that_fails_is_unavailable_and_recovers(database: SqliteDatabase, url: str) -> None:
    async def story(blocker: sqlite3.Connection) -> None:
        registry = Registry(database)
        await database.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout=10"))
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(RegistryUnavailable):
            await registry.add_upload(upload_of())
        assert await registry.sum_files(ALICE) == (0, 0)  # reading goes on

        blocker.rollback()
        await publish(registry, upload_of())

    blocker = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    asyncio.run(story(blocker))
    blocker.close()


def test_when_the_disk_is_full_nothing_is_acknowledged_that_is_not_kept(database: SqliteDatabase) -> None:
    """SQLite answers a full disk by taking back the whole transaction, not the one statement."""

    def add(name: str, size: int) -> Callable[[Connection], object]:
        row = {"name": name, "hash": "x" * size}
        return lambda c: c.execute(text("INSERT INTO users VALUES (:name, 't', :hash, '2026-01-01')"), row)

    async def story() -> None:
        await database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=40"))
        sizes = [10] * 50 + [400_000] + [10] * 50

        results = await asyncio.gather(
            *(database.write(add(f"user {n}", size)) for n, size in enumerate(sizes)), return_exceptions=True
        )

        found = await database.read(lambda c: set(c.execute(text("SELECT name FROM users")).scalars()))
        kept = {f"user {n}" for n, result in enumerate(results) if not isinstance(result, Exception)}
        assert found == kept
        assert any(isinstance(result, RegistryUnavailable) for result in results)
        await database.write(add("afterwards", 10))

    asyncio.run(story())


def test_a_registry_of_a_newer_release_is_refused_in_a_sentence(database: SqliteDatabase, url: str) -> None:
    asyncio.run(database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num='9999'")))

    with pytest.raises(RegistryUnavailable, match="newer release"):
        SqliteDatabase(url)


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


def test_the_migrations_make_the_tables_that_the_code_knows(database: SqliteDatabase, url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), tables.metadata)
    engine.dispose()

    assert differences == []


def test_the_newest_migration_is_the_one_that_the_code_asks_for() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))

    assert scripts.get_heads() == [tables.REVISION]
