"""What an administrator does in the page: one story for each tab."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from broker.auth import Scope
from broker.keys import new_id
from tests.e2e.conftest import PASSWORD, watched
from tests.e2e.test_accessibility import Scheme, assert_no_sideways_scrolling, assert_no_violation
from tests.e2e.test_file_manager import PHONE
from tests.running import RunningBroker
from tests.transfers import upload
from tests.waiting import wait_until

TABS = ("users", "usage", "uploads", "audit", "store")
LARGE = {"name": "holiday.mp4", "size": 20 * 1024**2, "type": "video/mp4"}


@pytest.fixture
def tenant() -> str:
    """Return the name of a tenant that has nothing yet."""
    return f"t{new_id(datetime.now(UTC))}"


@pytest.fixture
def root(site: RunningBroker, tenant: str) -> str:
    """Return the name of the tenant's administrator, who is no one else's."""
    name = f"root of {tenant}"
    site.add_user(name, PASSWORD, tenant=tenant, scopes=Scope)
    return name


@pytest.fixture
def ada(site: RunningBroker, tenant: str) -> Iterator[httpx.Client]:
    with site.client("ada", tenant=tenant) as client:
        yield client


def sign_in(page: Page, name: str, tab: str) -> None:
    page.goto(f"/#/admin/{tab}")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Administration")).to_be_visible()
    expect(page.get_by_role("status").get_by_text("Loading")).to_have_count(0)


def rows(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("listitem")


def choose_from_menu(page: Page, name: str, choice: str) -> None:
    page.get_by_role("button", name=f"More about {name}").click()
    page.get_by_role("menuitem", name=choice, exact=True).click()


def can_sign_in(site: RunningBroker, name: str, password: str) -> bool:
    body = {"username": name, "password": password}
    return httpx.post(f"{site.url}/v1/session", json=body).status_code == 200


def test_a_user_is_added_shut_out_let_in_and_given_a_password(
    page: Page, site: RunningBroker, root: str, tenant: str
) -> None:
    carol = f"carol of {tenant}"
    sign_in(page, root, "users")
    expect(rows(page)).to_have_count(1)

    page.get_by_role("button", name="Add user").click()
    dialog = page.get_by_role("dialog", name="Add user")
    dialog.get_by_label("User name").fill(carol)
    dialog.get_by_role("button", name="Generate").click()
    generated = dialog.get_by_label("Password").input_value()
    dialog.get_by_label("Share").uncheck()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(f"{carol} is added.")).to_be_visible()
    expect(rows(page).filter(has_text=carol)).to_contain_text("See files")
    expect(rows(page).filter(has_text=carol)).not_to_contain_text("Share")
    assert can_sign_in(site, carol, generated)

    choose_from_menu(page, carol, "Disable")
    expect(rows(page).filter(has_text=carol)).to_contain_text("Disabled")
    assert not can_sign_in(site, carol, generated)
    page.get_by_role("button", name="Undo").click()
    expect(rows(page).filter(has_text=carol)).not_to_contain_text("Disabled")

    choose_from_menu(page, carol, "Set password")
    page.get_by_role("textbox", name="Password").fill("quite another password")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{carol} has a new password.")).to_be_visible()
    assert can_sign_in(site, carol, "quite another password")

    page.get_by_role("button", name=f"More about {root}").click()
    expect(page.get_by_role("menuitem", name="Disable")).to_have_count(0)


def test_a_user_is_found(page: Page, site: RunningBroker, root: str, tenant: str) -> None:
    for name in "ada", "adam", "bob":
        site.add_user(f"{name} of {tenant}", PASSWORD, tenant=tenant)
    sign_in(page, root, "users")
    expect(rows(page)).to_have_count(4)

    page.get_by_role("searchbox", name="Search users").fill("ADA")
    expect(rows(page)).to_have_text([re.compile("ada of"), re.compile("adam of")])

    page.get_by_role("searchbox").fill("nobody at all")
    expect(page.get_by_text("No user has this in the name.")).to_be_visible()


def test_a_name_that_is_taken_is_explained(page: Page, root: str) -> None:
    sign_in(page, root, "users")

    page.get_by_role("button", name="Add user").click()
    page.get_by_label("User name").fill(root)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_have_text("There is a user of this name already.")


def test_usage_is_sorted(page: Page, site: RunningBroker, root: str, tenant: str, ada: httpx.Client) -> None:
    upload(ada, b"x" * 3000)
    with site.client("bob", tenant=tenant) as bob:
        upload(bob, b"x")
        upload(bob, b"y")
    sign_in(page, root, "usage")

    expect(rows(page)).to_have_text(
        [re.compile(r"ada.*3 kB · 1\sfile"), re.compile(r"bob.*2 bytes · 2\sfiles")]
    )
    page.get_by_label("Sort by").select_option(label="Most files first")

    expect(rows(page)).to_have_text([re.compile("bob"), re.compile("ada")])


def test_an_unfinished_upload_of_anybody_is_aborted(page: Page, root: str, ada: httpx.Client) -> None:
    made = ada.post("/v1/uploads", json=LARGE).json()
    sign_in(page, root, "uploads")

    expect(rows(page)).to_contain_text("ada · 21 MB")
    page.get_by_role("button", name="Abort holiday.mp4 of ada").click()
    page.get_by_role("dialog").get_by_role("button", name="Abort upload").click()

    expect(page.get_by_text("Nothing is unfinished")).to_be_visible()
    expect(page.get_by_role("heading", name="Unfinished uploads")).to_be_focused()
    assert ada.get(f"/v1/uploads/{made['id']}").json()["status"] == "aborted"


def test_the_audit_trail_is_searched(page: Page, root: str, ada: httpx.Client) -> None:
    upload(ada, b"hello")
    # entries are written together, a moment later
    wait_until(lambda: len(ada.get("/v1/admin/audit").json()["items"]) == 2)
    sign_in(page, root, "audit")
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Search").click()
    expect(rows(page)).to_have_count(2)

    page.get_by_role("combobox", name="What").select_option(label="Upload completed")
    page.get_by_role("button", name="Search").click()
    expect(rows(page)).to_have_text([re.compile("^Upload completedToday.*by ada · to .* from 127.0.0.1$")])

    page.get_by_label("Until").fill("2026-01-01T00:00")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing of the kind was done")).to_be_visible()


def test_the_store_is_examined(page: Page, root: str) -> None:
    sign_in(page, root, "store")

    page.get_by_role("button", name="Run again").click()

    expect(page.get_by_role("status").get_by_text("Nothing keeps it from use")).to_be_visible()
    expect(rows(page).filter(has_text=re.compile("^signature"))).to_contain_text("ok")


def test_what_is_wrong_with_the_store_comes_first_with_its_fix(page: Page, root: str) -> None:
    good = {"name": "signature", "outcome": "ok", "detail": "It is verified.", "fix": ""}
    bad = {"name": "cors", "outcome": "failed", "detail": "The page is refused.", "fix": "Allow its origin."}
    health = {
        "examined_at": "2026-01-01T00:00:00Z",
        "server": "MinIO",
        "clock_skew_seconds": 0,
        "is_good": False,
        "findings": [good, bad],
    }
    page.route("**/v1/admin/store", lambda route: route.fulfill(json=health))
    sign_in(page, root, "store")

    expect(page.get_by_text("It is not ready for use · MinIO")).to_be_visible()
    expect(rows(page)).to_have_text(
        ["cors failedThe page is refused.What to do: Allow its origin.", "signature okIt is verified."]
    )
    assert_no_violation(page)


def test_a_german_page_says_what_the_store_must_do(chromium: Browser, site: RunningBroker, root: str) -> None:
    good = {"name": "signature", "outcome": "ok", "detail": "It is verified.", "fix": ""}
    bad = {"name": "cors", "outcome": "failed", "detail": "The page is refused.", "fix": "Allow its origin."}
    facts = {"examined_at": None, "server": "", "clock_skew_seconds": 0, "is_good": False}
    context = chromium.new_context(base_url=site.url, locale="de-DE")
    try:
        with watched(context.new_page()) as page:
            page.route(
                "**/v1/admin/store", lambda route: route.fulfill(json=facts | {"findings": [good, bad]})
            )
            page.goto("/#/admin/store")
            page.get_by_label("Benutzername").fill(root)
            page.get_by_label("Passwort").fill(PASSWORD)
            page.get_by_role("button", name="Anmelden").click()

            expect(rows(page).first).to_contain_text("dürfen senden und die Antworten lesen.")
            expect(rows(page).first.locator("[lang=en]")).to_have_text(
                ["The page is refused.", "Allow its origin."]
            )
            expect(rows(page).last).to_have_text(
                "signature in OrdnungEine URL, die verändert oder nie signiert wurde, wird abgelehnt."
            )
    finally:
        context.close()


def test_the_way_there_is_in_the_account_menu_of_administrators_alone(
    page: Page, site: RunningBroker, root: str, tenant: str
) -> None:
    nobody = f"nobody of {tenant}"
    site.add_user(nobody, PASSWORD, tenant=tenant)
    page.goto("/")
    page.get_by_label("User name").fill(root)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("button", name="Account of").click()
    page.get_by_role("link", name="Administration").click()
    expect(page.get_by_role("heading", name="Users")).to_be_visible()
    page.get_by_role("link", name="Audit").click()
    expect(page).to_have_url(re.compile("#/admin/audit$"))
    page.get_by_role("link", name="Back to the files").click()
    expect(page.get_by_text("No files yet")).to_be_visible()
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.get_by_label("User name").fill(nobody)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Account of").click()
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page.goto("/#/admin/users")
    expect(page.get_by_role("alert")).to_have_text("Your account may not do this.")


def test_a_list_that_cannot_be_read_says_so_and_is_tried_again(page: Page, root: str) -> None:
    page.route("**/v1/admin/users?*", lambda route: route.abort())
    sign_in(page, root, "usage")
    page.get_by_role("link", name="Users").click()

    expect(page.get_by_role("alert")).to_contain_text("The service does not answer.")
    page.unroute("**/v1/admin/users?*")
    page.get_by_role("button", name="Try again").click()

    expect(rows(page)).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (PHONE["width"], PHONE["height"])], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_any_tab(
    chromium: Browser,
    site: RunningBroker,
    root: str,
    ada: httpx.Client,
    scheme: Scheme,
    size: tuple[int, int],
) -> None:
    upload(ada, b"hello")
    ada.post("/v1/uploads", json=LARGE | {"name": "a film with quite a long name, of a long day.mp4"})
    context = chromium.new_context(
        base_url=site.url,
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": size[0], "height": size[1]},
    )
    with watched(context.new_page()) as page:
        sign_in(page, root, "users")
        page.get_by_role("button", name="Add user").click()
        page.get_by_role("button", name="Generate").click()
        assert_no_violation(page)
        assert_no_sideways_scrolling(page)
        page.keyboard.press("Escape")
        for tab in TABS:
            page.goto(f"/#/admin/{tab}")
            if tab == "store":
                page.get_by_role("button", name="Run again").click()
            expect(rows(page).first).to_be_visible()
            assert_no_violation(page)
            assert_no_sideways_scrolling(page)
    context.close()
