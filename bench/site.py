"""A store, a broker of its own process on it, and a user of its page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from bench.processes import REGISTRY, SECRET_KEY, Server, free_port, serving_broker
from broker.bootstrap import bootstrap
from broker.settings import Settings, StoreSettings
from broker.stores.embedded import EmbeddedStore
from tests.running import RunningBroker

PASSWORD = "a good password"


@dataclass(frozen=True)
class Site:
    """`server` is the process; `broker` makes clients of it."""

    server: Server
    broker: RunningBroker
    store: StoreSettings

    @property
    def url(self) -> str:
        return self.broker.url


@contextmanager
def serving_site(directory: Path) -> Iterator[Site]:
    """Serve the page with a user, alice, until the end of the block."""
    port = free_port()
    origins = (f"http://127.0.0.1:{port}",)
    registry = f"sqlite:///{directory / REGISTRY}"
    with EmbeddedStore(directory / "store", origins=origins) as embedded:
        store = embedded.settings
        list(bootstrap(store, admin=store.control, origins=origins, users=False))
        with serving_broker(store, directory, port=port) as server:
            settings = Settings(origins=origins, secret_key=SECRET_KEY, database_url=registry, store=store)
            broker = RunningBroker(origins[0], settings)
            broker.add_user("alice", PASSWORD)
            yield Site(server, broker, store)


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Drop files anywhere")).to_be_visible()
