"""Share links, over HTTP and against the real store."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from broker import errors, web
from broker.app import open_database, open_services
from broker.auth import Claims
from broker.keys import new_id
from broker.rows import Share
from broker.schemas import ListShares
from broker.settings import StoreSettings
from broker.share_registry import ShareRegistry
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.transfers import upload

BODY = b"hello, whoever you are"
ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset())


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


@pytest.fixture
def stranger(broker: RunningBroker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=broker.url, verify=False) as client:
        yield client


def share(client: httpx.Client, file: str | None = None, **wanted: object) -> dict[str, Any]:
    file = file or upload(client, BODY)["id"]
    shared: dict[str, Any] = client.post(f"/v1/files/{file}/shares", json=wanted).raise_for_status().json()
    return shared


def token_of(shared: dict[str, Any]) -> str:
    return str(shared["url"]).rpartition("/s/")[2]


def look(client: httpx.Client, shared: dict[str, Any], **more: object) -> httpx.Response:
    return client.post("/v1/shared", json={"token": token_of(shared)} | more)


def fetch(client: httpx.Client, shared: dict[str, Any], **more: object) -> httpx.Response:
    return client.post("/v1/shared/download", json={"token": token_of(shared)} | more)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """Return by how much the broker's clock is ahead; the test appends to it."""
    ahead = [timedelta()]
    monkeypatch.setattr(web, "now", lambda: datetime.now(UTC) + ahead[-1])
    return ahead


def test_whoever_has_a_link_sees_and_fetches_the_file(alice: httpx.Client, stranger: httpx.Client) -> None:
    shared = share(alice)

    seen = look(stranger, shared).raise_for_status().json()
    download = fetch(stranger, shared).raise_for_status().json()

    assert seen == {
        "kind": "file",
        "name": "a.txt",
        "size": len(BODY),
        "type": "text/plain",
        "checksum": download["checksum"],
        "part_size": None,
        "expires_at": shared["expires_at"],
        "downloads_left": None,
    }
    fetched = httpx.get(download["url"])
    assert fetched.content == BODY
    assert fetched.headers["content-disposition"] == 'attachment; filename="a.txt"'
    (listed,) = alice.get("/v1/shares", params={"file": shared["file"]}).json()["items"]
    assert listed == shared | {"downloads": 1}


def test_a_link_can_be_fetched_with_curl_alone(alice: httpx.Client, stranger: httpx.Client) -> None:
    shared = share(alice, max_downloads=1)
    path = httpx.URL(shared["url"]).path

    assert_problem(stranger.get(f"/s/{'x' * 48}/content"), errors.NotFound)
    assert stranger.head(f"{path}/content").status_code == 405
    fetched = stranger.get(f"{path}/content", follow_redirects=True)

    assert fetched.content == BODY
    assert_problem(stranger.get(f"{path}/content"), errors.ShareUsedUp)


def test_a_link_ends_when_it_has_expired(
    alice: httpx.Client, stranger: httpx.Client, clock: list[timedelta]
) -> None:
    shared = share(alice, expires_in=100)

    clock.append(timedelta(seconds=90))
    download = fetch(stranger, shared).raise_for_status().json()
    assert datetime.fromisoformat(download["expires_at"]) <= datetime.fromisoformat(shared["expires_at"])
    clock.append(timedelta(seconds=101))

    assert_problem(look(stranger, shared), errors.ShareExpired)
    assert_problem(fetch(stranger, shared), errors.ShareExpired)
    assert alice.get("/v1/shares", params={"file": shared["file"]}).json()["items"]


def test_a_link_is_good_to_its_very_end(
    alice: httpx.Client, stranger: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = share(alice, expires_in=100)
    end = datetime.fromisoformat(shared["expires_at"])

    monkeypatch.setattr(web, "now", lambda: end - timedelta(milliseconds=1))
    download = fetch(stranger, shared).raise_for_status().json()
    monkeypatch.setattr(web, "now", lambda: end)

    assert "X-Amz-Expires=1&" in download["url"]  # less than a second is no life that a store would take
    assert_problem(fetch(stranger, shared), errors.ShareExpired)


def test_what_expired_long_ago_is_forgotten(embedded: StoreSettings, database_url: str) -> None:
    with run_broker(embedded, database_url) as broker, broker.client() as client:
        old, young = share(client, expires_in=60), share(client)

        async def forget() -> None:
            with open_services(broker.settings) as services:
                await services.shares.forget(at=datetime.now(UTC) + timedelta(days=8))
                assert len((await services.shares.list(ALICE, ListShares())).items) == 2
                await services.shares.forget(at=datetime.now(UTC) + timedelta(days=31))

        asyncio.run(forget())

        assert [each["id"] for each in client.get("/v1/shares").json()["items"]] == [young["id"]]
        assert old["id"] != young["id"]


def test_a_link_is_used_up(alice: httpx.Client, stranger: httpx.Client) -> None:
    shared = share(alice, max_downloads=2)

    left = []
    for _ in range(2):
        left.append(look(stranger, shared).json()["downloads_left"])
        fetch(stranger, shared).raise_for_status()

    assert left == [2, 1]
    assert_problem(look(stranger, shared), errors.ShareUsedUp)
    assert_problem(fetch(stranger, shared), errors.ShareUsedUp)


def test_the_limit_of_a_link_cannot_be_raced_past(embedded: StoreSettings, database_url: str) -> None:
    """Two replicas on one database, forty requests at once."""
    with (
        run_broker(embedded, database_url) as one,
        run_broker(embedded, database_url) as other,
        one.client() as client,
        ThreadPoolExecutor(20) as threads,
    ):
        shared = share(client, max_downloads=7)
        urls = [one.url, other.url] * 20

        def fetch_from(url: str) -> int:
            body = {"token": token_of(shared)}
            return httpx.post(f"{url}/v1/shared/download", json=body, verify=False).status_code

        statuses = list(threads.map(fetch_from, urls))

    assert sorted(statuses) == [200] * 7 + [410] * 33


def test_a_link_asks_for_its_password(alice: httpx.Client, stranger: httpx.Client) -> None:
    shared = share(alice, password="open sesame", max_downloads=1)

    assert shared["has_password"]
    for opening in look, fetch:
        assert_problem(opening(stranger, shared), errors.ShareLocked)
        assert_problem(opening(stranger, shared, password="open"), errors.ShareLocked)
    assert_problem(stranger.get(f"/s/{token_of(shared)}/content"), errors.ShareLocked)
    assert look(stranger, shared, password="open sesame").json()["name"] == "a.txt"
    assert httpx.get(fetch(stranger, shared, password="open sesame").json()["url"]).content == BODY
    assert_problem(look(stranger, shared, password="open sesame"), errors.ShareUsedUp)
    assert_problem(look(stranger, shared), errors.ShareLocked)  # who does not know it learns no more


def test_the_password_of_a_link_cannot_be_guessed(alice: httpx.Client, stranger: httpx.Client) -> None:
    shared, other = share(alice, password="open sesame"), share(alice, password="open sesame")

    for _ in range(10):
        assert_problem(look(stranger, shared, password="open"), errors.ShareLocked)

    refused = look(stranger, shared, password="open sesame")
    assert_problem(refused, errors.TooManySignIns)
    assert int(refused.headers["retry-after"]) > 0
    assert look(stranger, other, password="open sesame").status_code == 200


def test_who_knows_the_password_of_a_link_may_mistype_it_again(
    alice: httpx.Client, stranger: httpx.Client
) -> None:
    shared = share(alice, password="open sesame")

    for _ in range(2):
        for _ in range(9):
            assert_problem(look(stranger, shared, password="open"), errors.ShareLocked)
        assert look(stranger, shared, password="open sesame").status_code == 200


def test_a_link_that_was_taken_back_is_none(alice: httpx.Client, stranger: httpx.Client) -> None:
    shared = share(alice)

    assert alice.delete(f"/v1/shares/{shared['id']}").status_code == 204

    assert_problem(look(stranger, shared), errors.NotFound)
    assert_problem(fetch(stranger, shared), errors.NotFound)
    assert_problem(alice.delete(f"/v1/shares/{shared['id']}"), errors.NotFound)


def test_a_deleted_file_takes_its_links_along(alice: httpx.Client, stranger: httpx.Client) -> None:
    shared = share(alice)

    alice.delete(f"/v1/files/{shared['file']}").raise_for_status()

    assert_problem(look(stranger, shared), errors.NotFound)
    assert alice.get("/v1/shares", params={"file": shared["file"]}).json()["items"] == []


@pytest.mark.parametrize("place", [0, 25, 26, 40])
def test_a_token_that_was_changed_is_none(alice: httpx.Client, stranger: httpx.Client, place: int) -> None:
    token = token_of(share(alice))
    changed = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]

    for forged in changed, token[:-1], token + "A", token[:26], "", "é" * 26, "\0":
        assert_problem(stranger.post("/v1/shared", json={"token": forged}), errors.NotFound)


def test_links_outlive_one_change_of_the_secret_key(
    embedded: StoreSettings, alice: httpx.Client, broker: RunningBroker
) -> None:
    shared = share(alice)
    rotated = {"secret_key": "n" * 32, "secret_key_previous": broker.settings.secret_key}

    def ask(**secrets: str) -> httpx.Response:
        with (
            run_broker(embedded, broker.settings.database_url, **secrets) as later,
            httpx.Client(base_url=later.url, verify=False) as stranger,
        ):
            return look(stranger, shared)

    assert ask(**rotated).status_code == 200
    assert_problem(ask(secret_key="n" * 32), errors.NotFound)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"expires_in": 59}, "expires_in"),
        ({"expires_in": 366 * 86400 + 1}, "expires_in"),
        ({"expires_in": None}, "expires_in"),
        ({"max_downloads": 0}, "max_downloads"),
        ({"password": ""}, "password"),
        ({"password": "x" * 1001}, "password"),
        ({"owner": "bob"}, "owner"),
    ],
)
def test_a_link_that_cannot_be_is_refused(alice: httpx.Client, wanted: dict[str, object], field: str) -> None:
    file = upload(alice, BODY)["id"]

    assert_problem(alice.post(f"/v1/files/{file}/shares", json=wanted), errors.InvalidField, field=field)


def test_links_are_listed_newest_first_page_by_page(broker: RunningBroker) -> None:
    with broker.client("lister") as client:
        made = [share(client)["id"] for _ in range(3)]

        first = client.get("/v1/shares?limit=2").json()
        second = client.get("/v1/shares", params={"limit": 2, "cursor": first["next_cursor"]}).json()

        assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
        assert second["next_cursor"] is None
        assert_problem(client.get("/v1/shares?cursor=x"), errors.InvalidField, field="cursor")


def test_what_could_run_a_script_is_not_shown_by_a_link(alice: httpx.Client, stranger: httpx.Client) -> None:
    page = upload(alice, b"<script>", name="a.html", type="text/html")["id"]

    download = fetch(stranger, share(alice, page), disposition="inline").json()

    fetched = httpx.get(download["url"])
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert fetched.headers["content-disposition"].startswith("attachment")


def test_a_file_that_went_meanwhile_gets_no_link(database_url: str) -> None:
    at = datetime.now(UTC)
    gone = Share(
        id=new_id(at),
        tenant="acme",
        owner="alice",
        kind="file",
        file_id=new_id(at),
        file_name="a.txt",
        downloads=0,
        created_at=at,
        expires_at=at,
    )

    with closing(open_database(database_url)) as database:
        assert not asyncio.run(ShareRegistry(database).add(gone))


def test_the_page_of_a_link_is_the_app(stranger: httpx.Client, alice: httpx.Client) -> None:
    shared = share(alice)

    page = stranger.get(httpx.URL(shared["url"]).path)

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["referrer-policy"] == "no-referrer"
