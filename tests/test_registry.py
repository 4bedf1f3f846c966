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
from broker.errors import RegistryUnavailable
from broker.keys import new_id
from broker.registry import Counters, File, Full, Registry, Reservation, Upload, User
from broker.settings import Quota
from broker.sqlite import SqliteDatabase

AT = datetime(2026, 11, 22, 12, 30, 15, 123456, tzinfo=UTC)
ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset())
NO_LIMIT = Quota()
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


async def add(registry: Registry, upload: Upload, quota: Quota = NO_LIMIT) -> Upload | Full:
    return (await registry.add_uploads([Reservation(upload, quota, NO_LIMIT)]))[0]


async def settle(registry: Registry, upload: Upload) -> bool:
    return await registry.settle_upload(upload, "aborted", at=AT, visit_at=AT + timedelta(hours=1))


async def counters(registry: Registry, claims: Claims = ALICE) -> Counters:
    return (await registry.usage_of(claims)).get("default", Counters())


async def stored(registry: Registry, claims: Claims) -> tuple[int, int]:
    found = await counters(registry, claims)
    return found.files, found.bytes


async def publish(registry: Registry, upload: Upload) -> File:
    file = file_of(upload)
    await add(registry, upload)
    assert await registry.publish(file) == file
    return file


def test_what_was_written_reads_back_whole(registry: Registry) -> None:
    async def story() -> None:
        upload = upload_of(size=5 * 2**40)
        await add(registry, upload)

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
        assert await stored(registry, stranger) == (0, 0)
        assert await stored(registry, ALICE) == (1, 3)

    asyncio.run(story())


def test_c35_of_many_completions_at_once_one_makes_the_file(registry: Registry) -> None:
    async def story() -> None:
        upload = upload_of()
        await add(registry, upload)

        published = await asyncio.gather(*(registry.publish(file_of(upload)) for _ in range(20)))

        assert len({file.id for file in published if file}) == 1
        assert None not in published
        assert await stored(registry, ALICE) == (1, 3)

    asyncio.run(story())


def test_an_upload_is_either_aborted_or_a_file(registry: Registry) -> None:
    async def story() -> None:
        for _ in range(20):
            upload = upload_of()
            await add(registry, upload)

            was_aborted, file = await asyncio.gather(
                settle(registry, upload), registry.publish(file_of(upload))
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


def test_c53_pending_uploads_reserve_and_every_end_settles_or_releases(registry: Registry) -> None:
    async def story() -> None:
        completed, aborted = upload_of(size=3), upload_of(size=5)
        await add(registry, completed)
        await add(registry, aborted)
        assert await counters(registry) == Counters(pending=2, pending_bytes=8)

        file = await registry.publish(file_of(completed))
        assert file
        assert await counters(registry) == Counters(files=1, bytes=3, pending=1, pending_bytes=5)

        assert [await settle(registry, aborted) for _ in range(2)] == [True, False]
        assert await counters(registry) == Counters(files=1, bytes=3)

        for _ in range(2):
            await registry.delete_file(file, at=AT, visit_at=AT)
        assert await counters(registry) == Counters()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("quota", "full"),
    [
        (Quota(pending=2), Full("quota.pending", 2)),
        (Quota(files=3), Full("quota.files", 3)),
        (Quota(bytes=35), Full("quota.bytes", 35)),
    ],
    ids=lambda value: getattr(value, "rule", ""),
)
def test_c53_a_quota_says_which_of_its_limits_is_reached(
    registry: Registry, quota: Quota, full: Full
) -> None:
    async def story() -> None:
        await publish(registry, upload_of(size=10))
        uploads = [upload_of(size=10) for _ in range(4)]

        outcomes = await registry.add_uploads([Reservation(upload, quota, Quota()) for upload in uploads])

        assert outcomes == [*uploads[:2], full, full]
        assert await counters(registry) == Counters(files=1, bytes=10, pending=2, pending_bytes=20)

    asyncio.run(story())


def test_c53_a_tenants_quota_is_shared_and_counts_nothing_that_it_refused(registry: Registry) -> None:
    async def story() -> None:
        limit = Quota(bytes=10)
        alices, bobs = upload_of(ALICE, size=6), upload_of(BOB, size=5)

        outcomes = await registry.add_uploads(
            [Reservation(upload, Quota(), limit) for upload in (alices, bobs)]
        )

        assert outcomes == [alices, Full("tenant_quota.bytes", 10)]
        assert await counters(registry, BOB) == Counters()
        elsewhere = upload_of(ALICE_ELSEWHERE, size=10)
        assert await registry.add_uploads([Reservation(elsewhere, Quota(), limit)]) == [elsewhere]

    asyncio.run(story())


def test_c53_reservations_at_once_do_not_overshoot(registry: Registry) -> None:
    async def story() -> None:
        outcomes = await asyncio.gather(
            *(add(registry, upload_of(size=1), Quota(bytes=10)) for _ in range(40))
        )

        assert sum(isinstance(outcome, Upload) for outcome in outcomes) == 10
        assert await counters(registry) == Counters(pending=10, pending_bytes=10)

    asyncio.run(story())


def test_c56_a_key_that_is_taken_returns_the_upload_that_has_it(registry: Registry) -> None:
    async def story() -> None:
        first, again = (structs.replace(upload_of(), idempotency_key="k") for _ in range(2))
        bobs = structs.replace(upload_of(BOB), idempotency_key="k")

        assert await add(registry, first) == first
        assert await add(registry, again) == first
        assert await add(registry, bobs) == bobs
        assert await counters(registry) == Counters(pending=1, pending_bytes=3)
        assert await registry.find_repeated(ALICE, ["k", "other"]) == {"k": first}

    asyncio.run(story())


def test_unfinished_uploads_are_listed_until_they_end(registry: Registry) -> None:
    async def story() -> None:
        uploads = [upload_of() for _ in range(4)]
        for upload in uploads:
            await add(registry, upload)
        await settle(registry, uploads[0])
        await registry.publish(file_of(uploads[1]))
        newest_first = sorted(uploads[2:], key=lambda upload: upload.id, reverse=True)

        async def listed(at: datetime, before: str = "~", claims: Claims = ALICE) -> list[Upload]:
            return await registry.list_pending(claims, before=before, limit=10, at=at)

        assert await listed(AT) == newest_first
        assert await listed(AT, before=newest_first[0].id) == newest_first[1:]
        assert await listed(AT + timedelta(days=1)) == []
        assert await listed(AT, claims=BOB) == []

    asyncio.run(story())


def test_what_is_due_is_found_the_longest_overdue_first(registry: Registry) -> None:
    async def story() -> None:
        uploads = [
            structs.replace(upload_of(), visit_at=AT + timedelta(minutes=minute)) for minute in (3, 1, 2)
        ]
        for upload in uploads:
            await add(registry, upload)

        async def due(minute: int) -> list[Upload]:
            return await registry.list_due(at=AT + timedelta(minutes=minute), limit=2)

        assert await due(0) == []
        assert await due(2) == [uploads[1], uploads[2]]
        await registry.visit_later(uploads[1], AT + timedelta(minutes=9))
        assert await due(3) == [uploads[2], uploads[0]]

    asyncio.run(story())


def test_a_deleted_file_leaves_an_upload_that_only_the_reconciler_sees(registry: Registry) -> None:
    async def story() -> None:
        upload = upload_of()
        file = await publish(registry, upload)
        await registry.forget_upload(upload.id)  # not while it is a file
        await registry.delete_file(file, at=AT, visit_at=AT)

        assert await registry.find_upload(ALICE, upload.id) is None
        (due,) = await registry.list_due(at=AT, limit=10)
        assert (due.id, due.status) == (upload.id, "deleted")
        await registry.forget_upload(upload.id)
        assert await registry.list_due(at=AT, limit=10) == []

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
            await add(registry, upload_of())
        assert await stored(registry, ALICE) == (0, 0)  # reading goes on

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
