"""What uploads of the Node.js and the Python client live through: a store and a broker that go away."""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from broker.client import Client
from tests.client.test_node import Node
from tests.faulty_site import Killing, Site
from tests.faulty_store import Exchange, Fault, error, on_call
from tests.running import RunningBroker

Upload = Callable[[Path], str]

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with closing(Site(tmp_path_factory.mktemp("far"))) as site:
        yield site


@pytest.fixture
def remote(site: Site) -> RunningBroker:
    """Return the broker that is stopped; nothing is wrong with the lines yet."""
    site.line.mend()
    site.way.mend()
    return site.broker


@pytest.fixture
def client(remote: RunningBroker, token: str) -> Iterator[Client]:
    with Client(remote.url, token=token) as client:
        yield client


@pytest.fixture(params=["node", "python"])
def upload(request: pytest.FixtureRequest, site: Site, script: Path, token: str) -> Upload:
    """Return what uploads a file as a client that reaches the broker by a line, and says its id."""
    url = site.way.settings.url
    if request.param == "node":
        return lambda path: str(Node(script, url, token).run("upload", path)["id"])

    def upload(path: Path) -> str:
        with Client(url, token=token) as client:
            return client.upload(path).id

    return upload


def fetch(client: Client, file_id: str, directory: Path) -> bytes:
    return client.download(file_id, directory / "fetched").read_bytes()


def test_a_store_that_is_killed_and_started_again_is_waited_for(
    upload: Upload, client: Client, site: Site, large: Path, tmp_path: Path
) -> None:
    killing = site.line.otherwise = Killing(site.store)
    with ThreadPoolExecutor(1) as thread:
        uploading = thread.submit(upload, large)
        killing.wait_until_missed()

        site.store.start_again()

        assert fetch(client, uploading.result(), tmp_path) == large.read_bytes()
    assert list(client.uploads.pending()) == []


def test_a_broker_that_is_stopped_and_started_again_is_waited_for(
    upload: Upload, client: Client, site: Site, large: Path, tmp_path: Path
) -> None:
    reached, is_down, is_missed = threading.Event(), threading.Event(), threading.Event()

    def expire(exchange: Exchange) -> None:
        """Have the client ask the broker for another URL, once that is down."""
        reached.set()
        is_down.wait(20)
        error(403, "AccessDenied")(exchange)

    def miss(exchange: Exchange) -> None:
        try:
            exchange.answer(*exchange.forward())
        except OSError:
            is_missed.set()
            exchange.disconnect()

    site.line.faults.append(expire)
    site.way.otherwise = miss
    with ThreadPoolExecutor(1) as thread:
        uploading = thread.submit(upload, large)
        assert reached.wait(20)
        site.stop_broker()
        is_down.set()
        assert is_missed.wait(20)

        site.start_broker()

        assert fetch(client, uploading.result(), tmp_path) == large.read_bytes()
    assert list(client.uploads.pending()) == []


def test_two_that_send_the_same_file_at_once_make_two_whole_files(
    upload: Upload, client: Client, site: Site, large: Path, tmp_path: Path
) -> None:
    both = threading.Barrier(2, timeout=20)
    site.way.otherwise = on_call("POST /uploads", *[_once_both_are_there(both)] * 2)

    with ThreadPoolExecutor(2) as threads:
        ids = set(threads.map(upload, [large, large]))

    assert len(ids) == 2
    for file_id in ids:
        assert fetch(client, file_id, tmp_path) == large.read_bytes()
    assert list(client.uploads.pending()) == []


def _once_both_are_there(both: threading.Barrier) -> Fault:
    def fault(exchange: Exchange) -> None:
        both.wait()
        exchange.answer(*exchange.forward())

    return fault
