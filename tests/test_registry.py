import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast

import psycopg
import pytest
from msgspec import structs
from sqlalchemy import Connection, Engine, event

from broker.app import open_database
from broker.audit_registry import AuditFilter, AuditRegistry
from broker.auth import Claims
from broker.database import Database
from broker.errors import NameTaken
from broker.file_registry import FileRegistry, Filter
from broker.keys import new_id
from broker.quotas import Full, Reservation, add_uploads
from broker.registry import Registry
from broker.rows import AuditEntry, Caller, Counters, File, Share, Upload
from broker.schemas import AuditEvent, Collision, FileOrder, UsageOrder
from broker.settings import Quota
from broker.share_registry import ShareRegistry
from tests.postgres import PostgresServer
from tests.waiting import wait_until

T = TypeVar("T")
Item = TypeVar("Item")

AT = datetime(2026, 11, 22, 12, 30, 15, 123456, tzinfo=UTC)
ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset())
NO_LIMIT = Quota()
FULL = Quota(files=1)  # with one
TENANT = structs.replace(ALICE, subject="")  # as what all of it have together is counted
BOB = Claims(subject="bob", tenant="acme", scopes=frozenset())
ALICE_ELSEWHERE = Claims(subject="alice", tenant="other", scopes=frozenset())


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database)


async def list_files(
    registry: Registry,
    claims: Claims = ALICE,
    *,
    after: tuple[str, str] | None = None,
    limit: int = 10,
    is_trashed: bool = False,
) -> list[File]:
    lists = FileRegistry(registry._database)
    wanted = Filter(is_trashed=is_trashed)
    return await lists.list(claims, wanted, order="-created", after=after, limit=limit)


@contextmanager
def statements(registry: Registry) -> Iterator[list[str]]:
    """Yield the statements that a registry executes meanwhile; others may be at work in this process."""
    database: Any = registry._database
    engine: Engine = getattr(database, "_engine", None) or database._writers.engine
    made: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        made.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield made
    event.remove(engine, "before_cursor_execute", note)


@contextmanager
def opened(url: str) -> Iterator[Registry]:
    registry = Registry(open_database(url))
    yield registry
    registry.close()


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
        folder=upload.folder,
        size=upload.size,
        type=upload.type,
        checksum=upload.checksum,
        etag="abc",
        created_at=AT,
    )


def link_of(**fields: Any) -> Share:  # noqa: ANN401 - of many kinds
    return Share(
        id=new_id(AT),
        tenant=ALICE.tenant,
        owner=ALICE.subject,
        kind="receive",
        folder="in",
        created_at=AT,
        **{"expires_at": AT + timedelta(microseconds=1)} | fields,
    )


def entry_of(event: AuditEvent, target: str = "") -> AuditEntry:
    return Caller(tenant="acme", subject="alice").did(event, target, at=AT)


async def add(registry: Registry, upload: Upload, quota: Quota = NO_LIMIT) -> Upload | Full:
    return (await registry.add_uploads([Reservation(upload, quota, NO_LIMIT)]))[0]


async def noted(registry: Registry) -> list[str]:
    """Return what the audit trail tells of, sorted."""
    found = await AuditRegistry(registry._database).list(AuditFilter(), limit=100)
    return sorted(entry.target for entry in found)


async def settle(registry: Registry, upload: Upload) -> bool:
    return await registry.settle_upload(upload, "aborted", at=AT, visit_at=AT + timedelta(hours=1))


async def list_by_name(lists: FileRegistry, order: FileOrder, *, limit: int) -> list[str]:
    """Return the names of all pages."""
    names: list[str] = []
    after = None
    while found := await lists.list(ALICE, Filter(folder=""), order=order, after=after, limit=limit):
        names += [file.name for file in found]
        after = (found[-1].sort_key, found[-1].id)
    return names


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


def test_what_was_written_survives_a_restart(database_url: str) -> None:
    async def story() -> None:
        with opened(database_url) as first:
            file = await publish(first, upload_of())

        with opened(database_url) as second:
            assert await second.find_file(ALICE, file.id) == file

    asyncio.run(story())


@pytest.mark.parametrize("stranger", [BOB, ALICE_ELSEWHERE], ids=["another user", "another tenant"])
def test_c18_only_the_owner_finds_an_upload_or_a_file(registry: Registry, stranger: Claims) -> None:
    async def story() -> None:
        file = await publish(registry, upload_of())

        assert await registry.find_upload(stranger, file.upload_id) is None
        assert await registry.find_uploads(stranger, [file.upload_id]) == {}
        assert list(await registry.find_uploads(ALICE, [file.upload_id, new_id(AT)])) == [file.upload_id]
        assert await registry.find_file(stranger, file.id) is None
        assert await list_files(registry, stranger) == []
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


def test_files_that_are_published_together_are_counted_each_for_its_owner(registry: Registry) -> None:
    async def story() -> None:
        uploads = [
            structs.replace(upload_of(claims), folder=f"f/{claims.subject}")
            for claims in (ALICE, BOB, ALICE, ALICE_ELSEWHERE)
        ]
        for upload in uploads:
            await add(registry, upload)

        files = [file_of(upload) for upload in uploads]
        published = await asyncio.gather(*(registry.publish(file, "rename") for file in files))

        names = [(file.upload_id, file.owner, file.name) for file in published if file]
        assert [upload_id for upload_id, _, _ in names] == [upload.id for upload in uploads]
        assert sorted(name for _, owner, name in names if owner == "bob") == ["größe ✓.txt"]
        assert sorted(name for _, owner, name in names if owner == "alice") == [
            "größe ✓ (2).txt",
            "größe ✓.txt",
            "größe ✓.txt",
        ]
        assert [await stored(registry, each) for each in (ALICE, BOB, ALICE_ELSEWHERE)] == [
            (2, 6),
            (1, 3),
            (1, 3),
        ]
        assert (await counters(registry)).pending == 0
        assert await FileRegistry(registry._database).has_folder(BOB, "f/bob")

    asyncio.run(story())


@pytest.mark.parametrize("key", [None, "key"])
def test_many_uploads_are_added_by_no_more_statements_than_few(registry: Registry, key: str | None) -> None:
    async def add_all(count: int) -> int:
        new = [
            structs.replace(upload_of(), idempotency_key=key and f"{key}/{count}/{index}")
            for index in range(count)
        ]
        with statements(registry) as made:
            added = await registry.add_uploads([Reservation(each, NO_LIMIT, NO_LIMIT) for each in new])
        assert list(added) == new
        return len(made)

    async def story() -> None:
        await add(registry, upload_of())  # the first one of an owner takes some more
        assert await add_all(40) == await add_all(2)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("quota", "tenant_quota", "link"),
    [(FULL, NO_LIMIT, None), (NO_LIMIT, FULL, None), (NO_LIMIT, NO_LIMIT, link_of(max_files=1))],
    ids=["quota", "tenant's quota", "link"],
)
def test_many_uploads_without_room_are_refused_by_no_more_statements_than_few(
    registry: Registry, quota: Quota, tenant_quota: Quota, link: Share | None
) -> None:
    async def add_all(count: int) -> tuple[int, list[type]]:
        new = [structs.replace(upload_of(), share_id=link and link.id) for _ in range(count)]
        with statements(registry) as made:
            outcomes = await registry.add_uploads([Reservation(each, quota, tenant_quota) for each in new])
        return len(made), [type(outcome) for outcome in outcomes]

    async def story() -> None:
        await FileRegistry(registry._database).add_folder(ALICE, "in")
        if link:
            assert await ShareRegistry(registry._database).add(link)
        assert (await add_all(1))[1] == [Upload]
        few, _ = await add_all(2)
        assert await add_all(40) == (few, [Full] * 40)
        assert (await counters(registry)).pending == 1

    asyncio.run(story())


def test_c53_a_smaller_upload_fits_where_one_before_it_did_not(registry: Registry) -> None:
    async def story() -> None:
        new = [upload_of(size=size) for size in (5, 6, 3, 3, 2)]
        outcomes = await registry.add_uploads([Reservation(each, Quota(bytes=10), NO_LIMIT) for each in new])

        full = Full("quota.bytes", 10)
        assert list(outcomes) == [new[0], full, new[2], full, new[4]]
        assert (await counters(registry)).pending_bytes == 10

    asyncio.run(story())


async def publish_named(registry: Registry, names: Iterable[str], collision: Collision) -> list[str]:
    """Publish files of these names together, in folder a; return how they are called then."""
    files = []
    for name in names:
        upload = structs.replace(upload_of(), folder="a")
        await add(registry, upload)
        files.append(file_of(upload).named(name))
    published = await asyncio.gather(*(registry.publish(file, collision) for file in files))
    return [file.name for file in published if file]


@pytest.mark.parametrize("collision", ["allow", "rename", "refuse", "replace"])
@pytest.mark.parametrize("are_taken", [False, True], ids=["free", "taken"])
def test_many_files_are_published_by_no_more_statements_than_few(
    registry: Registry, collision: Collision, are_taken: bool
) -> None:
    """Each is a round trip to a registry that may be far away."""

    async def publish_all(count: int) -> int:
        uploads = [structs.replace(upload_of(), folder="a") for _ in range(count)]
        if are_taken:
            await publish_named(registry, (upload.id for upload in uploads), "allow")
        for upload in uploads:
            await add(registry, upload)
        with statements(registry) as made:
            files = [file_of(upload).named(upload.id) for upload in uploads]
            await asyncio.gather(*(registry.publish(file, collision) for file in files))
        return len(made)

    async def story() -> None:
        assert await publish_all(40) <= await publish_all(2) + 1

    asyncio.run(story())


def test_files_of_one_name_that_are_published_together_get_the_numbers_that_are_free(
    registry: Registry,
) -> None:
    async def story() -> None:
        await publish_named(registry, ["a.txt", "a (3).txt"], "allow")

        names = await publish_named(registry, ["a.txt", "A.txt", "a (2).txt", "a.txt", "b.txt"], "rename")

        assert len(set(names)) == 5
        assert sorted(map(str.lower, names)) == [
            *("a (2) (2).txt", "a (2).txt", "a (4).txt", "a (5).txt", "b.txt"),
        ]

    asyncio.run(story())


def test_of_files_of_one_name_that_replace_each_other_one_is_left(registry: Registry) -> None:
    async def story() -> None:
        await publish_named(registry, ["a.txt"], "allow")

        assert await publish_named(registry, ["a.txt", "b.txt", "A.txt"], "replace") == [
            "a.txt",
            "b.txt",
            "A.txt",
        ]

        assert sorted(file.name for file in await list_files(registry)) == ["A.txt", "b.txt"]
        assert [file.name for file in await list_files(registry, is_trashed=True)] == ["a.txt", "a.txt"]

    asyncio.run(story())


def test_a_folder_with_many_namesakes_is_restored_by_no_more_statements_than_one_with_few(
    registry: Registry,
) -> None:
    folders = FileRegistry(registry._database)

    async def restore(count: int) -> int:
        names = [f"{count}-{number}.txt" for number in range(count)]
        await publish_named(registry, names, "allow")
        await folders.trash_folder(ALICE, "a", entry_of("folder.trashed"), at=AT)
        await publish_named(registry, names, "allow")
        with statements(registry) as made:
            entry = entry_of("folder.restored")
            assert await folders.restore_folder(ALICE, "a", entry, trashed_at=AT, at=AT) == count
        there = {file.name for file in await list_files(registry, limit=100)}
        assert there >= {*names, *(f"{count}-{number} (2).txt" for number in range(count))}
        await folders.trash_folder(ALICE, "a", entry_of("folder.trashed"), at=AT + timedelta(hours=1))
        return len(made)

    async def story() -> None:
        assert await restore(40) == await restore(2)

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

        first = await list_files(registry, limit=3)
        rest = await list_files(registry, limit=3, after=(first[-1].id, first[-1].id))

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
        (Quota(files=3, pending=3), Full("quota.files", 3)),
        (Quota(bytes=35, files=4), Full("quota.bytes", 35)),
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
        for counted in ALICE, TENANT:
            taken = Counters(files=1, bytes=10, pending=2, pending_bytes=20)
            assert await counters(registry, counted) == taken

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

        await settle(registry, alices)
        assert await registry.add_uploads([Reservation(bobs, Quota(), limit)]) == [bobs]
        await registry.publish(file_of(bobs))
        assert await registry.add_uploads([Reservation(upload_of(ALICE, size=6), Quota(), limit)]) == [
            Full("tenant_quota.bytes", 10)
        ]

    asyncio.run(story())


def test_c53_policies_are_counted_apart(registry: Registry) -> None:
    async def story() -> None:
        uploads = [structs.replace(upload_of(size=6), policy=policy) for policy in ("default", "avatars")]
        limit = Quota(bytes=15)

        outcomes = await registry.add_uploads([Reservation(upload, limit, limit) for upload in uploads])

        assert outcomes == uploads
        one = Counters(pending=1, pending_bytes=6)
        assert await registry.usage_of(ALICE) == {"default": one, "avatars": one}

    asyncio.run(story())


@pytest.mark.parametrize(
    ("link", "taken", "full"),
    [
        ({"max_files": 2}, 2, Full("link.files", 2)),
        ({"max_bytes": 20, "max_files": 3}, 2, Full("link.bytes", 20)),
        ({"expires_at": AT}, 0, Full("link", 0)),
        (None, 0, Full("link", 0)),
    ],
    ids=["files", "bytes", "ended", "taken back"],
)
def test_c53_a_link_takes_no_more_than_it_may_and_counts_nothing_that_it_refused(
    registry: Registry, link: dict[str, Any] | None, taken: int, full: Full
) -> None:
    async def story() -> None:
        shares = ShareRegistry(registry._database)
        share = link_of(**(link or {}))
        await FileRegistry(registry._database).add_folder(ALICE, "in")
        if link is not None:
            assert await shares.add(share)
        uploads = [structs.replace(upload_of(size=10), share_id=share.id) for _ in range(4)]

        outcomes = await registry.add_uploads([Reservation(each, NO_LIMIT, NO_LIMIT) for each in uploads])

        assert outcomes == [*uploads[:taken], *[full] * (4 - taken)]
        for counted in ALICE, TENANT:
            pending = Counters(pending=taken, pending_bytes=10 * taken)
            assert await counters(registry, counted) == pending
        found = await shares.find(share.id)
        assert link is None or found == structs.replace(
            share, received_files=taken, received_bytes=10 * taken
        )

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
        bobs, elsewhere = (
            structs.replace(upload_of(who), idempotency_key="k") for who in (BOB, ALICE_ELSEWHERE)
        )

        assert await add(registry, first) == first
        assert await add(registry, again) == first
        assert await add(registry, bobs) == bobs
        assert await add(registry, elsewhere) == elsewhere
        assert await counters(registry) == Counters(pending=1, pending_bytes=3)
        assert await registry.find_repeated(ALICE, ["k", "other"]) == {"k": first}

    asyncio.run(story())


def test_c56_what_is_repeated_takes_no_room_from_what_is_new(registry: Registry) -> None:
    async def story() -> None:
        first, again, new = (structs.replace(upload_of(), idempotency_key=f"k/{n}") for n in (0, 0, 1))
        quota = Quota(pending=2)
        await add(registry, first, quota)

        outcomes = await registry.add_uploads([Reservation(each, quota, quota) for each in (again, new)])

        assert outcomes == [first, new]

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


def test_c18_what_a_tenant_has_not_finished_is_found_whoever_owns_it(registry: Registry) -> None:
    async def story() -> None:
        uploads = [upload_of(), upload_of(BOB), upload_of(ALICE_ELSEWHERE)]
        for upload in uploads:
            await add(registry, upload)
        newest_first = sorted(uploads[:2], key=lambda upload: upload.id, reverse=True)

        assert await registry.list_pending_of("acme", before="~", limit=10, at=AT) == newest_first
        assert await registry.list_pending_of("acme", before=newest_first[0].id, limit=10, at=AT) == [
            newest_first[1]
        ]
        assert await registry.find_upload_of("acme", uploads[1].id) == uploads[1]
        assert await registry.find_upload_of("acme", uploads[2].id) is None

    asyncio.run(story())


def test_usage_is_sorted_by_subject_or_by_a_number_and_read_on_from_there(registry: Registry) -> None:
    async def story() -> None:
        for subject, sizes in {"ada": [9], "bob": [1, 2], "cyd": [3]}.items():
            claims = Claims(subject=subject, tenant="acme", scopes=frozenset())
            for size in sizes:
                await publish(registry, upload_of(claims, size=size))
        await publish(registry, upload_of(ALICE_ELSEWHERE))

        async def subjects(order: UsageOrder, after: tuple[str | int, ...] | None = None) -> list[str]:
            found = await registry.list_usage("acme", order=order, after=after, limit=10)
            return [each.owner for each in found]

        assert await subjects("subject") == ["ada", "bob", "cyd"]
        assert await subjects("-subject", ("bob", "default")) == ["ada"]
        assert await subjects("-bytes") == ["ada", "cyd", "bob"]
        assert await subjects("-bytes", (3, "cyd", "default")) == ["bob"]
        assert await subjects("files", (1, "ada", "default")) == ["cyd", "bob"]

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


def is_blocked(url: str) -> bool:
    """Say whether a change waits for another one of this PostgreSQL database."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return found.fetchone() is not None


def test_no_upload_has_a_key_that_no_database_can_hold(registry: Registry) -> None:
    assert asyncio.run(registry.find_upload_of_key("uploads/acme/\0")) is None


def test_c56_a_replica_that_finds_no_room_returns_the_upload_of_the_same_request(
    postgres: PostgresServer,
) -> None:
    url = postgres.make_database()
    is_added, may_commit = threading.Event(), threading.Event()

    def reserve() -> list[Reservation]:
        return [Reservation(structs.replace(upload_of(), idempotency_key="k/0"), Quota(pending=1), NO_LIMIT)]

    def add_slowly(connection: Connection) -> list[Upload | Full]:
        added = add_uploads(connection, reserve())
        is_added.set()
        assert may_commit.wait(4)
        return added

    with closing(open_database(url)) as first, closing(open_database(url)) as second:

        async def story() -> None:
            quicker = asyncio.ensure_future(first.write(add_slowly))
            await asyncio.to_thread(is_added.wait, 4)
            slower = asyncio.ensure_future(Registry(second).add_uploads(reserve()))
            await asyncio.to_thread(wait_until, partial(is_blocked, url))
            may_commit.set()
            assert await slower == await quicker

        asyncio.run(story())


def test_c35_of_two_replicas_that_complete_one_makes_the_file(database_url: str) -> None:
    async def story() -> None:
        with opened(database_url) as one, opened(database_url) as other:
            for _ in range(10):
                upload = upload_of()
                await add(one, upload)

                files = await asyncio.gather(*(r.publish(file_of(upload)) for r in (one, other) * 4))

                assert len({file.id for file in files if file}) == 1
                assert None not in files
            assert await counters(other) == Counters(files=10, bytes=30)

    asyncio.run(story())


def test_names_are_sorted_as_people_do_across_pages(registry: Registry) -> None:
    names = ["(2).txt", "2.txt", "10 a.txt", "0011.txt", "100.txt", "Äpfel.txt", "apfelmus.txt"]
    names += [
        "file 1.txt",
        "File 2.txt",
        "file 10.txt",
        "file.txt",
        "Zebra.txt",
        "я.txt",
        "日本.txt",
        "🙂.txt",
    ]

    async def story() -> None:
        for name in names[::-1]:
            upload = upload_of()
            await add(registry, upload)
            await registry.publish(file_of(upload).named(name))

        lists = FileRegistry(registry._database)
        for limit in 1, 3, 100:
            assert await list_by_name(lists, "name", limit=limit) == names
            assert await list_by_name(lists, "-name", limit=limit) == names[::-1]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("collision", "there", "in_trash"),
    [
        ("rename", ["a (2).txt", "a.txt"], []),
        ("refuse", ["a (2).txt", "a.txt"], []),
        ("replace", ["a.txt"], ["a.txt"]),
    ],
)
def test_two_replicas_do_not_give_one_name_to_two_files(
    database_url: str, collision: Collision, there: list[str], in_trash: list[str]
) -> None:
    async def story() -> None:
        with opened(database_url) as one, opened(database_url) as other:
            for n in range(10):
                owner = structs.replace(ALICE, subject=f"alice {n}")
                uploads = upload_of(owner), upload_of(owner)
                for upload in uploads:
                    await add(one, upload)

                await asyncio.gather(
                    *(
                        r.publish(file_of(upload).named("a.txt"), collision)
                        for r, upload in zip((one, other), uploads, strict=True)
                    )
                )

                files = await list_files(one, owner), await list_files(one, owner, is_trashed=True)
                assert [sorted(file.name for file in each) for each in files] == [there, in_trash]

    asyncio.run(story())


def test_two_replicas_do_not_rename_two_files_to_one_name(database_url: str) -> None:
    async def rename(registry: Registry, file: File) -> File | NameTaken | None:
        new = structs.replace(file.named("b.txt"), revision=file.revision + 1)
        try:
            entry = entry_of("file.changed", file.id)
            return await FileRegistry(registry._database).replace(file, new, "refuse", entry, at=AT)
        except NameTaken as error:
            return error

    async def story() -> None:
        with opened(database_url) as one, opened(database_url) as other:
            told: list[str] = []
            for n in range(10):
                owner = structs.replace(ALICE, subject=f"alice {n}")
                files = []
                for upload in upload_of(owner), upload_of(owner):
                    await add(one, upload)
                    files.append(await one.publish(file_of(upload)))

                outcomes = await asyncio.gather(
                    *(rename(r, file) for r, file in zip((one, other), files, strict=True) if file)
                )

                assert sorted(type(outcome).__name__ for outcome in outcomes) == ["File", "NameTaken"]
                told += [outcome.id for outcome in outcomes if isinstance(outcome, File)]
                assert [file.name for file in await list_files(one, owner)].count("b.txt") == 1
            assert await noted(one) == sorted(told)

    asyncio.run(story())


def test_of_two_replicas_that_complete_and_abort_one_does(database_url: str) -> None:
    async def story() -> None:
        with opened(database_url) as one, opened(database_url) as other:
            for _ in range(20):
                upload = upload_of()
                await add(one, upload)

                was_aborted, file = await asyncio.gather(settle(one, upload), other.publish(file_of(upload)))

                assert was_aborted is (file is None)
            found = await counters(one)
            assert (found.pending, found.pending_bytes, found.bytes) == (0, 0, 3 * found.files)

    asyncio.run(story())


async def move_a(folders: FileRegistry) -> bool:
    return await folders.move_folder(ALICE, "a", "b", entry_of("folder.moved"), at=AT)


async def trash_a(folders: FileRegistry) -> int | None:
    return await folders.trash_folder(ALICE, "a", entry_of("folder.trashed"), at=AT)


async def move_away(folders: FileRegistry) -> None:
    assert await move_a(folders)


async def throw_away(folders: FileRegistry) -> None:
    assert await trash_a(folders) == 1


def test_a_file_goes_where_its_folder_went_while_it_was_verified(registry: Registry) -> None:
    async def story() -> None:
        upload = structs.replace(upload_of(), folder="a/x")
        await add(registry, upload)
        folders = FileRegistry(registry._database)
        await folders.add_folder(ALICE, "a")

        await move_away(folders)
        file = await registry.publish(file_of(upload))

        assert file
        assert file.folder == "b/x"
        assert not await folders.has_folder(ALICE, "a")

    asyncio.run(story())


class SlowDatabase:
    """Keeps a change from being committed until it may be."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_made, self.may_commit = threading.Event(), threading.Event()

    async def write(self, change: Callable[[Connection], T]) -> T:
        def make_slowly(connection: Connection) -> T:
            made = change(connection)
            self.is_made.set()
            assert self.may_commit.wait(4)
            return made

        return await self._database.write(make_slowly)

    async def write_each(
        self, change: Callable[[Connection, Sequence[Item]], Sequence[T]], items: Sequence[Item]
    ) -> Sequence[T]:
        return await self.write(lambda connection: change(connection, items))


@pytest.mark.parametrize(
    ("act", "folder", "is_trashed"), [(move_away, "b/x", False), (throw_away, "a/x", True)]
)
def test_a_folder_that_goes_takes_along_what_is_stored_into_it_at_that_moment(
    postgres: PostgresServer,
    act: Callable[[FileRegistry], Coroutine[None, None, None]],
    folder: str,
    is_trashed: bool,
) -> None:
    url = postgres.make_database()

    async def story() -> None:
        with opened(url) as one, opened(url) as other:
            folders, slow = FileRegistry(other._database), SlowDatabase(one._database)
            await folders.add_folder(ALICE, "a")
            upload = structs.replace(upload_of(), folder="a/x")
            await add(one, upload)

            publishing = asyncio.ensure_future(Registry(cast(Database, slow)).publish(file_of(upload)))
            await asyncio.to_thread(slow.is_made.wait, 4)
            going = asyncio.ensure_future(act(folders))
            await asyncio.to_thread(wait_until, lambda: going.done() or is_blocked(url))
            slow.may_commit.set()
            await asyncio.gather(publishing, going)

            file = await one.find_file_of_upload(upload.id)
            assert file
            assert (file.folder, file.trashed_at is not None) == (folder, is_trashed)
            found = [await folders.has_folder(ALICE, path) for path in ("a", "a/x", folder)]
            assert found == [False, False, not is_trashed]

    asyncio.run(story())


def test_an_upload_goes_along_with_a_folder_into_which_another_move_brings_it_at_that_moment(
    postgres: PostgresServer,
) -> None:
    url = postgres.make_database()

    async def story() -> None:
        with opened(url) as one, opened(url) as other:
            slow, folders = SlowDatabase(one._database), FileRegistry(other._database)
            upload = structs.replace(upload_of(), folder="x")
            await add(one, upload)
            for path in "a", "x":
                await folders.add_folder(ALICE, path)

            bringing = asyncio.ensure_future(
                FileRegistry(cast(Database, slow)).move_folder(
                    ALICE, "x", "a/x", entry_of("folder.moved"), at=AT
                )
            )
            await asyncio.to_thread(slow.is_made.wait, 4)
            going = asyncio.ensure_future(move_a(folders))
            await asyncio.to_thread(wait_until, lambda: going.done() or is_blocked(url))
            slow.may_commit.set()

            assert (await bringing, await going) == (True, True)
            found = await one.find_upload(ALICE, upload.id)
            assert found
            assert found.folder == "b/x"

    asyncio.run(story())


@pytest.mark.parametrize(("act", "outcome"), [(move_a, False), (trash_a, None)])
def test_a_folder_that_is_thrown_away_at_that_moment_takes_nothing_anywhere(
    postgres: PostgresServer,
    act: Callable[[FileRegistry], Coroutine[None, None, int | None]],
    outcome: int | None,
) -> None:
    url = postgres.make_database()

    async def story() -> None:
        with opened(url) as one, opened(url) as other:
            stored, pending = (structs.replace(upload_of(), folder="a") for _ in range(2))
            for upload in stored, pending:
                await add(one, upload)
            await one.publish(file_of(stored))
            slow = SlowDatabase(one._database)

            trashing = asyncio.ensure_future(trash_a(FileRegistry(cast(Database, slow))))
            await asyncio.to_thread(slow.is_made.wait, 4)
            going = asyncio.ensure_future(act(FileRegistry(other._database)))
            await asyncio.to_thread(wait_until, lambda: going.done() or is_blocked(url))
            slow.may_commit.set()

            assert (await trashing, await going) == (1, outcome)
            file = await one.find_file_of_upload(stored.id)
            assert file
            assert file.folder == "a"
            assert await one.find_upload(ALICE, pending.id) == pending

    asyncio.run(story())


def test_c53_two_replicas_do_not_overshoot(database_url: str) -> None:
    async def story() -> None:
        with opened(database_url) as one, opened(database_url) as other:
            outcomes = await asyncio.gather(
                *(add(r, upload_of(size=1), Quota(bytes=10)) for r in (one, other) * 20)
            )

            assert sum(isinstance(outcome, Upload) for outcome in outcomes) == 10
            assert await counters(one) == await counters(other) == Counters(pending=10, pending_bytes=10)

    asyncio.run(story())


def test_c56_of_two_replicas_that_get_one_key_both_return_one_upload(database_url: str) -> None:
    async def story() -> None:
        with opened(database_url) as one, opened(database_url) as other:
            for n in range(10):
                uploads = [structs.replace(upload_of(), idempotency_key=f"k{n}") for _ in range(8)]

                outcomes = await asyncio.gather(
                    *(add(r, u) for r, u in zip((one, other) * 4, uploads, strict=True))
                )

                assert len({outcome.id for outcome in outcomes if isinstance(outcome, Upload)}) == 1
            assert await counters(one) == Counters(pending=10, pending_bytes=30)

    asyncio.run(story())
