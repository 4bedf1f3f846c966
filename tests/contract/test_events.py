"""The store's own word that something was stored: a hint, and never more."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import pytest

from broker import errors
from broker.settings import Policy, StoreSettings
from tests.contract.test_main_job import at_time
from tests.objects import key_of, store_object
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.transfers import complete, completions_of, create, put

TOKEN = "what the store sends with its events: 0123456789"
POLICIES = {"default": Policy(), "sniffed": Policy(name="sniffed", sniff=True)}


@pytest.fixture(scope="module")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    settings = {"policies": POLICIES, "events_token": TOKEN}
    with run_broker(embedded, f"sqlite:///{database}", **settings) as running:
        yield running


@pytest.fixture
def client(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


@pytest.fixture
def store(broker: RunningBroker) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=broker.url, headers=headers, timeout=30) as client:
        yield client


def event_of(store: StoreSettings, key: str, answer: httpx.Response, **changes: object) -> dict[str, object]:
    """Write an event as MinIO does."""
    stored = {
        "key": quote_plus(key),
        "size": int(answer.request.headers["content-length"]),
        "eTag": answer.headers["etag"].strip('"'),
        "contentType": "text/plain",
        "sequencer": "17",
    }
    record = {
        "eventVersion": "2.0",
        "eventSource": "minio:s3",
        "eventName": "s3:ObjectCreated:Put",
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": store.bucket}, "object": stored | changes},
    }
    return {"EventName": "s3:ObjectCreated:Put", "Key": f"{store.bucket}/{key}", "Records": [record]}


def tell(store: httpx.Client, event: object) -> httpx.Response:
    return store.post("/v1/events/store", json=event)


def status_of(client: httpx.Client, created: dict[str, str]) -> str:
    return str(client.get(f"/v1/uploads/{created['id']}").json()["status"])


def test_c51_an_event_publishes_what_is_there_and_may_be_repeated(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    event = event_of(embedded, key_of(embedded, created), put(created, b"x"))
    assert "%2F" in str(event)  # a key comes escaped, its slashes as well

    answers = [tell(store, event) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {204}
    assert status_of(client, created) == "completed"
    assert completions_of(client, created) == ["alice"]
    first, again = complete(client, created), complete(client, created)
    assert first.content == again.content


def test_amazons_way_to_name_an_event_is_understood(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    event = event_of(embedded, key_of(embedded, created), put(created, b"x"))
    event["Records"][0]["eventName"] = "ObjectCreated:CompleteMultipartUpload"  # type: ignore[index]

    assert tell(store, event).status_code == 204

    assert status_of(client, created) == "completed"


def test_c51_an_event_that_comes_late_changes_nothing(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    event = event_of(embedded, key_of(embedded, created), put(created, b"x"))
    client.delete(f"/v1/uploads/{created['id']}").raise_for_status()

    assert tell(store, event).status_code == 204

    assert status_of(client, created) == "aborted"


def test_c51_an_event_that_comes_after_the_deadline_makes_no_file(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = create(client, b"x")
    event = event_of(embedded, key_of(embedded, created), put(created, b"x"))
    at_time(monkeypatch, timedelta(days=1))

    assert tell(store, event).status_code == 204

    assert status_of(client, created) == "expired"


@pytest.mark.parametrize("changes", [{"size": 2}, {"eTag": "0" * 32}], ids=["another size", "another ETag"])
def test_c50_an_event_that_differs_from_the_object_is_ignored(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings, changes: dict[str, object]
) -> None:
    created = create(client, b"x")
    event = event_of(embedded, key_of(embedded, created), put(created, b"x"), **changes)

    assert tell(store, event).status_code == 204

    assert status_of(client, created) == "pending"


@pytest.mark.parametrize(
    "key", ["elsewhere/acme/{id}", "uploads/other/{id}", "uploads/acme/{id}x", "", "../{id}"]
)
def test_c50_an_event_of_another_key_is_ignored(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings, key: str
) -> None:
    created = create(client, b"x")
    event = event_of(embedded, key.format(id=created["id"]), put(created, b"x"))

    assert tell(store, event).status_code == 204

    assert status_of(client, created) == "pending"


def test_c50_an_event_of_another_bucket_or_kind_is_ignored(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    event = event_of(embedded, key_of(embedded, created), put(created, b"x"))
    record = event["Records"][0]  # type: ignore[index]

    tell(store, {"Records": [record | {"eventName": "s3:ObjectRemoved:Delete"}]}).raise_for_status()
    elsewhere = record["s3"] | {"bucket": {"name": "another"}}
    tell(store, {"Records": [record | {"s3": elsewhere}]}).raise_for_status()
    tell(store, {"Event": "s3:TestEvent"}).raise_for_status()

    assert status_of(client, created) == "pending"


def test_c50_an_event_whose_object_is_not_as_declared_is_ignored(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    key = key_of(embedded, created)
    event = event_of(embedded, key, store_object(embedded, key, b"y", "text/plain"))

    assert tell(store, event).status_code == 204

    assert status_of(client, created) == "pending"


def test_c50_an_event_makes_no_file_of_what_contradicts_its_type(
    client: httpx.Client, store: httpx.Client, embedded: StoreSettings
) -> None:
    body = b"<!DOCTYPE html><html>"
    created = create(client, body, policy="sniffed", type="image/png", name="a.png")
    event = event_of(embedded, key_of(embedded, created), put(created, body))

    assert tell(store, event).status_code == 204

    assert status_of(client, created) == "pending"
    assert_problem(complete(client, created), errors.UploadRejected)


def test_c50_who_does_not_know_the_token_is_not_heard(
    broker: RunningBroker, client: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(client, b"x")
    event = event_of(embedded, key_of(embedded, created), put(created, b"x"))

    with httpx.Client(base_url=broker.url) as nobody:
        assert_problem(tell(nobody, event), errors.Unauthenticated)
        for token in "wrong", TOKEN + "x", TOKEN[:-1], broker.token():
            nobody.headers["authorization"] = f"Bearer {token}"
            assert_problem(tell(nobody, event), errors.InvalidToken)

    assert status_of(client, created) == "pending"


def test_c52_what_is_no_event_is_refused_and_the_service_lives(store: httpx.Client) -> None:
    def send(body: bytes) -> httpx.Response:
        return store.post("/v1/events/store", content=body, headers={"content-type": "application/json"})

    assert_problem(send(b'{"Records": "' + b"x" * 2**20 + b'"}'), errors.BodyTooLarge)
    assert_problem(send(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), errors.MalformedJson)
    assert_problem(send(b"{"), errors.MalformedJson)
    for body in b"[]", b"1", b'"x"', b'{"Records": 1}', b'{"Records": [{"s3": {}}]}':
        assert_problem(send(body), errors.InvalidField)
    assert tell(store, {}).status_code == 204


def test_without_a_token_no_store_is_heard(embedded: StoreSettings, tmp_path: Path) -> None:
    with run_broker(embedded, f"sqlite:///{tmp_path / 'broker.db'}") as broker:
        answer = httpx.post(f"{broker.url}/v1/events/store", json={}, headers={"authorization": "Bearer x"})

    assert_problem(answer, errors.NotFound)
