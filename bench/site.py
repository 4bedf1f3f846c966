"""A store, a broker of its own process on it, and a user of its page."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Page, expect

from bench.line import Speed, line_to
from bench.processes import REGISTRY, SECRET_KEY, free_port, serving_broker
from broker.bootstrap import bootstrap
from broker.settings import Settings, StoreSettings
from broker.stores.embedded import EmbeddedStore
from tests.running import RunningBroker

PASSWORD = "a good password"


@dataclass(frozen=True)
class Site:
    """`broker` makes clients of it, and `store.public_url` is where they reach the store."""

    broker: RunningBroker
    store: StoreSettings

    @property
    def url(self) -> str:
        return self.broker.url


@contextmanager
def serving_site(directory: Path, *, by: Speed | None = None) -> Iterator[Site]:
    """Serve the page with a user, alice, until the end of the block; clients reach all of it by a line."""
    with ExitStack() as stack:

        def outside(port: int) -> str:
            return f"http://127.0.0.1:{stack.enter_context(line_to(port, by)) if by else port}"

        port = free_port()
        origins = (outside(port),)
        registry = f"sqlite:///{directory / REGISTRY}"
        inside = stack.enter_context(EmbeddedStore(directory / "store", origins=origins)).settings
        list(bootstrap(inside, admin=inside.control, origins=origins, users=False))
        store = replace(inside, public_url=outside(int(inside.url.rpartition(":")[2])))
        stack.enter_context(serving_broker(store, directory, port=port, origin=origins[0]))
        settings = Settings(origins=origins, secret_key=SECRET_KEY, database_url=registry, store=store)
        broker = RunningBroker(origins[0], settings)
        broker.add_user("alice", PASSWORD)
        yield Site(broker, store)


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Drop files anywhere")).to_be_visible()
