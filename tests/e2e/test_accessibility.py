"""axe looks at every state of the page, in both themes, on a desktop and on a phone."""

import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from tests.e2e.conftest import PASSWORD
from tests.e2e.test_main_job import BAD_NAME
from tests.running import RunningBroker

Scheme = Literal["light", "dark"]

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"

_numbers = itertools.count(1)


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return "light" if request.param == "light" else "dark"


@pytest.fixture(params=[(1280, 800), (360, 740)], ids=["desktop", "phone"])
def page(
    request: pytest.FixtureRequest, scheme: Scheme, chromium: Browser, site: RunningBroker
) -> Iterator[Page]:
    width, height = request.param
    context = chromium.new_context(
        base_url=site.url,
        color_scheme=scheme,
        reduced_motion="reduce",  # axe must not look at a colour that is still changing
        viewport={"width": width, "height": height},
    )
    yield context.new_page()
    context.close()


def assert_no_violation(page: Page) -> None:
    keep_picture(page)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def keep_picture(page: Page) -> None:
    """Keep what is looked at, for people to look at too: build/screenshots, named after the test."""
    test = os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].removesuffix(" (call)")
    name = re.sub(r"\W+", "-", test).strip("-")
    page.screenshot(path=PICTURES / f"{name}-{next(_numbers):03}.png")


def assert_no_sideways_scrolling(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def look_at_the_ways_to_sign_in(page: Page) -> None:
    provider = {
        "issuer": "https://login.example.com",
        "client_id": "page",
        "scope": "openid",
        "audience": "files",
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "end_session_endpoint": None,
    }
    for password in (True, False):
        options = {"password": password, "oidc": provider}
        page.route("**/v1/sign-in", answer_with(options))
        page.goto("/?error=access_denied&state=forged")
        expect(page.get_by_role("button", name="Sign in with single sign-on")).to_be_visible()
        expect(page.get_by_label("Password")).to_have_count(1 if password else 0)
        assert_no_violation(page)
        assert_no_sideways_scrolling(page)
        page.unroute("**/v1/sign-in")
    page.route("**/v1/sign-in", lambda _: None)  # it never answers
    page.goto("/")
    expect(page.get_by_role("status").get_by_text("Loading")).to_be_attached()
    assert_no_violation(page)
    page.unroute("**/v1/sign-in")


def answer_with(body: object) -> Callable[[Route], None]:
    return lambda route: route.fulfill(json=body)


def look_at_what_opens(page: Page) -> None:
    page.get_by_label("Choose a picture").check()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    assert_no_violation(page)
    page.get_by_role("button", name="Choose none").click()
    more = page.get_by_role("button", name="More about a picture")
    more.click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert_no_violation(page)
    page.keyboard.press("Escape")
    for choice in "Open", "Share", "Move", "Details":
        more.click()
        page.get_by_role("menuitem", name=choice, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page.get_by_role("status").get_by_text("Loading")).to_have_count(0)
        assert_no_violation(page)
        assert_no_sideways_scrolling(page)
        if choice == "Share":
            page.get_by_role("button", name="Make a link").click()
            expect(page.get_by_label("Link", exact=True)).to_be_focused()
            assert_no_violation(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(more).to_be_focused()
    more.click()
    page.get_by_role("menuitem", name="Rename").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    assert_no_violation(page)
    assert_no_sideways_scrolling(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New folder").click()
    expect(page.get_by_role("dialog", name="New folder")).to_be_visible()
    assert_no_violation(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert_no_violation(page)
    page.keyboard.press("Escape")


def look_at_the_other_pages(page: Page) -> None:
    page.get_by_role("link", name="Links").click()
    link = page.get_by_role("button", name="Copy the link")
    expect(link).to_be_visible()
    assert_no_violation(page)
    assert_no_sideways_scrolling(page)
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    assert_no_violation(page)
    page.get_by_role("link", name="Files").click()
    page.get_by_label("Search all files").fill("nothing of the kind")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    assert_no_violation(page)
    page.get_by_label("Search all files").fill("")
    expect(page.get_by_role("button", name="Download a picture")).to_be_visible()


def test_axe_finds_nothing_in_any_state(page: Page, site: RunningBroker, scheme: Scheme) -> None:
    subject = f"axe {scheme} {page.viewport_size}"
    site.add_user(subject, PASSWORD)

    look_at_the_ways_to_sign_in(page)

    page.goto("/")
    expect(page.get_by_label("User name")).to_be_visible()
    assert_no_violation(page)
    page.get_by_label("User name").fill(subject)
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_no_violation(page)

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("No files yet")).to_be_visible()
    assert_no_violation(page)
    page.get_by_role("button", name="Account of").click()
    expect(page.get_by_role("button", name="Sign out everywhere")).to_be_visible()
    assert_no_violation(page)
    assert_no_sideways_scrolling(page)
    page.keyboard.press("Escape")

    picture = FilePayload(name="a picture with quite a long name.png", mimeType="image/png", buffer=b"x")
    refused = FilePayload(name="refused\u202e.txt", mimeType="text/plain", buffer=b"x")
    page.get_by_label("Choose files").set_input_files([picture, refused])
    expect(page.get_by_role("button", name="Download a picture")).to_be_visible()
    expect(page.get_by_text(BAD_NAME, exact=True)).to_be_visible()
    assert_no_violation(page)
    assert_no_sideways_scrolling(page)

    # in both themes and both widths, not in all four pairs of them: axe takes its time
    is_wide = page.evaluate("innerWidth") > 1000
    if is_wide is (scheme == "light"):
        look_at_what_opens(page)
        look_at_the_other_pages(page)

    page.route("**/v1/files?*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("The files could not be loaded.")).to_be_visible()
    assert_no_violation(page)


def test_what_is_chosen_is_told_from_the_rest_in_forced_colours(
    page: Page, site: RunningBroker, scheme: Scheme
) -> None:
    subject = f"forced {scheme} {page.viewport_size}"
    site.add_user(subject, PASSWORD)
    page.emulate_media(forced_colors="active")
    page.goto("/")
    page.get_by_label("User name").fill(subject)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Trash")).to_be_visible()
    keep_picture(page)

    ways = {
        group: page.locator(group).evaluate_all(
            "all => all.map(each => getComputedStyle(each).backgroundColor)"
        )
        for group in ("nav a", "label:has([name=theme])", "label:has([name=view])")
    }

    chosen, *others = ways["nav a"]
    assert chosen not in {*others, page.evaluate("getComputedStyle(document.body).backgroundColor")}
    assert ways == {
        "nav a": [chosen, *others],
        "label:has([name=theme])": [chosen, *others],
        "label:has([name=view])": [chosen, others[0]],
    }
