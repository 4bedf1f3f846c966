"""Links to folders in a browser: strangers look through one and fetch, or send files into one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.e2e.conftest import PATIENCE_MS, watched
from tests.e2e.test_accessibility import assert_no_sideways_scrolling, assert_no_violation
from tests.e2e.test_file_manager import LOCK, PHONE, choose_from_menu, name, owner, row, sign_in
from tests.e2e.test_main_job import drop, partly_refused, write
from tests.running import RunningBroker
from tests.transfers import upload

__all__ = ["name", "owner"]

Scheme = Literal["light", "dark"]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
MIB = 1024**2


@contextmanager
def visiting(
    chromium: Browser,
    site: RunningBroker,
    link: str,
    *,
    scheme: Scheme = "light",
    viewport: ViewportSize = DESKTOP,
) -> Iterator[Page]:
    """Open a link as somebody who was never here."""
    context = chromium.new_context(
        base_url=site.url, color_scheme=scheme, reduced_motion="reduce", viewport=viewport
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        with watched(context.new_page()) as page:
            page.goto(link)
            yield page
    finally:
        context.close()


def make_link(page: Page, folder: str) -> str:
    """Make the link that the open dialog describes."""
    page.get_by_role("button", name="Make a link").click()
    link: str = page.get_by_label("Link", exact=True).input_value()
    page.get_by_role("button", name="Done").click()
    expect(row(page, folder)).to_be_visible()
    return link


def test_a_stranger_looks_through_a_shared_folder_and_fetches_a_file(
    page: Page, owner: httpx.Client, name: str, chromium: Browser, site: RunningBroker
) -> None:
    upload(owner, b"top", name="top.txt", folder="trips")
    upload(owner, b"deep", name="deep.txt", folder="trips/100% ü/day 1")
    upload(owner, b"private", name="private.txt", folder="private")
    sign_in(page, name)

    choose_from_menu(page, "trips", "Share")
    page.get_by_label("Downloads").fill("2")
    link = make_link(page, "trips")

    with visiting(chromium, site, link) as stranger:
        expect(stranger.get_by_role("heading", name="trips")).to_be_visible()
        expect(stranger.get_by_text("2 downloads left")).to_be_visible()
        expect(stranger.get_by_text("top.txt")).to_be_visible()
        stranger.get_by_role("link", name="100% ü").click()
        stranger.get_by_role("link", name="day 1").click()
        with stranger.expect_download() as download:
            stranger.get_by_role("button", name="Download deep.txt").click()
        assert download.value.path().read_bytes() == b"deep"
        expect(stranger.get_by_text("1 download left")).to_be_visible()
        stranger.go_back()
        expect(stranger.get_by_role("link", name="day 1")).to_be_visible()
        stranger.get_by_label("Path").get_by_role("button", name="trips").click()
        expect(stranger.get_by_text("top.txt")).to_be_visible()
        expect(stranger.get_by_text("private.txt")).to_have_count(0)

    page.get_by_role("link", name="Links").click()
    expect(page.get_by_text("Folder to download from")).to_be_visible()
    expect(page.get_by_text("1 of 2 downloads")).to_be_visible()


def test_a_stranger_sends_files_into_a_folder(
    page: Page, owner: httpx.Client, name: str, chromium: Browser, site: RunningBroker, files: Path
) -> None:
    upload(owner, b"private", name="private.txt", folder="inbox")
    sign_in(page, name)

    choose_from_menu(page, "inbox", "Share")
    page.get_by_label("Let others upload here").check()
    page.get_by_label("Title").fill("Your photos, please")
    page.get_by_label("Message").fill("Thank you!\nEverybody")
    page.get_by_label("Password").fill("open sesame")
    page.get_by_label("Files", exact=True).fill("4")
    link = make_link(page, "inbox")

    with visiting(chromium, site, link) as stranger:
        stranger.get_by_label("Password").fill("open sesame")
        stranger.get_by_role("button", name="Open").click()
        expect(stranger.get_by_role("heading", name="Your photos, please")).to_be_visible()
        expect(stranger.get_by_text("4 more files")).to_be_visible()
        drop(stranger, write(files, {"small.txt": b"small", "large.bin": bytes(20 * MIB)}))
        expect(stranger.get_by_text("2 files have arrived.")).to_be_visible()
        expect(stranger.get_by_text("2 more files")).to_be_visible()
        expect(stranger.get_by_text("private.txt")).to_have_count(0)
        (files / "locked").mkdir()
        stranger.evaluate(f"() => {{ {LOCK} }}")
        drop(stranger, [files / "locked", *write(files, {f"{number}.txt": b"more" for number in range(3)})])
        expect(stranger.get_by_text("This link takes no more files.")).to_be_visible()
        expect(stranger.get_by_text("2 uploaded, 1 failed")).to_be_visible()
        expect(stranger.get_by_text("locked could not be read and was left out.")).to_be_visible()

    received = owner.get("/v1/files?folder=inbox&sort=name").json()["items"]
    (shared,) = owner.get("/v1/shares").json()["items"]
    assert len(received) == 5
    assert {each["share"] for each in received if each["name"] != "private.txt"} == {shared["id"]}
    page.get_by_role("link", name="Links").click()
    expect(page.get_by_text("4 of 4 files received")).to_be_visible()


def test_what_a_stranger_sends_survives_a_token_that_has_expired(
    owner: httpx.Client, chromium: Browser, site: RunningBroker, files: Path
) -> None:
    owner.post("/v1/folders", json={"path": "inbox"})
    link = owner.post("/v1/folders/receive", json={"path": "inbox"}).json()["url"]

    with visiting(chromium, site, link) as stranger:
        refused: list[str] = []

        def refuse_once(route: Route) -> None:
            if refused:
                route.continue_()
            else:
                refused.append(route.request.url)
                route.fulfill(
                    status=401,
                    content_type="application/problem+json",
                    json={"type": "urn:broker:problem:expired-token", "title": "Expired", "status": 401},
                )

        stranger.route("**/v1/uploads/*/complete", refuse_once)
        stranger.route("**/v1/uploads/batch/complete", refuse_once)
        expect(stranger.get_by_role("heading", name="Drop files anywhere")).to_be_visible()
        drop(stranger, write(files, {"a.txt": b"hello"}))
        expect(stranger.get_by_text("1 file has arrived.")).to_be_visible()

    assert len(refused) == 1
    assert [each["name"] for each in owner.get("/v1/files?folder=inbox").json()["items"]] == ["a.txt"]


def test_a_stranger_goes_on_after_a_reload(
    owner: httpx.Client, chromium: Browser, site: RunningBroker, files: Path
) -> None:
    owner.post("/v1/folders", json={"path": "inbox"})
    link = owner.post("/v1/folders/receive", json={"path": "inbox", "max_files": 1}).json()["url"]
    body = os.urandom(20 * MIB)
    failing = {"3"}

    with visiting(chromium, site, link) as stranger:
        stranger.route(f"{site.settings.store.public_url}/**", partly_refused(failing, []))
        expect(stranger.get_by_role("heading", name="Drop files anywhere")).to_be_visible()
        drop(stranger, write(files, {"large.bin": body}))
        refused = stranger.get_by_text("The storage refused the file (400).").first
        expect(refused).to_be_visible()
        stranger.reload()
        # the one that was begun is gone on with
        expect(stranger.get_by_text("no more files")).to_be_visible()
        failing.clear()
        drop(stranger, [files / "large.bin"])
        expect(stranger.get_by_text("1 file has arrived.")).to_be_visible()

    (received,) = owner.get("/v1/files?folder=inbox").json()["items"]
    download = owner.post(f"/v1/files/{received['id']}/download").json()
    assert httpx.get(download["url"]).content == body


def test_a_link_that_takes_no_more_files_asks_for_none(
    owner: httpx.Client, chromium: Browser, site: RunningBroker, files: Path
) -> None:
    owner.post("/v1/folders", json={"path": "inbox"})
    link = owner.post("/v1/folders/receive", json={"path": "inbox", "max_files": 1}).json()["url"]

    with visiting(chromium, site, link) as stranger:
        stranger.get_by_label("Choose files").set_input_files(write(files, {"last.txt": b"last"}))
        expect(stranger.get_by_text("1 file has arrived.")).to_be_visible()
        for _ in range(2):  # also for whoever comes later
            expect(stranger.get_by_text("This link takes no more files.")).to_be_visible()
            expect(stranger.get_by_role("button", name="Choose files")).to_have_count(0)
            stranger.reload()


def test_links_that_cannot_be_read_say_so_and_are_tried_again(
    page: Page, owner: httpx.Client, name: str
) -> None:
    file = upload(owner, b"hello")
    owner.post(f"/v1/files/{file['id']}/shares").raise_for_status()
    page.route("**/v1/shares?*", lambda route: route.abort())
    sign_in(page, name, "/#/links")

    expect(page.get_by_role("alert")).to_contain_text("The service does not answer.")
    page.unroute("**/v1/shares?*")
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("list", name="Links").get_by_role("listitem")).to_have_count(1)


def test_the_tab_of_a_link_speaks_the_language_of_its_page(chromium: Browser, site: RunningBroker) -> None:
    context = chromium.new_context(base_url=site.url, locale="de-DE")
    page = context.new_page()

    page.goto("/s/none")

    expect(page.get_by_role("heading", name="Dieser Link führt nirgendwohin")).to_be_visible()
    expect(page).to_have_title("Dateien")
    context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_links_are_accessible(
    owner: httpx.Client,
    chromium: Browser,
    site: RunningBroker,
    files: Path,
    scheme: Scheme,
    viewport: ViewportSize,
) -> None:
    long = "a name of a file that is so long that it does not fit on any phone and has to be cut.txt"
    upload(owner, b"x", name=long, folder="inbox")
    upload(owner, b"x", name="a.png", type="image/png", folder="inbox/below")
    download = owner.post("/v1/folders/shares", json={"path": "inbox", "max_downloads": 9}).json()["url"]
    wanted = {"path": "inbox", "title": "Your photos, please", "message": "Thank you!", "max_files": 5}
    receive = owner.post("/v1/folders/receive", json=wanted).json()["url"]

    with visiting(chromium, site, download, scheme=scheme, viewport=viewport) as stranger:
        expect(stranger.get_by_role("link", name="below")).to_be_visible()
        assert_no_violation(stranger)
        assert_no_sideways_scrolling(stranger)
    with visiting(chromium, site, receive, scheme=scheme, viewport=viewport) as stranger:
        stranger.locator("input[type=file]").first.set_input_files(write(files, {long: b"x"}))
        expect(stranger.get_by_text("1 file has arrived.")).to_be_visible()
        assert_no_violation(stranger)
        assert_no_sideways_scrolling(stranger)


def test_the_dialog_of_a_folders_link_is_accessible_on_a_phone(
    owner: httpx.Client, name: str, chromium: Browser, site: RunningBroker
) -> None:
    owner.post("/v1/folders", json={"path": "inbox"})

    with visiting(chromium, site, "/", scheme="dark", viewport=PHONE) as page:
        sign_in(page, name)
        choose_from_menu(page, "inbox", "Share")
        for way in "Let others download", "Let others upload here":
            page.get_by_label(way).check()
            assert_no_violation(page)
            assert_no_sideways_scrolling(page)
