"""Two files of one name in a folder: what an upload says is to become of them."""

from collections.abc import Iterator

import httpx
import pytest

from broker import errors
from broker.settings import StoreSettings
from tests.problems import assert_problem, assert_problem_body
from tests.running import RunningBroker, run_broker
from tests.transfers import create, put, upload


@pytest.fixture
def broker(embedded: StoreSettings, database_url: str) -> Iterator[RunningBroker]:
    with run_broker(embedded, database_url) as running:
        yield running


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def names(client: httpx.Client, **query: str) -> list[str]:
    return [
        file["name"] for file in client.get("/v1/files", params={"sort": "name", **query}).json()["items"]
    ]


def test_names_need_not_be_unique_unless_it_is_asked_for(alice: httpx.Client) -> None:
    upload(alice, b"1", name="a.txt")
    upload(alice, b"2", name="a.txt")

    assert names(alice) == ["a.txt", "a.txt"]


def test_a_file_that_is_to_be_renamed_gets_the_first_number_that_is_free(alice: httpx.Client) -> None:
    upload(alice, b"1", name="Film.MP4")
    upload(alice, b"1", name="film (3).mp4")
    given = [upload(alice, b"2", name="film.mp4", collision="rename")["name"] for _ in range(3)]
    elsewhere = upload(alice, b"2", name="film.mp4", folder="b", collision="rename")["name"]

    assert given == ["film (2).mp4", "film (4).mp4", "film (5).mp4"]
    assert elsewhere == "film.mp4"


def test_a_number_fits_into_the_longest_name(alice: httpx.Client) -> None:
    longest = "\xe4" * 125 + ".text"
    upload(alice, b"1", name=longest)

    named = upload(alice, b"2", name=longest, collision="rename")["name"]

    assert named == "\xe4" * 123 + " (2).text"


@pytest.mark.parametrize(
    ("longest", "numbered"),
    [
        ("a" * 251 + ".txt", ["a" * 247 + " (2).txt", "a" * 247 + " (3).txt"]),
        ("a." + "b" * 253, ["a." + "b" * 249 + " (2)", "a." + "b" * 249 + " (3)"]),
    ],
    ids=["stem", "extension"],
)
def test_each_of_the_longest_names_gets_a_number_of_its_own(
    alice: httpx.Client, longest: str, numbered: list[str]
) -> None:
    upload(alice, b"1", name=longest)

    given = [upload(alice, b"2", name=longest, collision="rename")["name"] for _ in range(2)]

    assert given == numbered


def test_a_file_that_replaces_puts_the_other_into_the_trash(alice: httpx.Client) -> None:
    old = upload(alice, b"1", name="a.txt")
    other = upload(alice, b"1", name="a.txt", folder="b")

    new = upload(alice, b"2", name="A.txt", collision="replace")

    assert sorted(names(alice)) == ["A.txt", "a.txt"]
    (trashed,) = alice.get("/v1/files", params={"trashed": "true"}).json()["items"]
    assert (trashed["id"], trashed["revision"]) == (old["id"], old["revision"] + 1)
    assert alice.get(f"/v1/files/{other['id']}").json()["trashed_at"] is None
    assert alice.get(f"/v1/files/{new['id']}").json()["name"] == "A.txt"


def test_nothing_is_replaced_before_the_upload_is_verified(alice: httpx.Client) -> None:
    upload(alice, b"1", name="a.txt")

    create(alice, b"2", name="a.txt", collision="replace")

    assert names(alice) == ["a.txt"]


def test_an_upload_is_refused_where_its_name_is_taken(alice: httpx.Client, broker: RunningBroker) -> None:
    upload(alice, b"1", name="a.txt", folder="b")
    in_trash = upload(alice, b"1", name="trashed.txt", folder="b")
    alice.patch(f"/v1/files/{in_trash['id']}", json={"trashed": True}).raise_for_status()
    wanted = [
        {"name": name, "folder": folder, "size": 1, "collision": "refuse"}
        for name, folder in [("A.TXT", "b"), ("a.txt", ""), ("trashed.txt", "b"), ("new.txt", "b")]
    ]

    items = alice.post("/v1/uploads/batch", json={"uploads": wanted}).json()["items"]
    alone = alice.post("/v1/uploads", json=wanted[0])
    with broker.client("bob") as bob:
        of_bob = bob.post("/v1/uploads", json=wanted[0])

    assert_problem_body(items[0]["problem"], errors.NameTaken)
    assert [list(item) for item in items[1:]] == [["upload"]] * 3
    assert_problem(alone, errors.NameTaken)
    assert of_bob.status_code == 201
    assert alice.get("/v1/me").json()["usage"]["pending"] == 3


def test_a_name_that_is_taken_meanwhile_gets_a_number(alice: httpx.Client) -> None:
    begun = create(alice, b"1", name="a.txt", collision="refuse")
    put(begun, b"1")
    upload(alice, b"2", name="a.txt")

    completed = alice.post(f"/v1/uploads/{begun['id']}/complete").raise_for_status().json()

    assert completed["file"]["name"] == "a (2).txt"


def test_a_request_that_is_repeated_is_not_refused_for_what_it_made_itself(alice: httpx.Client) -> None:
    wanted = {"name": "a.txt", "size": 1, "collision": "refuse"}
    again = {"idempotency-key": "one"}
    begun = alice.post("/v1/uploads", json=wanted, headers=again).raise_for_status().json()
    put(begun, b"1")
    alice.post(f"/v1/uploads/{begun['id']}/complete").raise_for_status()

    repeated = alice.post("/v1/uploads", json=wanted, headers=again)

    assert repeated.json()["id"] == begun["id"]


@pytest.mark.parametrize(
    ("collision", "there", "trashed"),
    [
        ("allow", ["a.txt", "a.txt"], []),
        ("rename", ["a (2).txt", "a.txt"], []),
        ("replace", ["a.txt"], ["a.txt"]),
    ],
)
@pytest.mark.parametrize("change", [{"name": "a.txt"}, {"folder": "b"}, {"trashed": False}])
def test_a_file_that_is_changed_says_too_what_is_to_become_of_two(
    alice: httpx.Client, change: dict[str, object], collision: str, there: list[str], trashed: list[str]
) -> None:
    old = upload(alice, b"1", name="a.txt", folder="b")
    moved = place_for(alice, change)

    changed = alice.patch(f"/v1/files/{moved['id']}", json={**change, "collision": collision})

    answer = changed.raise_for_status().json()
    assert names(alice, folder="b") == there
    assert names(alice, trashed="true") == trashed
    assert alice.get(f"/v1/files/{moved['id']}").json() == answer
    assert answer["name"] in there
    assert alice.get(f"/v1/files/{old['id']}").json()["name"] == "a.txt"


@pytest.mark.parametrize("change", [{"name": "a.txt"}, {"folder": "b"}, {"trashed": False}])
def test_a_change_is_refused_where_the_name_is_taken(alice: httpx.Client, change: dict[str, object]) -> None:
    upload(alice, b"1", name="A.txt", folder="b")
    moved = place_for(alice, change)
    before = alice.get(f"/v1/files/{moved['id']}").json()

    refused = alice.patch(f"/v1/files/{moved['id']}", json={**change, "collision": "refuse"})

    assert_problem(refused, errors.NameTaken)
    assert alice.get(f"/v1/files/{moved['id']}").json() == before


def test_a_file_is_not_in_its_own_way(alice: httpx.Client) -> None:
    file = upload(alice, b"1", name="a.txt")
    changes = [{"name": "A.txt", "collision": collision} for collision in ("refuse", "replace", "rename")]

    changed = [alice.patch(f"/v1/files/{file['id']}", json=change).json()["name"] for change in changes]

    assert changed == ["A.txt"] * 3
    assert names(alice) == ["A.txt"]


def test_of_two_namesakes_that_are_moved_together_one_is_refused(alice: httpx.Client) -> None:
    ids = [upload(alice, b"1", name="a.txt", folder=folder)["id"] for folder in ("b", "c")]

    wanted = {"ids": ids, "folder": "d", "collision": "refuse"}
    items = alice.post("/v1/files/batch", json=wanted).raise_for_status().json()["items"]

    assert sorted("problem" in item for item in items) == [False, True]
    assert names(alice, folder="d") == ["a.txt"]


def place_for(client: httpx.Client, change: dict[str, object]) -> dict[str, object]:
    """Store a file that the change makes `b/a.txt`."""
    name = "other.txt" if "name" in change else "a.txt"
    file: dict[str, object] = upload(client, b"2", name=name, folder="c" if "folder" in change else "b")
    if "trashed" in change:
        client.patch(f"/v1/files/{file['id']}", json={"trashed": True}).raise_for_status()
    return file
