"""The main job over HTTP, against the real store: create, PUT, complete, list, download, delete."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from msgspec import structs

from broker import errors, web
from broker.auth import Claims, Scope
from broker.keys import new_id
from broker.registry import Registry
from broker.rows import Upload
from broker.settings import StoreSettings
from broker.sigv4 import Credentials, Endpoint, Signer
from broker.stores.sdk import connect
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.transfers import checksum_of, create, put, upload
from tests.waiting import wait_until

BYTES = b"what alice stores"


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client("alice") as client:
        yield client


def ids_of(client: httpx.Client) -> list[str]:
    return [file["id"] for file in client.get("/v1/files", params={"limit": 1000}).json()["items"]]


def at_time(monkeypatch: pytest.MonkeyPatch, offset: timedelta) -> None:
    """Let the broker's clock run ahead (or behind) by the offset."""
    monkeypatch.setattr(web, "now", lambda: datetime.now(UTC) + offset)


@pytest.mark.parametrize("body", [b"", b"x", BYTES, b"\0\xff" * 500_000], ids=len)
@pytest.mark.parametrize("with_checksum", [True, False], ids=["checksum", "no checksum"])
def test_a_file_goes_in_and_comes_out_unchanged(
    alice: httpx.Client, body: bytes, with_checksum: bool
) -> None:
    checksum = checksum_of(body) if with_checksum else None
    created = create(alice, body, name="größe ✓ 日本.txt", type="text/plain", checksum=checksum)
    put(created, body).raise_for_status()

    file = alice.post(f"/v1/uploads/{created['id']}/complete").raise_for_status().json()["file"]
    request = alice.post(f"/v1/files/{file['id']}/download", json={}).raise_for_status().json()
    fetched = httpx.get(request["url"]).raise_for_status()

    assert file | {"id": "", "created_at": ""} == {
        "id": "",
        "name": "größe ✓ 日本.txt",
        "size": len(body),
        "type": "text/plain",
        "folder": "",
        "checksum": checksum,
        "part_size": None,
        "modified_at": file["created_at"],
        "revision": 1,
        "trashed_at": None,
        "scan": None,
        "share": None,
        "policy": "default",
        "created_at": "",
    }
    assert fetched.content == body
    assert fetched.headers["content-type"] == "text/plain"
    assert fetched.headers["content-disposition"] == (
        'attachment; filename="gr__e _ __.txt"; '
        "filename*=UTF-8''gr%C3%B6%C3%9Fe%20%E2%9C%93%20%E6%97%A5%E6%9C%AC.txt"
    )
    assert alice.get("/v1/files").json()["items"][0] == file
    assert alice.get(f"/v1/files/{file['id']}").json() == file
    assert alice.get(f"/v1/uploads/{created['id']}").json()["file"] == file


def test_a_deleted_file_is_gone_from_the_list_and_from_the_store(
    alice: httpx.Client, embedded: StoreSettings
) -> None:
    file = upload(alice, BYTES)
    url = alice.post(f"/v1/files/{file['id']}/download", json={}).json()["url"]

    assert alice.delete(f"/v1/files/{file['id']}").status_code == 204

    assert httpx.get(url).status_code == 404
    assert file["id"] not in ids_of(alice)
    for method, path in ("GET", ""), ("DELETE", ""), ("GET", "/content"), ("POST", "/download"):
        assert_problem(alice.request(method, f"/v1/files/{file['id']}{path}"), errors.NotFound)


def test_usage_counts_files_and_bytes(broker: RunningBroker) -> None:
    with broker.client("counter") as client:
        first = upload(client, b"12345")
        upload(client, b"123")
        client.delete(f"/v1/files/{first['id']}")

        create(client, b"1234")
        me = client.get("/v1/me").json()

    usage = {"files": 1, "bytes": 3, "pending": 1, "pending_bytes": 4}
    assert me == {
        "subject": "counter",
        "tenant": "acme",
        "scopes": sorted(Scope),
        "trash_days": 30,
        "policies": [me["policies"][0] | {"name": "default", "max_size": 5 * 2**40, "usage": usage}],
        "usage": usage,
    }


def test_a_list_goes_page_by_page_and_ends(broker: RunningBroker) -> None:
    with broker.client("lister") as client:
        expected = [upload(client, b"x")["id"] for _ in range(5)][::-1]

        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = client.get(
                "/v1/files", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
            ).json()
            found += [file["id"] for file in page["items"]]
            cursor = page["next_cursor"]

    assert found == expected


def test_the_urls_are_signed_for_writing_and_reading_apart(
    alice: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(alice, BYTES)
    file = upload(alice, BYTES)
    fetch = alice.post(f"/v1/files/{file['id']}/download", json={}).json()

    def signer(url: str) -> str:
        return parse_qs(urlsplit(url).query)["X-Amz-Credential"][0].split("/")[0]

    assert signer(created["request"]["url"]) == embedded.put_signer.access_key
    assert signer(fetch["url"]) == embedded.get_signer.access_key


def test_a_url_lives_five_minutes_and_never_longer_than_its_upload(
    alice: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = create(alice, BYTES)
    lives = parse_qs(urlsplit(created["request"]["url"]).query)["X-Amz-Expires"]
    at_time(monkeypatch, timedelta(days=1, seconds=-100))

    later = alice.get(f"/v1/uploads/{created['id']}").json()

    assert lives == ["300"]
    assert later["status"] == "pending"
    assert later["expires_at"] == created["expires_at"]
    assert datetime.fromisoformat(later["request"]["expires_at"]) <= (
        datetime.fromisoformat(created["expires_at"]) + timedelta(seconds=1)
    )


def test_a_pending_upload_is_signed_anew_when_asked(
    alice: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_time(monkeypatch, timedelta(minutes=-10))
    created = create(alice, BYTES)
    assert put(created, BYTES).status_code == 403  # the URL has expired
    monkeypatch.undo()

    again = alice.get(f"/v1/uploads/{created['id']}").json()

    put(again, BYTES).raise_for_status()
    alice.post(f"/v1/uploads/{created['id']}/complete").raise_for_status()


OTHER_HEADERS: list[tuple[str, dict[str, str | None], int]] = [
    ("another type", {"content-type": "text/html"}, 403),
    ("no type", {"content-type": None}, 403),
    ("c26 if-none-match left out", {"if-none-match": None}, 403),
    ("another checksum", {"x-amz-checksum-crc32c": checksum_of(b"other").removeprefix("crc32c:")}, 403),
    ("checksum left out", {"x-amz-checksum-crc32c": None}, 403),
    ("c27 a copy of another object", {"x-amz-copy-source": "files/uploads/x"}, 403),
    ("c30 an acl", {"x-amz-acl": "public-read"}, 403),
    ("c30 a tag", {"x-amz-tagging": "a=b"}, 403),
]


@pytest.mark.parametrize(
    ("changes", "status"), [row[1:] for row in OTHER_HEADERS], ids=[row[0] for row in OTHER_HEADERS]
)
def test_c24_a_put_with_other_headers_is_refused_and_makes_no_file(
    alice: httpx.Client, changes: dict[str, str | None], status: int
) -> None:
    created = create(alice, BYTES)
    headers = {name: value for name, value in (created["request"]["headers"] | changes).items() if value}

    refused = httpx.put(created["request"]["url"], headers=headers, content=BYTES)

    assert refused.status_code == status
    assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.UploadIncomplete)
    assert alice.get(f"/v1/uploads/{created['id']}").json()["status"] == "pending"


@pytest.mark.parametrize("body", [BYTES + b"!", BYTES[:-1], b""], ids=["longer", "shorter", "empty"])
def test_c23_a_put_of_another_length_is_refused_and_makes_no_file(alice: httpx.Client, body: bytes) -> None:
    created = create(alice, BYTES)
    headers = created["request"]["headers"] | {"content-length": str(len(body))}

    refused = httpx.put(created["request"]["url"], headers=headers, content=body)

    assert refused.status_code == 403
    assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.UploadIncomplete)


def test_c25_a_put_of_other_bytes_is_refused_and_makes_no_file(alice: httpx.Client) -> None:
    created = create(alice, BYTES)

    refused = put(created, BYTES.swapcase())

    assert refused.status_code == 400
    assert "BadDigest" in refused.text
    assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.UploadIncomplete)


def test_c26_a_second_put_is_refused_and_changes_nothing(alice: httpx.Client) -> None:
    created = create(alice, BYTES, checksum=None)
    put(created, BYTES).raise_for_status()

    assert put(created, BYTES.swapcase()).status_code == 412

    file = alice.post(f"/v1/uploads/{created['id']}/complete").json()["file"]
    assert put(created, BYTES.swapcase()).status_code == 412  # c37: nor when it is a file
    url = alice.post(f"/v1/files/{file['id']}/download", json={}).json()["url"]
    assert httpx.get(url).content == BYTES


def test_c31_a_late_put_is_refused_and_makes_no_file(
    alice: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_time(monkeypatch, timedelta(seconds=-301))
    created = create(alice, BYTES)
    monkeypatch.undo()

    refused = put(created, BYTES)

    assert refused.status_code == 403
    assert "expired" in refused.text
    assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.UploadIncomplete)


def test_c33_completing_before_the_put_changes_nothing(alice: httpx.Client) -> None:
    created = create(alice, BYTES)

    assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.UploadIncomplete)

    put(created, BYTES).raise_for_status()
    assert alice.post(f"/v1/uploads/{created['id']}/complete").status_code == 200


def test_c33_completing_after_the_deadline_is_gone_and_removes_the_object(
    alice: httpx.Client, embedded: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = create(alice, BYTES)
    put(created, BYTES).raise_for_status()
    at_time(monkeypatch, timedelta(days=1, seconds=1))

    late = alice.get(f"/v1/uploads/{created['id']}").json()
    assert late["status"] == "expired"
    assert "request" not in late
    for _ in range(2):
        assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.UploadExpired)

    gone = alice.get(f"/v1/uploads/{created['id']}").json()
    assert gone["status"] == "expired"
    assert "request" not in gone
    assert not exists(embedded, created)


@pytest.mark.parametrize(
    ("body", "media_type", "checksum", "reason"),
    [
        (BYTES + b"!", "text/plain", None, "The object has 18 bytes, but 17 were declared."),
        (BYTES, "text/html", None, "The object is of the type text/html, but text/plain was declared."),
        (
            BYTES.swapcase(),
            "text/plain",
            checksum_of(BYTES),
            f"The object's crc32c checksum is {checksum_of(BYTES.swapcase())[7:]}, not the one declared.",
        ),
    ],
    ids=["size", "type", "bytes"],
)
def test_c34_an_object_that_is_not_the_declared_one_is_rejected_and_removed(
    alice: httpx.Client,
    embedded: StoreSettings,
    body: bytes,
    media_type: str,
    checksum: str | None,
    reason: str,
) -> None:
    created = create(alice, BYTES, type="text/plain", checksum=checksum)
    store_as_control(embedded, created, body, media_type)

    first = alice.post(f"/v1/uploads/{created['id']}/complete")
    again = alice.post(f"/v1/uploads/{created['id']}/complete")

    assert assert_problem(first, errors.UploadRejected)["detail"] == reason
    assert_problem(again, errors.UploadRejected)

    assert alice.get(f"/v1/uploads/{created['id']}").json()["status"] == "rejected"
    assert not exists(embedded, created)


def test_c34_a_store_that_does_not_say_the_checksum_costs_nobody_his_bytes(
    alice: httpx.Client, embedded: StoreSettings
) -> None:
    created = create(alice, BYTES, type="text/plain")
    store_as_control(embedded, created, BYTES, "text/plain", with_checksum=False)

    assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.StoreUnavailable)

    assert alice.get(f"/v1/uploads/{created['id']}").json()["status"] == "pending"
    assert exists(embedded, created)


def test_c35_completing_again_and_at_once_answers_the_same(
    broker: RunningBroker, alice: httpx.Client
) -> None:
    created = create(alice, BYTES)
    put(created, BYTES).raise_for_status()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: alice.post(f"/v1/uploads/{created['id']}/complete"), range(16)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert ids_of(alice).count(answers[0].json()["file"]["id"]) == 1


def test_c35_what_became_a_file_meanwhile_is_neither_expired_nor_removed(
    alice: httpx.Client, embedded: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = create(alice, BYTES)
    put(created, BYTES).raise_for_status()
    completed = alice.post(f"/v1/uploads/{created['id']}/complete").json()
    find_upload = Registry.find_upload

    async def find_stale(self: Registry, claims: Claims, upload_id: str) -> Upload | None:
        """Answer as the registry did just before the upload was completed."""
        found = await find_upload(self, claims, upload_id)
        return found and structs.replace(found, status="pending")

    monkeypatch.setattr(Registry, "find_upload", find_stale)
    at_time(monkeypatch, timedelta(days=1, seconds=1))

    late = alice.post(f"/v1/uploads/{created['id']}/complete")

    assert late.json() == completed
    assert exists(embedded, created)


def test_an_aborted_upload_is_gone_for_good(alice: httpx.Client, embedded: StoreSettings) -> None:
    created = create(alice, BYTES)
    put(created, BYTES).raise_for_status()

    for _ in range(2):
        assert alice.delete(f"/v1/uploads/{created['id']}").status_code == 204

    assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.UploadAborted)
    assert alice.get(f"/v1/uploads/{created['id']}").json()["status"] == "aborted"
    assert not exists(embedded, created)


def test_what_is_a_file_cannot_be_aborted(alice: httpx.Client) -> None:
    created = create(alice, BYTES)
    put(created, BYTES).raise_for_status()
    file = alice.post(f"/v1/uploads/{created['id']}/complete").json()["file"]

    assert_problem(alice.delete(f"/v1/uploads/{created['id']}"), errors.UploadCompleted)

    assert alice.get(f"/v1/files/{file['id']}").status_code == 200


def test_completing_what_was_a_file_and_is_deleted_finds_nothing(alice: httpx.Client) -> None:
    created = create(alice, BYTES)
    put(created, BYTES).raise_for_status()
    file = alice.post(f"/v1/uploads/{created['id']}/complete").json()["file"]
    alice.delete(f"/v1/files/{file['id']}")

    assert_problem(alice.post(f"/v1/uploads/{created['id']}/complete"), errors.NotFound)


OPERATIONS = [
    ("GET", "/v1/uploads/{upload}"),
    ("DELETE", "/v1/uploads/{upload}"),
    ("POST", "/v1/uploads/{upload}/complete"),
    ("GET", "/v1/files/{file}"),
    ("DELETE", "/v1/files/{file}"),
    ("POST", "/v1/files/{file}/download"),
    ("GET", "/v1/files/{file}/content"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize(("subject", "tenant"), [("bob", "acme"), ("alice", "other")])
def test_c18_what_belongs_to_another_looks_like_a_random_id(
    broker: RunningBroker, alice: httpx.Client, method: str, path: str, subject: str, tenant: str
) -> None:
    file = upload(alice, BYTES)
    pending = create(alice, BYTES)
    stranger = broker.client(subject, tenant=tenant)

    theirs = stranger.request(method, path.format(upload=pending["id"], file=file["id"]))
    random = stranger.request(
        method, path.format(upload=new_id(datetime.now(UTC)), file=new_id(datetime.now(UTC)))
    )
    malformed = stranger.request(method, path.format(upload="not-an-id", file="not-an-id"))
    stranger.close()

    assert_problem(theirs, errors.NotFound)
    assert theirs.content == random.content == malformed.content
    assert comparable(theirs) == comparable(random) == comparable(malformed)
    assert alice.get(f"/v1/files/{file['id']}").status_code == 200
    assert alice.get(f"/v1/uploads/{pending['id']}").json()["status"] == "pending"


def comparable(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}


def test_c22_an_upload_id_opens_no_file_and_a_file_id_no_upload(alice: httpx.Client) -> None:
    created = create(alice, BYTES)
    file = upload(alice, BYTES)

    assert_problem(alice.get(f"/v1/files/{created['id']}"), errors.NotFound)
    assert_problem(alice.get(f"/v1/uploads/{file['id']}"), errors.NotFound)


@pytest.mark.parametrize(
    ("media_type", "disposition", "expected"),
    [
        ("image/png", "inline", ("image/png", "inline")),
        ("image/png", "attachment", ("image/png", "attachment")),
        ("image/svg+xml", "inline", ("application/octet-stream", "attachment")),
        ("text/html", "inline", ("application/octet-stream", "attachment")),
    ],
)
def test_c44_the_store_answers_with_the_type_and_disposition_that_were_signed(
    alice: httpx.Client, media_type: str, disposition: str, expected: tuple[str, str]
) -> None:
    file = upload(alice, BYTES, name="a.bin", type=media_type)

    redirect = alice.get(f"/v1/files/{file['id']}/content", params={"disposition": disposition})
    fetched = httpx.get(redirect.headers["location"])

    assert redirect.status_code == 307
    assert fetched.content == BYTES
    assert fetched.headers["content-type"] == expected[0]
    assert fetched.headers["content-disposition"] == f'{expected[1]}; filename="a.bin"'


@pytest.mark.parametrize("expires_in", [0, -5, 3601, 10**18, 1.5, "60", True])
def test_c20_a_url_with_a_life_out_of_range_is_refused(alice: httpx.Client, expires_in: object) -> None:
    file = upload(alice, BYTES)

    answer = alice.post(f"/v1/files/{file['id']}/download", json={"expires_in": expires_in})

    assert_problem(answer, errors.InvalidField, field="expires_in")


def test_a_store_that_refuses_the_broker_is_no_missing_object(
    embedded: StoreSettings, tmp_path: Path
) -> None:
    stranger = replace(embedded.control, secret_key="another")
    database_url = f"sqlite:///{tmp_path / 'broker.db'}"

    with (
        run_broker(replace(embedded, control=stranger), database_url) as broker,
        broker.client() as client,
    ):
        created = create(client, BYTES)
        put(created, BYTES).raise_for_status()
        assert_problem(client.post(f"/v1/uploads/{created['id']}/complete"), errors.StoreUnavailable)
        assert_problem(client.get("/readyz"), errors.StoreUnavailable)


def test_a_bucket_that_is_not_there_makes_the_broker_not_ready(
    embedded: StoreSettings, tmp_path: Path
) -> None:
    database_url = f"sqlite:///{tmp_path / 'broker.db'}"

    with run_broker(replace(embedded, bucket="missing"), database_url) as broker, broker.client() as client:
        assert_problem(client.get("/readyz"), errors.StoreUnavailable)


def test_a_registry_that_fails_makes_the_broker_not_ready(
    alice: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Registry) -> None:
        raise errors.RegistryUnavailable("The registry cannot be used right now.")

    monkeypatch.setattr(Registry, "check", fail)

    assert_problem(alice.get("/readyz"), errors.RegistryUnavailable)


def test_a_store_that_hangs_does_not_hang_the_broker(
    embedded: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.stores.s3._CALL_SECONDS", 0.2)
    monkeypatch.setattr("broker.stores.s3._CHECK_SECONDS", 0.2)
    monkeypatch.setattr("broker.stores.s3._READ_SECONDS", 1)
    database_url = f"sqlite:///{tmp_path / 'broker.db'}"

    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections and never answers
        hanging = replace(embedded, url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with run_broker(hanging, database_url) as broker, broker.client() as client:
            created = create(client, BYTES)
            assert_problem(client.post(f"/v1/uploads/{created['id']}/complete"), errors.StoreUnavailable)
            assert_problem(client.get("/readyz"), errors.StoreUnavailable)


def test_c58_while_the_store_is_down_creating_goes_on_and_completing_waits(
    embedded: StoreSettings, tmp_path: Path
) -> None:
    database_url = f"sqlite:///{tmp_path / 'broker.db'}"
    down = replace(embedded, url="http://127.0.0.1:9")  # the discard port: nothing listens

    with run_broker(down, database_url) as broker, broker.client() as client:
        created = create(client, BYTES)
        put(created, BYTES).raise_for_status()
        answer = client.post(f"/v1/uploads/{created['id']}/complete")
        assert_problem(answer, errors.StoreUnavailable)
        assert_problem(client.get("/readyz"), errors.StoreUnavailable)
        assert client.get("/livez").status_code == 200

    with run_broker(embedded, database_url) as broker, broker.client() as client:
        assert client.get("/readyz").json() == {"status": "ready"}
        client.post(f"/v1/uploads/{created['id']}/complete").raise_for_status()


def test_what_is_deleted_while_the_store_is_down_is_removed_when_it_is_back(
    embedded: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database_url = f"sqlite:///{tmp_path / 'broker.db'}"
    with run_broker(embedded, database_url) as broker, broker.client() as client:
        deleted, aborted = create(client, BYTES), create(client, BYTES)
        put(deleted, BYTES).raise_for_status()
        put(aborted, BYTES).raise_for_status()
        file = client.post(f"/v1/uploads/{deleted['id']}/complete").json()["file"]

    down = replace(embedded, url="http://127.0.0.1:9")
    with run_broker(down, database_url) as broker, broker.client() as client:
        assert client.delete(f"/v1/files/{file['id']}").status_code == 204
        assert client.delete(f"/v1/uploads/{aborted['id']}").status_code == 204
        assert ids_of(client) == []
    assert exists(embedded, deleted)
    assert exists(embedded, aborted)

    at_time(monkeypatch, timedelta(hours=1))  # no URL of theirs can store anything any more
    with run_broker(embedded, database_url):
        wait_until(lambda: not exists(embedded, deleted) and not exists(embedded, aborted))


def key_of(created: dict[str, Any]) -> str:
    return str(urlsplit(created["request"]["url"]).path.split("/", 2)[2])


def exists(store: StoreSettings, created: dict[str, Any]) -> bool:
    return bool(list(connect(store, store.control).list_objects(store.bucket, prefix=key_of(created))))


def store_as_control(
    store: StoreSettings, created: dict[str, Any], body: bytes, media_type: str, *, with_checksum: bool = True
) -> None:
    """Store other bytes than the presigned URL allows, as only the control identity can."""
    control = Credentials(store.control.access_key, store.control.secret_key)
    signer = Signer(control, Endpoint(store.url, store.bucket), store.region)
    headers = {"content-length": str(len(body)), "content-type": media_type}
    if with_checksum:
        headers["x-amz-checksum-crc32c"] = checksum_of(body).removeprefix("crc32c:")
    url = signer.presign("PUT", key_of(created), headers=headers, expires_in=60, at=datetime.now(UTC))
    httpx.put(url, headers=headers, content=body).raise_for_status()
