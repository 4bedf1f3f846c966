"""What a transfer lives through: faults on the line between a real browser and a real store.

Each upload ends complete with identical bytes, or with the right reason; it is never stuck, and never a
wrong file.
"""

import hashlib
import itertools
import os
import re
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tests.crash.mortal_store import MortalStore
from tests.e2e.conftest import CHROMIUM, FLAGS, PASSWORD, watched
from tests.e2e.test_main_job import drop, write
from tests.faulty_site import Killing, Site
from tests.faulty_store import (
    Exchange,
    Fault,
    FaultyStore,
    change_on_disk,
    cut_short,
    disconnect,
    down_for,
    lose_answer,
    slowly,
    stalling,
    throttled,
)
from tests.running import RunningBroker
from tests.waiting import wait_until

MIB = 1024 * 1024
SMALL = os.urandom(3 * MIB)
LARGE = os.urandom(20 * MIB)  # three parts

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Far:
    """A site, and a user of it."""

    site: Site
    user: str

    @property
    def broker(self) -> RunningBroker:
        return self.site.broker

    @property
    def line(self) -> FaultyStore:
        return self.site.line

    @property
    def store(self) -> MortalStore:
        return self.site.store

    def client(self) -> httpx.Client:
        return self.broker.client(self.user, tenant="default")

    def sign_in(self, page: Page) -> None:
        page.goto("/")
        page.get_by_label("User name").fill(self.user)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Choose files")).to_be_visible()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser of this file alone: it may run beside others, which costs no test but time."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with closing(Site(tmp_path_factory.mktemp("far"))) as site:
        yield site


@pytest.fixture
def far(site: Site) -> Far:
    """Return the site and a user that no other test has; nothing is wrong with the line yet."""
    site.line.mend()
    user = f"user-{next(_NUMBERS)}"
    site.broker.add_user(user, PASSWORD)
    return Far(site, user)


@pytest.fixture
def far_context(chromium: Browser, far: Far) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=far.broker.url)
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def far_page(far_context: BrowserContext, far: Far) -> Iterator[Page]:
    with watched(far_context.new_page()) as page:
        far.sign_in(page)
        yield page


def refusal(status: int, code: str) -> Fault:
    """Answer with an error that a page may read, as stores do."""
    body = f"<Error><Code>{code}</Code></Error>".encode()
    headers = {"Content-Type": "application/xml", "Access-Control-Allow-Origin": "*"}
    return lambda exchange: exchange.answer(status, headers, body)


def damage(exchange: Exchange) -> None:
    """Flip a byte on the way to the store."""
    body = bytearray(exchange.body)
    body[len(body) // 2] ^= 1
    exchange.body = bytes(body)
    exchange.answer(*exchange.forward())


def on_puts(*faults: Fault) -> Fault:
    """Have these faults meet one PUT each; preflights and what comes later go through."""
    left = list(faults)
    lock = threading.Lock()

    def fault(exchange: Exchange) -> None:
        with lock:
            meets = left.pop(0) if left and exchange.command == "PUT" else None
        if meets:
            meets(exchange)
        else:
            exchange.answer(*exchange.forward())

    return fault


def assert_stored(page: Page, far: Far, name: str, body: bytes) -> None:
    """Wait for the file; it has the very bytes, is there once, and nothing is left pending."""
    expect(page.get_by_role("button", name=f"Download {name}")).to_be_visible(timeout=60_000)
    far.line.otherwise = None
    with far.client() as client:
        (file,) = [each for each in client.get("/v1/files").json()["items"] if each["name"] == name]
        request = client.post(f"/v1/files/{file['id']}/download").json()
        fetched = httpx.get(request["url"], timeout=60).raise_for_status().content
        assert hashlib.sha256(fetched).digest() == hashlib.sha256(body).digest()
        assert client.get("/v1/uploads").json()["items"] == []


FAULTS = [
    pytest.param(LARGE, [], id="none"),
    pytest.param(LARGE, [slowly] * 9, id="round trips of 200 ms"),
    pytest.param(LARGE, [refusal(403, "AccessDenied")], id="one 403"),
    pytest.param(SMALL, [refusal(403, "AccessDenied")], id="one 403, one PUT"),
    pytest.param(LARGE, [refusal(503, "SlowDown")] * 6, id="six 503"),
    pytest.param(LARGE, [disconnect] * 6, id="six resets"),
    pytest.param(SMALL, [disconnect] * 2, id="two resets, one PUT"),
    pytest.param(LARGE, [damage], id="a byte damaged on the way"),
    pytest.param(SMALL, [damage], id="a byte damaged on the way, one PUT"),
    pytest.param(LARGE, [lose_answer], id="the answer to a PUT lost"),
    pytest.param(SMALL, [lose_answer], id="the answer to a PUT lost, one PUT"),
    pytest.param(LARGE, [refusal(408, "RequestTimeout")], id="a 408"),
    pytest.param(LARGE, [refusal(429, "TooManyRequests")] * 2, id="two 429"),
]


@pytest.mark.parametrize(("body", "faults"), FAULTS)
def test_a_fault_on_the_line_to_the_store_is_borne(
    far_page: Page,
    far: Far,
    tmp_path: Path,
    body: bytes,
    faults: list[Fault],
) -> None:
    far.line.otherwise = on_puts(*faults)

    drop(far_page, write(tmp_path, {"film.bin": body}))

    assert_stored(far_page, far, "film.bin", body)


def test_a_store_that_is_down_for_some_seconds_is_waited_for(
    far_page: Page, far: Far, tmp_path: Path
) -> None:
    far.line.otherwise = down_for(3)

    drop(far_page, write(tmp_path, {"large.bin": LARGE}))

    assert_stored(far_page, far, "large.bin", LARGE)


@pytest.mark.parametrize("stalled", [1, 3])
def test_a_connection_that_stands_still_is_given_up(
    far_page: Page, far: Far, tmp_path: Path, stalled: int
) -> None:
    far_page.clock.install()  # so that the limit, 30 seconds without a byte, needs no waiting
    far.line.reading = stalling(stalled)
    drop(far_page, write(tmp_path, {"large.bin": LARGE}))
    for _ in range(stalled):
        assert far.line.held.acquire(timeout=20)

    stored = far_page.get_by_role("button", name="Download large.bin")
    for _ in range(50):
        if stored.is_visible():
            break
        far_page.clock.run_for(10_000)

    assert_stored(far_page, far, "large.bin", LARGE)


def test_a_line_of_8_mb_a_second_is_waited_for(far_page: Page, far: Far, tmp_path: Path) -> None:
    far.line.reading = throttled

    drop(far_page, write(tmp_path, {"large.bin": LARGE}))

    assert_stored(far_page, far, "large.bin", LARGE)


def test_a_store_that_is_killed_and_started_again_is_waited_for(
    far_page: Page, far: Far, tmp_path: Path
) -> None:
    killing = far.line.otherwise = Killing(far.store)
    drop(far_page, write(tmp_path, {"large.bin": LARGE}))
    killing.wait_until_missed()

    far.store.start_again()

    assert_stored(far_page, far, "large.bin", LARGE)


def test_a_broker_that_is_stopped_and_started_again_is_waited_for(
    far_page: Page, far: Far, tmp_path: Path
) -> None:
    reached, is_down = threading.Event(), threading.Event()

    def expire(exchange: Exchange) -> None:
        """Have the page ask the broker for another URL, once it is down."""
        reached.set()
        is_down.wait(20)
        refusal(403, "AccessDenied")(exchange)

    far.line.otherwise = on_puts(expire)
    drop(far_page, write(tmp_path, {"large.bin": LARGE}))
    assert reached.wait(20)
    far.site.stop_broker()
    is_down.set()
    for _ in range(3):
        far_page.wait_for_event("requestfailed", lambda request: request.url.startswith(far.broker.url))

    far.site.start_broker()

    assert_stored(far_page, far, "large.bin", LARGE)


def test_offline_with_the_wire_cut_it_goes_on_by_itself(
    far_page: Page, far_context: BrowserContext, far: Far, tmp_path: Path
) -> None:
    reached = threading.Event()

    def cut(exchange: Exchange) -> None:
        reached.set()
        exchange.disconnect()

    far.line.otherwise = cut
    drop(far_page, write(tmp_path, {"large.bin": LARGE}))
    assert reached.wait(20)
    far_context.set_offline(True)
    expect(far_page.get_by_text("Connection trouble, trying again…")).to_be_visible()

    far.line.otherwise = None
    far_context.set_offline(False)

    assert_stored(far_page, far, "large.bin", LARGE)


@pytest.mark.parametrize(
    "call", [r"/v1/uploads(/batch)?$", r"/complete$", r"/parts$"], ids=["create", "complete", "sign"]
)
@pytest.mark.parametrize(
    ("name", "body"), [("small.bin", SMALL), ("large.bin", LARGE)], ids=["one PUT", "parts"]
)
def test_a_lost_answer_of_the_broker_leaves_nothing_twice(
    far_page: Page,
    far: Far,
    tmp_path: Path,
    call: str,
    name: str,
    body: bytes,
) -> None:
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost or route.request.method != "POST":
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    far_page.route(re.compile(call), lose_once)
    drop(far_page, write(tmp_path, {name: body}))

    assert_stored(far_page, far, name, body)
    assert len(lost) == (0 if call == r"/parts$" and body is SMALL else 1)


@pytest.mark.parametrize("status", [401, 503])
def test_a_broker_in_trouble_is_waited_for(far_page: Page, far: Far, tmp_path: Path, status: int) -> None:
    slug = "expired-token" if status == 401 else "too-many-requests"
    refusals = 1 if status == 401 else 3

    def refuse(route: Route) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals < 0:
            route.continue_()
        else:
            route.fulfill(
                status=status,
                content_type="application/problem+json",
                body=f'{{"type": "urn:broker:problem:{slug}", "status": {status}}}',
            )

    far_page.route(re.compile(r"/parts$"), refuse)
    drop(far_page, write(tmp_path, {"large.bin": LARGE}))

    assert_stored(far_page, far, "large.bin", LARGE)


def test_a_tab_that_crashed_is_gone_on_with_in_another(
    far_context: BrowserContext, far: Far, tmp_path: Path
) -> None:
    reached = threading.Event()

    def hold_the_second(exchange: Exchange) -> None:
        if exchange.command == "PUT" and "partNumber=2&" in exchange.path:
            reached.set()
            exchange.store.released.wait(1)
            exchange.disconnect()
        else:
            exchange.answer(*exchange.forward())

    far.line.otherwise = hold_the_second
    paths = write(tmp_path, {"large.bin": LARGE})
    page = far_context.new_page()
    far.sign_in(page)
    drop(page, paths)
    assert reached.wait(20)
    with suppress(Exception):
        page.goto("chrome://crash", timeout=2_000)
    with far.client() as client:
        (pending,) = client.get("/v1/uploads").json()["items"]
    far.line.otherwise = None
    far.line.requests.clear()

    another = far_context.new_page()
    another.goto("/")
    expect(another.get_by_role("button", name="Choose files")).to_be_visible()
    drop(another, paths)

    assert_stored(another, far, "large.bin", LARGE)
    with far.client() as client:
        assert client.get(f"/v1/uploads/{pending['id']}").status_code in (200, 404)
    assert sum(each.startswith("PUT") for each in far.line.requests) <= 3


# what a drop is where the browser says where files are; no test can give one a handle of a file on disk
DROP_WITH_HANDLE = """async ([name, size]) => {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle(name, {create: true});
  const writable = await handle.createWritable();
  await writable.write(new Uint8Array(size).map((_, index) => index));
  await writable.close();
  DataTransferItem.prototype.getAsFileSystemHandle = async () => handle;
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(await handle.getFile());
  window.dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
}"""


def test_after_a_reload_a_file_that_was_dropped_need_not_be_chosen_again(
    far_page: Page, far: Far, tmp_path: Path
) -> None:
    body = bytes(range(256)) * (len(LARGE) // 256)
    second = threading.Event()

    def refuse_the_second(exchange: Exchange) -> None:
        if exchange.command == "PUT" and "partNumber=2&" in exchange.path:
            second.set()
            exchange.disconnect()
        else:
            exchange.answer(*exchange.forward())

    far.line.otherwise = refuse_the_second
    far_page.evaluate(DROP_WITH_HANDLE, ["film.bin", len(body)])
    assert second.wait(20)
    with far.client() as client:
        wait_until(lambda: len(client.get("/v1/uploads").json()["items"]) == 1)
        (pending,) = client.get("/v1/uploads").json()["items"]
        wait_until(lambda: len(client.get(f"/v1/uploads/{pending['id']}").json()["parts"]) == 2)
    far_page.on("dialog", lambda dialog: dialog.accept())
    far_page.reload()
    far.line.otherwise = None
    far.line.requests.clear()

    far_page.get_by_role("button", name="Resume film.bin").click()

    assert_stored(far_page, far, "film.bin", body)
    assert sum(each.startswith("PUT") for each in far.line.requests) == 1


def test_the_same_file_in_two_tabs_is_two_whole_files(
    far_page: Page,
    far_context: BrowserContext,
    far: Far,
    tmp_path: Path,
) -> None:
    are_both_begun = threading.Event()

    def hold(exchange: Exchange) -> None:
        are_both_begun.wait(20)
        exchange.answer(*exchange.forward())

    far.line.otherwise = hold
    other = far_context.new_page()
    other.goto("/")
    expect(other.get_by_role("button", name="Choose files")).to_be_visible()
    paths = write(tmp_path, {"large.bin": LARGE})

    drop(far_page, paths)
    drop(other, paths)
    with far.client() as client:
        wait_until(lambda: len(client.get("/v1/uploads").json()["items"]) == 2)
    are_both_begun.set()

    for page in (far_page, other):
        expect(page.get_by_text("1 uploaded")).to_be_visible(timeout=60_000)
    with far.client() as client:
        files = client.get("/v1/files").json()["items"]
        for file in files:
            request = client.post(f"/v1/files/{file['id']}/download").json()
            assert httpx.get(request["url"], timeout=60).content == LARGE
    assert len(files) == 2


def test_a_file_that_changes_on_disk_is_never_a_mixture(far_page: Page, far: Far, tmp_path: Path) -> None:
    (path,) = write(tmp_path, {"large.bin": LARGE})
    far.line.otherwise = change_on_disk(path)

    drop(far_page, [path])

    expect(far_page.get_by_text("The file can no longer be read").first).to_be_visible(timeout=60_000)
    with far.client() as client:
        assert client.get("/v1/files").json()["items"] == []


def test_a_small_file_is_read_once_and_stored_as_it_was(far_page: Page, far: Far, tmp_path: Path) -> None:
    (path,) = write(tmp_path, {"small.bin": b"small"})
    far.line.otherwise = change_on_disk(path)

    drop(far_page, [path])

    expect(far_page.get_by_text("1 uploaded")).to_be_visible(timeout=60_000)
    with far.client() as client:
        (file,) = client.get("/v1/files").json()["items"]
        request = client.post(f"/v1/files/{file['id']}/download").json()
    assert path.read_bytes() != b"small"
    assert httpx.get(request["url"]).content == b"small"


# a test cannot answer the dialog that asks where to; a file of the page's own is written in the same way
PICKED = """() => {
  window.showSaveFilePicker = async ({suggestedName}) =>
    (await navigator.storage.getDirectory()).getFileHandle(suggestedName, {create: true});
}"""
SAVED_SHA256 = """async (name) => {
  const handle = await (await navigator.storage.getDirectory()).getFileHandle(name);
  const digest = await crypto.subtle.digest("SHA-256", await (await handle.getFile()).arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}"""


def on_get(*faults: Fault) -> Fault:
    """Have these faults meet one fetch of the file each; all else goes through."""
    left = list(faults)

    def fault(exchange: Exchange) -> None:
        meets = left.pop(0) if left and exchange.command == "GET" else None
        if meets:
            meets(exchange)
        else:
            exchange.answer(*exchange.forward())

    return fault


def damage_answer(exchange: Exchange) -> None:
    status, headers, content = exchange.forward()
    middle = len(content) // 2
    exchange.answer(status, headers, content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


def save_and_verify(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"More about {name}").click()
    page.get_by_role("menuitem", name="Save and verify…").click()


def test_bytes_damaged_on_the_way_from_the_store_are_never_saved(
    far_page: Page, far: Far, tmp_path: Path
) -> None:
    far_page.evaluate(PICKED)
    drop(far_page, write(tmp_path, {"small.bin": SMALL}))
    assert_stored(far_page, far, "small.bin", SMALL)
    far.line.otherwise = on_get(damage_answer)

    save_and_verify(far_page, "small.bin")

    expect(far_page.get_by_text("What arrived is not what was stored")).to_be_visible()
    assert far_page.evaluate(SAVED_SHA256, "small.bin") == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([cut_short] * 2, id="answers cut short"),
        pytest.param([disconnect], id="a reset"),
        pytest.param([refusal(403, "AccessDenied")], id="one 403"),
    ],
)
def test_a_fault_while_a_file_is_saved_is_borne(
    far_page: Page, far: Far, tmp_path: Path, faults: list[Fault]
) -> None:
    far_page.evaluate(PICKED)
    drop(far_page, write(tmp_path, {"small.bin": SMALL}))
    assert_stored(far_page, far, "small.bin", SMALL)
    far.line.otherwise = on_get(*faults)

    save_and_verify(far_page, "small.bin")

    expect(far_page.get_by_text("small.bin is saved.")).to_be_visible(timeout=30_000)
    assert far_page.evaluate(SAVED_SHA256, "small.bin") == hashlib.sha256(SMALL).hexdigest()


def test_a_full_store_is_told_as_what_it_is(far_page: Page, far: Far, tmp_path: Path) -> None:
    far.line.otherwise = on_puts(*[refusal(507, "XMinioStorageFull")] * 9)

    drop(far_page, write(tmp_path, {"large.bin": LARGE}))

    expect(far_page.get_by_text("The storage refused the file (507).").first).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_wrong_does_no_harm(far_page: Page, far: Far, tmp_path: Path, minutes: int) -> None:
    far_page.evaluate(f"() => {{ const now = Date.now; Date.now = () => now() + {minutes * 60_000}; }}")

    drop(far_page, write(tmp_path, {"large.bin": LARGE}))

    assert_stored(far_page, far, "large.bin", LARGE)


def test_a_laptop_that_slept_goes_on(far_page: Page, far: Far, tmp_path: Path) -> None:
    reached = threading.Event()

    def cut_the_first(exchange: Exchange) -> None:
        if exchange.command == "PUT" and not reached.is_set():
            reached.set()
            exchange.disconnect()
        else:
            exchange.answer(*exchange.forward())

    far.line.otherwise = cut_the_first
    drop(far_page, write(tmp_path, {"large.bin": LARGE}))
    assert reached.wait(20)
    far_page.evaluate("() => { const now = Date.now; Date.now = () => now() + 36e5; }")

    assert_stored(far_page, far, "large.bin", LARGE)
