"""Creating and completing many uploads at once, repeating requests, quota, and what is unfinished."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from broker import errors
from broker.settings import Policy, Quota, StoreSettings
from tests.objects import at_time, parts_uploads
from tests.problems import assert_problem, assert_problem_body
from tests.running import RunningBroker, run_broker
from tests.transfers import checksum_of, complete, create, put, upload

POLICIES = {
    "default": Policy(),
    "parts": Policy(name="parts", single_put_max=0),
    "small": Policy(name="small", max_size=10, quota=Quota(bytes=25, files=4, pending=3)),
    "shared": Policy(name="shared", tenant_quota=Quota(files=2)),
    "narrow": Policy(name="narrow", quota=Quota(bytes=10), single_put_max=0),
}


@pytest.fixture(scope="module")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(embedded, f"sqlite:///{database}", policies=POLICIES) as running:
        yield running


@pytest.fixture
def client(broker: RunningBroker, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Sign in as somebody who has nothing yet."""
    with broker.client(request.node.name) as client:
        yield client


def declare(**declared: object) -> dict[str, object]:
    return {"name": "a.txt", "size": 3, "type": "text/plain"} | declared


def create_batch(client: httpx.Client, *uploads: dict[str, object], key: str = "") -> list[dict[str, Any]]:
    headers = {"idempotency-key": key} if key else {}
    answer = client.post("/v1/uploads/batch", json={"uploads": uploads}, headers=headers)
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items


def usage_of(client: httpx.Client, policy: str) -> dict[str, int]:
    policies = client.get("/v1/me").json()["policies"]
    (usage,) = (each["usage"] for each in policies if each["name"] == policy)
    return dict(usage)


def test_many_uploads_are_created_and_completed_in_two_calls(client: httpx.Client) -> None:
    bodies = [f"file {n}".encode() for n in range(50)]
    items = create_batch(
        client,
        *(
            declare(name=f"{n}.txt", size=len(body), checksum=checksum_of(body))
            for n, body in enumerate(bodies)
        ),
    )
    for item, body in zip(items, bodies, strict=True):
        put(item["upload"], body).raise_for_status()

    named = [{"id": item["upload"]["id"]} for item in items]
    completed = client.post("/v1/uploads/batch/complete", json={"uploads": named}).json()["items"]

    assert [item["upload"]["name"] for item in items] == [f"{n}.txt" for n in range(50)]
    assert [item["file"]["checksum"] for item in completed] == [checksum_of(body) for body in bodies]
    assert all(item["receipt"] for item in completed)


def test_what_is_refused_of_a_batch_keeps_nothing_of_the_rest_back(client: httpx.Client) -> None:
    items = create_batch(
        client,
        declare(),
        declare(name="a/b"),
        declare(policy="nobody's"),
        declare(policy="small", size=11),
        declare(policy="parts"),
    )

    assert [sorted(item) for item in items] == [["upload"], ["problem"], ["problem"], ["problem"], ["upload"]]
    assert_problem_body(items[1]["problem"], errors.InvalidName, field="name")
    assert_problem_body(items[2]["problem"], errors.InvalidField, field="policy")
    assert_problem_body(
        items[3]["problem"], errors.ObjectTooLarge, field="size", limit=10, rule="policies.small.max_size"
    )
    assert items[4]["upload"]["method"] == "multipart"


def test_what_cannot_be_completed_of_a_batch_keeps_nothing_of_the_rest_back(client: httpx.Client) -> None:
    sent, unsent = create(client, b"x"), create(client, b"y")
    put(sent, b"x").raise_for_status()

    named = [{"id": sent["id"]}, {"id": unsent["id"]}, {"id": "0" * 26}]
    items = client.post("/v1/uploads/batch/complete", json={"uploads": named}).json()["items"]

    assert items[0]["file"]["size"] == 1
    assert_problem_body(items[1]["problem"], errors.UploadIncomplete)
    assert_problem_body(items[2]["problem"], errors.NotFound)


@pytest.mark.parametrize("path", ["/v1/uploads/batch", "/v1/uploads/batch/complete"])
@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_1_to_1000_uploads(client: httpx.Client, path: str, count: int) -> None:
    item = {"id": "0" * 26} if path.endswith("complete") else declare()

    assert_problem(client.post(path, json={"uploads": [item] * count}), errors.InvalidField, field="uploads")


def test_1000_uploads_can_be_created_at_once(client: httpx.Client) -> None:
    items = create_batch(client, *(declare(name=f"{n}") for n in range(1000)))

    assert len({item["upload"]["id"] for item in items}) == 1000
    assert usage_of(client, "default") == {"files": 0, "bytes": 0, "pending": 1000, "pending_bytes": 3000}


@pytest.mark.parametrize("policy", ["default", "parts"])
def test_c56_a_request_that_is_repeated_with_its_key_creates_nothing_new(
    client: httpx.Client, policy: str
) -> None:
    def ask(**declared: object) -> httpx.Response:
        wanted = declare(**{"policy": policy, **declared})
        return client.post("/v1/uploads", json=wanted, headers={"idempotency-key": "k 1"})

    first = ask().raise_for_status().json()

    again = ask().raise_for_status().json()

    assert again["id"] == first["id"]
    assert again["expires_at"] == first["expires_at"]
    for other in (
        {"name": "another"},
        {"folder": "elsewhere"},
        {"size": 4},
        {"type": "image/png"},
        {"checksum": "crc32c:AAAAAA=="},
        {"fingerprint": "f1:00000000"},
        {"policy": "parts" if policy == "default" else "default"},
        {"collision": "rename"},
    ):
        assert_problem(ask(**other), errors.IdempotencyMismatch)
    assert usage_of(client, policy)["pending"] == 1


def test_c56_the_key_belongs_to_its_owner_alone(broker: RunningBroker) -> None:
    headers = {"idempotency-key": "shared"}
    with broker.client("keyed 1") as first, broker.client("keyed 2") as second:
        ids = {
            client.post("/v1/uploads", json=declare(), headers=headers).json()["id"]
            for client in (first, second)
        }

    assert len(ids) == 2


def test_c56_a_batch_that_is_repeated_with_its_key_creates_nothing_new(client: httpx.Client) -> None:
    wanted = [declare(name="a"), declare(name="/"), declare(name="c")]
    first = create_batch(client, *wanted, key="batch")

    again = create_batch(client, *wanted, key="batch")
    grown = create_batch(client, *wanted, declare(name="d"), key="batch")

    assert [item.get("upload", {}).get("id") for item in again] == [
        item.get("upload", {}).get("id") for item in first
    ]
    assert [item.get("upload", {}).get("id") for item in grown[:3]] == [
        item.get("upload", {}).get("id") for item in first
    ]
    assert usage_of(client, "default")["pending"] == 3


def test_c56_the_same_request_at_the_same_time_is_told_to_wait(
    client: httpx.Client, embedded: StoreSettings
) -> None:
    def ask(_: int) -> httpx.Response:
        return client.post(
            "/v1/uploads", json=declare(policy="parts"), headers={"idempotency-key": "at once"}
        )

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))

    created = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(created) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert_problem(answer, errors.RequestInProgress)
            assert int(answer.headers["retry-after"]) > 0
    assert usage_of(client, "parts")["pending"] == 1
    assert ask(0).json()["id"] in created


@pytest.mark.parametrize("key", ["x" * 201, "t\xe4st", "a\tb"])
def test_a_key_that_is_none_is_refused(client: httpx.Client, key: str) -> None:
    answer = client.post("/v1/uploads", json=declare(), headers=[(b"idempotency-key", key.encode("latin-1"))])

    assert_problem(answer, errors.InvalidField, field="idempotency-key")


def test_c53_a_quota_is_reserved_settled_and_released(client: httpx.Client) -> None:
    declared = {"policy": "small"}
    first, second = (create(client, b"1234567890", **declared) for _ in range(2))

    assert_problem(
        client.post("/v1/uploads", json=declare(size=6, **declared)),
        errors.QuotaExceeded,
        rule="policies.small.quota.bytes",
        limit=25,
    )
    third = create(client, b"12345", **declared)
    full = client.post("/v1/uploads", json=declare(size=0, **declared))
    assert_problem(full, errors.TooManyUploads, rule="policies.small.quota.pending", limit=3)
    assert int(full.headers["retry-after"]) > 0
    assert usage_of(client, "small") == {"files": 0, "bytes": 0, "pending": 3, "pending_bytes": 25}

    put(first, b"1234567890").raise_for_status()
    complete(client, first).raise_for_status()
    client.delete(f"/v1/uploads/{second['id']}").raise_for_status()
    assert usage_of(client, "small") == {"files": 1, "bytes": 10, "pending": 1, "pending_bytes": 5}
    file = upload(client, b"1234567890", **declared)
    client.delete(f"/v1/files/{file['id']}").raise_for_status()
    client.delete(f"/v1/uploads/{third['id']}").raise_for_status()
    assert usage_of(client, "small") == {"files": 1, "bytes": 10, "pending": 0, "pending_bytes": 0}


def test_c53_a_number_of_files_is_a_limit_too(client: httpx.Client) -> None:
    for _ in range(4):
        upload(client, b"1", policy="small")

    answer = client.post("/v1/uploads", json=declare(size=0, policy="small"))

    assert_problem(answer, errors.QuotaExceeded, rule="policies.small.quota.files", limit=4)


def test_c53_a_tenants_quota_is_shared_by_its_subjects(broker: RunningBroker) -> None:
    with broker.client("one", tenant="t1") as one, broker.client("two", tenant="t1") as two:
        create(one, b"x", policy="shared")
        create(two, b"x", policy="shared")

        refused = two.post("/v1/uploads", json=declare(policy="shared"))

    assert_problem(refused, errors.QuotaExceeded, rule="policies.shared.tenant_quota.files", limit=2)
    with broker.client("one", tenant="t2") as elsewhere:
        create(elsewhere, b"x", policy="shared")


def test_c53_creates_at_once_do_not_overshoot(client: httpx.Client, embedded: StoreSettings) -> None:
    def ask(_: int) -> int:
        return client.post("/v1/uploads", json=declare(size=2, policy="narrow")).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(ask, range(24)))

    assert sorted(statuses) == [201] * 5 + [403] * 19
    assert usage_of(client, "narrow")["pending_bytes"] == 10


def test_c53_what_a_batch_has_room_for_is_admitted_in_its_order(client: httpx.Client) -> None:
    items = create_batch(client, *(declare(size=size, policy="narrow") for size in (4, 4, 4, 2)))

    assert [sorted(item) for item in items] == [["upload"], ["upload"], ["problem"], ["upload"]]
    assert_problem_body(
        items[2]["problem"], errors.QuotaExceeded, rule="policies.narrow.quota.bytes", limit=10
    )


def test_what_there_is_no_room_for_leaves_nothing_in_the_store(
    client: httpx.Client, embedded: StoreSettings
) -> None:
    before = parts_uploads(embedded, {"id": ""})

    refused = client.post("/v1/uploads", json=declare(size=11, policy="narrow"))

    assert_problem(refused, errors.QuotaExceeded)
    assert set(parts_uploads(embedded, {"id": ""})) <= set(before)


def test_unfinished_uploads_are_listed_page_by_page(client: httpx.Client) -> None:
    pending = [create(client, b"x", name=f"{n}.txt") for n in range(5)]
    done = create(client, b"x")
    put(done, b"x").raise_for_status()
    complete(client, done).raise_for_status()
    client.delete(f"/v1/uploads/{pending[0]['id']}").raise_for_status()

    first = client.get("/v1/uploads", params={"status": "pending", "limit": 3}).json()
    rest = client.get("/v1/uploads", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    found = first["items"] + rest["items"]
    assert [item["name"] for item in found] == ["4.txt", "3.txt", "2.txt", "1.txt"]
    assert rest["next_cursor"] is None
    assert all("request" not in item and item["status"] == "pending" for item in found)


def test_an_upload_that_is_too_late_is_not_listed_any_more(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(client, b"x")
    at_time(monkeypatch, timedelta(days=1))

    assert client.get("/v1/uploads").json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("query", "field"), [("status=completed", "status"), ("cursor=x", "cursor"), ("limit=0", "limit")]
)
def test_a_list_of_something_else_is_refused(client: httpx.Client, query: str, field: str) -> None:
    assert_problem(client.get(f"/v1/uploads?{query}"), errors.InvalidField, field=field)


def test_c58_while_the_store_is_down_only_uploads_in_parts_must_wait(
    embedded: StoreSettings, tmp_path: Path
) -> None:
    down = replace(embedded, url="http://127.0.0.1:9")
    with (
        run_broker(down, f"sqlite:///{tmp_path / 'broker.db'}", policies=POLICIES) as broker,
        broker.client() as client,
    ):
        single, in_parts = create_batch(client, declare(), declare(policy="parts"))

        assert single["upload"]["request"]["method"] == "PUT"
        assert_problem_body(in_parts["problem"], errors.StoreUnavailable)
        assert usage_of(client, "parts")["pending"] == 0
