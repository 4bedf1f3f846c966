"""What the reconciler does about uploads that were abandoned, cut short or deleted."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from broker import errors
from broker.prune_command import visits
from broker.reconciler import Visit, WrongRegistry
from broker.settings import Policy, StoreSettings
from broker.stores.s3 import S3Store
from tests.faulty_store import Exchange, faulty
from tests.objects import assemble, at_time, drop_parts, exists, key_of, parts_uploads, store_object
from tests.problems import assert_problem
from tests.reconciling import find_orphans, preview, reconcile
from tests.running import RunningBroker, run_broker
from tests.transfers import complete, completions_of, create, cut, put, send_parts, upload
from tests.waiting import wait_until

POLICIES = {"default": Policy(), "parts": Policy(name="parts", single_put_max=0)}
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOTHING = {"files": 0, "bytes": 0, "pending": 0, "pending_bytes": 0}


@pytest.fixture
def broker(embedded: StoreSettings, tmp_path: Path) -> Iterator[RunningBroker]:
    """Run a broker with a registry of its own, whose own reconciler comes once."""
    url = f"sqlite:///{tmp_path / 'broker.db'}"
    with run_broker(embedded, url, policies=POLICIES, reconcile_interval=86400) as running:
        yield running


@pytest.fixture
def client(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def actions(visits: list[Visit]) -> list[str]:
    return [visit.action for visit in visits]


def status_of(client: httpx.Client, created: dict[str, str]) -> str:
    return str(client.get(f"/v1/uploads/{created['id']}").json()["status"])


@pytest.mark.parametrize("policy", ["default", "parts"])
def test_c41_an_abandoned_upload_expires_and_leaves_nothing(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings, policy: str
) -> None:
    created = create(client, b"x", policy=policy, checksum=None)
    if policy == "parts":
        send_parts(client, created, cut(created, b"x"))
        assert parts_uploads(embedded, created)

    assert reconcile(broker.settings) == []
    assert actions(reconcile(broker.settings, after=DAY)) == ["expire"]

    assert status_of(client, created) == "expired"
    assert parts_uploads(embedded, created) == []
    assert not exists(embedded, created)
    assert client.get("/v1/me").json()["usage"] == NOTHING


def test_c41_an_object_that_came_but_was_never_completed_in_time_is_removed(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    put(created, b"x").raise_for_status()

    assert actions(reconcile(broker.settings, after=DAY)) == ["expire"]

    assert not exists(embedded, created)
    assert_problem(complete(client, created), errors.UploadExpired)


def test_an_object_that_nobody_came_to_complete_becomes_a_file(
    broker: RunningBroker, client: httpx.Client
) -> None:
    created = create(client, b"x")
    put(created, b"x").raise_for_status()

    assert reconcile(broker.settings, after=5 * MINUTE) == []  # the client may be about to
    assert actions(reconcile(broker.settings, after=10 * MINUTE)) == ["publish"]

    assert status_of(client, created) == "completed"
    assert completions_of(client, created) == ["alice"]
    assert complete(client, created).status_code == 200
    assert client.get("/v1/me").json()["usage"] == NOTHING | {"files": 1, "bytes": 1}


def test_what_a_command_that_is_cut_short_has_made_a_file_is_in_the_trail(
    broker: RunningBroker, client: httpx.Client
) -> None:
    created = create(client, b"x")
    put(created, b"x").raise_for_status()

    async def cut_short() -> str:
        at = datetime.now(UTC) + 10 * MINUTE
        async with aclosing(visits(broker.settings, dry_run=False, orphans=False, at=at)) as pruning:
            return (await anext(pruning)).action

    assert asyncio.run(cut_short()) == "publish"

    assert completions_of(client, created) == ["alice"]


@pytest.mark.parametrize("body", [b"yy", b"y"], ids=["size", "checksum"])
def test_c34_an_object_that_is_not_the_declared_one_is_not_published(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings, body: bytes
) -> None:
    created = create(client, b"x")
    store_object(embedded, key_of(embedded, created), body, "text/plain")

    assert actions(reconcile(broker.settings, after=10 * MINUTE)) == ["wait"]

    assert status_of(client, created) == "pending"
    assert_problem(complete(client, created), errors.UploadRejected)


def test_a_pending_upload_is_looked_at_ever_more_seldom(broker: RunningBroker, client: httpx.Client) -> None:
    create(client, b"x")
    minutes = [minute for minute in range(1, 24 * 60, 3) if reconcile(broker.settings, after=minute * MINUTE)]

    assert len(minutes) <= 10
    assert all(later - sooner >= sooner // 2 for sooner, later in pairwise(minutes))


def test_what_was_settled_is_removed_once_more_and_forgotten_after_a_day(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    client.delete(f"/v1/uploads/{created['id']}").raise_for_status()
    put(created, b"x").raise_for_status()  # the URL lives on for minutes

    assert reconcile(broker.settings, after=59 * MINUTE) == []
    assert actions(reconcile(broker.settings, after=HOUR)) == ["remove"]
    assert not exists(embedded, created)
    assert_problem(complete(client, created), errors.UploadAborted)

    assert actions(reconcile(broker.settings, after=DAY + MINUTE)) == ["forget"]
    assert_problem(complete(client, created), errors.NotFound)
    assert reconcile(broker.settings, after=9 * DAY) == []


def test_what_is_left_of_a_deleted_file_is_removed_and_forgotten(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    put(created, b"x").raise_for_status()
    file = complete(client, created).json()["file"]
    client.delete(f"/v1/files/{file['id']}").raise_for_status()
    put(created, b"x").raise_for_status()  # a late replay of its URL

    assert actions(reconcile(broker.settings, after=HOUR)) == ["remove"]

    assert not exists(embedded, created)
    assert actions(reconcile(broker.settings, after=DAY + MINUTE)) == ["forget"]


def test_a_file_is_never_touched(broker: RunningBroker, client: httpx.Client) -> None:
    file = upload(client, b"keep me")

    for days in range(10):
        assert reconcile(broker.settings, after=days * DAY) == []

    assert client.post(f"/v1/files/{file['id']}/download", json={}).status_code == 200


def test_what_fails_while_the_store_is_down_is_done_when_it_is_back(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    put(created, b"x").raise_for_status()
    down = replace(broker.settings, store=replace(embedded, url="http://127.0.0.1:9"))

    assert actions(reconcile(down, after=10 * MINUTE)) == ["wait"]
    assert reconcile(broker.settings, after=10 * MINUTE) == []
    assert actions(reconcile(broker.settings, after=16 * MINUTE)) == ["publish"]


def test_an_object_that_only_its_sender_can_confirm_waits_and_delays_no_other(
    embedded: StoreSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def tell_a_composite(exchange: Exchange) -> None:
        status, headers, content = exchange.forward()
        composite = {"x-amz-checksum-crc32c": "AAAAAA==-1"}
        is_head = exchange.command == "HEAD"
        kept = {n: v for n, v in headers.items() if n.lower() not in composite} if is_head else headers
        exchange.answer(status, kept | composite if is_head else headers, content)

    with (
        faulty(embedded) as store,
        run_broker(store.settings, f"sqlite:///{tmp_path / 'broker.db'}", policies=POLICIES) as broker,
        broker.client() as client,
    ):
        created = create(client, b"x", policy="parts")
        send_parts(client, created, cut(created, b"x"))
        assemble(embedded, created)
        store.otherwise = tell_a_composite

        assert actions(reconcile(broker.settings, after=10 * MINUTE)) == ["wait"]
        assert "crashed" not in caplog.text


def test_a_visit_that_crashes_is_put_off_and_delays_no_other(
    broker: RunningBroker, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise ValueError("a fault of ours")

    created = create(client, b"x")
    put(created, b"x").raise_for_status()
    with monkeypatch.context() as broken:
        broken.setattr(S3Store, "head", crash)
        assert actions(reconcile(broker.settings, after=10 * MINUTE)) == ["wait"]

    assert reconcile(broker.settings, after=10 * MINUTE) == []
    assert actions(reconcile(broker.settings, after=16 * MINUTE)) == ["publish"]


def test_replicas_at_the_same_time_do_no_harm(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings
) -> None:
    abandoned = [create(client, b"x") for _ in range(10)]
    stored = [create(client, b"y", policy="parts", checksum=None) for _ in range(10)]
    for each in stored:
        send_parts(client, each, cut(each, b"y"))
        complete(client, each).raise_for_status()

    with ThreadPoolExecutor(3) as replicas:
        list(replicas.map(lambda _: reconcile(broker.settings, after=DAY), range(3)))

    assert {status_of(client, each) for each in abandoned} == {"expired"}
    assert {status_of(client, each) for each in stored} == {"completed"}
    assert client.get("/v1/me").json()["usage"] == NOTHING | {"files": 10, "bytes": 10}


def test_a_preview_changes_nothing(broker: RunningBroker, client: httpx.Client) -> None:
    create(client, b"x")
    aborted = create(client, b"x")
    client.delete(f"/v1/uploads/{aborted['id']}").raise_for_status()

    first = preview(broker.settings, after=DAY + MINUTE)

    assert sorted(actions(first)) == ["expire", "forget"]
    assert preview(broker.settings, after=DAY + MINUTE) == first
    assert sorted(actions(reconcile(broker.settings, after=DAY + MINUTE))) == ["expire", "forget"]


def test_objects_of_no_upload_are_found_when_they_are_a_day_old(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings
) -> None:
    known = create(client, b"x")
    put(known, b"x").raise_for_status()
    orphan = f"{embedded.key_prefix}/acme/an-orphan"
    store_object(embedded, orphan, b"x", "text/plain")

    found = {visit.key for visit in find_orphans(broker.settings, after=DAY + MINUTE)}

    assert orphan in found
    assert key_of(embedded, known) not in found
    assert orphan not in {visit.key for visit in find_orphans(broker.settings)}


def test_a_registry_that_knows_none_of_the_objects_calls_none_an_orphan(
    broker: RunningBroker, embedded: StoreSettings
) -> None:
    store_object(embedded, f"{embedded.key_prefix}/acme/of-another-registry", b"x", "text/plain")

    with pytest.raises(WrongRegistry):
        find_orphans(broker.settings, after=DAY + MINUTE)


def test_the_service_reconciles_by_itself(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = create(client, b"x")
    put(created, b"x").raise_for_status()
    at_time(monkeypatch, timedelta(minutes=10))

    with run_broker(embedded, broker.settings.database_url, policies=POLICIES) as replica:
        wait_until(lambda: status_of(client, created) == "completed")

        counted = httpx.get(f"{replica.url}/metrics").text

    assert 'broker_reconciled_uploads_total{action="publish"} 1.0' in counted


def test_parts_that_the_store_gave_up_expire_with_their_upload(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x", policy="parts", checksum=None)
    send_parts(client, created, cut(created, b"x"))
    drop_parts(embedded, created)

    assert actions(reconcile(broker.settings, after=DAY)) == ["expire"]
