"""Thumbnails over HTTP: one small picture beside a file, of its owner alone, gone with the file."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from broker import errors
from broker.settings import Policy, ScanSettings, StoreSettings
from tests.objects import at_time, exists, key_of, store_object
from tests.problems import assert_problem
from tests.reconciling import find_orphans, reconcile
from tests.running import RunningBroker, run_broker
from tests.transfers import checksum_of, create, put, upload

PICTURE = b"\xff\xd8\xff a picture, as far as anybody here looks"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def broker(embedded: StoreSettings, database_url: str) -> Iterator[RunningBroker]:
    with run_broker(embedded, database_url) as running:
        yield running


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def ask(client: httpx.Client, file_id: str, body: bytes = PICTURE) -> httpx.Response:
    declared = {"size": len(body), "checksum": checksum_of(body)}
    return client.post(f"/v1/files/{file_id}/thumbnail", json=declared)


def store(client: httpx.Client, file: dict[str, Any], body: bytes = PICTURE) -> None:
    put({"request": ask(client, file["id"]).raise_for_status().json()}, body).raise_for_status()


def urls(client: httpx.Client, *ids: str) -> dict[str, str]:
    answer = client.post("/v1/files/thumbnails", json={"ids": ids}).raise_for_status()
    return {item["file"]: item["request"]["url"] for item in answer.json()["items"]}


def begin(client: httpx.Client) -> tuple[dict[str, Any], dict[str, Any]]:
    """Store a file; return its upload too, by which its objects are found."""
    created = create(client, b"hello")
    put(created, b"hello").raise_for_status()
    file: dict[str, Any] = client.post(f"/v1/uploads/{created['id']}/complete").json()["file"]
    return created, file


def test_a_thumbnail_is_stored_beside_its_file_and_fetched_as_a_picture(alice: httpx.Client) -> None:
    file, other = upload(alice, b"hello"), upload(alice, b"hello")
    usage = alice.get("/v1/me").json()["usage"]

    store(alice, file)

    found = urls(alice, file["id"], other["id"], "0" * 26, "\0nonsense")
    assert set(found) == {file["id"]}
    fetched = httpx.get(found[file["id"]])
    assert fetched.content == PICTURE
    assert fetched.headers["content-type"] == "image/jpeg"
    assert alice.get("/v1/me").json()["usage"] == usage
    assert len(alice.get("/v1/files").json()["items"]) == 2
    assert alice.get(f"/v1/files/{file['id']}").json() == file


def test_there_is_one_thumbnail_and_it_stays_what_it_is(alice: httpx.Client) -> None:
    file = upload(alice, b"hello")
    store(alice, file)

    again = put({"request": ask(alice, file["id"], b"another").json()}, b"another")

    assert again.status_code == 412
    assert httpx.get(urls(alice, file["id"])[file["id"]]).content == PICTURE


def test_the_store_takes_nothing_but_what_was_declared(alice: httpx.Client) -> None:
    file = upload(alice, b"hello")
    request = ask(alice, file["id"]).json()

    longer = httpx.put(
        request["url"],
        headers=request["headers"] | {"content-length": str(len(PICTURE) + 1)},
        content=PICTURE + b"x",
    )
    other_bytes = httpx.put(request["url"], headers=request["headers"], content=PICTURE[::-1])
    other_type = httpx.put(
        request["url"], headers=request["headers"] | {"content-type": "text/html"}, content=PICTURE
    )

    assert {longer.status_code, other_type.status_code} == {403}
    assert other_bytes.status_code == 400
    assert request["headers"]["content-type"] == "image/jpeg"
    assert httpx.get(urls(alice, file["id"])[file["id"]]).status_code == 404


@pytest.mark.parametrize(
    ("declared", "kind", "field"),
    [
        ({"size": 64 * 1024 + 1}, errors.InvalidField, "size"),
        ({"size": 0}, errors.InvalidField, "size"),
        ({"checksum": "md5:x"}, errors.InvalidChecksum, "checksum"),
        ({"checksum": None}, errors.InvalidField, "checksum"),
        ({"type": "image/svg+xml"}, errors.InvalidField, "type"),
        ({"key": "another"}, errors.InvalidField, "key"),
    ],
)
def test_a_thumbnail_that_cannot_be_is_refused(
    alice: httpx.Client, declared: dict[str, object], kind: type[errors.BrokerError], field: str
) -> None:
    file = upload(alice, b"hello")
    new = {"size": 3, "checksum": "crc32c:AAAAAA=="} | declared

    assert_problem(alice.post(f"/v1/files/{file['id']}/thumbnail", json=new), kind, field=field)
    assert urls(alice, file["id"]) == {}


def test_nobody_asks_for_more_than_a_page_shows(alice: httpx.Client) -> None:
    for ids in [], ["0" * 26] * 201:
        answer = alice.post("/v1/files/thumbnails", json={"ids": ids})
        assert_problem(answer, errors.InvalidField, field="ids")


def test_thumbnails_are_their_owners(broker: RunningBroker, alice: httpx.Client) -> None:
    file = upload(alice, b"hello")
    store(alice, file)

    for subject, tenant in ("bob", "acme"), ("alice", "other"):
        with broker.client(subject, tenant=tenant) as stranger:
            assert_problem(ask(stranger, file["id"]), errors.NotFound)
            assert urls(stranger, file["id"]) == {}


def test_a_url_stays_the_same_for_a_while_and_lives_longer(
    alice: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload(alice, b"hello")
    store(alice, file)
    (first,) = urls(alice, file["id"]).values()

    assert "X-Amz-Expires=3600&" in first
    (signed_at,) = parse_qs(urlsplit(first).query)["X-Amz-Date"]
    assert signed_at[-5:] in {"0000Z", "3000Z"}
    at_time(monkeypatch, timedelta(minutes=30))
    (second,) = urls(alice, file["id"]).values()
    assert first != second


def test_a_thumbnail_goes_with_its_file(
    broker: RunningBroker, alice: httpx.Client, embedded: StoreSettings
) -> None:
    created, file = begin(alice)
    store(alice, file)
    alice.patch(f"/v1/files/{file['id']}", json={"trashed": True}).raise_for_status()
    assert set(urls(alice, file["id"])) == {file["id"]}

    alice.delete(f"/v1/files/{file['id']}").raise_for_status()

    assert not exists(embedded, created)  # nothing whose key begins with the file's
    assert_problem(ask(alice, file["id"]), errors.NotFound)
    assert urls(alice, file["id"]) == {}


def test_a_thumbnail_that_comes_after_its_file_was_deleted_is_removed(
    broker: RunningBroker, alice: httpx.Client, embedded: StoreSettings
) -> None:
    created, file = begin(alice)
    late = ask(alice, file["id"]).json()
    alice.delete(f"/v1/files/{file['id']}").raise_for_status()
    put({"request": late}, PICTURE).raise_for_status()
    assert exists(embedded, created)

    assert [visit.action for visit in reconcile(broker.settings, after=60 * MINUTE)] == ["remove"]

    assert not exists(embedded, created)


def test_a_thumbnail_is_an_orphan_only_without_its_file(
    broker: RunningBroker, alice: httpx.Client, embedded: StoreSettings
) -> None:
    created, file = begin(alice)
    store(alice, file)
    orphan = f"{embedded.key_prefix}/acme/{'0' * 26}.thumbnail"
    store_object(embedded, orphan, PICTURE, "image/jpeg")

    found = {visit.key for visit in find_orphans(broker.settings, after=DAY + MINUTE)}

    assert orphan in found
    assert not any(key.startswith(key_of(embedded, created)) for key in found)


def test_nothing_in_quarantine_shows_a_thumbnail(embedded: StoreSettings, tmp_path: Path) -> None:
    with (
        run_broker(
            embedded,
            f"sqlite:///{tmp_path / 'broker.db'}",
            policies={"default": Policy(scan=True)},
            scan=ScanSettings(url="http://127.0.0.1:9/scan"),
        ) as broker,
        broker.client() as alice,
    ):
        file = upload(alice, b"hello")
        store(alice, file)

        assert file["scan"] == "pending"
        assert urls(alice, file["id"]) == {}
