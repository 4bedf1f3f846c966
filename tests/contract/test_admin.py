"""What an administrator does over HTTP, in his own tenant and in no other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from broker import errors
from broker.accounts import USER_SCOPES
from broker.auth import Scope
from broker.settings import Policy, Quota, StoreSettings
from tests.contract.test_receiving import enter, receive
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.transfers import upload
from tests.waiting import wait_until

PASSWORD = "a good password"
LARGE = {"name": "film.mp4", "size": 20 * 1024**2, "type": "video/mp4"}


@pytest.fixture(scope="module")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    policies = {"default": Policy(quota=Quota(bytes=10**9))}
    with run_broker(embedded, f"sqlite:///{database}", policies=policies) as running:
        yield running


@pytest.fixture
def tenant(request: pytest.FixtureRequest) -> str:
    """Return the name of a tenant of the test's own."""
    name: str = request.node.name
    return name[:64]


@pytest.fixture
def root(broker: RunningBroker, tenant: str) -> Iterator[httpx.Client]:
    """Return an administrator, who is a built-in user too."""
    broker.add_user(f"root of {tenant}", PASSWORD, tenant=tenant, scopes=[Scope.ADMIN])
    with administrator(broker, tenant) as client:
        yield client


def administrator(broker: RunningBroker, tenant: str) -> httpx.Client:
    token = broker.token(f"root of {tenant}", tenant=tenant, scopes={Scope.ADMIN})
    return httpx.Client(base_url=broker.url, headers={"authorization": f"Bearer {token}"}, timeout=60)


def sign_in(broker: RunningBroker, name: str, password: str) -> httpx.Response:
    body = {"username": name, "password": password}
    return httpx.post(f"{broker.url}/v1/session", json=body)


def listed(client: httpx.Client, path: str, **query: str) -> list[dict[str, Any]]:
    """Read a whole list, two items a page."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(path, params={"limit": "2"} | query | cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= 2
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


def trail(client: httpx.Client, count: int, **query: str) -> list[dict[str, Any]]:
    """Read the trail once it has so many entries: they are written together, a moment later."""
    wait_until(lambda: len(listed(client, "/v1/admin/audit", **query)) == count)
    return listed(client, "/v1/admin/audit", **query)


def test_a_user_is_added_shut_out_let_in_and_given_a_password(
    broker: RunningBroker, root: httpx.Client, tenant: str
) -> None:
    name = f"carol / {tenant}"
    added = root.post("/v1/admin/users", json={"name": name, "password": PASSWORD})
    assert added.status_code == 201
    assert sign_in(broker, name, PASSWORD).status_code == 200

    assert root.post("/v1/admin/users/disable", json={"name": name}).status_code == 204
    assert_problem(sign_in(broker, name, PASSWORD), errors.WrongCredentials)
    shut_out = listed(root, "/v1/admin/users")[0]
    assert root.post("/v1/admin/users/enable", json={"name": name}).status_code == 204
    changed = root.post("/v1/admin/users/password", json={"name": name, "password": "another password"})
    assert changed.status_code == 204
    assert_problem(sign_in(broker, name, PASSWORD), errors.WrongCredentials)
    assert sign_in(broker, name, "another password").status_code == 200

    user = added.json()
    assert user["name"] == name
    assert user["tenant"] == tenant
    assert set(user["scopes"]) == USER_SCOPES
    assert set(user) == {"name", "tenant", "scopes", "created_at", "disabled_at"}
    assert shut_out == user | {"disabled_at": shut_out["disabled_at"]}
    assert shut_out["disabled_at"]
    assert [each["event"] for each in trail(root, 4, target=name)] == [
        "user.password-changed",
        "user.enabled",
        "user.disabled",
        "user.added",
    ]


def test_a_bad_name_password_or_scope_is_refused_and_a_taken_name_too(
    broker: RunningBroker, root: httpx.Client, tenant: str
) -> None:
    broker.add_user(f"taken {tenant}", PASSWORD, tenant="elsewhere")
    good = {"name": f"new {tenant}", "password": PASSWORD}

    def add(**changes: object) -> httpx.Response:
        return root.post("/v1/admin/users", json=good | changes)

    for name in "demo", "a\nb", " ", "x" * 201:
        assert_problem(add(name=name), errors.InvalidField, field="name")
    assert_problem(add(password="short"), errors.InvalidField, field="password")
    assert_problem(add(scopes=["everything"]), errors.InvalidField, field="scopes")
    assert_problem(add(tenant="elsewhere"), errors.InvalidField, field="tenant")
    assert_problem(add(name=f"taken {tenant}"), errors.UserExists)
    assert [each["name"] for each in listed(root, "/v1/admin/users")] == [f"root of {tenant}"]


def test_an_administrator_cannot_disable_himself(
    broker: RunningBroker, root: httpx.Client, tenant: str
) -> None:
    answer = root.post("/v1/admin/users/disable", json={"name": f"root of {tenant}"})

    assert_problem(answer, errors.OwnAccount)
    assert sign_in(broker, f"root of {tenant}", PASSWORD).status_code == 200


def test_whoever_is_in_another_tenant_looks_like_nobody(
    broker: RunningBroker, root: httpx.Client, tenant: str
) -> None:
    victim = f"victim of {tenant}"
    broker.add_user(victim, PASSWORD, tenant="elsewhere")
    password = {"password": "another password"}

    for path, more in {"disable": {}, "enable": {}, "password": password}.items():
        answers = [
            root.post(f"/v1/admin/users/{path}", json=more | {"name": name}) for name in (victim, "nobody\0")
        ]
        assert_problem(answers[0], errors.NotFound)
        assert answers[0].content == answers[1].content
    assert sign_in(broker, victim, PASSWORD).status_code == 200
    assert victim not in {each["name"] for each in listed(root, "/v1/admin/users")}


def test_users_are_listed_by_name_page_by_page(
    broker: RunningBroker, root: httpx.Client, tenant: str
) -> None:
    names = [f"{letter} {tenant}" for letter in "cabed"]
    for name in names:
        broker.add_user(name, PASSWORD, tenant=tenant)

    found = [each["name"] for each in listed(root, "/v1/admin/users")]

    assert found == sorted([*names, f"root of {tenant}"])
    assert_problem(root.get("/v1/admin/users?cursor=nonsense"), errors.InvalidField, field="cursor")

    found = [each["name"] for each in listed(root, "/v1/admin/users", q=f"T OF {tenant}".upper())]
    assert found == [f"root of {tenant}"]
    assert listed(root, "/v1/admin/users", q="nobody\0") == []


@pytest.mark.parametrize("by", ["files", "bytes", "pending", "subject"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_usage_is_sorted_by_any_of_its_numbers(broker: RunningBroker, by: str, sign: str) -> None:
    stored = {"ada": [b"x" * 30], "bob": [b"x", b"xx"], "cyd": [b"x", b"xx"], "dan": []}
    for subject, bodies in stored.items():
        with broker.client(subject, tenant=f"sorted{by}{sign}") as client:
            for body in bodies:
                upload(client, body)
            if subject == "dan":
                client.post("/v1/uploads", json=LARGE).raise_for_status()
    with administrator(broker, f"sorted{by}{sign}") as root:
        found = listed(root, "/v1/admin/usage", sort=sign + by)
        cursor = root.get("/v1/admin/usage?sort=subject&limit=1").json()["next_cursor"]
        mixed = root.get("/v1/admin/usage", params={"sort": "bytes", "cursor": cursor})

    expected = sorted(found, key=lambda each: (each[by], each["subject"]), reverse=sign == "-")
    assert len(found) == 4
    assert found == expected
    assert all(each["quota"]["bytes"] == 10**9 for each in found)
    assert_problem(mixed, errors.InvalidField, field="cursor")


def test_unfinished_uploads_of_all_are_listed_and_one_is_aborted(
    broker: RunningBroker, root: httpx.Client, tenant: str
) -> None:
    made = []
    for subject, of in (("ada", tenant), ("bob", tenant), ("eve", "elsewhere"), ("ada", tenant)):
        with broker.client(subject, tenant=of) as client:
            made.append(client.post("/v1/uploads", json=LARGE).json()["id"])
    ada, bob, eve, last = made

    found = listed(root, "/v1/admin/uploads")
    assert [(each["id"], each["subject"]) for each in found] == [(last, "ada"), (bob, "bob"), (ada, "ada")]
    assert {name: found[0][name] for name in ("name", "size", "policy")} == {
        "name": LARGE["name"],
        "size": LARGE["size"],
        "policy": "default",
    }
    for _ in range(2):
        assert root.delete(f"/v1/admin/uploads/{bob}").status_code == 204
    assert_problem(root.delete(f"/v1/admin/uploads/{eve}"), errors.NotFound)
    assert_problem(root.delete("/v1/admin/uploads/nonsense"), errors.NotFound)

    assert [each["id"] for each in listed(root, "/v1/admin/uploads")] == [last, ada]
    with broker.client("bob", tenant=tenant) as client:
        assert client.get(f"/v1/uploads/{bob}").json()["status"] == "aborted"
    (entry,) = trail(root, 1, event="upload.aborted")
    assert (entry["subject"], entry["target"]) == (f"root of {tenant}", bob)


def test_what_strangers_have_not_finished_is_listed_and_aborted_too(
    broker: RunningBroker, root: httpx.Client, tenant: str
) -> None:
    with broker.client("ada", tenant=tenant) as ada, enter(broker, receive(ada)) as stranger:
        sent = stranger.post("/v1/uploads", json=LARGE).raise_for_status().json()["id"]
        assert listed(ada, "/v1/uploads") == []

        found = [(each["id"], each["subject"]) for each in listed(root, "/v1/admin/uploads")]
        aborted = root.delete(f"/v1/admin/uploads/{sent}")

        assert found == [(sent, "ada")]  # it takes up her quota
        assert aborted.status_code == 204
        assert ada.get("/v1/me").json()["usage"]["pending"] == 0
    assert listed(root, "/v1/admin/uploads") == []


def test_what_is_a_file_is_not_aborted(broker: RunningBroker, root: httpx.Client, tenant: str) -> None:
    with broker.client("ada", tenant=tenant) as client:
        upload(client, b"hello")
    (completed,) = trail(root, 1, event="upload.completed")

    answer = root.delete(f"/v1/admin/uploads/{completed['target']}")

    assert_problem(answer, errors.UploadCompleted)


def test_the_trail_is_searched_in_the_own_tenant_alone(
    broker: RunningBroker, root: httpx.Client, tenant: str
) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=1)
    for subject, of in (("ada", tenant), ("bob", tenant), ("ada", "elsewhere")):
        with broker.client(subject, tenant=of) as client:
            upload(client, b"hello")

    everything = trail(root, 4)
    by_ada = trail(root, 2, subject="ada")
    created = trail(root, 2, event="upload.created")
    by_target = trail(root, 2, target=created[0]["target"])

    assert everything == sorted(everything, key=lambda each: each["id"], reverse=True)
    assert {each["subject"] for each in everything} == {"ada", "bob"}
    assert {each["event"] for each in by_ada} == {"upload.created", "upload.completed"}
    assert {each["subject"] for each in by_target} == {"bob"}
    assert set(everything[0]) == {"id", "at", "subject", "event", "target", "address", "request_id"}
    assert len(trail(root, 4, since=begun.isoformat())) == 4
    assert trail(root, 0, until=begun.isoformat()) == []
    for field, value in ("event", "nonsense"), ("since", "yesterday"), ("until", "2026-01-01T00:00:00"):
        answer = root.get("/v1/admin/audit", params={field: value})
        assert_problem(answer, errors.InvalidField, field=field)
    assert_problem(root.get("/v1/admin/audit?since=253402300800"), errors.InvalidField, field="")
    assert_problem(root.get("/v1/admin/audit?cursor=nonsense"), errors.InvalidField, field="cursor")


def test_the_store_is_examined_when_it_is_asked_for(
    embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = tmp_path_factory.mktemp("store") / "broker.db"
    with run_broker(embedded, f"sqlite:///{database}") as broker, administrator(broker, "acme") as root:
        before = root.get("/v1/admin/store").json()
        found = root.post("/v1/admin/store").json()
        after = root.get("/v1/admin/store").json()

    assert before["examined_at"] is None
    assert before["findings"] == []
    assert datetime.now(UTC) - datetime.fromisoformat(found["examined_at"]) < timedelta(minutes=1)
    outcomes = {each["name"]: each["outcome"] for each in found["findings"]}
    assert outcomes["signature"] == outcomes["store-url"] == "ok"
    assert all(each["fix"] for each in found["findings"] if each["outcome"] == "failed")
    assert after == found
