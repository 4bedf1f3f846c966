"""What the tests share: one real store and one real PostgreSQL per worker."""

import logging
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import certifi
import hypothesis
import pytest
from argon2 import PasswordHasher

from broker.app import open_database
from broker.bootstrap import bootstrap
from broker.database import Database
from broker.logs import JsonFormatter
from broker.settings import StoreSettings
from broker.stores.embedded import EmbeddedStore
from tests.fault_table import pytest_terminal_summary
from tests.postgres import PostgresServer, run_postgres
from tests.running import RunningBroker, run_broker
from tests.secret_lines import has_secret

__all__ = ["pytest_terminal_summary"]

# how long an example takes says how busy the machine is
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("here")

# what a shell starts in the background ignores Ctrl-C, and so would all that tests start and interrupt
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ORIGINS = ("http://localhost:5173",)


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_cheap() -> Iterator[None]:
    """Hash passwords at the lowest price: many hundreds are, and each would keep both processors busy."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr("broker.passwords.PasswordHasher", lambda: cheap)
        yield


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have each HTTP client load one authority: nothing here is signed by any, and all take it 20 ms."""
    end = "-----END CERTIFICATE-----\n"
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    path.write_text(Path(certifi.where()).read_text("utf-8").partition(end)[0] + end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(scope="session")
def embedded() -> Iterator[StoreSettings]:
    """Return the settings of a running store that is ready for uploads from `ORIGINS`."""
    with (
        tempfile.TemporaryDirectory(prefix="broker-tests-") as directory,
        EmbeddedStore(Path(directory), origins=ORIGINS) as store,
    ):
        steps = bootstrap(store.settings, admin=store.settings.control, origins=ORIGINS, users=False)
        assert [step.detail for step in steps if step.outcome != "done"] == []
        # no self-test: a broker that stores objects of its own would confuse those who count them
        yield replace(store.settings, self_test=False)


@pytest.fixture(scope="session")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """Return a broker that runs on the embedded store, with a registry of its own."""
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(embedded, f"sqlite:///{database}") as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a running server; a test that stops it starts it again."""
    with run_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty registry, of which each test gets a copy: to make one takes many times as long."""
    path = tmp_path_factory.mktemp("registry") / "empty.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_registry(postgres: PostgresServer) -> str:
    """Return the URL of an empty registry, to be copied like that of SQLite."""
    url = postgres.make_database()
    open_database(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty registry, of one kind after the other."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_registry'), tmp_path / 'broker.db')}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.make_database(like=request.getfixturevalue("postgres_registry"))
    yield url
    server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without tables, of one kind after the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'blank.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.make_database()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


class _SecretFinder(logging.Handler):
    """Looks through every line that the broker logs in this process (CHECKLIST 54)."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        if has_secret(line):
            self.found.append(line)


_finder = _SecretFinder()


@pytest.fixture(autouse=True)
def _no_secret_is_logged() -> Iterator[None]:
    """Fail the test during which a secret got into the log, whatever else it is about."""
    logger = logging.getLogger()
    logger.addHandler(_finder)
    broker_logger = logging.getLogger("broker")
    level = broker_logger.level
    broker_logger.setLevel(logging.DEBUG)
    yield
    broker_logger.setLevel(level)
    logger.removeHandler(_finder)
    found = _finder.found[:]
    _finder.found.clear()
    assert found == []
