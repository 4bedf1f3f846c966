"""What an upload lives through: our page next to unmodified Uppy. `python -m bench.faults`.

Each fault meets one file of 20 MiB on its way from Chromium to a real store, sent once by our page with our
broker and once by @uppy/aws-s3 with Uppy Companion, in parts, as their documentation says. What is printed is
how it ended: whole, wrong (the store holds other bytes, and nobody was told), refused with a reason, or
stuck, which is when nothing has become of it after so many seconds.
"""

import hashlib
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minio import Minio
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

from bench.issue import serving_companion
from bench.processes import Server
from broker.stores.sdk import connect
from tests.e2e.conftest import CHROMIUM, FLAGS, PASSWORD
from tests.e2e.test_main_job import drop
from tests.faults.test_browser import damage, on_puts, refusal
from tests.faulty_site import Killing, Site
from tests.faulty_store import (
    disconnect,
    down_for,
    lose_answer,
    slowly,
    stalling,
    throttled,
)

MIB = 1024**2
SIZE = 20 * MIB
PATIENCE = 75  # seconds
ROOT = Path(__file__).parents[1]
UPPY = Path(__file__).parent / "uppy"

ENDED = """() => {
  const text = document.querySelector("[aria-labelledby=uploads-heading]")?.textContent ?? "";
  const retry = document.querySelector("[aria-label^=Retry]");
  return text.includes("1 uploaded") ? "stored" : retry && retry.parentElement.textContent;
}"""

UPLOAD = """(endpoint) => {
  const end = (ended) => { window.ended = ended; };
  window.uploadWithUppy(endpoint, document.querySelector("input").files[0])
    .then(end, (error) => end({reason: String(error)}));
}"""


@dataclass(frozen=True)
class Rig:
    """What both contenders share: the file, the line that fails, and the store behind it."""

    site: Site
    path: Path
    sdk: Minio
    bucket: str

    def judge(self, key: str) -> str:
        """Compare what the store holds with what was sent."""
        with closing(self.sdk.get_object(self.bucket, key)) as answer:
            held = hashlib.sha256(answer.read()).digest()
        return "whole" if held == hashlib.sha256(self.path.read_bytes()).digest() else "WRONG"


# what heals by itself does so in a thread
Arming = Callable[[Site], threading.Thread | None]


def main() -> None:
    script = bundle_uppy()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        site = stack.enter_context(closing(Site(directory)))
        store = site.store.settings
        path = directory / "film.bin"
        path.write_bytes(os.urandom(SIZE))
        rig = Rig(site, path, connect(store, store.control), store.bucket)
        site.broker.add_user("alice", PASSWORD)
        companion = stack.enter_context(
            serving_companion(site.line.settings, directory, origin=site.broker.url)
        )
        if companion is None:
            raise SystemExit("Nothing to compare with.")
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        print(f"{'':<34}{'our page':<28}@uppy/aws-s3 6.3.1, Companion 6.2.2")
        for name, arm in faults():
            ours = measure(rig, arm, lambda: send_ours(browser, rig))
            theirs = measure(rig, arm, lambda: send_theirs(browser, rig, companion, script))
            print(f"{name:<34}{ours:<28}{theirs}", flush=True)
        browser.close()


def bundle_uppy() -> str:
    if not (UPPY / "node_modules").exists():
        print("Installing Uppy ...", flush=True)
        quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
        subprocess.run(["npm", "ci", *quiet], cwd=UPPY, check=True)
    command = ["node", str(UPPY / "build.mjs"), str(ROOT / "frontend")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def faults() -> list[tuple[str, Arming]]:
    """Name what goes wrong, each with what makes it so."""

    def puts(*met: Callable[..., None]) -> Arming:
        return lambda site: setattr(site.line, "otherwise", on_puts(*met))

    return [
        ("none", puts()),
        ("round trips of 200 ms", puts(*[slowly] * 9)),
        ("8 MB/s a connection", lambda site: setattr(site.line, "reading", throttled)),
        ("one 403, as of an expired URL", puts(refusal(403, "AccessDenied"))),
        ("six 503", puts(*[refusal(503, "SlowDown")] * 6)),
        ("six resets", puts(*[disconnect] * 6)),
        ("the answer to a PUT lost", puts(lose_answer)),
        ("a byte damaged on the way", puts(damage)),
        ("the store down for 5 s", lambda site: setattr(site.line, "otherwise", down_for(5))),
        ("the store killed, back after 5 s", kill_and_revive),
        ("a connection that stands still", lambda site: setattr(site.line, "reading", stalling(1))),
    ]


def kill_and_revive(site: Site) -> threading.Thread:
    killing = site.line.otherwise = Killing(site.store)

    def revive() -> None:
        killing.wait_until_missed()
        time.sleep(5)
        site.store.start_again()

    thread = threading.Thread(target=revive)
    thread.start()
    return thread


def measure(rig: Rig, arm: Arming, send: Callable[[], str]) -> str:
    rig.site.line.mend()
    healing = arm(rig.site)
    began = time.monotonic()
    outcome = send()
    taken = time.monotonic() - began
    if healing:
        healing.join()
    return f"{outcome} ({taken:.1f} s)"


def send_ours(browser: Browser, rig: Rig) -> str:
    context = browser.new_context(base_url=rig.site.broker.url)
    with closing(context):
        page = context.new_page()
        sign_in(page)
        drop(page, [rig.path])
        try:
            ended: str = page.wait_for_function(ENDED, timeout=PATIENCE * 1000).json_value()
        except TooLate:
            return "STUCK"
        if ended != "stored":
            return f"refused: {ended}"
        with rig.site.broker.client("alice", tenant="default") as client:
            (newest, *_) = client.get("/v1/files").json()["items"]
            url = client.post(f"/v1/files/{newest['id']}/download").json()["url"]
            return rig.judge(unquote(urlsplit(url).path).removeprefix(f"/{rig.bucket}/"))


def send_theirs(browser: Browser, rig: Rig, companion: Server, script: str) -> str:
    # a page of the broker's, from whose origin the store takes requests
    context = browser.new_context(base_url=rig.site.broker.url, bypass_csp=True)
    with closing(context):
        page = context.new_page()
        page.goto("/")
        page.set_content("<input type=file>")
        page.add_script_tag(content=script, type="module")
        page.locator("input").set_input_files(rig.path)
        page.evaluate(UPLOAD, f"http://127.0.0.1:{companion.port}")
        try:
            ended = page.wait_for_function("() => window.ended", timeout=PATIENCE * 1000).json_value()
        except TooLate:
            return "STUCK"
        return rig.judge(ended["key"]) if ended.get("key") else f"refused: {ended['reason'][:40]}"


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Drop files anywhere")).to_be_visible()


if __name__ == "__main__":
    main()
