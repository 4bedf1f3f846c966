"""Uploads in parts, over HTTP and against the real store."""

import base64
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from broker import errors
from broker.parts import MIB
from broker.settings import Policy, Quota, StoreSettings
from tests.faulty_store import body as answer_with
from tests.faulty_store import faulty
from tests.objects import assemble, at_time, drop_parts, exists, parts_uploads
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.transfers import checksum_of, complete, create, cut, named, put, send_parts, sign

BYTES = os.urandom(17 * MIB)  # three parts
PART_SIZE = 8 * MIB

POLICIES = {
    "default": Policy(),
    "parts": Policy(name="parts", single_put_max=0),  # so that an upload in parts may be small
    "sha256": Policy(name="sha256", single_put_max=0, checksum_algorithm="sha256"),
    "sniffed": Policy(name="sniffed", single_put_max=0, sniff=True),
}


@pytest.fixture(scope="module")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(embedded, f"sqlite:///{database}", policies=POLICIES) as running:
        yield running


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client("alice") as client:
        yield client


def create_in_parts(client: httpx.Client, body: bytes = BYTES, **declared: object) -> dict[str, Any]:
    return create(client, body, **{"checksum": None, "policy": "parts", **declared})


def fetch(client: httpx.Client, file: dict[str, Any]) -> bytes:
    request = client.post(f"/v1/files/{file['id']}/download", json={}).raise_for_status().json()
    return httpx.get(request["url"]).raise_for_status().content


def status_of(client: httpx.Client, created: dict[str, Any]) -> str:
    return str(client.get(f"/v1/uploads/{created['id']}").json()["status"])


def test_a_file_in_parts_goes_in_and_comes_out_unchanged(alice: httpx.Client) -> None:
    created = create(alice, BYTES, checksum=None, type="video/mp4")
    parts = cut(created, BYTES)
    send_parts(alice, created, {number: parts[number] for number in (3, 1, 2)})

    file = complete(alice, created, named(parts)).raise_for_status().json()["file"]

    assert (created["method"], created["part_size"], created["part_count"]) == ("multipart", PART_SIZE, 3)
    assert "request" not in created
    assert (file["size"], file["type"]) == (len(BYTES), "video/mp4")
    assert file["checksum"] == checksum_of(BYTES)
    assert fetch(alice, file) == BYTES


def test_a_download_tells_how_to_verify_what_comes(alice: httpx.Client) -> None:
    created = create_in_parts(alice)
    send_parts(alice, created, cut(created, BYTES))
    file = complete(alice, created).raise_for_status().json()["file"]

    request = alice.post(f"/v1/files/{file['id']}/download", json={}).json()

    assert request["size"] == len(BYTES)
    assert request["checksum"] == checksum_of(BYTES)
    assert request["part_size"] == PART_SIZE


def test_another_device_finds_the_fingerprint_of_the_file(alice: httpx.Client) -> None:
    created = create_in_parts(alice, fingerprint="f1:00000000")

    pending = alice.get("/v1/uploads").raise_for_status().json()["items"]

    assert created["fingerprint"] == "f1:00000000"
    assert [each["fingerprint"] for each in pending if each["id"] == created["id"]] == ["f1:00000000"]


@pytest.mark.parametrize("fingerprint", ["", "two words", "x" * 65, "\0"])
def test_a_fingerprint_is_short_and_printable(alice: httpx.Client, fingerprint: str) -> None:
    refused = alice.post("/v1/uploads", json={"name": "a", "size": 1, "fingerprint": fingerprint})

    assert_problem(refused, errors.InvalidField, field="fingerprint")


def test_completing_needs_no_checksums_where_the_store_knows_them(alice: httpx.Client) -> None:
    created = create_in_parts(alice)
    send_parts(alice, created, cut(created, BYTES))

    assert complete(alice, created).json()["file"]["checksum"] == checksum_of(BYTES)


def test_by_a_policy_parts_and_whole_have_sha256(alice: httpx.Client) -> None:
    created = create_in_parts(alice, policy="sha256")
    parts = cut(created, BYTES)
    digests = [hashlib.sha256(part).digest() for part in parts.values()]
    wanted = [
        {"number": number, "checksum": f"sha256:{base64.b64encode(digest).decode()}"}
        for number, digest in enumerate(digests, 1)
    ]
    signed = alice.post(f"/v1/uploads/{created['id']}/parts", json={"parts": wanted}).json()["parts"]
    for request in signed:
        put({"request": request}, parts[request["number"]]).raise_for_status()

    # SeaweedFS does not list the checksums of parts, and the whole's follows from them alone
    assert_problem(complete(alice, created), errors.InvalidChecksum, field="parts")
    file = complete(alice, created, {"parts": wanted}).raise_for_status().json()["file"]

    composite = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
    assert created["checksum_algorithm"] == "sha256"
    assert file["checksum"] == f"sha256:{composite}-3"
    assert file["part_size"] == PART_SIZE


def test_a_part_is_bound_to_its_length_and_checksum(alice: httpx.Client) -> None:
    created = create_in_parts(alice)

    (request,) = sign(alice, created, {3: BYTES[2 * PART_SIZE :]})

    assert request["number"] == 3
    assert request["headers"] == {
        "content-length": str(MIB),
        "x-amz-checksum-crc32c": checksum_of(BYTES[2 * PART_SIZE :]).removeprefix("crc32c:"),
    }
    assert created["expires_at"] > request["expires_at"] > created["created_at"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"y" * MIB, 400), (b"x" * (MIB - 1), 403), (b"x" * (MIB + 1), 403)],
    ids=["other bytes", "too short", "too long"],
)
def test_c25_a_part_of_other_bytes_is_refused(alice: httpx.Client, sent: bytes, status: int) -> None:
    created = create_in_parts(alice, b"x" * MIB)
    (request,) = sign(alice, created, {1: b"x" * MIB})
    headers = request["headers"] | {"content-length": str(len(sent))}

    answer = httpx.put(request["url"], headers=headers, content=sent)

    assert answer.status_code == status
    assert alice.get(f"/v1/uploads/{created['id']}").json()["parts"] == []


def test_c28_a_part_that_says_to_copy_is_refused(alice: httpx.Client, embedded: StoreSettings) -> None:
    created = create_in_parts(alice, b"x")
    (request,) = sign(alice, created, {1: b"x"})
    headers = request["headers"] | {"x-amz-copy-source": f"/{embedded.bucket}/any"}

    answer = httpx.put(request["url"], headers=headers, content=b"x")

    assert 400 <= answer.status_code < 500
    assert alice.get(f"/v1/uploads/{created['id']}").json()["parts"] == []


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([{"number": 0, "checksum": "crc32c:AAAAAA=="}], "parts[0].number"),
        ([{"number": 4, "checksum": "crc32c:AAAAAA=="}], "parts[0].number"),
        ([{"number": 10_001, "checksum": "crc32c:AAAAAA=="}], "parts[0].number"),
        ([{"number": 1, "checksum": "crc32c:AAAAAA=="}] * 2, "parts[1].number"),
        ([{"number": 1, "checksum": "crc32c:AAAA"}], "parts[0].checksum"),
        ([{"number": 1, "checksum": f"sha256:{'A' * 43}="}], "parts[0].checksum"),
        ([{"number": 1}], "parts[0]"),
        ([], "parts"),
        ([{"number": 1, "checksum": "crc32c:AAAAAA=="}] * 1001, "parts"),
    ],
    ids=str,
)
def test_c38_parts_that_there_cannot_be_are_not_signed(
    alice: httpx.Client, parts: list[dict[str, object]], field: str
) -> None:
    created = create_in_parts(alice)

    answer = alice.post(f"/v1/uploads/{created['id']}/parts", json={"parts": parts})

    kind = errors.InvalidChecksum if field == "parts[0].checksum" else errors.InvalidField
    body = assert_problem(answer, kind)
    assert field in body["field"]


def test_c39_no_more_than_10_000_parts_and_5_tib_can_be_declared(alice: httpx.Client) -> None:
    declared = {"name": "a", "type": "text/plain"}

    largest = alice.post("/v1/uploads", json=declared | {"size": 5 * 2**40}).raise_for_status().json()
    larger = alice.post("/v1/uploads", json=declared | {"size": 5 * 2**40 + 1})

    assert largest["part_count"] == 9987
    assert largest["part_size"] * largest["part_count"] >= 5 * 2**40
    assert_problem(larger, errors.ObjectTooLarge, field="size", limit=5 * 2**40)
    last = [{"number": 9987, "checksum": "crc32c:AAAAAA=="}]
    (signed,) = alice.post(f"/v1/uploads/{largest['id']}/parts", json={"parts": last}).json()["parts"]
    assert int(signed["headers"]["content-length"]) == 5 * 2**40 - 9986 * largest["part_size"]
    assert alice.delete(f"/v1/uploads/{largest['id']}").status_code == 204


def test_c33_completing_before_all_parts_are_there_names_those_that_are_not(alice: httpx.Client) -> None:
    created = create_in_parts(alice)
    parts = cut(created, BYTES)
    send_parts(alice, created, {2: parts[2]})

    assert_problem(complete(alice, created, named(parts)), errors.UploadIncomplete, parts=[1, 3])

    send_parts(alice, created, {1: parts[1], 3: parts[3]})
    complete(alice, created, named(parts)).raise_for_status()


def test_c38_completing_must_name_every_part_once(alice: httpx.Client) -> None:
    created = create_in_parts(alice)
    parts = cut(created, BYTES)
    send_parts(alice, created, parts)
    every = named(parts)["parts"]

    for wrong in every[:2], [*every, every[0]], [*every, every[0] | {"number": 4}]:
        assert_problem(complete(alice, created, {"parts": wrong}), errors.InvalidField, field="parts")

    complete(alice, created, {"parts": every}).raise_for_status()


def test_c38_completing_with_a_checksum_of_other_bytes_is_refused_and_can_be_repaired(
    alice: httpx.Client,
) -> None:
    created = create_in_parts(alice)
    parts = cut(created, BYTES)
    send_parts(alice, created, parts)
    changed = parts | {3: parts[3][::-1]}

    problem = assert_problem(complete(alice, created, named(changed)), errors.PartsMismatch)
    assert 3 in problem["parts"]

    send_parts(alice, created, {3: changed[3]})
    file = complete(alice, created, named(changed)).raise_for_status().json()["file"]
    assert fetch(alice, file) == b"".join(changed.values())


def test_a_part_that_was_sent_twice_counts_as_it_was_sent_last(alice: httpx.Client) -> None:
    created = create_in_parts(alice)
    parts = cut(created, BYTES)
    send_parts(alice, created, parts | {1: parts[1][::-1]})
    send_parts(alice, created, {1: parts[1]})

    (first, *_) = alice.get(f"/v1/uploads/{created['id']}").json()["parts"]
    file = complete(alice, created, named(parts)).raise_for_status().json()["file"]

    assert first["number"] == 1
    assert fetch(alice, file) == BYTES


def test_the_status_tells_the_parts_that_are_there(alice: httpx.Client) -> None:
    created = create_in_parts(alice)
    parts = cut(created, BYTES)
    send_parts(alice, created, {1: parts[1], 3: parts[3]})

    found = alice.get(f"/v1/uploads/{created['id']}").json()
    rest = alice.get(f"/v1/uploads/{created['id']}", params={"from_part": 2}).json()

    assert [(part["number"], part["size"]) for part in found["parts"]] == [(1, PART_SIZE), (3, MIB)]
    assert found["next_part"] is None
    assert [part["number"] for part in rest["parts"]] == [3]


def test_c34_a_whole_that_is_not_the_declared_one_is_rejected_and_removed(
    alice: httpx.Client, embedded: StoreSettings
) -> None:
    created = create_in_parts(alice, checksum=checksum_of(b"something else"))
    parts = cut(created, BYTES)
    send_parts(alice, created, parts)

    assert_problem(complete(alice, created, named(parts)), errors.UploadRejected)

    assert status_of(alice, created) == "rejected"
    assert not exists(embedded, created)
    assert parts_uploads(embedded, created) == []
    assert_problem(complete(alice, created, named(parts)), errors.UploadRejected)


def test_c34_the_checksum_given_at_the_end_must_hold_too(alice: httpx.Client) -> None:
    created = create_in_parts(alice, b"x" * MIB)
    send_parts(alice, created, cut(created, b"x" * MIB))

    answer = complete(alice, created, {"checksum": checksum_of(b"y" * MIB)})

    assert_problem(answer, errors.UploadRejected)


@pytest.mark.parametrize("policy", ["default", "parts"])
def test_c34_the_checksum_declared_first_is_not_replaced_at_the_end(alice: httpx.Client, policy: str) -> None:
    created = create(alice, b"x", policy=policy)
    if policy == "parts":
        send_parts(alice, created, {1: b"y"})
        assert_problem(complete(alice, created, {"checksum": checksum_of(b"y")}), errors.InvalidChecksum)
        send_parts(alice, created, {1: b"x"})
    else:
        put(created, b"x").raise_for_status()
        assert_problem(complete(alice, created, {"checksum": checksum_of(b"y")}), errors.InvalidChecksum)

    file = complete(alice, created).raise_for_status().json()["file"]

    assert file["checksum"] == checksum_of(b"x")


@pytest.mark.parametrize("names_parts", [True, False])
@pytest.mark.parametrize("algorithm", ["crc32c", "sha256"])
def test_a_checksum_that_no_store_can_confirm_costs_nobody_his_bytes(
    alice: httpx.Client, algorithm: str, names_parts: bool
) -> None:
    body = b"x" * MIB
    true = f"sha256:{base64.b64encode(hashlib.sha256(body).digest()).decode()}"
    checksum = true if algorithm == "sha256" else checksum_of(body)
    policy = "sha256" if algorithm == "sha256" else "parts"
    created = create_in_parts(alice, body, policy=policy)
    parts = [{"number": 1, "checksum": checksum}]
    (request,) = alice.post(f"/v1/uploads/{created['id']}/parts", json={"parts": parts}).json()["parts"]
    put({"request": request}, body).raise_for_status()
    sent = {"parts": parts} if names_parts else {}

    assert_problem(complete(alice, created, sent | {"checksum": true}), errors.InvalidChecksum)

    assert status_of(alice, created) == "pending"
    complete(alice, created, {"parts": parts}).raise_for_status()


def test_c38_a_part_that_is_named_wrong_costs_nobody_his_bytes(alice: httpx.Client) -> None:
    created = create_in_parts(alice, checksum=checksum_of(BYTES))
    parts = cut(created, BYTES)
    send_parts(alice, created, parts)

    wrong = named(parts | {1: b"other bytes"})
    assert_problem(complete(alice, created, wrong), errors.PartsMismatch)

    assert complete(alice, created, named(parts)).json()["file"]["checksum"] == checksum_of(BYTES)


def test_c38_nor_does_one_that_is_named_wrong_when_all_is_put_together_already(
    alice: httpx.Client, embedded: StoreSettings
) -> None:
    created = create_in_parts(alice, b"x", checksum=checksum_of(b"x"))
    send_parts(alice, created, cut(created, b"x"))
    assemble(embedded, created)

    file = complete(alice, created, named({1: b"other"})).raise_for_status().json()["file"]

    assert file["checksum"] == checksum_of(b"x")  # as declared, and as the store says


def test_c34_the_checksum_of_a_file_is_compared_when_it_is_completed_again(alice: httpx.Client) -> None:
    created = create_in_parts(alice, b"x")
    send_parts(alice, created, cut(created, b"x"))
    first = complete(alice, created, {"checksum": checksum_of(b"x")}).raise_for_status()

    assert complete(alice, created, {"checksum": checksum_of(b"x")}).json() == first.json()
    for other in checksum_of(b"y"), "nonsense", "sha256:" + "A" * 43 + "=":
        assert_problem(complete(alice, created, {"checksum": other}), errors.InvalidChecksum)


def test_c43_content_that_contradicts_its_type_is_rejected_where_the_policy_looks(
    alice: httpx.Client, embedded: StoreSettings
) -> None:
    body = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    created = create_in_parts(alice, body, policy="sniffed", type="image/png", name="a.png")
    send_parts(alice, created, cut(created, body))

    problem = assert_problem(complete(alice, created), errors.UploadRejected)

    assert "text/html" in problem["detail"]
    assert not exists(embedded, created)
    harmless = create_in_parts(alice, body, policy="parts", type="image/png", name="a.png")
    send_parts(alice, harmless, cut(harmless, body))
    complete(alice, harmless).raise_for_status()


def test_c35_completions_at_once_and_again_make_one_file(alice: httpx.Client) -> None:
    created = create_in_parts(alice)
    parts = cut(created, BYTES)
    send_parts(alice, created, parts)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: complete(alice, created, named(parts)), range(8)))
    answers.append(complete(alice, created))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert fetch(alice, answers[0].json()["file"]) == BYTES


def test_c35_a_completion_that_finds_the_parts_half_removed_by_another_one_succeeds(
    embedded: StoreSettings, tmp_path: Path
) -> None:
    with (
        faulty(embedded) as store,
        run_broker(store.settings, f"sqlite:///{tmp_path / 'broker.db'}", policies=POLICIES) as broker,
        broker.client() as client,
    ):
        created = create_in_parts(client, b"x")
        send_parts(client, created, cut(created, b"x"))
        # assembled by a completion that was killed then
        assemble(embedded, created)
        store.requests.clear()
        store.faults.append(answer_with(b"<ListPartsResult/>"))

        complete(client, created).raise_for_status()

        assert "uploadId" in store.requests[0]  # it was the listing that said so


def test_c37_after_completion_no_url_can_change_the_file(alice: httpx.Client) -> None:
    created = create_in_parts(alice)
    parts = cut(created, BYTES)
    signed = sign(alice, created, parts)
    send_parts(alice, created, parts)
    file = complete(alice, created).raise_for_status().json()["file"]

    for request in signed:
        assert put({"request": request}, parts[request["number"]]).status_code == 404

    assert fetch(alice, file) == BYTES


def test_an_aborted_upload_leaves_no_parts(alice: httpx.Client, embedded: StoreSettings) -> None:
    created = create_in_parts(alice)
    send_parts(alice, created, {1: cut(created, BYTES)[1]})

    for _ in range(2):
        assert alice.delete(f"/v1/uploads/{created['id']}").status_code == 204

    assert parts_uploads(embedded, created) == []
    assert_problem(complete(alice, created), errors.UploadAborted)


def test_c40_parts_are_signed_for_the_owner_of_a_pending_upload_only(
    alice: httpx.Client, broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(client: httpx.Client, created: dict[str, Any]) -> httpx.Response:
        wanted = [{"number": 1, "checksum": "crc32c:AAAAAA=="}]
        return client.post(f"/v1/uploads/{created['id']}/parts", json={"parts": wanted})

    pending, aborted, completed = (create_in_parts(alice, b"x") for _ in range(3))
    for created in pending, aborted, completed:
        ask(alice, created).raise_for_status()  # so that it is remembered
    send_parts(alice, completed, {1: b"x"})
    complete(alice, completed).raise_for_status()
    alice.delete(f"/v1/uploads/{aborted['id']}")
    random = assert_problem(ask(alice, {"id": "0" * 26}), errors.NotFound)

    with broker.client("bob") as bob, broker.client("alice", tenant="other") as elsewhere:
        answers = [ask(bob, pending), ask(elsewhere, pending), ask(alice, aborted), ask(alice, completed)]
    at_time(monkeypatch, timedelta(days=1))
    answers.append(ask(alice, pending))

    assert [assert_problem(answer, errors.NotFound) for answer in answers] == [random] * 5


def test_c40_a_rejected_upload_is_signed_no_more(alice: httpx.Client) -> None:
    created = create_in_parts(alice, b"x", checksum=checksum_of(b"y"))
    send_parts(alice, created, {1: b"x"})
    assert_problem(complete(alice, created), errors.UploadRejected)

    wanted = [{"number": 1, "checksum": checksum_of(b"x")}]
    answer = alice.post(f"/v1/uploads/{created['id']}/parts", json={"parts": wanted})

    assert_problem(answer, errors.NotFound)


def test_an_upload_by_one_put_has_no_parts(alice: httpx.Client) -> None:
    created = create(alice, b"x")

    wanted = [{"number": 1, "checksum": "crc32c:AAAAAA=="}]
    asked = alice.post(f"/v1/uploads/{created['id']}/parts", json={"parts": wanted})
    completed = complete(alice, created, {"parts": wanted})

    assert_problem(asked, errors.InvalidField, field="parts")
    assert_problem(completed, errors.InvalidField, field="parts")


def test_the_checksum_of_one_put_that_declared_none_cannot_be_confirmed(alice: httpx.Client) -> None:
    created = create(alice, b"x", checksum=None)
    put(created, b"x").raise_for_status()

    refused = complete(alice, created, {"checksum": checksum_of(b"x")})

    assert_problem(refused, errors.InvalidChecksum, field="checksum")
    complete(alice, created).raise_for_status()


def test_c33_after_the_deadline_the_parts_are_gone(
    alice: httpx.Client, embedded: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = create_in_parts(alice)
    send_parts(alice, created, cut(created, BYTES))
    at_time(monkeypatch, timedelta(days=1))

    assert_problem(complete(alice, created), errors.UploadExpired)

    assert status_of(alice, created) == "expired"
    assert parts_uploads(embedded, created) == []


def test_an_upload_whose_parts_the_store_gave_up_has_expired(
    alice: httpx.Client, embedded: StoreSettings
) -> None:
    created = create_in_parts(alice)
    send_parts(alice, created, cut(created, BYTES))
    drop_parts(embedded, created)

    assert_problem(complete(alice, created), errors.UploadExpired)


def test_c53_quota_counts_parts_as_well(embedded: StoreSettings, tmp_path: Path) -> None:
    policies = {"default": Policy(single_put_max=0, quota=Quota(pending=1))}
    with (
        run_broker(embedded, f"sqlite:///{tmp_path / 'broker.db'}", policies=policies) as broker,
        broker.client() as client,
    ):
        first = create(client, b"x", checksum=None)
        again = client.post("/v1/uploads", json={"name": "a", "size": 1})

        assert_problem(again, errors.TooManyUploads, rule="policies.default.quota.pending", limit=1)
        client.delete(f"/v1/uploads/{first['id']}").raise_for_status()
        create(client, b"x", checksum=None)
