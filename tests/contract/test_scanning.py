"""Quarantine: nobody gets a file before the scanner has found it clean."""

import asyncio
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from broker import errors
from broker.configuration import load
from broker.server import listen
from broker.settings import Policy, ScanSettings, SettingsError, StoreSettings
from tests.objects import exists
from tests.problems import assert_problem
from tests.running import RunningBroker, origin_of, run_broker, serving
from tests.test_configuration import GOOD
from tests.transfers import checksum_of, create, put, upload
from tests.waiting import wait_until

TOKEN = "a token of at least thirty-two characters"
OPERATIONS = Path(__file__).parent.parent.parent / "docs" / "operations.md"


class Hook:
    """A scanner: it fetches what it is told of, and takes `virus` for one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.fault = ""
        self.asked: Counter[str] = Counter()
        self.expiries: list[datetime] = []

    async def scan(self, request: Request) -> Response:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        wanted = await request.json()
        fault = self.fault  # first: whoever sees that it was asked may set another one
        self.expiries.append(datetime.fromisoformat(wanted["request"]["expires_at"]))
        self.asked[wanted["file"]] += 1
        match fault:
            case "is slow":
                await asyncio.sleep(1)
            case "hangs":
                while (await request.receive())["type"] != "http.disconnect":
                    pass
            case "fails":
                return JSONResponse({"verdict": "clean"}, status_code=500)
            case "redirects":
                return RedirectResponse(f"{self.url}/clean")
            case "rubbish":
                return Response(b"clean")
            case "undecided":
                return JSONResponse({"verdict": "perhaps"})
            case "empty":
                return JSONResponse({})
            case "too long":
                return JSONResponse({"verdict": "clean", "detail": "x" * 100_000})
        async with httpx.AsyncClient(verify=False) as client:
            found = await client.get(wanted["request"]["url"], headers=wanted["request"]["headers"])
        assert len(found.content) == wanted["size"]
        return JSONResponse({"verdict": "infected" if b"virus" in found.content else "clean"})


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listen("127.0.0.1", 0) as listener:
        found = Hook(origin_of(listener))
        routes = [
            Route("/scan", found.scan, methods=["POST"]),
            Route("/clean", lambda _: JSONResponse({"verdict": "clean"}), methods=["POST"]),
        ]
        with serving(Starlette(routes=routes), listener):
            yield found


@contextmanager
def scanned_by(
    hook: Hook, embedded: StoreSettings, tmp_path: Path, **settings: int
) -> Iterator[RunningBroker]:
    scan = ScanSettings(url=f"{hook.url}/scan", token=TOKEN, **settings)
    policies = {"default": Policy(scan=True), "trusted": Policy(name="trusted")}
    database = f"sqlite:///{tmp_path / 'broker.db'}"
    with run_broker(embedded, database, scan=scan, policies=policies) as running:
        yield running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.app._SCAN_SECONDS", 0.05)


def test_c46_a_file_is_handed_out_once_it_is_found_clean(
    embedded: StoreSettings, hook: Hook, tmp_path: Path
) -> None:
    hook.fault = "fails"
    with scanned_by(hook, embedded, tmp_path) as broker, broker.client() as client:
        created = create(client, b"hello")
        put(created, b"hello")
        completed = client.post(f"/v1/uploads/{created['id']}/complete").json()
        file = completed["file"]["id"]
        quarantined = [
            client.post(f"/v1/files/{file}/download", json={}),
            client.get(f"/v1/files/{file}/content"),
        ]
        wait_until(lambda: hook.asked[file] > 0)
        assert client.get(f"/v1/files/{file}").json()["scan"] == "pending"

        hook.fault = ""
        make_due(broker)
        wait_until(lambda: client.get(f"/v1/files/{file}").json()["scan"] == "clean")

        download = client.post(f"/v1/files/{file}/download", json={}).json()
        assert httpx.get(download["url"], verify=False).content == b"hello"
        again = client.post(f"/v1/uploads/{created['id']}/complete").json()

    assert (completed["file"]["scan"], completed["receipt"]) == ("pending", None)
    assert again["receipt"].count(".") == 2
    for answer in quarantined:
        assert_problem(answer, errors.FileQuarantined)


def make_due(broker: RunningBroker) -> None:
    """Have the scanner asked again at once, instead of in half a minute."""
    with sqlite3.connect(broker.settings.database_url.removeprefix("sqlite:///")) as connection:
        connection.execute(
            "UPDATE files SET scan_at = '2026-01-01 00:00:00.000000' WHERE scan_at IS NOT NULL"
        )
    connection.close()


def test_c46_an_infected_file_is_removed_with_its_object(
    embedded: StoreSettings, hook: Hook, tmp_path: Path
) -> None:
    with scanned_by(hook, embedded, tmp_path) as broker, broker.client() as client:
        infected = upload(client, b"a virus")["id"]
        wait_until(lambda: client.get(f"/v1/files/{infected}").status_code == 404)

        assert client.get("/v1/files").json()["items"] == []
        assert client.get("/v1/me").json()["usage"]["files"] == 0
        [entry] = client.get("/v1/admin/audit", params={"target": infected}).json()["items"]
        assert (entry["event"], entry["subject"]) == ("file.infected", "alice")


def test_c46_an_infected_file_takes_its_thumbnail_along(
    embedded: StoreSettings, hook: Hook, tmp_path: Path
) -> None:
    hook.fault = "fails"
    with scanned_by(hook, embedded, tmp_path) as broker, broker.client() as client:
        created = create(client, b"a virus")
        put(created, b"a virus").raise_for_status()
        infected = client.post(f"/v1/uploads/{created['id']}/complete").json()["file"]["id"]
        thumbnail = {"size": 1, "checksum": checksum_of(b"x")}
        request = client.post(f"/v1/files/{infected}/thumbnail", json=thumbnail).json()
        put({"request": request}, b"x").raise_for_status()

        wait_until(lambda: hook.asked[infected] > 0)  # else the look that fails would put off the next one
        hook.fault = ""
        make_due(broker)
        wait_until(lambda: not exists(embedded, created))

        assert client.get(f"/v1/files/{infected}").status_code == 404


@pytest.mark.parametrize(
    "fault", ["hangs", "fails", "redirects", "rubbish", "undecided", "empty", "too long"]
)
def test_c46_a_hook_that_does_not_say_clean_leaves_the_file_in_quarantine(
    embedded: StoreSettings, hook: Hook, tmp_path: Path, fault: str
) -> None:
    hook.fault = fault
    with scanned_by(hook, embedded, tmp_path, timeout=1) as broker, broker.client() as client:
        file = upload(client, b"hello")["id"]
        for turn in 1, 2:
            wait_until(lambda turn=turn: hook.asked[file] >= turn)  # type: ignore[misc]
            assert_problem(client.post(f"/v1/files/{file}/download", json={}), errors.FileQuarantined)
            make_due(broker)
        assert client.get(f"/v1/files/{file}").json()["scan"] == "pending"


def test_a_file_for_which_the_hook_hangs_holds_up_no_other(
    embedded: StoreSettings, hook: Hook, tmp_path: Path
) -> None:
    hook.fault = "hangs"
    with scanned_by(hook, embedded, tmp_path) as broker, broker.client() as client:
        hanging = upload(client, b"hello")["id"]
        wait_until(lambda: hook.asked[hanging] == 1)

        hook.fault = ""
        file = upload(client, b"hello")["id"]

        wait_until(lambda: client.get(f"/v1/files/{file}").json()["scan"] == "clean")
        assert hook.asked[hanging] == 1


def test_a_policy_without_scan_hands_out_at_once(embedded: StoreSettings, hook: Hook, tmp_path: Path) -> None:
    with scanned_by(hook, embedded, tmp_path) as broker, broker.client() as client:
        file = upload(client, b"hello", policy="trusted")

        assert file["scan"] is None
        assert client.post(f"/v1/files/{file['id']}/download", json={}).status_code == 200
        assert not hook.asked


def test_two_brokers_ask_about_a_file_once(embedded: StoreSettings, hook: Hook, tmp_path: Path) -> None:
    with (
        scanned_by(hook, embedded, tmp_path) as broker,
        scanned_by(hook, embedded, tmp_path),
        broker.client() as client,
    ):
        files = [upload(client, b"hello")["id"] for _ in range(5)]
        wait_until(lambda: all(client.get(f"/v1/files/{file}").json()["scan"] == "clean" for file in files))

    assert hook.asked == Counter(files)


def test_a_file_that_waits_for_its_turn_is_fetched_by_a_fresh_url(
    embedded: StoreSettings, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.scanning.AT_ONCE", 1)
    hook.fault = "fails"
    with scanned_by(hook, embedded, tmp_path) as broker, broker.client() as client:
        files = [upload(client, b"hello")["id"] for _ in range(2)]
        wait_until(lambda: hook.asked == Counter(files))
        hook.fault = "is slow"
        hook.expiries.clear()
        make_due(broker)
        wait_until(lambda: all(client.get(f"/v1/files/{file}").json()["scan"] == "clean" for file in files))

    first, second = hook.expiries
    assert second - first >= timedelta(seconds=1)


def test_c46_a_policy_that_scans_without_a_scanner_is_refused_at_start() -> None:
    with pytest.raises(SettingsError, match=r"^BROKER_SCAN_URL is not set, but the policy default"):
        load(GOOD | {"BROKER_POLICIES_DEFAULT_SCAN": "true"})


def test_the_hook_of_the_docs_asks_clamd(
    embedded: StoreSettings, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [program] = re.findall(r"```python\n(.*?)```", OPERATIONS.read_text(), re.DOTALL)
    with clamd() as port:
        monkeypatch.setenv("CLAMD", f"127.0.0.1:{port}")
        monkeypatch.setenv("TOKEN", TOKEN)
        names: dict[str, Starlette] = {}
        exec(compile(program, "docs/operations.md", "exec"), names)
        with listen("127.0.0.1", 0) as listener, serving(names["app"], listener):
            hook.url = origin_of(listener)
            with scanned_by(hook, embedded, tmp_path) as broker, broker.client() as client:
                clean, infected = (upload(client, body)["id"] for body in (b"hello" * 50_000, b"a virus"))
                wait_until(lambda: client.get(f"/v1/files/{clean}").json().get("scan") == "clean")
                wait_until(lambda: client.get(f"/v1/files/{infected}").status_code == 404)


@contextmanager
def clamd() -> Iterator[int]:
    """Speak clamd's INSTREAM, as its manual page says."""
    ready, port = threading.Event(), [0]
    stop = asyncio.Event()
    loop = asyncio.new_event_loop()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        body = b""
        while length := int.from_bytes(await reader.readexactly(4)):
            body += await reader.readexactly(length)
        writer.write(b"stream: Test FOUND\0" if b"virus" in body else b"stream: OK\0")
        writer.close()

    @asynccontextmanager
    async def server() -> AsyncIterator[None]:
        running = await asyncio.start_server(answer, "127.0.0.1", 0)
        port[0] = running.sockets[0].getsockname()[1]
        async with running:
            yield

    async def run() -> None:
        async with server():
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
