"""The audit trail: what gets into it, what never does, and how it is read."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from broker import audit, audit_rows
from broker.audit import Audit
from broker.audit_registry import AuditFilter, AuditRegistry
from broker.auth import Scope
from broker.cli import main
from broker.database import Database, OutcomeUnknown
from broker.errors import RegistryUnavailable
from broker.keys import new_id
from broker.registry import Registry
from broker.rows import AuditEntry, Caller, File
from broker.settings import Policy, Quota, StoreSettings
from broker.sqlite import SqliteDatabase
from tests.running import RunningBroker, run_broker
from tests.test_api import GOOD, NO_STORE
from tests.test_configuration import GOOD as SETTINGS
from tests.transfers import create, put, upload

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
ALICE = Caller(tenant="acme", subject="alice")


def entry(event: str = "file.deleted", *, at: datetime = AT, **changes: str) -> AuditEntry:
    given = {"tenant": "acme", "subject": "alice", "target": "t", "address": "a", "request_id": "r"} | changes
    return AuditEntry(id=new_id(at), at=at, event=event, **given)


def test_entries_are_found_by_each_of_their_fields_the_newest_first(database: Database) -> None:
    async def story() -> None:
        registry = AuditRegistry(database)
        entries = [
            entry(at=AT),
            entry("session.begun", at=AT + timedelta(hours=1), subject="bob"),
            entry(at=AT + timedelta(hours=2), tenant="other", target="u"),
        ]
        await registry.add(entries)

        async def found(limit: int = 10, **wanted: object) -> list[int]:
            listed = await registry.list(AuditFilter(**wanted), limit=limit)  # type: ignore[arg-type]
            return [entries.index(each) for each in listed]

        assert await found() == [2, 1, 0]
        assert await found(limit=2) == [2, 1]
        assert await found(before=entries[2].id) == [1, 0]
        assert await found(tenant="acme") == [1, 0]
        assert await found(subject="bob") == [1]
        assert await found(event="file.deleted") == [2, 0]
        assert await found(target="u") == [2]
        assert await found(target="u\0") == []
        assert await found(since=AT + timedelta(hours=1), until=AT + timedelta(hours=2)) == [1]
        assert await found(since=datetime(1, 1, 1, tzinfo=UTC), until=AT + timedelta(hours=1)) == [0]
        assert await found(tenant="acme", event="session.begun", subject="alice") == []

    asyncio.run(story())


def test_entries_go_when_they_are_old_and_in_no_other_way(database: Database) -> None:
    async def story() -> None:
        registry = AuditRegistry(database)
        trail = Audit(registry, retention_days=10)
        trail.record("file.deleted", ALICE, at=AT)
        await trail.flush()

        await Audit(registry, retention_days=0).forget(at=AT + timedelta(days=10_000))
        await trail.forget(at=AT + timedelta(days=10))
        assert len(await registry.list(AuditFilter(), limit=10)) == 1
        await trail.forget(at=AT + timedelta(days=10, seconds=1))
        assert await registry.list(AuditFilter(), limit=10) == []

    asyncio.run(story())


def test_what_cannot_be_written_waits_and_keeps_its_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_AT_ONCE", 2)

    async def story() -> None:
        registry = AuditRegistry(database)
        trail = Audit(registry, retention_days=0)
        for n in range(5):
            trail.record("file.deleted", ALICE, str(n), at=AT + timedelta(seconds=n))
        with monkeypatch.context() as patch:
            patch.setattr(AuditRegistry, "add", refuse)
            with pytest.raises(RegistryUnavailable):
                await trail.flush()

        await trail.flush()

        assert [each.target for each in await registry.list(AuditFilter(), limit=9)] == list("43210")

    asyncio.run(story())


def test_what_was_written_although_nobody_knew_it_is_not_written_twice_and_holds_nothing_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = AuditRegistry.add

    async def add_and_lose_the_answer(registry: AuditRegistry, entries: Sequence[AuditEntry]) -> None:
        await add(registry, entries)
        raise OutcomeUnknown("The registry cannot be used right now; nothing was lost, try again.")

    async def story() -> None:
        registry = AuditRegistry(database)
        trail = Audit(registry, retention_days=0)
        trail.record("file.deleted", ALICE, "0", at=AT)
        with monkeypatch.context() as patch:
            patch.setattr(AuditRegistry, "add", add_and_lose_the_answer)
            with pytest.raises(RegistryUnavailable):
                await trail.flush()
        trail.record("file.deleted", ALICE, "1", at=AT + timedelta(seconds=1))

        await trail.flush()

        assert [each.target for each in await registry.list(AuditFilter(), limit=9)] == list("10")

    asyncio.run(story())


def test_what_is_being_written_at_the_end_is_written(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        registry = AuditRegistry(database)
        trail = Audit(registry, retention_days=0)
        trail.record("file.deleted", ALICE, at=AT)
        has_begun = asyncio.Event()

        async def hang(_: AuditRegistry, __: object) -> None:
            has_begun.set()
            await asyncio.Event().wait()

        with monkeypatch.context() as patch:
            patch.setattr(AuditRegistry, "add", hang)
            async with asyncio.timeout(10):
                task = asyncio.create_task(trail.run())
                await has_begun.wait()
        task.cancel()
        await asyncio.wait([task])

        assert len(await registry.list(AuditFilter(), limit=9)) == 1

    asyncio.run(story())


def test_what_the_registry_does_not_take_at_the_end_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(AuditRegistry, "add", refuse)
    monkeypatch.setattr(audit, "_SECONDS", 0)

    async def story() -> None:
        trail = Audit(AuditRegistry(database), retention_days=0)
        for _ in range(2):
            trail.record("file.deleted", ALICE, at=AT)
        task = asyncio.create_task(trail.run())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(story())

    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert vars(record)["lost"] == 2


async def refuse(_: AuditRegistry, __: object) -> None:
    raise RegistryUnavailable("The registry cannot be used right now; nothing was lost, try again.")


def test_only_so_many_entries_wait_and_those_lost_are_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(audit, "_WAITING", 3)

    async def story() -> int:
        registry = AuditRegistry(database)
        trail = Audit(registry, retention_days=0)
        for _ in range(5):
            trail.record("file.deleted", ALICE, at=AT)
        await trail.flush()
        await trail.flush()
        return len(await registry.list(AuditFilter(), limit=9))

    assert asyncio.run(story()) == 3
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (record.message, vars(record)["lost"]) == ("Audit entries were lost: too many waited", 2)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    policies = {"default": Policy(), "tiny": Policy(name="tiny", quota=Quota(bytes=1))}
    with run_broker(NO_STORE, f"sqlite:///{tmp_path / 'broker.db'}", policies=policies) as running:
        running.add_user("carol", "a good password")
        yield running


def read(broker: RunningBroker, *arguments: str) -> list[dict[str, str]]:
    """Read the trail of a broker that has stopped, by its command."""
    environ = SETTINGS | {"BROKER_DATABASE_URL": broker.settings.database_url}
    output = CliRunner().invoke(main, ["audit", "--json", *arguments], env=environ).output
    return [json.loads(line) for line in output.splitlines()]


def test_c55_what_callers_do_and_are_refused_is_in_the_trail_with_who_and_whence(
    embedded: StoreSettings, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'broker.db'}"
    policies = {"default": Policy(), "tiny": Policy(name="tiny", quota=Quota(bytes=1))}
    with run_broker(embedded, database, policies=policies) as broker, broker.client() as client:
        created = create(client, b"hello")
        put(created, b"hello")
        file, again = (
            client.post(f"/v1/uploads/{created['id']}/complete").json()["file"]["id"] for _ in range(2)
        )
        assert file == again
        client.post("/v1/uploads/batch/complete", json={"uploads": [{"id": created["id"]}]})
        other, _ = (
            client.post("/v1/uploads", json=GOOD, headers={"idempotency-key": "k"}).json()["id"]
            for _ in range(2)
        )
        for _ in range(2):
            client.delete(f"/v1/uploads/{other}").raise_for_status()
        client.post(f"/v1/files/{file}/download", json={})
        client.get(f"/v1/files/{file}/content")
        client.delete(f"/v1/files/{file}")
        client.post("/v1/uploads", json=GOOD | {"policy": "tiny"})
        token = broker.token("alice", scopes={Scope.FILES_READ})
        headers = {"authorization": f"Bearer {token}", "x-request-id": "of-this-call"}
        httpx.delete(f"{broker.url}/v1/files/{file}", headers=headers)

    trail = read(broker)

    assert [(each["event"], each["target"]) for each in trail] == [
        ("upload.created", created["id"]),
        ("upload.completed", created["id"]),
        ("upload.created", other),
        ("upload.aborted", other),
        ("file.handed-out", file),
        ("file.handed-out", file),
        ("file.deleted", file),
        ("limit.exceeded", ""),
        ("access.denied", file),
    ]
    assert {(each["tenant"], each["subject"], each["address"]) for each in trail} == {
        ("acme", "alice", "127.0.0.1")
    }
    assert trail[-1]["request_id"] == "of-this-call"
    assert [each["event"] for each in read(broker, "--event", "access.denied")] == ["access.denied"]


def test_c55_an_upload_that_one_request_names_twice_is_completed_once(
    embedded: StoreSettings, tmp_path: Path
) -> None:
    with run_broker(embedded, f"sqlite:///{tmp_path / 'broker.db'}") as broker, broker.client() as client:
        created = create(client, b"hello")
        put(created, b"hello")
        named = {"id": created["id"]}

        answer = client.post("/v1/uploads/batch/complete", json={"uploads": [named, named]})

    first, second = answer.raise_for_status().json()["items"]
    assert first["file"] == second["file"]
    assert [each["event"] for each in read(broker)] == ["upload.created", "upload.completed"]


def test_c55_a_completion_whose_answer_the_registry_loses_is_in_the_trail(
    embedded: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = Registry.publish

    async def publish_and_lose_the_answer(registry: Registry, *what: object) -> File | None:
        await publish(registry, *what)  # type: ignore[arg-type]  # as it came
        monkeypatch.setattr(Registry, "publish", publish)
        raise OutcomeUnknown("The registry cannot be used right now; nothing was lost, try again.")

    with run_broker(embedded, f"sqlite:///{tmp_path / 'broker.db'}") as broker, broker.client() as client:
        created = create(client, b"hello")
        put(created, b"hello")
        monkeypatch.setattr(Registry, "publish", publish_and_lose_the_answer)

        answers = [complete(client, created, request_id) for request_id in ("first", "again")]

    assert [answer.status_code for answer in answers] == [503, 200]
    last = read(broker)[-1]
    assert (last["event"], last["subject"], last["address"], last["request_id"]) == (
        *("upload.completed", "alice", "127.0.0.1", "first"),
    )


def test_c55_a_deletion_whose_answer_the_registry_loses_is_in_the_trail(
    embedded: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = Registry.delete_file

    async def delete_and_lose_the_answer(registry: Registry, *what: object, **when: object) -> bool:
        await delete(registry, *what, **when)  # type: ignore[arg-type]  # as it came
        raise OutcomeUnknown("The registry cannot be used right now; nothing was lost, try again.")

    with run_broker(embedded, f"sqlite:///{tmp_path / 'broker.db'}") as broker, broker.client() as client:
        file = upload(client, b"hello")["id"]
        monkeypatch.setattr(Registry, "delete_file", delete_and_lose_the_answer)

        answers = [client.delete(f"/v1/files/{file}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [503, 404]
    last = read(broker)[-1]
    assert (last["event"], last["target"], last["address"]) == ("file.deleted", file, "127.0.0.1")


def complete(client: httpx.Client, created: dict[str, Any], request_id: str) -> httpx.Response:
    path = f"/v1/uploads/{created['id']}/complete"
    return client.post(path, json={}, headers={"x-request-id": request_id})


def test_c55_an_upload_is_rejected_once_however_often_its_completion_is_repeated(
    embedded: StoreSettings, tmp_path: Path
) -> None:
    sniffed = {"default": Policy(sniff=True)}
    database = f"sqlite:///{tmp_path / 'broker.db'}"
    with run_broker(embedded, database, policies=sniffed) as broker, broker.client() as client:
        created = create(client, b"no picture", type="image/png")
        put(created, b"no picture")

        answers = [complete(client, created, request_id) for request_id in ("first", "again")]
        client.post("/v1/uploads/batch/complete", json={"uploads": [{"id": created["id"]}]})

    assert [answer.status_code for answer in answers] == [422, 422]
    trail = read(broker)
    assert [each["event"] for each in trail] == ["upload.created", "upload.rejected"]
    assert trail[-1]["request_id"] == "first"


def test_c55_a_file_that_stays_as_it_is_was_not_changed(embedded: StoreSettings, tmp_path: Path) -> None:
    with run_broker(embedded, f"sqlite:///{tmp_path / 'broker.db'}") as broker, broker.client() as client:
        file = upload(client, b"hello")["id"]
        for _ in range(2):
            client.patch(f"/v1/files/{file}", json={"name": "b.txt"}).raise_for_status()
            client.post("/v1/files/batch", json={"ids": [file, file], "folder": "a"}).raise_for_status()

    events = [each["event"] for each in read(broker)]
    assert events == ["upload.created", "upload.completed", "file.changed", "file.changed"]


def test_c55_a_change_and_its_entry_are_one(
    embedded: StoreSettings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AuditRegistry, "add", refuse)  # as of a process that is killed before it gets there
    nowhere = dict.fromkeys(audit_rows.INSERT_ENTRIES, text("INSERT INTO nowhere VALUES (:id)"))
    with run_broker(embedded, database_url) as broker, broker.client() as client:
        file = upload(client, b"hello")["id"]
        changes: list[tuple[str, Callable[[], httpx.Response]]] = [
            ("file.changed", lambda: client.patch(f"/v1/files/{file}", json={"name": "b.txt"})),
            ("file.changed", lambda: client.post("/v1/files/batch", json={"ids": [file], "folder": "a"})),
            ("folder.moved", lambda: client.post("/v1/folders/move", json={"path": "a", "to": "b"})),
            ("folder.trashed", lambda: client.post("/v1/folders/trash", json={"path": "b"})),
            ("folder.restored", lambda: client.post("/v1/folders/restore", json={"path": "b"})),
        ]
        told = []
        for event, change in changes:
            before = all_of(client)
            with monkeypatch.context() as patch:
                patch.setattr(audit_rows, "INSERT_ENTRIES", nowhere)
                change()
            assert all_of(client) == before, event

            change().raise_for_status()

            newest = client.get("/v1/admin/audit", params={"limit": 1}).json()["items"][0]
            assert (newest["event"], newest["subject"], newest["address"]) == (event, "alice", "127.0.0.1")
            told.append(newest["target"])

    assert told == [file, file, "", "", ""]


def all_of(client: httpx.Client) -> list[object]:
    """Return all that a client sees of what it has."""
    paths = "/v1/uploads", "/v1/files", "/v1/files?trashed=true", "/v1/folders", "/v1/me"
    return [client.get(path).raise_for_status().json() for path in paths]


def test_c55_sign_ins_good_and_bad_are_in_the_trail_but_no_name_that_nobody_has(
    broker: RunningBroker,
) -> None:
    def sign_in(username: str, password: str) -> httpx.Response:
        return httpx.post(f"{broker.url}/v1/session", json={"username": username, "password": password})

    sign_in("carol", "wrong")
    sign_in("my secret, typed into the wrong field", "wrong")
    token = sign_in("carol", "a good password").json()["access_token"]
    httpx.delete(f"{broker.url}/v1/sessions", headers={"authorization": f"Bearer {token}"})
    with httpx.Client(base_url=broker.url) as browser:
        browser.post("/v1/session", json={"username": "carol", "password": "a good password"})
        browser.delete("/v1/session", headers={"x-broker-csrf": "1"})
    trail = wait_for(broker, 6)

    assert [(each["event"], each["subject"]) for each in trail] == [
        ("session.refused", "carol"),
        ("session.refused", ""),
        ("session.begun", "carol"),
        ("session.all-ended", "carol"),
        ("session.begun", "carol"),
        ("session.ended", "carol"),
    ]
    assert "secret" not in json.dumps(trail)


def wait_for(broker: RunningBroker, count: int) -> list[dict[str, str]]:
    """Read the trail of a running broker when so many entries are in it."""
    trail: list[dict[str, str]] = []
    give_up_at = time.monotonic() + 10
    while len(trail) < count:
        assert time.monotonic() < give_up_at, trail
        trail = read(broker)
    return trail


def test_c54_no_secret_gets_into_the_trail_whatever_clients_send(broker: RunningBroker) -> None:
    secrets = ["X-Amz-Signature=abc123", "eyJhbGciOiJIUzI1NiJ9." + "x" * 60, "a password"]
    with broker.client() as client:
        for secret in secrets:
            client.post("/v1/uploads", json=GOOD | {"name": secret}, headers={"x-request-id": secret})
            client.get(f"/v1/files/{secret}/content", headers={"x-request-id": secret[:8]})
            bad = {"authorization": f"Bearer {secret}"}
            client.delete(f"/v1/files/{secret}", headers=bad)
            weak = {"authorization": f"Bearer {broker.token(scopes=())}"}
            client.delete(f"/v1/files/{secret}", headers=weak)
    trail = wait_for(broker, 6)

    text = json.dumps(trail)
    assert not any(secret in text for secret in secrets)
    assert {each["event"] for each in trail} == {"upload.created", "access.denied"}


def test_administration_is_in_the_trail_too(tmp_path: Path) -> None:
    environ = SETTINGS | {"BROKER_DATABASE_URL": f"sqlite:///{tmp_path / 'broker.db'}"}

    def run(*arguments: str) -> str:
        return CliRunner().invoke(main, arguments, env=environ, input="a good password\n").output

    run("user", "add", "carol")
    run("user", "add", "carol")  # whom there is already
    run("user", "passwd", "carol")
    run("user", "disable", "carol")
    run("user", "disable", "nobody")
    run("user", "enable", "carol")
    run("token", "issue", "--subject", "backup", "--scope", "files:read")
    shown = run("audit")

    assert [line.split()[2:] for line in shown.splitlines()[1:]] == [
        ["user.added", "carol", "command", "line"],
        ["user.password-changed", "carol", "command", "line"],
        ["user.disabled", "carol", "command", "line"],
        ["user.enabled", "carol", "command", "line"],
        ["token.issued", "backup", "command", "line"],
    ]
    assert run("audit", "--subject", "nobody") == "There is nothing of the kind.\n"


def test_a_terminal_is_not_told_what_to_do_by_what_a_client_sent(tmp_path: Path) -> None:
    environ = SETTINGS | {"BROKER_DATABASE_URL": f"sqlite:///{tmp_path / 'trail.db'}"}
    trail = SqliteDatabase(environ["BROKER_DATABASE_URL"])
    asyncio.run(AuditRegistry(trail).add([entry(subject="\x1b[31mred\nand a second line")]))
    trail.close()

    shown = CliRunner().invoke(main, ["audit"], env=environ).output

    assert len(shown.splitlines()) == 2
    assert "\x1b" not in shown
