"""What others do between two steps of a completion cannot make a file of anything but what was verified."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from broker import errors
from broker.settings import Policy, StoreSettings
from broker.stores.s3 import S3Store
from tests.objects import exists, parts_uploads
from tests.problems import assert_problem
from tests.reconciling import reconcile
from tests.running import RunningBroker, run_broker
from tests.transfers import checksum_of, complete, create, cut, named, put, send_parts

HOUR = timedelta(hours=1)
BYTES, OTHERS = b"the first bytes", b"other bytes too"
POLICIES = {"default": Policy(), "parts": Policy(name="parts", single_put_max=0)}

Interrupt: TypeAlias = Callable[[str, Callable[[], object]], list[object]]


@pytest.fixture
def broker(embedded: StoreSettings, tmp_path: Path) -> Iterator[RunningBroker]:
    with run_broker(embedded, f"sqlite:///{tmp_path / 'broker.db'}", policies=POLICIES) as running:
        yield running


@pytest.fixture
def client(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Interrupt:
    """Have something done once, when the broker has had an answer from the store; its result is listed."""

    def interrupt(call: str, deed: Callable[[], object]) -> list[object]:
        results: list[object] = []
        original = getattr(S3Store, call)

        @wraps(original)
        async def interrupted(*arguments: object, **named: object) -> object:
            answer = await original(*arguments, **named)
            if not results:
                results.append(None)
                results[0] = await asyncio.to_thread(deed)
            return answer

        monkeypatch.setattr(S3Store, call, interrupted)
        return results

    return interrupt


def fetch(client: httpx.Client, file: dict[str, Any]) -> bytes:
    request = client.post(f"/v1/files/{file['id']}/download", json={}).raise_for_status().json()
    return httpx.get(request["url"]).raise_for_status().content


def test_c36_an_object_that_was_looked_at_cannot_be_replaced_before_it_is_a_file(
    client: httpx.Client, interrupt: Interrupt
) -> None:
    created = create(client, BYTES, checksum=None)
    put(created, BYTES).raise_for_status()
    replacing = interrupt("head", lambda: put(created, OTHERS).status_code)

    file = complete(client, created).raise_for_status().json()["file"]

    assert replacing == [412]
    assert fetch(client, file) == BYTES
    assert file["checksum"] in {None, checksum_of(BYTES)}


def test_c36_an_upload_that_is_aborted_and_sent_anew_meanwhile_is_no_file(
    client: httpx.Client, interrupt: Interrupt, embedded: StoreSettings, broker: RunningBroker
) -> None:
    created = create(client, BYTES, checksum=None)
    put(created, BYTES).raise_for_status()

    def replace() -> int:
        with broker.client() as other:
            other.delete(f"/v1/uploads/{created['id']}").raise_for_status()
        return put(created, OTHERS).status_code

    replacing = interrupt("head", replace)

    assert_problem(complete(client, created), errors.UploadAborted)

    assert replacing == [200]
    assert client.get("/v1/files").json()["items"] == []
    assert [visit.action for visit in reconcile(broker.settings, after=2 * HOUR)] == ["remove"]
    assert not exists(embedded, created)
    assert client.get("/v1/me").json()["usage"]["pending"] == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_c41_what_another_replica_expires_meanwhile_is_no_file(
    client: httpx.Client, interrupt: Interrupt, embedded: StoreSettings, broker: RunningBroker, policy: str
) -> None:
    created = create(client, BYTES, policy=policy)
    send(client, created, BYTES)
    expiring = interrupt(
        "head", lambda: [visit.action for visit in reconcile(broker.settings, after=25 * HOUR)]
    )

    assert_problem(complete(client, created), errors.UploadExpired)

    assert expiring == [["expire"]]
    assert client.get("/v1/files").json()["items"] == []
    assert not exists(embedded, created)


@pytest.mark.parametrize("is_vouched_for", [True, False])
def test_c36_a_part_that_is_sent_anew_while_parts_are_put_together_cannot_make_a_file_of_other_bytes(
    client: httpx.Client, interrupt: Interrupt, broker: RunningBroker, is_vouched_for: bool
) -> None:
    created = create(client, BYTES, policy="parts", checksum=None)
    parts = cut(created, BYTES)
    send_parts(client, created, parts)

    def send_others() -> None:
        with broker.client() as other:
            send_parts(other, created, cut(created, OTHERS))

    sending = interrupt("list_parts", send_others)

    file = (
        complete(client, created, named(parts) if is_vouched_for else None).raise_for_status().json()["file"]
    )

    assert sending == [None]
    assert fetch(client, file) == BYTES
    assert file["checksum"] == checksum_of(BYTES)


def test_an_upload_that_is_aborted_while_its_parts_are_put_together_leaves_nothing(
    client: httpx.Client, interrupt: Interrupt, embedded: StoreSettings, broker: RunningBroker
) -> None:
    created = create(client, BYTES, policy="parts")
    send(client, created, BYTES)

    def abort() -> None:
        with broker.client() as other:
            other.delete(f"/v1/uploads/{created['id']}").raise_for_status()

    interrupt("list_parts", abort)

    assert_problem(complete(client, created), errors.UploadAborted)

    assert not exists(embedded, created)
    assert parts_uploads(embedded, created) == []
    assert client.get("/v1/me").json()["usage"]["pending"] == 0


def send(client: httpx.Client, created: dict[str, Any], body: bytes) -> None:
    if "request" in created:
        put(created, body).raise_for_status()
    else:
        send_parts(client, created, cut(created, body))
