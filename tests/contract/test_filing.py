"""Files in their folders, over HTTP: renamed, moved, put into the trash, found and sorted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from broker import errors
from broker.settings import Policy, StoreSettings
from tests.problems import assert_problem, assert_problem_body
from tests.running import RunningBroker, run_broker
from tests.test_database import upgrade_to
from tests.transfers import create, put, upload

POLICIES = {
    "default": Policy(),
    "photos": Policy(name="photos", folders="photos/**", extensions=(".png",), types=("image/png",)),
}


@pytest.fixture
def broker(embedded: StoreSettings, database_url: str) -> Iterator[RunningBroker]:
    with run_broker(embedded, database_url, policies=POLICIES) as running:
        yield running


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def names(client: httpx.Client, **query: str | int) -> list[str]:
    """Read all pages of a list, two at a time."""
    found: list[str] = []
    cursor: dict[str, str | int] = {}
    while True:
        asked: dict[str, str | int] = {"limit": 2} | query | cursor
        page = client.get("/v1/files", params=asked).raise_for_status().json()
        found += [file["name"] for file in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def folders(client: httpx.Client, parent: str = "") -> list[str]:
    answer = client.get("/v1/folders", params={"parent": parent}).raise_for_status().json()
    assert answer["next_cursor"] is None
    return [each["path"] for each in answer["items"]]


def change(client: httpx.Client, file: dict[str, Any], **wanted: object) -> dict[str, Any]:
    answer = client.patch(f"/v1/files/{file['id']}", json=wanted).raise_for_status()
    changed: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == f'"{changed["revision"]}"'
    return changed


def test_a_file_is_renamed_and_moved_and_its_bytes_stay(alice: httpx.Client) -> None:
    file = upload(alice, b"hello", name="a.txt", folder="old")

    changed = change(alice, file, name="gro\u0308ße.txt", folder="new/er")

    assert changed == file | {
        "name": "größe.txt",
        "folder": "new/er",
        "revision": 2,
        "modified_at": changed["modified_at"],
    }
    assert changed["modified_at"] > file["modified_at"] == file["created_at"]
    assert (folders(alice), folders(alice, "new")) == (["new", "old"], ["new/er"])
    fetched = httpx.get(alice.post(f"/v1/files/{file['id']}/download").json()["url"])
    assert fetched.content == b"hello"
    assert "gr%C3%B6%C3%9Fe.txt" in fetched.headers["content-disposition"]


def test_a_change_can_be_bound_to_what_was_seen(alice: httpx.Client) -> None:
    file = upload(alice, b"hello")
    path = f"/v1/files/{file['id']}"
    etag = alice.get(path).headers["etag"]

    done = alice.patch(path, json={"name": "b.txt"}, headers={"if-match": etag})
    refused = alice.patch(path, json={"name": "c.txt"}, headers={"if-match": etag})
    nonsense = alice.patch(path, json={"name": "c.txt"}, headers={"if-match": 'W/"1"'})

    assert done.json()["name"] == "b.txt"
    assert_problem(refused, errors.RevisionMismatch)
    assert_problem(nonsense, errors.InvalidField, field="if-match")
    assert alice.get(path).json() == done.json()
    assert alice.patch(path, json={"name": "b.txt"}).headers["etag"] == done.headers["etag"]


def test_changes_at_once_are_all_made(alice: httpx.Client) -> None:
    file = upload(alice, b"hello")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: change(alice, file, name=f"{n}.txt"), range(4)))

    assert alice.get(f"/v1/files/{file['id']}").json()["revision"] == 5


@pytest.mark.parametrize(
    ("wanted", "kind", "field"),
    [
        ({"name": "../x"}, errors.InvalidName, "name"),
        ({"folder": "a//b"}, errors.InvalidName, "folder"),
        ({"trashed": "yes"}, errors.InvalidField, "trashed"),
        ({"owner": "bob"}, errors.InvalidField, "owner"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    alice: httpx.Client, wanted: dict[str, object], kind: type[errors.BrokerError], field: str
) -> None:
    file = upload(alice, b"hello")

    assert_problem(alice.patch(f"/v1/files/{file['id']}", json=wanted), kind, field=field)
    assert alice.get(f"/v1/files/{file['id']}").json() == file


def test_a_policy_still_holds_for_a_file_that_is_stored(alice: httpx.Client) -> None:
    file = upload(alice, b"p", name="a.png", type="image/png", folder="photos/1", policy="photos")
    path = f"/v1/files/{file['id']}"

    renamed = alice.patch(path, json={"name": "a.exe"})
    moved = alice.patch(path, json={"folder": "elsewhere"})
    along = alice.post("/v1/folders/move", json={"path": "photos", "to": "elsewhere"})

    assert_problem(renamed, errors.PolicyViolation, field="name", rule="policies.photos.extensions")
    for refused in moved, along:
        assert_problem(refused, errors.PolicyViolation, field="folder", rule="policies.photos.folders")
    assert change(alice, file, name="b.png", folder="photos/2")["folder"] == "photos/2"
    assert folders(alice) == ["photos"]


def test_the_trash_keeps_a_file_until_it_is_wanted_again(alice: httpx.Client) -> None:
    file = upload(alice, b"hello", folder="a/b")
    shared = alice.post(f"/v1/files/{file['id']}/shares").json()["url"].rpartition("/")[2]

    trashed = change(alice, file, trashed=True)
    alice.post("/v1/folders/trash", json={"path": "a"}).raise_for_status()

    assert trashed["trashed_at"]
    assert (names(alice), names(alice, trashed="true"), folders(alice)) == ([], ["a.txt"], [])
    assert alice.post("/v1/shared", json={"token": shared}).status_code == 404
    assert alice.get("/v1/me").json()["usage"]["files"] == 1
    assert change(alice, file, trashed=False)["trashed_at"] is None
    assert (names(alice, folder="a/b"), folders(alice, "a")) == (["a.txt"], ["a/b"])
    assert alice.post("/v1/shared", json={"token": shared}).status_code == 200


def test_files_are_found_and_sorted(alice: httpx.Client) -> None:
    for name, body, folder in [
        ("Bericht 100%.txt", b"333", ""),
        ("apfel.txt", b"1", ""),
        ("Ärger.txt", b"22", "a"),
        ("bericht_2.txt", b"4444", "a"),
        ("Apfel.txt", b"22", "a/b"),
    ]:
        upload(alice, body, name=name, folder=folder)
    by_age = ["Bericht 100%.txt", "apfel.txt", "Ärger.txt", "bericht_2.txt", "Apfel.txt"]

    assert names(alice) == names(alice, sort="-created") == by_age[::-1]
    assert names(alice, sort="created") == by_age
    by_name = ["apfel.txt", "Apfel.txt", "Ärger.txt", "Bericht 100%.txt", "bericht_2.txt"]
    assert names(alice, sort="name") == by_name
    assert names(alice, sort="-name") == by_name[::-1]
    by_size = ["apfel.txt", "Ärger.txt", "Apfel.txt", "Bericht 100%.txt", "bericht_2.txt"]
    assert names(alice, sort="size") == by_size
    assert names(alice, sort="-size") == by_size[::-1]
    assert names(alice, folder="a", sort="name") == ["Ärger.txt", "bericht_2.txt"]
    assert names(alice, folder="", sort="name") == ["apfel.txt", "Bericht 100%.txt"]
    assert names(alice, q="BERICHT", sort="name") == ["Bericht 100%.txt", "bericht_2.txt"]
    assert names(alice, q="ärg") == ["Ärger.txt"]
    assert names(alice, q="0%") == ["Bericht 100%.txt"]
    assert names(alice, q="t_2") == ["bericht_2.txt"]
    assert names(alice, q="pfel", folder="a/b") == ["Apfel.txt"]
    assert names(alice, q="nothing") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("folder=a//b", "folder"),
        ("q=%00", "q"),
        ("sort=colour", "sort"),
        ("cursor=x", "cursor"),
        ("sort=name&cursor=x", "cursor"),
        ("sort=size&cursor=WyJhIiwiYiJd", "cursor"),
        ("sort=size&cursor=WzkyMjMzNzIwMzY4NTQ3NzU4MDgsImEiXQ", "cursor"),  # [2**63, "a"]
        ("trashed=perhaps", "trashed"),
    ],
)
def test_a_list_that_cannot_be_is_refused(alice: httpx.Client, query: str, field: str) -> None:
    answer = alice.get(f"/v1/files?{query}")

    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_many_files_are_changed_and_deleted_together(alice: httpx.Client) -> None:
    files = [upload(alice, b"hello", name=f"{n}.txt") for n in range(3)]
    ids = [file["id"] for file in files]
    nobodys = "0" * 26

    moved = alice.post("/v1/files/batch", json={"ids": [*ids, nobodys], "folder": "b"}).json()["items"]
    trashed = alice.post("/v1/files/batch", json={"ids": ids, "trashed": True}).json()["items"]
    deleted = alice.post("/v1/files/batch/delete", json={"ids": [*ids[:2], nobodys]}).json()["items"]

    assert [each["file"]["folder"] for each in moved[:3]] == ["b"] * 3
    assert_problem_body(moved[3]["problem"], errors.NotFound)
    assert all(each["file"]["trashed_at"] for each in trashed)
    assert deleted[:2] == [{}, {}]
    assert_problem_body(deleted[2]["problem"], errors.NotFound)
    assert names(alice, trashed="true") == ["2.txt"]


def test_folders_are_made_and_listed_by_name(alice: httpx.Client) -> None:
    made = alice.post("/v1/folders", json={"path": "b/c"})
    upload(alice, b"hello", folder="a_/x")

    assert (made.status_code, made.json()) == (201, {"path": "b/c"})
    assert (folders(alice), folders(alice, "b"), folders(alice, "a_")) == (["a_", "b"], ["b/c"], ["a_/x"])
    assert_problem(alice.post("/v1/folders", json={"path": "b"}), errors.FolderExists)
    assert_problem(alice.post("/v1/folders", json={"path": ""}), errors.InvalidName, field="path")
    assert_problem(alice.post("/v1/folders", json={"path": "a/../b"}), errors.InvalidName)
    first = alice.get("/v1/folders?limit=1").json()
    assert first == {"items": [{"path": "a_"}], "next_cursor": "a_"}
    assert alice.get("/v1/folders?limit=1&cursor=a_").json()["items"] == [{"path": "b"}]


def test_a_folder_is_moved_with_all_that_is_in_it_and_nothing_else(alice: httpx.Client) -> None:
    for folder in "a", "a/b", "a/b/c", "ab", "a%", "":
        upload(alice, b"hello", name=f"in {folder.replace('/', ' ')}.txt", folder=folder)

    moved = alice.post("/v1/folders/move", json={"path": "a", "to": "x/y"})

    assert moved.json() == {"path": "x/y"}
    assert (folders(alice), folders(alice, "x"), folders(alice, "x/y")) == (
        ["a%", "ab", "x"],
        ["x/y"],
        ["x/y/b"],
    )
    assert names(alice, folder="x/y/b/c") == ["in a b c.txt"]
    assert names(alice, folder="ab") == ["in ab.txt"]
    for wanted, kind in [
        ({"path": "x", "to": "ab"}, errors.FolderExists),
        ({"path": "x", "to": "x/y/z"}, errors.InvalidName),
        ({"path": "nothing", "to": "z"}, errors.NotFound),
        ({"path": "", "to": "z"}, errors.InvalidName),
        ({"path": "x", "to": ""}, errors.InvalidName),
    ]:
        assert_problem(alice.post("/v1/folders/move", json=wanted), kind)


@pytest.mark.parametrize(
    ("method", "address", "body", "kind", "field"),
    [
        ("GET", "/v1/folders?cursor=..", None, errors.InvalidField, "cursor"),
        ("POST", "/v1/folders", {"path": ".."}, errors.InvalidName, "path"),
        ("POST", "/v1/folders/move", {"path": "a", "to": ".."}, errors.InvalidName, "to"),
    ],
)
def test_a_path_that_cannot_be_is_refused_by_its_field(
    alice: httpx.Client, method: str, address: str, body: object, kind: type[errors.BrokerError], field: str
) -> None:
    assert_problem(alice.request(method, address, json=body), kind, field=field)


def test_no_folder_is_moved_to_where_one_below_it_would_have_too_long_a_path(alice: httpx.Client) -> None:
    deep = "/".join(["a", *["b" * 250] * 4])
    alice.post("/v1/folders", json={"path": deep}).raise_for_status()

    too_long = alice.post("/v1/folders/move", json={"path": "a", "to": "c" * 21})
    moved = alice.post("/v1/folders/move", json={"path": "a", "to": "c" * 20})

    assert_problem(too_long, errors.InvalidName, field="to", limit=1024)
    assert moved.json() == {"path": "c" * 20}
    assert folders(alice) == ["c" * 20]


def test_a_policy_holds_for_what_is_on_its_way_into_a_folder_that_moves(alice: httpx.Client) -> None:
    created = create(alice, b"hello", name="a.png", type="image/png", folder="photos/x", policy="photos")
    alice.post("/v1/folders", json={"path": "photos/x"}).raise_for_status()

    out = alice.post("/v1/folders/move", json={"path": "photos/x", "to": "y"})
    within = alice.post("/v1/folders/move", json={"path": "photos/x", "to": "photos/y"})

    assert_problem(out, errors.PolicyViolation, field="folder", rule="policies.photos.folders")
    assert within.json() == {"path": "photos/y"}
    assert alice.get(f"/v1/uploads/{created['id']}").json()["folder"] == "photos/y"


def test_c56_a_repeated_request_finds_its_upload_where_its_folder_went(alice: httpx.Client) -> None:
    def ask(folder: str) -> httpx.Response:
        new = {"name": "a.txt", "size": 5, "type": "text/plain", "folder": folder}
        return alice.post("/v1/uploads", json=new, headers={"idempotency-key": "moved"})

    alice.post("/v1/folders", json={"path": "a/b"}).raise_for_status()
    created = ask("a/b").raise_for_status().json()
    for path, to in ("a", "c"), ("c", "d"):
        alice.post("/v1/folders/move", json={"path": path, "to": to}).raise_for_status()

    again = ask("a/b").raise_for_status().json()

    assert (again["id"], again["folder"]) == (created["id"], "d/b")
    assert_problem(ask("c/b"), errors.IdempotencyMismatch)


def test_a_folder_goes_into_the_trash_and_comes_back(alice: httpx.Client) -> None:
    earlier = upload(alice, b"hello", folder="a")
    change(alice, earlier, trashed=True)
    for folder in "a", "a/b", "ab":
        upload(alice, b"hello", folder=folder)

    trashed = alice.post("/v1/folders/trash", json={"path": "a"})
    again = alice.post("/v1/folders/trash", json={"path": "a"})
    left = names(alice), names(alice, trashed="true"), folders(alice)
    undone = alice.post("/v1/folders/restore", json={"path": "a", "trashed_at": trashed.json()["trashed_at"]})
    still_there = names(alice, trashed="true")
    restored = alice.post("/v1/folders/restore", json={"path": "a"})

    assert (trashed.json()["path"], trashed.json()["files"]) == ("a", 2)
    assert_problem(again, errors.NotFound)
    assert left == (["a.txt"], ["a.txt"] * 3, ["ab"])
    assert undone.json() == {"path": "a", "files": 2}
    assert still_there == ["a.txt"]
    assert restored.json() == {"path": "a", "files": 1}
    assert (len(names(alice)), folders(alice), folders(alice, "a")) == (4, ["a", "ab"], ["a/b"])


def test_a_folder_comes_back_where_the_one_above_it_is_now(alice: httpx.Client) -> None:
    kept, gone = upload(alice, b"1", folder="a/b"), upload(alice, b"2", folder="a/b/c")
    other = upload(alice, b"3", folder="a")
    trashed = alice.post("/v1/folders/trash", json={"path": "a/b"}).json()
    alice.patch(f"/v1/files/{other['id']}", json={"trashed": True})
    alice.post("/v1/folders/move", json={"path": "a", "to": "z"}).raise_for_status()
    undo = {"path": "a/b", "trashed_at": trashed["trashed_at"]}

    undone = alice.post("/v1/folders/restore", json=undo).json()

    assert undone == {"path": "a/b", "files": 2}
    assert [alice.get(f"/v1/files/{each['id']}").json()["folder"] for each in (kept, gone)] == [
        "z/b",
        "z/b/c",
    ]
    assert (folders(alice), folders(alice, "z")) == (["z"], ["z/b"])
    assert names(alice, trashed="true") == ["a.txt"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_utc_does_not_have_is_refused(alice: httpx.Client, moment: str) -> None:
    answer = alice.post("/v1/folders/restore", json={"path": "a", "trashed_at": moment})

    assert_problem(answer, errors.InvalidField, field="trashed_at")


def test_what_comes_back_with_its_folder_gets_a_number_where_its_name_is_taken(alice: httpx.Client) -> None:
    older, old = upload(alice, b"1", name="A.txt", folder="a/b"), upload(alice, b"2", folder="a/b")
    change(alice, older, trashed=True)
    trashed = alice.post("/v1/folders/trash", json={"path": "a"}).json()
    new = upload(alice, b"3", folder="a/b")
    upload(alice, b"4", folder="a")

    undone = alice.post("/v1/folders/restore", json={"path": "a", "trashed_at": trashed["trashed_at"]})
    after_undoing = names(alice, folder="a/b", sort="name")
    restored = alice.post("/v1/folders/restore", json={"path": "a"})

    assert (undone.json()["files"], restored.json()["files"]) == (1, 1)
    assert after_undoing == ["a (2).txt", "a.txt"]
    assert [alice.get(f"/v1/files/{each['id']}").json()["name"] for each in (older, old, new)] == [
        "A (3).txt",
        "a (2).txt",
        "a.txt",
    ]
    assert names(alice, folder="a") == ["a.txt"]


def test_of_namesakes_that_come_back_with_their_folder_the_newest_keeps_its_name(alice: httpx.Client) -> None:
    older = upload(alice, b"1", folder="a")
    change(alice, older, trashed=True)
    newer = upload(alice, b"2", folder="a")
    alice.post("/v1/folders/trash", json={"path": "a"}).raise_for_status()

    restored = alice.post("/v1/folders/restore", json={"path": "a"}).raise_for_status()

    facts = [alice.get(f"/v1/files/{each['id']}").json() for each in (older, newer)]
    assert restored.json()["files"] == 2
    assert [(fact["name"], fact["revision"]) for fact in facts] == [("a (2).txt", 3), ("a.txt", 3)]


def test_folders_are_their_owners(broker: RunningBroker, alice: httpx.Client) -> None:
    upload(alice, b"hello", folder="a")

    for subject, tenant in ("bob", "acme"), ("alice", "other"):
        with broker.client(subject, tenant=tenant) as stranger:
            assert folders(stranger) == []
            assert_problem(stranger.post("/v1/folders/move", json={"path": "a", "to": "b"}), errors.NotFound)
            assert_problem(stranger.post("/v1/folders/trash", json={"path": "a"}), errors.NotFound)
            assert stranger.post("/v1/folders/restore", json={"path": "a"}).json()["files"] == 0
    assert names(alice, folder="a") == ["a.txt"]


def test_a_file_in_the_trash_is_gone_on_with_by_nobody(alice: httpx.Client) -> None:
    """Completing an upload again still answers with its file, wherever that is."""
    created = create(alice, b"hello")
    put(created, b"hello").raise_for_status()
    path = f"/v1/uploads/{created['id']}/complete"
    file = alice.post(path).json()["file"]
    change(alice, file, trashed=True, name="b.txt")

    assert alice.post(path).json()["file"]["name"] == "b.txt"


def test_the_files_of_an_older_release_are_found_in_their_folders(
    embedded: StoreSettings, blank_database_url: str
) -> None:
    values = "'acme', 'alice', '{0}', 'k', 'GRÖSSE.txt', 'a/b', 3, 'text/plain', '2026-01-01'"
    upload_id, file_id = "0" * 26, "1" * 26
    upgrade_to(
        "0007",
        blank_database_url,
        "INSERT INTO uploads (tenant, owner, id, key, name, folder, size, type, created_at, expires_at,"
        f" status) VALUES ({values.format(upload_id)}, '2026-01-02', 'completed')",
        "INSERT INTO files (tenant, owner, id, key, name, folder, size, type, created_at, upload_id,"
        f" etag) VALUES ({values.format(file_id)}, '{upload_id}', 'e')",
    )

    with run_broker(embedded, blank_database_url) as broker, broker.client() as alice:
        assert names(alice, q="größe") == names(alice, q="grösse") == ["GRÖSSE.txt"]
        assert (folders(alice), folders(alice, "a")) == (["a"], ["a/b"])
        (file,) = alice.get("/v1/files").json()["items"]
        assert (file["revision"], file["modified_at"]) == (1, file["created_at"])
