"""A broker whose store a fault-injecting proxy stands before: what clients of it live through."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from socket import socket

import pytest

from broker.client import Client, retry
from broker.server import listen
from broker.settings import Policy, Quota, StoreSettings
from tests.faulty_store import FaultyStore, faulty
from tests.running import RunningBroker, origin_of, run_broker_on

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "frontend" / "packages" / "client"

_NUMBERS = itertools.count(1)

POLICIES = {
    "default": Policy(),
    "sha256 whole": Policy(name="sha256 whole", checksum_algorithm="sha256"),
    "sha256": Policy(name="sha256", checksum_algorithm="sha256", checksum_required=True, single_put_max=0),
    "narrow": Policy(name="narrow", quota=Quota(pending=2)),
    "shut": Policy(name="shut", quota=Quota(pending=0)),
}


@pytest.fixture(scope="session")
def line(embedded: StoreSettings) -> Iterator[FaultyStore]:
    """Return the proxy that clients reach the store through; the broker itself does not."""
    with faulty(embedded) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def _listener() -> Iterator[socket]:
    with listen("127.0.0.1", 0) as listener:
        yield listener


@pytest.fixture(scope="session")
def _way(embedded: StoreSettings, _listener: socket) -> Iterator[FaultyStore]:
    with faulty(replace(embedded, url=origin_of(_listener))) as proxy:  # to it a broker is like a store
        yield proxy


@pytest.fixture(scope="session")
def remote(
    embedded: StoreSettings,
    line: FaultyStore,
    _listener: socket,
    _way: FaultyStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningBroker]:
    store = replace(embedded, public_url=line.settings.url)
    database_url = f"sqlite:///{tmp_path_factory.mktemp('registry') / 'broker.db'}"
    origins = (origin_of(_listener), _way.settings.url)
    with run_broker_on(_listener, store, database_url, policies=POLICIES, origins=origins) as running:
        yield running


@pytest.fixture
def way(_way: FaultyStore) -> FaultyStore:
    """Return a proxy that clients may reach the broker through; nothing is wrong with it yet."""
    _way.mend()
    return _way


@pytest.fixture
def token(remote: RunningBroker) -> str:
    """Return the token of a user that no other test has."""
    return remote.token(f"user-{next(_NUMBERS)}")


@pytest.fixture
def client(remote: RunningBroker, line: FaultyStore, token: str) -> Iterator[Client]:
    """Return a client of that user; nothing is wrong with the line yet."""
    line.mend()
    with Client(remote.url, token=token) as client:
        yield client
    line.mend()  # the next test may have another client


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_CAP", 0.02)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file that is sent in three parts."""
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * (80 * 1024 + 1))
    return path


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """Return a named pipe in which some bytes wait to be read."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR)
    os.write(descriptor, b"some")
    yield path
    os.close(descriptor)


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the script, in a directory in which the package is installed as npm packs it in a new clone."""
    directory = tmp_path_factory.mktemp("node")
    fresh = shutil.copytree(
        PACKAGE, directory / "packages" / "client", ignore=shutil.ignore_patterns("dist", "node_modules")
    )
    shutil.copy(ROOT / "frontend" / "tsconfig.json", directory)
    (directory / "packages" / "node_modules").symlink_to(ROOT / "frontend" / "node_modules")
    packed = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(directory)],
        cwd=fresh,
        check=True,
        capture_output=True,
        text=True,
    )
    home = directory / "node_modules" / "@broker" / "client"
    home.mkdir(parents=True)
    archive = str(directory / packed.stdout.strip())
    subprocess.run(["tar", "xzf", archive, "-C", str(home), "--strip-components=1"], check=True)
    return Path(shutil.copy(ROOT / "tests" / "node" / "run.mjs", directory))
