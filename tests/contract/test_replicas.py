"""Two brokers on one store and one PostgreSQL, which share nothing else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from broker.settings import StoreSettings
from tests.postgres import PostgresServer
from tests.running import run_broker
from tests.transfers import complete, create, put, upload

BYTES = b"what alice stores"


@pytest.fixture(scope="module")
def alices(embedded: StoreSettings, postgres: PostgresServer) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Return clients of the one and of the other."""
    url = postgres.make_database()
    with (
        run_broker(embedded, url) as one,
        run_broker(embedded, url) as other,
        one.client("alice") as first,
        other.client("alice") as second,
    ):
        yield first, second


def test_what_one_made_the_other_completes_and_both_show(alices: tuple[httpx.Client, httpx.Client]) -> None:
    one, other = alices
    created = create(one, BYTES)
    put(created, BYTES).raise_for_status()

    file = complete(other, created).raise_for_status().json()["file"]

    for client in alices:
        assert client.get(f"/v1/files/{file['id']}").raise_for_status().json() == file
        request = client.post(f"/v1/files/{file['id']}/download", json={}).raise_for_status().json()
        assert httpx.get(request["url"]).content == BYTES


def test_c35_completions_at_both_make_one_file(alices: tuple[httpx.Client, httpx.Client]) -> None:
    created = create(alices[0], BYTES)
    put(created, BYTES).raise_for_status()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda client: complete(client, created), alices * 4))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["file"]["id"] for answer in answers}) == 1


def test_c56_a_key_repeated_at_the_other_returns_the_same_upload(
    alices: tuple[httpx.Client, httpx.Client],
) -> None:
    new = {"name": "a.txt", "size": 3, "type": "text/plain"}

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda client: client.post("/v1/uploads", json=new, headers={"idempotency-key": "once"}),
                alices * 4,
            )
        )

    created = [answer.json() for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}  # 409: the same broker was busy with it
    assert len({upload["id"] for upload in created}) == 1


def test_c58_the_database_may_go_and_come_back(
    alices: tuple[httpx.Client, httpx.Client], postgres: PostgresServer
) -> None:
    one, other = alices
    postgres.kill()
    try:
        assert one.get("/v1/files").status_code == 503
        assert one.get("/readyz").status_code == 503
        assert one.get("/livez").status_code == 200
    finally:
        postgres.start()

    file = upload(one, BYTES)
    assert file["id"] in [each["id"] for each in other.get("/v1/files").json()["items"]]
