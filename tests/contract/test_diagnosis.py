"""What the broker says of a transfer that fails."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from broker import errors
from broker.app import open_services
from broker.auth import Claims, Scope
from broker.bootstrap import bootstrap
from broker.diagnosis import Diagnostics
from broker.doctor.examination import probe_cors
from broker.schemas import Symptoms
from broker.settings import Policy, StoreSettings
from tests.conftest import ORIGINS
from tests.objects import at_time, drop_parts
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.transfers import complete, create, cut, put, send_parts

POLICIES = {"default": Policy(), "parts": Policy(name="parts", single_put_max=0)}


@pytest.fixture(scope="module")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    # whoever sets the store up for other pages, as tests of bootstrap do, leaves that behind
    list(bootstrap(embedded, admin=embedded.control, origins=ORIGINS, users=False))
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(embedded, f"sqlite:///{database}", policies=POLICIES) as running:
        yield running


@pytest.fixture
def client(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def diagnose(client: httpx.Client, created: dict[str, Any], origin: str = "", **seen: object) -> str:
    headers = {"origin": origin} if origin else {}
    answer = client.post(f"/v1/uploads/{created['id']}/diagnose", json=seen, headers=headers)
    found = answer.raise_for_status().json()
    assert found["detail"].endswith(".")
    assert found["action"].endswith((".", ")"))
    return str(found["cause"])


def test_an_upload_that_has_ended_says_how(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    completed, aborted, late = (create(client, b"x") for _ in range(3))
    put(completed, b"x").raise_for_status()
    complete(client, completed).raise_for_status()
    client.delete(f"/v1/uploads/{aborted['id']}").raise_for_status()

    assert diagnose(client, completed) == "completed"
    assert diagnose(client, aborted) == "aborted"
    at_time(monkeypatch, timedelta(days=1))
    assert diagnose(client, late) == "expired"


def test_a_lost_answer_is_told_from_a_lost_request(client: httpx.Client) -> None:
    created = create(client, b"x")

    assert diagnose(client, created) == "network"
    put(created, b"x").raise_for_status()
    assert diagnose(client, created) == "already-stored"


def test_a_part_that_arrived_is_told_from_one_that_did_not(
    client: httpx.Client, embedded: StoreSettings
) -> None:
    body = bytes(9 * 2**20)
    created = create(client, body, policy="parts", checksum=None)
    send_parts(client, created, {2: cut(created, body)[2]})

    assert diagnose(client, created, part=2) == "already-stored"
    assert diagnose(client, created, part=1) == "network"
    drop_parts(embedded, created)
    assert diagnose(client, created, part=1) == "parts-lost"


@pytest.mark.parametrize(
    ("status", "code", "cause"),
    [
        (403, None, "url-expired"),
        (403, "AccessDenied", "url-expired"),
        (403, "SignatureDoesNotMatch", "request-changed"),
        (400, "BadDigest", "bytes-changed"),
        (507, "XMinioStorageFull", "store-full"),
        (500, "InternalError", "network"),
    ],
)
def test_what_the_store_answered_is_explained(
    client: httpx.Client, status: int, code: str | None, cause: str
) -> None:
    assert diagnose(client, create(client, b"x"), status=status, code=code) == cause


def test_a_page_that_the_store_does_not_let_in_is_told_so(client: httpx.Client) -> None:
    created = create(client, b"x")

    assert diagnose(client, created, origin="https://foreign.example") == "origin-refused"
    assert diagnose(client, created, origin=ORIGINS[0]) == "network"
    assert diagnose(client, created, origin="https://foreign.example", status=403) == "url-expired"


def test_c59_clocks_that_differ_are_found(client: httpx.Client, broker: RunningBroker) -> None:
    created = create(client, b"x")
    alice = Claims(subject="alice", tenant="acme", scopes=frozenset(Scope))

    def diagnose_with(skew: float | None, seen: Symptoms) -> str:
        with open_services(broker.settings) as services:
            diagnostics = Diagnostics(
                registry=services.registry,
                store=services.store,
                probe_cors=partial(probe_cors, broker.settings.store),
                clock_skew=lambda: skew,
            )
            found = diagnostics.diagnose(alice, created["id"], seen, origin="", at=datetime.now(UTC))
            return asyncio.run(found).cause

    assert diagnose_with(-700, Symptoms(status=403)) == "clock-skew"
    assert diagnose_with(700, Symptoms()) == "clock-skew"
    assert diagnose_with(30, Symptoms(status=403)) == "url-expired"
    assert diagnose_with(None, Symptoms(status=403)) == "url-expired"
    assert diagnose_with(700, Symptoms(status=400, code="BadDigest")) == "bytes-changed"


def test_a_store_that_is_down_is_told_so(embedded: StoreSettings, tmp_path: Path) -> None:
    down = replace(embedded, url="http://127.0.0.1:9")
    with run_broker(down, f"sqlite:///{tmp_path / 'broker.db'}") as broker, broker.client() as client:
        assert diagnose(client, create(client, b"x")) == "store-unavailable"


def test_c18_nobody_is_told_of_anothers_upload(client: httpx.Client, broker: RunningBroker) -> None:
    created = create(client, b"x")

    with broker.client("bob") as bob:
        anothers = bob.post(f"/v1/uploads/{created['id']}/diagnose")
        random = bob.post(f"/v1/uploads/{'0' * 26}/diagnose")

    assert assert_problem(anothers, errors.NotFound) == assert_problem(random, errors.NotFound)


@pytest.mark.parametrize(
    ("seen", "field"), [({"status": 99}, "status"), ({"part": 0}, "part"), ({"x": 1}, "x")], ids=str
)
def test_symptoms_that_there_cannot_be_are_refused(
    client: httpx.Client, seen: dict[str, object], field: str
) -> None:
    answer = client.post(f"/v1/uploads/{create(client, b'x')['id']}/diagnose", json=seen)

    assert_problem(answer, errors.InvalidField, field=field)
