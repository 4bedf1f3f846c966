"""Uploads at the limits of size and number of parts, through real part URLs."""

import base64
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import google_crc32c
import httpx
import psutil
import pytest
from urllib3 import PoolManager

from broker import errors
from broker.parts import MAX_PARTS, MIN_PART_SIZE
from broker.server import listen
from broker.settings import GIB, MIB, Settings
from tests.conftest import ORIGINS
from tests.crash.crashing_broker import serving
from tests.crash.mortal_store import mortal_store
from tests.problems import assert_problem
from tests.running import SECRET_KEY, RunningBroker, origin_of
from tests.transfers import complete, send_parts, sign

SMALL, LARGE = 64 * MIB, 5 * GIB
ALLOWANCE = 16 * MIB  # of memory, for what has nothing to do with the size
AT_ONCE = 3
IN_ONE_CALL = 8  # parts that a thread has signed together, and holds in memory


class Machine:
    """A store and a broker of their own, the broker in a process whose memory can be looked at."""

    def __init__(self, client: httpx.Client, broker: psutil.Process, directory: Path) -> None:
        self.client = client
        self.directory = directory
        self._broker = broker

    def upload(self, size: int) -> tuple[dict[str, Any], str, int]:
        """Upload a sparse file; return the upload's file, its true checksum, and the broker's peak memory."""
        path = self.directory / f"{size}.bin"
        with path.open("wb") as file:
            file.truncate(size)
        created = self._create(size)
        peak = self._send(created, path)
        self._look_at_the_parts(created)
        completion = complete(self.client, created).raise_for_status().json()
        return completion["file"], true_checksum(path), max(peak, self._memory())

    def _create(self, size: int) -> dict[str, Any]:
        new = {"name": "zeros.bin", "size": size}
        created: dict[str, Any] = self.client.post("/v1/uploads", json=new).raise_for_status().json()
        # as many parts as can be, by the broker's back: usually it plans for one page of them
        with sqlite3.connect(self.directory / "broker.db") as registry:
            registry.execute("UPDATE uploads SET part_size = ? WHERE id = ?", (MIN_PART_SIZE, created["id"]))
        return self._get(created)

    def _send(self, created: dict[str, Any], path: Path) -> int:
        """Send the parts, a few at once; return the broker's peak memory."""

        def send(first: int) -> int:
            numbers = range(first, min(first + IN_ONE_CALL, created["part_count"] + 1))
            parts = {number: read_part(path, number) for number in numbers}
            for part in sign(self.client, created, parts):
                # not httpx, which would copy all bytes twice
                sent = store.request("PUT", part["url"], headers=part["headers"], body=parts[part["number"]])
                assert sent.status == 200, sent.data
            return self._memory()

        with ThreadPoolExecutor(AT_ONCE) as threads, PoolManager(maxsize=AT_ONCE) as store:
            return max(threads.map(send, range(1, created["part_count"] + 1, IN_ONE_CALL)))

    def _look_at_the_parts(self, created: dict[str, Any]) -> None:
        """Check that the status lists every part, page by page."""
        numbers: list[int] = []
        following = 1
        while following:
            page = self._get(created, from_part=following)
            numbers += [part["number"] for part in page["parts"]]
            following = page["next_part"]
        assert numbers == list(range(1, created["part_count"] + 1))

    def _get(self, created: dict[str, Any], **query: int) -> dict[str, Any]:
        answer = self.client.get(f"/v1/uploads/{created['id']}", params=query)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def _memory(self) -> int:
        return int(self._broker.memory_info().rss)


@pytest.fixture
def machine() -> Iterator[Machine]:
    with (
        tempfile.TemporaryDirectory(prefix="broker-tests-") as name,
        mortal_store(Path(name) / "store", ORIGINS) as store,
        listen("127.0.0.1", 0) as listener,
    ):
        settings = Settings(
            origins=(origin_of(listener),),
            secret_key=SECRET_KEY,
            database_url=f"sqlite:///{name}/broker.db",
            store=replace(store.settings, self_test=False),
        )
        with (
            serving(settings, listener) as process,
            RunningBroker(settings.origins[0], settings).client() as client,
        ):
            yield Machine(client, psutil.Process(process.pid), Path(name))


@pytest.mark.large
@pytest.mark.timeout(600)
def test_an_upload_of_5_gib_arrives_and_takes_no_more_memory_than_a_small_one(machine: Machine) -> None:
    _, _, usual = machine.upload(SMALL)

    file, checksum, peak = machine.upload(LARGE)

    assert (file["size"], file["checksum"]) == (LARGE, checksum)
    assert peak - usual < ALLOWANCE
    download = machine.client.post(f"/v1/files/{file['id']}/download", json={}).json()
    last = httpx.get(download["url"], headers={"range": "bytes=-1"})
    assert last.headers["content-range"] == f"bytes {LARGE - 1}-{LARGE - 1}/{LARGE}"


@pytest.fixture
def client(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def test_c38_part_10_000_is_taken_and_there_is_no_part_10_001(client: httpx.Client) -> None:
    part_size = 65 * MIB  # more than usual, because there may not be more parts
    new = {"name": "a", "size": part_size * (MAX_PARTS - 1) + 1}
    created = client.post("/v1/uploads", json=new).raise_for_status().json()
    assert (created["part_size"], created["part_count"]) == (part_size, MAX_PARTS)

    send_parts(client, created, {MAX_PARTS: b"x"})
    beyond = {"parts": [{"number": MAX_PARTS + 1, "checksum": "crc32c:AAAAAA=="}]}
    refused = client.post(f"/v1/uploads/{created['id']}/parts", json=beyond)

    assert_problem(refused, errors.InvalidField, field="parts[0].number", limit=MAX_PARTS)
    found = client.get(f"/v1/uploads/{created['id']}", params={"from_part": MAX_PARTS}).json()
    assert [(part["number"], part["size"]) for part in found["parts"]] == [(MAX_PARTS, 1)]
    assert_problem(complete(client, created), errors.UploadIncomplete, parts=list(range(1, MAX_PARTS)))
    client.delete(f"/v1/uploads/{created['id']}").raise_for_status()


def read_part(path: Path, number: int) -> bytes:
    with path.open("rb") as file:
        file.seek((number - 1) * MIN_PART_SIZE)
        return file.read(MIN_PART_SIZE)


def true_checksum(path: Path) -> str:
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(MIB):
            checksum = google_crc32c.extend(checksum, chunk)
    return f"crc32c:{base64.b64encode(checksum.to_bytes(4, 'big')).decode()}"
