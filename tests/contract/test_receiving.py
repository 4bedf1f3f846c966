"""Links by which strangers send files into a folder, over HTTP and against the real store."""

import asyncio
import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from broker import errors
from broker.access import RULES
from broker.app import open_database
from broker.audit_registry import AuditFilter, AuditRegistry
from broker.settings import Policy, Quota, RateLimitSettings, StoreSettings
from tests.contract.test_access import CALLS, ROUTES
from tests.contract.test_shares import clock, fetch, look, token_of
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.transfers import complete, create, cut, named, put, send_parts, upload

__all__ = ["clock"]

BODY = b"hello, whoever you are"
POLICIES = {
    "default": Policy(max_size=50 * 1024**2, extensions=(".txt", ".bin"), quota=Quota(files=10)),
    "staff": Policy(name="staff", scope="staff", folders="inbox/**"),
}


@pytest.fixture
def broker(embedded: StoreSettings, database_url: str) -> Iterator[RunningBroker]:
    with run_broker(embedded, database_url, policies=POLICIES) as running:
        yield running


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


@pytest.fixture
def anybody(broker: RunningBroker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=broker.url, verify=False) as client:
        yield client


@pytest.fixture
def stranger(alice: httpx.Client, broker: RunningBroker) -> Iterator[httpx.Client]:
    """Return a client that has the token of a link to alice's folder a/inbox."""
    with enter(broker, receive(alice)) as client:
        yield client


def receive(client: httpx.Client, path: str = "a/inbox", **wanted: object) -> dict[str, Any]:
    """Make a link by which strangers send, and its folder if need be."""
    client.post("/v1/folders", json={"path": path})
    answer = client.post("/v1/folders/receive", json={"path": path} | wanted)
    assert answer.status_code == 201, answer.text
    shared: dict[str, Any] = answer.json()
    return shared


def begin(client: httpx.Client, shared: dict[str, Any], **more: object) -> httpx.Response:
    return client.post("/v1/shared/session", json={"token": token_of(shared)} | more)


@contextmanager
def enter(broker: RunningBroker, shared: dict[str, Any], **more: object) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=broker.url, timeout=30, verify=False) as client:
        token = begin(client, shared, **more).raise_for_status().json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def declare(client: httpx.Client, size: int = 3, **declared: object) -> httpx.Response:
    new = {"name": "a.txt", "size": size, "type": "text/plain"} | declared
    return client.post("/v1/uploads", json=new)


def names_in(client: httpx.Client, folder: str) -> list[str]:
    page = client.get("/v1/files", params={"folder": folder}).raise_for_status().json()
    return [file["name"] for file in page["items"]]


def test_a_stranger_sends_a_file_into_the_folder_of_the_link(
    broker: RunningBroker, alice: httpx.Client, anybody: httpx.Client
) -> None:
    shared = receive(alice, title="Your photos", message="Thank you!\nAlice", max_files=3, max_bytes=1000)

    seen = look(anybody, shared).json()
    with enter(broker, shared) as stranger:
        sent = upload(stranger, BODY)

    assert seen == {
        "kind": "receive",
        "title": "Your photos",
        "message": "Thank you!\nAlice",
        "expires_at": shared["expires_at"],
        "files_left": 3,
        "bytes_left": 1000,
        "policy": "default",
        "types": [],
        "extensions": [".txt", ".bin"],
        "min_size": 0,
        "max_size": 50 * 1024**2,
        "single_put_max": 16 * 1024**2,
        "url_expires_in": 300,
        "checksum_algorithm": "crc32c",
        "checksum_required": False,
        "part_concurrency": 4,
    }
    (file,) = alice.get("/v1/files").json()["items"]
    assert (file["id"], file["folder"], file["share"]) == (sent["id"], "a/inbox", shared["id"])
    assert httpx.get(alice.post(f"/v1/files/{file['id']}/download").json()["url"]).content == BODY
    (listed,) = alice.get("/v1/shares").json()["items"]
    assert listed == shared | {"received_files": 1, "received_bytes": len(BODY)}
    assert alice.get("/v1/me").json()["usage"]["files"] == 1
    assert look(anybody, shared).json()["files_left"] == 2


def test_what_is_large_is_sent_in_parts(alice: httpx.Client, stranger: httpx.Client) -> None:
    body = bytes(20 * 1024**2)
    created = create(stranger, body, name="a.bin", type="application/octet-stream")
    parts = cut(created, body)

    send_parts(stranger, created, parts)
    half = stranger.get(f"/v1/uploads/{created['id']}").json()
    completion = complete(stranger, created, named(parts)).raise_for_status().json()

    assert len(half["parts"]) == created["part_count"]
    assert completion["file"]["size"] == len(body)
    assert names_in(alice, "a/inbox") == ["a.bin"]


def test_a_strangers_token_is_good_for_nothing_but_sending(
    stranger: httpx.Client, anybody: httpx.Client, subtests: pytest.Subtests
) -> None:
    def ask(client: httpx.Client, operation: str) -> httpx.Response:
        (method,) = ROUTES[operation].takes - {"HEAD"}
        path = ROUTES[operation].path.replace("{id}", "0" * 26)
        call = CALLS[operation]
        return client.request(method, path, json=call.body, headers=dict(call.headers))

    for operation, rule in RULES.items():
        with subtests.test(operation):
            answer = ask(stranger, operation)
            if rule.by_link:
                assert answer.status_code not in {401, 403}
            elif rule.reach in {"anybody", "store"}:
                assert answer.status_code == ask(anybody, operation).status_code
            else:
                assert_problem(answer, errors.InsufficientScope)


def test_a_stranger_reaches_no_upload_but_those_of_the_link(
    broker: RunningBroker, alice: httpx.Client, stranger: httpx.Client
) -> None:
    own = create(stranger, BODY)
    with enter(broker, receive(alice)) as other, broker.client("bob") as bob:
        for sender in alice, other, bob:
            small, large = create(sender, BODY), declare(sender, 20 * 1024**2).json()
            part = {"parts": [{"number": 1, "checksum": "crc32c:AAAAAA=="}]}
            for answer in (
                stranger.get(f"/v1/uploads/{small['id']}"),
                stranger.post(f"/v1/uploads/{large['id']}/parts", json=part),
                stranger.post(f"/v1/uploads/{small['id']}/diagnose", json={}),
                complete(stranger, small),
                stranger.delete(f"/v1/uploads/{small['id']}"),
            ):
                assert_problem(answer, errors.NotFound)
            put(small, BODY)
            batch = stranger.post("/v1/uploads/batch/complete", json={"uploads": [{"id": small["id"]}]})
            assert [each["problem"]["status"] for each in batch.json()["items"]] == [404]
            assert sender.get(f"/v1/uploads/{small['id']}").json()["status"] == "pending"
            # once its own sender has had parts signed, the broker remembers the upload
            assert sender.post(f"/v1/uploads/{large['id']}/parts", json=part).status_code == 200
            refused = stranger.post(f"/v1/uploads/{large['id']}/parts", json=part)
            assert_problem(refused, errors.NotFound)

    assert stranger.get(f"/v1/uploads/{own['id']}").json()["status"] == "pending"
    assert alice.get(f"/v1/uploads/{own['id']}").json()["folder"] == "a/inbox"


def test_no_idempotency_key_finds_what_others_made(
    broker: RunningBroker, alice: httpx.Client, stranger: httpx.Client
) -> None:
    with enter(broker, receive(alice)) as other:
        senders = [alice, stranger, other]
        key = {"idempotency-key": "one"}
        new = {"name": "a.txt", "size": 3, "type": "text/plain", "folder": ""}

        ids = [sender.post("/v1/uploads", json=new, headers=key).json()["id"] for sender in senders]
        again = [sender.post("/v1/uploads", json=new, headers=key).json()["id"] for sender in senders]

    assert len(set(ids)) == 3
    assert again == ids


def test_a_stranger_learns_nothing_of_the_owner_nor_of_what_became_of_a_file(
    broker: RunningBroker, alice: httpx.Client
) -> None:
    shared = receive(alice, "secret/clients/inbox")
    with enter(broker, shared) as stranger:
        token = stranger.headers["authorization"]
        created = create(stranger, BODY, folder="trip/day 1")
        put(created, BODY).raise_for_status()
        completed = complete(stranger, created).json()
        change = {"name": "b.txt", "folder": "secret/clients/other", "trashed": True}
        alice.patch(f"/v1/files/{completed['file']['id']}", json=change).raise_for_status()

        again = complete(stranger, created).json()
        read = stranger.get(f"/v1/uploads/{created['id']}").json()

    assert completed["receipt"] is None
    assert completed["file"]["folder"] == created["folder"] == read["folder"] == "trip/day 1"
    assert again == completed
    assert read["file"] == completed["file"]
    payload = base64.urlsafe_b64decode(token.split(".")[1] + "==")
    assert json.loads(payload)["sub"] == shared["id"]
    for text in str(created), str(completed), str(read), payload.decode():
        assert "alice" not in text
        assert "secret" not in text


def test_names_that_are_taken_overwrite_nothing(alice: httpx.Client, stranger: httpx.Client) -> None:
    before = upload(alice, b"mine", folder="a/inbox")

    upload(stranger, b"first")
    upload(stranger, b"second")

    files = alice.get("/v1/files", params={"folder": "a/inbox"}).json()["items"]
    bodies = {
        httpx.get(alice.post(f"/v1/files/{file['id']}/download").json()["url"]).content for file in files
    }
    assert bodies == {b"mine", b"first", b"second"}
    assert before["id"] in {file["id"] for file in files}


@pytest.mark.parametrize("folder", ["..", "../other", "/", "/etc", "x/../..", ".", "x//y", "\0"])
def test_no_folder_leads_out_of_that_of_the_link(stranger: httpx.Client, folder: str) -> None:
    assert_problem(declare(stranger, folder=folder), errors.InvalidName)


def test_a_stranger_chooses_neither_policy_nor_owner(alice: httpx.Client, stranger: httpx.Client) -> None:
    created = declare(stranger, policy="staff").json()

    assert created["policy"] == "default"
    assert_problem(declare(stranger, owner="bob"), errors.InvalidField)


@pytest.mark.parametrize("limits", [{"max_files": 7}, {"max_bytes": 7 * 3 + 2}])
def test_the_limits_of_a_link_cannot_be_raced_past(
    embedded: StoreSettings, broker: RunningBroker, alice: httpx.Client, limits: dict[str, Any]
) -> None:
    """Two replicas on one database, forty uploads at once, some of them in batches."""
    shared = receive(alice, **limits)
    with (
        run_broker(embedded, broker.settings.database_url, policies=POLICIES) as replica,
        enter(broker, shared) as one,
        enter(replica, shared) as other,
        ThreadPoolExecutor(10) as threads,
    ):
        new = {"name": "a.txt", "size": 3, "type": "text/plain"}

        def send(number: int) -> int:
            client = (one, other)[number % 2]
            if number % 3:
                return int(declare(client).status_code == 201)
            items = client.post("/v1/uploads/batch", json={"uploads": [new] * 3}).json()["items"]
            return sum("upload" in item for item in items)

        created = sum(threads.map(send, range(20)))
        refused = declare(one)

    ((name, limit),) = limits.items()
    assert created == 7
    assert_problem(refused, errors.QuotaExceeded, rule=f"link.{name}", limit=limit)
    assert alice.get("/v1/me").json()["usage"]["pending"] == 7
    (listed,) = alice.get("/v1/shares").json()["items"]
    assert (listed["received_files"], listed["received_bytes"]) == (7, 21)


def test_what_a_link_takes_is_given_back_for_what_comes_to_nothing(
    broker: RunningBroker, alice: httpx.Client
) -> None:
    with enter(broker, receive(alice, max_files=1)) as stranger:
        aborted = create(stranger, BODY)
        assert_problem(declare(stranger), errors.QuotaExceeded)
        stranger.delete(f"/v1/uploads/{aborted['id']}").raise_for_status()
        upload(stranger, BODY)

        assert_problem(declare(stranger), errors.QuotaExceeded, rule="link.max_files", limit=1)
    (file,) = alice.get("/v1/files").json()["items"]
    alice.delete(f"/v1/files/{file['id']}").raise_for_status()
    (listed,) = alice.get("/v1/shares").json()["items"]
    assert listed["received_files"] == 1  # what came has come


def test_the_owners_policy_and_quota_apply(alice: httpx.Client, stranger: httpx.Client) -> None:
    assert_problem(declare(stranger, name="a.exe"), errors.PolicyViolation, field="name")
    assert_problem(declare(stranger, 51 * 1024**2), errors.ObjectTooLarge)
    for _ in range(5):
        declare(alice).raise_for_status()
        declare(stranger).raise_for_status()

    refused = declare(stranger)

    assert_problem(refused, errors.QuotaExceeded, rule="link.owner", limit=None)
    assert alice.get("/v1/shares").json()["items"][0]["received_files"] == 5


def test_a_stranger_waits_until_the_owner_may_have_more_uploads(
    embedded: StoreSettings, database_url: str
) -> None:
    policies = {"default": Policy(quota=Quota(pending=1))}
    with (
        run_broker(embedded, database_url, policies=policies) as broker,
        broker.client() as alice,
        enter(broker, receive(alice)) as stranger,
    ):
        own = create(alice, BODY)
        refused = declare(stranger)
        alice.delete(f"/v1/uploads/{own['id']}").raise_for_status()

        assert_problem(refused, errors.TooManyUploads, rule="link.owner", limit=None)
        assert declare(stranger).status_code == 201


def test_a_policy_with_a_scope_is_for_a_link_that_was_made_with_it(broker: RunningBroker) -> None:
    token = broker.token(scopes={"shares:write", "files:write", "staff"})
    with httpx.Client(base_url=broker.url, headers={"authorization": f"Bearer {token}"}) as staff:
        shared = receive(staff, "inbox/x", policy="staff")
        wrong = staff.post("/v1/folders/receive", json={"path": "inbox", "policy": "nothing"})
        assert_problem(wrong, errors.InvalidField, field="policy")
        receive(staff, "a")
        refused = staff.post("/v1/folders/receive", json={"path": "a", "policy": "staff"})
        assert_problem(refused, errors.PolicyViolation, field="folder")

    with enter(broker, shared) as stranger:
        assert declare(stranger, name="a.exe").json()["policy"] == "staff"
    with broker.client() as alice:
        refused = alice.post("/v1/folders/receive", json={"path": "inbox/x", "policy": "staff"})
        assert_problem(refused, errors.InsufficientScope, scope="staff")


def test_a_link_ends_with_its_policy(embedded: StoreSettings, broker: RunningBroker) -> None:
    token = broker.token(scopes={"shares:write", "files:write", "staff"})
    with httpx.Client(base_url=broker.url, headers={"authorization": f"Bearer {token}"}) as staff:
        shared = receive(staff, "inbox", policy="staff")
    left = {"policies": {"default": POLICIES["default"]}}

    with enter(broker, shared) as stranger:
        with run_broker(embedded, broker.settings.database_url, **left) as without:
            stranger.base_url = httpx.URL(without.url)

            assert_problem(look(stranger, shared), errors.ShareExpired)
            assert_problem(begin(stranger, shared), errors.ShareExpired)
            assert_problem(declare(stranger), errors.InvalidToken)

        stranger.base_url = httpx.URL(broker.url)
        assert look(stranger, shared).json()["policy"] == "staff"
        assert declare(stranger).status_code == 201


def test_a_folder_stays_where_the_policy_of_its_link_takes_files(
    broker: RunningBroker, alice: httpx.Client
) -> None:
    token = broker.token(scopes={"shares:write", "files:write", "staff"})
    with httpx.Client(base_url=broker.url, headers={"authorization": f"Bearer {token}"}) as staff:
        shared = receive(staff, "inbox/x/y", policy="staff")

        out = staff.post("/v1/folders/move", json={"path": "inbox/x", "to": "z"})
        within = staff.post("/v1/folders/move", json={"path": "inbox/x", "to": "inbox/z"})
        staff.delete(f"/v1/shares/{shared['id']}").raise_for_status()
        without_link = staff.post("/v1/folders/move", json={"path": "inbox/z", "to": "z"})

    assert_problem(out, errors.PolicyViolation, field="folder", rule="policies.staff.folders")
    assert within.json() == {"path": "inbox/z"}
    assert without_link.json() == {"path": "z"}


def test_a_link_that_was_taken_back_ends_its_tokens_on_all_replicas(
    embedded: StoreSettings, broker: RunningBroker, alice: httpx.Client, anybody: httpx.Client
) -> None:
    shared = receive(alice)
    with (
        run_broker(embedded, broker.settings.database_url, policies=POLICIES) as replica,
        enter(broker, shared) as one,
        enter(replica, shared) as other,
    ):
        created = create(one, BODY)
        put(created, BODY).raise_for_status()
        alice.delete(f"/v1/shares/{shared['id']}").raise_for_status()

        for stranger in one, other:
            assert_problem(complete(stranger, created), errors.InvalidToken)
            assert_problem(declare(stranger), errors.InvalidToken)
    assert_problem(begin(anybody, shared), errors.NotFound)
    assert names_in(alice, "a/inbox") == []


def test_tokens_end_soon_and_with_their_link(
    alice: httpx.Client, anybody: httpx.Client, clock: list[timedelta]
) -> None:
    long, short = receive(alice), receive(alice, expires_in=100)

    def token(shared: dict[str, Any]) -> dict[str, Any]:
        return dict(begin(anybody, shared).raise_for_status().json())

    minutes, seconds = token(long), token(short)
    anybody.headers["authorization"] = f"Bearer {seconds['access_token']}"

    assert minutes["expires_in"] == 15 * 60
    assert 90 <= seconds["expires_in"] <= 100
    clock.append(timedelta(seconds=101))
    assert_problem(declare(anybody), errors.InvalidToken)
    assert_problem(begin(anybody, short), errors.ShareExpired)
    anybody.headers["authorization"] = f"Bearer {minutes['access_token']}"
    assert declare(anybody).status_code == 201
    clock.append(timedelta(minutes=16))
    assert_problem(declare(anybody), errors.ExpiredToken)


def test_a_link_that_takes_files_asks_for_its_password(alice: httpx.Client, anybody: httpx.Client) -> None:
    shared = receive(alice, password="open sesame")

    for opening in look, begin:
        assert_problem(opening(anybody, shared), errors.ShareLocked)
        assert_problem(opening(anybody, shared, password="open"), errors.ShareLocked)
        assert opening(anybody, shared, password="open sesame").status_code == 200


def test_a_link_gives_or_takes_never_both(
    alice: httpx.Client, anybody: httpx.Client, stranger: httpx.Client
) -> None:
    file = upload(alice, BODY, folder="a/inbox")["id"]
    takes, gives = receive(alice), alice.post("/v1/folders/shares", json={"path": "a/inbox"}).json()

    assert_problem(begin(anybody, gives), errors.NotFound)
    assert_problem(begin(anybody, alice.post(f"/v1/files/{file}/shares").json()), errors.NotFound)
    for path in "files", "folders":
        assert_problem(anybody.post(f"/v1/shared/{path}", json={"token": token_of(takes)}), errors.NotFound)
    for wanted in {}, {"file": file}:
        assert_problem(fetch(anybody, takes, **wanted), errors.NotFound)
    assert_problem(anybody.get(f"/s/{token_of(takes)}/content"), errors.NotFound)


@pytest.mark.parametrize("sent", [False, True])
def test_files_go_where_the_folder_goes(broker: RunningBroker, alice: httpx.Client, sent: bool) -> None:
    with enter(broker, receive(alice)) as stranger:
        created = create(stranger, BODY, folder="x") if sent else {}
        alice.post("/v1/folders/move", json={"path": "a", "to": "b"}).raise_for_status()
        created = created or create(stranger, BODY, folder="x")
        put(created, BODY).raise_for_status()
        complete(stranger, created).raise_for_status()

        assert names_in(alice, "b/inbox/x") == ["a.txt"]
        alice.post("/v1/folders/trash", json={"path": "b"}).raise_for_status()
        assert_problem(declare(stranger), errors.InvalidToken)


def test_what_strangers_have_not_finished_is_not_for_the_owner_to_go_on_with(
    alice: httpx.Client, stranger: httpx.Client
) -> None:
    create(stranger, BODY)
    own = create(alice, BODY)

    assert [each["id"] for each in alice.get("/v1/uploads").json()["items"]] == [own["id"]]


def test_strangers_are_counted_by_address_and_shut_no_owner_out(
    embedded: StoreSettings, database_url: str
) -> None:
    limits = RateLimitSettings(subject="100/hour", address="10/hour")
    with run_broker(embedded, database_url, rate_limits=limits) as broker, broker.client() as alice:
        with enter(broker, receive(alice)) as stranger:
            statuses = {declare(stranger).status_code for _ in range(12)}

        assert statuses == {201, 429}
        assert alice.get("/v1/files").status_code == 200


@pytest.mark.parametrize("collision", ["refuse", "replace", "rename"])
def test_a_stranger_replaces_nothing_and_learns_no_names(
    broker: RunningBroker, alice: httpx.Client, collision: str
) -> None:
    shared = receive(alice)
    upload(alice, b"alice's", name="taken.txt", folder="a/inbox")

    with enter(broker, shared) as stranger:
        created = create(stranger, BODY, name="taken.txt", collision=collision)
        put(created, BODY).raise_for_status()
        sent = complete(stranger, created).raise_for_status().json()["file"]

    assert sent["name"] == "taken.txt"
    files = alice.get("/v1/files", params={"folder": "a/inbox"}).json()["items"]
    assert [file["name"] for file in files] == ["taken.txt"] * 2


def test_the_audit_trail_names_the_link_that_a_file_came_by(
    embedded: StoreSettings, database_url: str
) -> None:
    with run_broker(embedded, database_url) as broker, broker.client() as alice:
        shared = receive(alice)
        with enter(broker, shared) as stranger:
            created = create(stranger, BODY)
            put(created, BODY).raise_for_status()
            complete(stranger, created).raise_for_status()
            stranger.get("/v1/files")

    with closing(open_database(database_url)) as database:
        trail = asyncio.run(AuditRegistry(database).list(AuditFilter(), limit=9))

    link = f"share:{shared['id']}"
    assert [(each.subject, each.event, each.target) for each in reversed(trail)] == [
        ("alice", "share.created", shared["id"]),
        ("", "share.used", shared["id"]),
        (link, "upload.created", created["id"]),
        (link, "upload.completed", created["id"]),
        (link, "access.denied", ""),
    ]
    assert {each.tenant for each in trail} == {"acme"}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"max_files": 0}, "max_files"),
        ({"max_bytes": 0}, "max_bytes"),
        ({"max_downloads": 1}, "max_downloads"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"message": "x" * 2001}, "message"),
        ({"message": "\0"}, "message"),
        ({"path": ""}, "path"),
        ({"path": ".."}, "folder"),
    ],
)
def test_a_link_that_cannot_be_is_refused(alice: httpx.Client, wanted: dict[str, object], field: str) -> None:
    answer = alice.post("/v1/folders/receive", json={"path": "a"} | wanted)

    assert answer.status_code == 422
    assert answer.json()["field"] == field
