"""How much memory a large upload takes in Chromium: `python -m bench.memory [GIBIBYTES]`.

A sparse file is dropped on the page and sent to a real store. While it travels, the page's JavaScript heap
and the resident memory of its renderer, as the system counts it, are looked at twice a second.
"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psutil
from playwright.sync_api import CDPSession, Page, sync_playwright

from bench.site import serving_site, sign_in
from bench.transfer import ALL_COMPLETED
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.test_main_job import drop

GIB = 1024**3
MIB = 1024**2
PAUSE_MS = 500


def main(gibibytes: float) -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        site = stack.enter_context(serving_site(directory))
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=site.url)
        sign_in(page)
        path = directory / "large.bin"
        with path.open("wb") as file:
            file.truncate(int(gibibytes * GIB))
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        idle = look(devtools)

        drop(page, [path])
        most = watch(page, devtools)

        print(f"One file of {gibibytes:g} GiB, from the page in Chromium")
        print(f"{'':<28}{'idle':>10}{'at most':>10}")
        for name, before, after in zip(("JavaScript heap", "renderer, resident"), idle, most, strict=True):
            print(f"  {name:<26}{before / MIB:>6.0f} MiB{after / MIB:>6.0f} MiB")
        browser.close()


def watch(page: Page, devtools: CDPSession) -> tuple[int, int]:
    """Wait until the file is stored; return the most that was seen."""
    heap, resident = look(devtools)
    while not page.evaluate(ALL_COMPLETED, 1):
        page.wait_for_timeout(PAUSE_MS)
        now = look(devtools)
        heap, resident = max(heap, now[0]), max(resident, now[1])
    return heap, resident


def look(devtools: CDPSession) -> tuple[int, int]:
    """Return the bytes of the JavaScript heap, and the resident ones of the largest renderer."""
    metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    renderers = [
        each.memory_info().rss
        for each in psutil.Process().children(recursive=True)
        if "--type=renderer" in each.cmdline()
    ]
    return int(metrics["JSHeapUsedSize"]), max(renderers)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
