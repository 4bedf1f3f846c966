"""How the page bears 100,000 files: `python -m bench.page [FILES]`.

The rows stand in the registry without objects; nobody fetches them. A real Chromium loads the page, scrolls
to the last row and searches; then a folder is moved. Long tasks are those that the browser itself reports.
"""

import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import asdict
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import create_engine, insert

from bench.site import serving_site, sign_in
from bench.transfer import WATCH
from broker import keys
from broker.rows import File, Upload
from broker.tables import files, folders, uploads
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.running import RunningBroker

FOLDER_FILES = 10_000
LOADS = 5

# from the start of the navigation until the first rows are drawn
FIRST_ROWS = """() => new Promise((resolve) => {
  const look = () => document.querySelector("[data-key]")
    ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look);
  look();
})"""

SCROLL_ON = """() => {
  window.scrollTo(0, document.documentElement.scrollHeight);
  return Number(document.querySelector("[data-key]")?.closest("li").getAttribute("aria-setsize") ?? 0);
}"""


def main(count: int) -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        site = stack.enter_context(serving_site(directory))
        fill(site.broker.settings.database_url, count)
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=site.url, viewport={"width": 1280, "height": 800})
        sign_in(page)

        print(f"A page of {count:,} files, and a folder of {FOLDER_FILES:,}")
        print(f"  loaded, first rows drawn         {min(load(page) for _ in range(LOADS)):6.0f} ms, the best")
        seconds, longest = scroll(page, count)
        print(f"  scrolled to the last row         {seconds:6.1f} s, longest task {longest:.0f} ms")
        print(f"  searched among all               {search(page):6.0f} ms")
        print(f"  a folder of {FOLDER_FILES:,} files moved   {move(site.broker):6.0f} ms")
        browser.close()


def fill(registry: str, count: int) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    names = [("", f"photo {index:06}.jpg") for index in range(count)]
    names += [("box", f"scan {index:05}.pdf") for index in range(FOLDER_FILES)]
    rows = [
        row(folder, name, at + timedelta(milliseconds=place)) for place, (folder, name) in enumerate(names)
    ]
    engine = create_engine(registry)
    with engine.begin() as connection:
        connection.execute(insert(uploads), [asdict(upload) for upload, _ in rows])
        connection.execute(insert(files), [asdict(file) for _, file in rows])
        connection.execute(
            insert(folders), {"tenant": "default", "owner": "alice", "path": "box", "parent": ""}
        )
    engine.dispose()


def row(folder: str, name: str, at: datetime) -> tuple[Upload, File]:
    upload = Upload(
        id=keys.new_id(at),
        tenant="default",
        owner="alice",
        key=keys.new_id(at),
        name=name,
        folder=folder,
        size=1000,
        type="application/octet-stream",
        checksum=None,
        status="completed",
        created_at=at,
        expires_at=at,
    )
    file = File(
        id=keys.new_id(at),
        tenant=upload.tenant,
        owner=upload.owner,
        upload_id=upload.id,
        key=upload.key,
        name=name,
        name_key=keys.name_key(name),
        sort_key=keys.sort_key(name),
        folder=folder,
        size=upload.size,
        type=upload.type,
        checksum=None,
        etag="e",
        created_at=at,
    )
    return upload, file


def load(page: Page) -> float:
    page.goto("/", wait_until="commit")
    return float(page.evaluate(FIRST_ROWS))


def scroll(page: Page, count: int) -> tuple[float, float]:
    """Scroll on until the last row is there; return how long that took, and the longest task in ms."""
    page.evaluate(WATCH)
    began = time.perf_counter()
    while page.evaluate(SCROLL_ON) < count:
        page.wait_for_timeout(5)
    return time.perf_counter() - began, float(
        page.evaluate("() => Math.max(0, ...window.longTasks.map(({duration}) => duration))")
    )


def search(page: Page) -> float:
    page.evaluate("() => window.scrollTo(0, 0)")
    began = time.perf_counter()
    page.get_by_role("searchbox").fill("scan 00042")
    expect(page.locator("[data-key]")).to_have_count(1, timeout=30_000)
    return (time.perf_counter() - began) * 1000


def move(broker: RunningBroker) -> float:
    """Rename the large folder: each of its files moves, in one change."""
    with broker.client("alice", tenant="default") as client:
        began = time.perf_counter()
        client.post("/v1/folders/move", json={"path": "box", "to": "crate"}).raise_for_status()
        return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
