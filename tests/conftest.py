"""What the tests share: one real store per worker."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.bootstrap import bootstrap
from broker.settings import StoreSettings
from broker.stores.embedded import EmbeddedStore
from tests.running import RunningBroker, run_broker

ORIGINS = ("http://localhost:5173",)


@pytest.fixture(scope="session")
def embedded() -> Iterator[StoreSettings]:
    """Return the settings of a running store that is ready for uploads from `ORIGINS`."""
    with (
        tempfile.TemporaryDirectory(prefix="broker-tests-") as directory,
        EmbeddedStore(Path(directory), origins=ORIGINS) as store,
    ):
        steps = bootstrap(store.settings, admin=store.settings.control, origins=ORIGINS, users=False)
        assert [step.detail for step in steps if step.outcome != "done"] == []
        yield store.settings


@pytest.fixture(scope="session")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """Return a broker that runs on the embedded store, with a registry of its own."""
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(embedded, f"sqlite:///{database}") as running:
        yield running
