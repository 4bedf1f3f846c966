"""Links to folders, over HTTP and against the real store."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from broker import errors
from broker.settings import StoreSettings
from tests.contract.test_shares import fetch, look, token_of
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.test_database import upgrade_to
from tests.transfers import upload

BODY = b"hello, whoever you are"


@pytest.fixture
def broker(embedded: StoreSettings, database_url: str) -> Iterator[RunningBroker]:
    with run_broker(embedded, database_url) as running:
        yield running


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


@pytest.fixture
def stranger(broker: RunningBroker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=broker.url, verify=False) as client:
        yield client


def share(client: httpx.Client, path: str = "a/photos", **wanted: object) -> dict[str, Any]:
    answer = client.post("/v1/folders/shares", json={"path": path} | wanted)
    assert answer.status_code == 201, answer.text
    shared: dict[str, Any] = answer.json()
    return shared


def put_in(client: httpx.Client, folder: str, name: str = "a.txt") -> str:
    return str(upload(client, BODY, folder=folder, name=name)["id"])


def folders(client: httpx.Client, shared: dict[str, Any], parent: str = "", **more: object) -> list[str]:
    body = {"token": token_of(shared), "parent": parent} | more
    answer = client.post("/v1/shared/folders", json=body).raise_for_status().json()
    return [each["path"] for each in answer["items"]]


def files(client: httpx.Client, shared: dict[str, Any], folder: str = "", **more: object) -> list[str]:
    body = {"token": token_of(shared), "folder": folder} | more
    answer = client.post("/v1/shared/files", json=body).raise_for_status().json()
    return [each["id"] for each in answer["items"]]


def test_whoever_has_a_link_to_a_folder_sees_and_fetches_all_below_it(
    alice: httpx.Client, stranger: httpx.Client
) -> None:
    top, deep = put_in(alice, "a/photos"), put_in(alice, "a/photos/2026/may", "b.txt")

    shared = share(alice)
    download = fetch(stranger, shared, file=deep).raise_for_status().json()

    assert (shared["kind"], shared["folder"], shared["name"], shared["file"]) == (
        "folder",
        "a/photos",
        "photos",
        None,
    )
    assert look(stranger, shared).json() == {
        "kind": "folder",
        "name": "photos",
        "expires_at": shared["expires_at"],
        "downloads_left": None,
    }
    assert (files(stranger, shared), folders(stranger, shared)) == ([top], ["2026"])
    assert folders(stranger, shared, "2026") == ["2026/may"]
    assert files(stranger, shared, "2026/may") == [deep]
    assert httpx.get(download["url"]).content == BODY
    assert alice.get("/v1/shares", params={"folder": "a/photos"}).json()["items"] == [
        shared | {"downloads": 1}
    ]
    assert alice.get("/v1/shares", params={"folder": "a"}).json()["items"] == []


def test_a_stranger_sees_of_a_file_what_fetching_it_needs(
    alice: httpx.Client, stranger: httpx.Client
) -> None:
    file = put_in(alice, "a/photos")
    shared = share(alice)

    (seen,) = stranger.post("/v1/shared/files", json={"token": token_of(shared)}).json()["items"]

    modified_at = alice.get(f"/v1/files/{file}").json()["modified_at"]
    assert seen == {
        "id": file,
        "name": "a.txt",
        "size": len(BODY),
        "type": "text/plain",
        "modified_at": modified_at,
    }


def test_nothing_outside_of_the_folder_can_be_reached(
    broker: RunningBroker, alice: httpx.Client, stranger: httpx.Client
) -> None:
    inside = put_in(alice, "a/photos")
    outside = [
        put_in(alice, folder) for folder in ("", "a", "b", "a/photos2", "a/photo", "A/Photos", "photos")
    ]
    trashed = put_in(alice, "a/photos")
    alice.patch(f"/v1/files/{trashed}", json={"trashed": True}).raise_for_status()
    for subject, tenant in ("bob", "acme"), ("alice", "other"):
        with broker.client(subject, tenant=tenant) as other:
            outside.append(put_in(other, "a/photos"))

    shared = share(alice)

    assert files(stranger, shared) == [inside]
    for file in *outside, trashed, "0" * 26, "nonsense", "\0", "":
        refused = fetch(stranger, shared, file=file)
        assert refused.status_code == (422 if file == "" else 404), file
    for path in "..", "../photos2", ".", "/", "2026/../..", "2", "/2":
        for call, field in ("files", "folder"), ("folders", "parent"):
            answer = stranger.post(f"/v1/shared/{call}", json={"token": token_of(shared), field: path})
            assert answer.status_code == 422 or answer.json()["items"] == [], path
    past = stranger.post("/v1/shared/folders", json={"token": token_of(shared), "cursor": ".."})
    assert_problem(past, errors.InvalidName)


def test_a_link_to_a_file_leads_to_no_other_and_to_no_folder(
    alice: httpx.Client, stranger: httpx.Client
) -> None:
    file, other = put_in(alice, "a/photos"), put_in(alice, "a/photos")
    shared = alice.post(f"/v1/files/{file}/shares").json()

    assert fetch(stranger, shared, file=file).status_code == 200
    assert_problem(fetch(stranger, shared, file=other), errors.NotFound)
    for call in "files", "folders":
        refused = stranger.post(f"/v1/shared/{call}", json={"token": token_of(shared)})
        assert_problem(refused, errors.NotFound)


def test_the_link_shows_the_folder_as_it_is_now(alice: httpx.Client, stranger: httpx.Client) -> None:
    moved_out, trashed = put_in(alice, "a/photos"), put_in(alice, "a/photos")
    shared = share(alice)

    added = put_in(alice, "a/photos")
    alice.patch(f"/v1/files/{moved_out}", json={"folder": "a"}).raise_for_status()
    alice.patch(f"/v1/files/{trashed}", json={"trashed": True}).raise_for_status()

    assert files(stranger, shared) == [added]
    assert_problem(fetch(stranger, shared, file=moved_out), errors.NotFound)
    assert_problem(fetch(stranger, shared, file=trashed), errors.NotFound)


@pytest.mark.parametrize(("moved", "to"), [("a/photos", "b/pictures"), ("a", "z/a"), ("a", "ab")])
def test_a_link_goes_where_its_folder_goes(
    alice: httpx.Client, stranger: httpx.Client, moved: str, to: str
) -> None:
    file = put_in(alice, "a/photos/2026")
    shared = share(alice)

    alice.post("/v1/folders/move", json={"path": moved, "to": to}).raise_for_status()
    stays_out = put_in(alice, "a/photos")  # a new folder where the old one was

    assert (folders(stranger, shared), files(stranger, shared, "2026")) == (["2026"], [file])
    assert_problem(fetch(stranger, shared, file=stays_out), errors.NotFound)
    (listed,) = alice.get("/v1/shares").json()["items"]
    assert listed["folder"] == to + "a/photos"[len(moved) :]


@pytest.mark.parametrize("trashed", ["a/photos", "a"])
def test_a_link_ends_with_its_folder(alice: httpx.Client, stranger: httpx.Client, trashed: str) -> None:
    put_in(alice, "a/photos")
    shared = share(alice)

    alice.post("/v1/folders/trash", json={"path": trashed}).raise_for_status()
    put_in(alice, "a/photos")

    assert_problem(look(stranger, shared), errors.NotFound)
    assert alice.get("/v1/shares").json()["items"] == []


def test_an_empty_folder_has_a_link_too(alice: httpx.Client, stranger: httpx.Client) -> None:
    alice.post("/v1/folders", json={"path": "a/photos"}).raise_for_status()
    shared = share(alice)

    assert (files(stranger, shared), folders(stranger, shared)) == ([], [])
    assert_problem(fetch(stranger, shared), errors.InvalidField, field="file")
    assert_problem(stranger.get(f"/s/{token_of(shared)}/content"), errors.InvalidField, field="file")


def test_long_lists_come_page_by_page(alice: httpx.Client, stranger: httpx.Client) -> None:
    wanted = [put_in(alice, "a/photos", name) for name in ("1.txt", "2.txt", "3.txt")]
    for name in "xyz":
        put_in(alice, f"a/photos/{name}")
    shared = share(alice)

    def read(call: str, kind: str) -> list[str]:
        found: list[str] = []
        cursor = None
        while True:
            body = {"token": token_of(shared), "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = stranger.post(f"/v1/shared/{call}", json=body).raise_for_status().json()
            found += [each[kind] for each in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert read("files", "id") == wanted
    assert read("folders", "path") == ["x", "y", "z"]


def test_each_download_of_a_file_in_a_folder_is_counted(
    broker: RunningBroker, embedded: StoreSettings, alice: httpx.Client, stranger: httpx.Client
) -> None:
    """Two replicas on one database, forty requests at once, for two files."""
    wanted = [put_in(alice, "a/photos"), put_in(alice, "a/photos/2026")]
    shared = share(alice, max_downloads=7)

    with (
        run_broker(embedded, broker.settings.database_url) as other,
        ThreadPoolExecutor(20) as threads,
    ):

        def fetch_from(number: int) -> int:
            url, file = (broker.url, other.url)[number % 2], wanted[number // 2 % 2]
            body = {"token": token_of(shared), "file": file}
            return httpx.post(f"{url}/v1/shared/download", json=body, verify=False).status_code

        statuses = list(threads.map(fetch_from, range(40)))

    assert sorted(statuses) == [200] * 7 + [410] * 33
    assert_problem(look(stranger, shared), errors.ShareUsedUp)


def test_a_link_to_a_folder_asks_for_its_password_everywhere(
    alice: httpx.Client, stranger: httpx.Client
) -> None:
    file = put_in(alice, "a/photos")
    shared = share(alice, password="open sesame")

    for path in "/v1/shared", "/v1/shared/folders", "/v1/shared/files":
        refused = stranger.post(path, json={"token": token_of(shared)})
        assert_problem(refused, errors.ShareLocked)
    assert_problem(fetch(stranger, shared, file=file), errors.ShareLocked)
    assert files(stranger, shared, password="open sesame") == [file]
    assert fetch(stranger, shared, file=file, password="open sesame").status_code == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", errors.InvalidName),
        ("..", errors.InvalidName),
        ("a/photos/", errors.InvalidName),
        ("nothing", errors.NotFound),
        ("bobs", errors.NotFound),
    ],
)
def test_what_is_no_folder_of_ones_own_gets_no_link(
    broker: RunningBroker, alice: httpx.Client, path: str, kind: type[errors.BrokerError]
) -> None:
    with broker.client("bob") as bob:
        put_in(bob, "bobs")

    assert_problem(alice.post("/v1/folders/shares", json={"path": path}), kind)


def test_the_links_of_an_older_release_lead_where_they_led(
    embedded: StoreSettings, blank_database_url: str
) -> None:
    values = "'acme', 'alice', '{0}', 'k', 'a.txt', 3, 'text/plain', '2026-01-01'"
    upload_id, file_id, share_id = "0" * 26, "1" * 26, "2" * 26
    upgrade_to(
        "0008",
        blank_database_url,
        "INSERT INTO uploads (tenant, owner, id, key, name, size, type, created_at, expires_at, status)"
        f" VALUES ({values.format(upload_id)}, '2026-01-02', 'completed')",
        "INSERT INTO files (tenant, owner, id, key, name, size, type, created_at, upload_id, etag)"
        f" VALUES ({values.format(file_id)}, '{upload_id}', 'e')",
        "INSERT INTO shares (tenant, owner, id, file_id, downloads, created_at, expires_at)"
        f" VALUES ('acme', 'alice', '{share_id}', '{file_id}', 5, '2026-01-01', '2099-01-01')",
    )

    with (
        run_broker(embedded, blank_database_url) as broker,
        broker.client() as alice,
        httpx.Client(base_url=broker.url) as stranger,
    ):
        (shared,) = alice.get("/v1/shares").json()["items"]
        fetch(stranger, shared).raise_for_status()
        alice.delete(f"/v1/files/{file_id}").raise_for_status()

        assert (shared["kind"], shared["file"], shared["downloads"]) == ("file", file_id, 5)
        assert_problem(look(stranger, shared), errors.NotFound)
