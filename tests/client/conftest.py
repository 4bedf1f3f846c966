"""A broker whose store a fault-injecting proxy stands before: what clients of it live through."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broker.client import Client, retry
from broker.settings import Policy, StoreSettings
from tests.faulty_store import FaultyStore, faulty
from tests.running import RunningBroker, run_broker

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "frontend" / "packages" / "client"

POLICIES = {
    "default": Policy(),
    "sha256": Policy(name="sha256", checksum_algorithm="sha256", single_put_max=0),
}


@pytest.fixture(scope="session")
def line(embedded: StoreSettings) -> Iterator[FaultyStore]:
    """Return the proxy that clients reach the store through; the broker itself does not."""
    with faulty(embedded) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def remote(
    embedded: StoreSettings, line: FaultyStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningBroker]:
    store = replace(embedded, public_url=line.settings.url)
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(store, f"sqlite:///{database}", policies=POLICIES) as running:
        yield running


@pytest.fixture
def client(remote: RunningBroker, line: FaultyStore, request: pytest.FixtureRequest) -> Iterator[Client]:
    """Return a client of a user that no other test has; nothing is wrong with the line yet."""
    line.faults.clear()
    line.otherwise = None
    line.requests.clear()
    with Client(remote.url, token=remote.token(request.node.name[:60])) as client:
        yield client


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_CAP", 0.02)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file that is sent in three parts."""
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * (80 * 1024 + 1))
    return path


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the script, in a directory in which the built package is installed as npm would pack it."""
    directory = tmp_path_factory.mktemp("node")
    subprocess.run(["npx", "tsc", "-p", str(PACKAGE)], cwd=ROOT / "frontend", check=True)
    packed = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(directory)],
        cwd=PACKAGE,
        check=True,
        capture_output=True,
        text=True,
    )
    home = directory / "node_modules" / "@broker" / "client"
    home.mkdir(parents=True)
    archive = str(directory / packed.stdout.strip())
    subprocess.run(["tar", "xzf", archive, "-C", str(home), "--strip-components=1"], check=True)
    return Path(shutil.copy(ROOT / "tests" / "node" / "run.mjs", directory))
