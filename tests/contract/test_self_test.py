"""The service looks at its own store, and is not ready on one that lets presigned URLs be abused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from broker import errors
from broker.doctor.findings import BINDING
from broker.settings import StoreSettings
from broker.stores.sdk import connect
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.vulnerable_store import HOLES, cut, instead, shift_clock, vulnerable
from tests.waiting import wait_until

BLOCKING = sorted(set(BINDING) - {"signed-type", "signed-checksum"})


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'broker.db'}"


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")  # a command that ran before in this process may have set another


@contextmanager
def running(store: StoreSettings, database_url: str) -> Iterator[httpx.Client]:
    """Run a broker that tests its store; yield a client who is signed in."""
    with run_broker(replace(store, self_test=True), database_url) as broker, broker.client() as client:
        yield client


def skew(client: httpx.Client) -> float:
    (found,) = re.findall(
        r"^broker_store_clock_skew_seconds (.+)$", client.get("/metrics").text, re.MULTILINE
    )
    return float(found)


def test_on_a_sound_store_the_first_answer_is_ready(embedded: StoreSettings, database_url: str) -> None:
    before = probes_in(embedded)
    with running(embedded, database_url) as client:
        answer = client.get("/readyz")
        capabilities = client.get("/v1/capabilities").json()
        clock_skew = skew(client)

    assert answer.json() == {"status": "ready"}
    assert capabilities["enforces"] == dict.fromkeys(BINDING, True)
    assert datetime.now(UTC) - datetime.fromisoformat(capabilities["examined_at"]) < timedelta(minutes=1)
    assert abs(clock_skew) < 10
    assert probes_in(embedded) <= before


def probes_in(store: StoreSettings) -> set[str]:
    """List what is left of self-tests; those of brokers that were killed in tests are in there too."""
    prefix = f"{store.key_prefix}/_doctor/"
    found = connect(store, store.control).list_objects(store.bucket, prefix=prefix, recursive=True)
    return {str(each.object_name) for each in found}


@pytest.mark.parametrize("hole", BLOCKING)
def test_c32_on_a_store_with_a_hole_the_service_is_not_ready(
    embedded: StoreSettings, database_url: str, hole: str, caplog: pytest.LogCaptureFixture
) -> None:
    with vulnerable(embedded, HOLES[hole]) as store, running(store, database_url) as client:
        answer = client.get("/readyz")
        capabilities = client.get("/v1/capabilities").json()

        assert_problem(answer, errors.StoreUnsafe)
        assert capabilities["enforces"][hole] is False
        assert client.get("/livez").status_code == 200
    assert hole in {record.__dict__.get("probe") for record in caplog.records if record.levelname == "ERROR"}


def test_c32_the_self_test_can_be_switched_off_and_that_is_loud(
    embedded: StoreSettings, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        vulnerable(replace(embedded, self_test=False), HOLES["unsigned-trailer"]) as store,
        run_broker(store, database_url) as broker,
        broker.client() as client,
    ):
        answers = [client.get("/readyz").json() for _ in range(2)]
        capabilities = client.get("/v1/capabilities").json()

    assert answers == [{"status": "ready"}] * 2
    assert capabilities["enforces"] == dict.fromkeys(BINDING)
    assert capabilities["examined_at"] is None
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    loud = [warning for warning in warnings if "BROKER_STORE_SELF_TEST is off" in warning]
    assert len(loud) == 2  # at the start, and when the service became ready


def test_c32_without_a_verdict_the_service_is_not_ready_and_says_why_in_its_log(
    embedded: StoreSettings,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("broker.self_test._FIRST", 0.2)
    change = instead(lambda request: request.is_put, 403, "<Error><Code>AccessDenied</Code></Error>")

    with vulnerable(embedded, change=change) as store, running(store, database_url) as client:
        wait_until(lambda: "refused a good PUT: 403 AccessDenied" in caplog.text)
        assert_problem(client.get("/readyz"), errors.StoreUnavailable)


def test_c32_a_probe_that_is_not_answered_leaves_the_service_not_ready(
    embedded: StoreSettings,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("broker.self_test._FIRST", 0.2)
    change = cut(lambda request: "x-amz-copy-source" in request.extra)

    with vulnerable(embedded, change=change) as store, running(store, database_url) as client:
        wait_until(lambda: "had no result: copy-source" in caplog.text)
        assert_problem(client.get("/readyz"), errors.StoreUnavailable)


def test_c32_c58_a_store_that_comes_back_is_tested_again(embedded: StoreSettings, database_url: str) -> None:
    is_down = has_hole = False

    with (
        vulnerable(
            embedded,
            lambda request, status: has_hole and HOLES["copy-source"](request, status),
            change=cut(lambda _: is_down),
        ) as store,
        running(store, database_url) as client,
    ):
        assert client.get("/readyz").json() == {"status": "ready"}
        is_down = True
        assert_problem(client.get("/readyz"), errors.StoreUnavailable)
        is_down, has_hole = False, True
        assert_problem(client.get("/readyz"), errors.StoreUnsafe)


def test_c32_c58_a_store_that_is_down_at_the_start_is_tested_when_it_is_up(
    embedded: StoreSettings, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    is_down = True

    with (
        vulnerable(embedded, change=cut(lambda _: is_down)) as store,
        running(store, database_url) as client,
    ):
        wait_until(lambda: "had no result" in caplog.text)
        assert_problem(client.get("/readyz"), errors.StoreUnavailable)
        is_down = False
        assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_c59_with_clocks_apart_the_service_is_degraded(
    embedded: StoreSettings, database_url: str, seconds: int
) -> None:
    with (
        vulnerable(embedded, change=shift_clock(lambda: timedelta(seconds=seconds))) as store,
        running(store, database_url) as client,
    ):
        answer = client.get("/readyz")
        clock_skew = skew(client)

    assert answer.status_code == 200
    direction = "ahead of" if seconds > 0 else "behind"
    assert answer.json()["status"] == "degraded"
    (reason,) = answer.json()["reasons"]
    assert re.fullmatch(rf"The store's clock is \d+ s {direction} the broker's: set both by NTP\.", reason)
    assert abs(clock_skew - seconds) < 30


def test_c59_the_clock_is_looked_at_again_and_again_without_another_examination(
    embedded: StoreSettings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.self_test._PAUSE", 0.05)
    offset = timedelta()

    with (
        vulnerable(embedded, change=shift_clock(lambda: offset)) as store,
        running(store, database_url) as client,
    ):
        assert client.get("/readyz").json() == {"status": "ready"}
        examined_at = client.get("/v1/capabilities").json()["examined_at"]
        offset = timedelta(hours=2)
        wait_until(lambda: client.get("/readyz").json()["status"] == "degraded")
        offset = timedelta()
        wait_until(lambda: bool(client.get("/readyz").json() == {"status": "ready"}))

        assert client.get("/v1/capabilities").json()["examined_at"] == examined_at


def test_capabilities_are_for_those_who_are_signed_in(broker: RunningBroker) -> None:
    with broker.client() as client:
        signed_in = client.get("/v1/capabilities").json()
    anonymous = httpx.get(f"{broker.url}/v1/capabilities")

    assert_problem(anonymous, errors.Unauthenticated)
    assert signed_in == {
        "enforces": dict.fromkeys(BINDING),
        "examined_at": None,
        "methods": ["single", "multipart"],
        "checksum_algorithms": ["crc32c", "sha256"],
        "limits": {
            "max_parts": 10_000,
            "min_part_size": 5 * 2**20,
            "max_part_size": 5 * 2**30,
            "max_batch": 1000,
        },
    }
