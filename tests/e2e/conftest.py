"""A whole site for the browser: store, broker and built page, and a Chromium that visits it."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from broker.bootstrap import bootstrap
from broker.server import listen
from broker.settings import Policy
from broker.stores.embedded import EmbeddedStore
from tests.running import RunningBroker, origin_of, run_broker_on

# the first draws no windows, which takes two thirds of the processor's time; see install-chromium.sh
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
# of several such lists only the last counts: so here is what Playwright 1.65 turns off on Linux, and then
# what a window has ready below its address bar: half a second of the processor for every page
FEATURES = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
)
FLAGS = [
    f"--disable-features={','.join(FEATURES)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000  # a busy machine takes its time for the page, and for what it sends
expect.set_options(timeout=PATIENCE_MS)
PASSWORD = "a good password"
POLICIES = {"default": Policy(max_size=5 * 1024**3)}  # a file above that fits on any disk, if it has holes


@contextmanager
def run_site(listener: socket.socket, directory: Path, **changes: object) -> Iterator[RunningBroker]:
    """Run a broker whose page a browser can use: the store answers its origin alone."""
    origins = (origin_of(listener),)
    with EmbeddedStore(directory / "store", origins=origins) as store:
        list(bootstrap(store.settings, admin=store.settings.control, origins=origins, users=False))
        database_url = f"sqlite:///{directory / 'broker.db'}"
        settings = {"policies": POLICIES} | changes
        with run_broker_on(listener, store.settings, database_url, **settings) as broker:
            yield broker


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with (
        listen("127.0.0.1", 0) as listener,
        run_site(listener, tmp_path_factory.mktemp("site")) as broker,
    ):
        broker.add_user("alice", PASSWORD)
        yield broker


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Return a browser; Playwright's event loop runs in this thread until it is closed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, site: RunningBroker) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=site.url, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """Yield an empty page; at the end nothing may have gone wrong in its console."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield page
    # what a test provokes on the wire is logged by the browser itself, not by the page
    assert [error for error in errors if not error.startswith("Failed to load resource")] == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with watched(context.new_page()) as page:
        yield page


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return an empty folder for the files that a test drops and fetches."""
    directory = tmp_path / "files"
    directory.mkdir()
    return directory
