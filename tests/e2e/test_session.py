"""A session as a person has it: it outlives a reload, follows from tab to tab, and costs no upload."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.e2e.conftest import PASSWORD
from tests.e2e.test_main_job import (
    MIB,
    answer_with_problem,
    drop,
    files_in_store,
    part_number,
    sign_in,
    write,
)
from tests.running import RunningBroker

WORKSPACE = "Drop files anywhere"

# keeps whether the form to sign in was ever in the page
WATCH = """() => {
  window.sawForm = false;
  new MutationObserver(() => {
    window.sawForm ||= document.querySelector("#sign-in-heading") !== null;
  }).observe(document, { childList: true, subtree: true });
}"""


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name=name, exact=name == "Sign out").click()


def test_c13_a_reload_stays_signed_in_and_no_storage_has_a_token(page: Page) -> None:
    sign_in(page)
    page.add_init_script(f"({WATCH})()")

    page.reload()

    expect(page.get_by_role("heading", name=WORKSPACE)).to_be_visible()
    assert page.evaluate("window.sawForm") is False
    assert page.evaluate("[{ ...localStorage }, { ...sessionStorage }, document.cookie]") == [
        {"session": '{"method":"password","username":"alice"}', "theme": "system"},
        {},
        "",
    ]


def test_who_signs_out_stays_signed_out(page: Page) -> None:
    sign_in(page)

    choose(page, "Sign out")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_label("User name")).to_have_value("")


def test_a_tab_follows_another_ones_sign_in_and_sign_out(page: Page, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto("/")
    expect(other.get_by_label("User name")).to_be_visible()

    sign_in(page)
    expect(other.get_by_role("heading", name=WORKSPACE)).to_be_visible()
    choose(page, "Sign out")

    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_c19_signing_out_everywhere_ends_the_session_in_another_browser(
    page: Page, context: BrowserContext, site: RunningBroker
) -> None:
    assert context.browser
    elsewhere = context.browser.new_context(base_url=site.url)
    other = elsewhere.new_page()
    sign_in(other)
    sign_in(page)

    choose(page, "Sign out everywhere")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    other.reload()

    expect(other.get_by_text("Your session has ended, sign in again.")).to_be_visible()
    expect(other.get_by_label("User name")).to_have_value("alice")
    elsewhere.close()


def test_a_token_that_expires_in_the_middle_of_an_upload_stops_nothing(
    page: Page, context: BrowserContext, site: RunningBroker, files: Path
) -> None:
    """Both calls of a large upload are refused once: the one that signs parts, and the one that completes."""
    sign_in(page)
    refused: list[str] = []
    sent: list[Request] = []
    context.on("request", lambda request: sent.append(request))

    def expire(route: Route) -> None:
        call = urlsplit(route.request.url).path.rsplit("/", 1)[1]
        if call in refused:
            route.continue_()
        else:
            refused.append(call)
            answer_with_problem(401, "expired-token")(route)

    page.route("**/v1/uploads/*/parts", expire)
    page.route("**/v1/uploads/*/complete", expire)

    drop(page, write(files, {"long.bin": os.urandom(36 * MIB)}))

    expect(page.get_by_role("button", name="Download long.bin")).to_be_visible()
    assert refused == ["parts", "complete"]
    parts = [part_number(request.url) for request in sent if request.method == "PUT"]
    assert sorted(parts) == ["1", "2", "3", "4", "5"]
    assert [request.url for request in sent if request.url.endswith("/session/refresh")] == [
        f"{site.url}/v1/session/refresh"
    ] * 2


def test_a_session_that_ends_holds_its_upload_until_somebody_signs_in_again(
    page: Page, context: BrowserContext, site: RunningBroker, files: Path
) -> None:
    sign_in(page)
    delivered: list[str] = []
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        delivered.append(part_number(route.request.url))
        if delivered[-1] == "1":
            held.append(route)
        else:
            route.continue_()

    page.route(files_in_store(site), hold_the_first)
    with page.expect_event("requestfinished", lambda request: "partNumber=3" in request.url):
        drop(page, write(files, {"patient.bin": os.urandom(20 * MIB)}))

    end_all_sessions(site)
    held[0].continue_()
    expect(page.get_by_text("1 upload goes on afterwards.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("button", name="Download patient.bin")).to_be_visible()
    assert sorted(delivered) == ["1", "2", "3"]


def end_all_sessions(site: RunningBroker) -> None:
    """Sign Alice out everywhere, from a device of hers."""
    with httpx.Client(base_url=site.url, verify=False) as client:
        credentials = {"username": "alice", "password": PASSWORD}
        token = client.post("/v1/session", json=credentials).json()["access_token"]
        ended = client.delete("/v1/sessions", headers={"authorization": f"Bearer {token}"})
        assert ended.status_code == 204


def test_a_broker_that_does_not_answer_ends_no_session(page: Page) -> None:
    sign_in(page)
    page.route("**/v1/session/refresh", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("Whether you are signed in could not be found out.")).to_be_visible()

    page.unroute("**/v1/session/refresh")
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("heading", name=WORKSPACE)).to_be_visible()


def test_a_sign_out_that_the_broker_did_not_hear_of_is_told(page: Page) -> None:
    sign_in(page)
    page.route("**/v1/session", lambda route: route.abort())

    choose(page, "Sign out")
    expect(page.get_by_text("You are still signed in. The service does not answer.")).to_be_visible()

    page.unroute("**/v1/session")
    choose(page, "Sign out")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("press", ["Escape", "Tab"])
def test_the_account_menu_closes_when_it_is_left(page: Page, press: str) -> None:
    sign_in(page)
    page.get_by_role("button", name="Account of alice").click()
    last = page.get_by_role("button", name="Sign out everywhere")
    expect(last).to_be_visible()

    last.focus()
    page.keyboard.press(press)

    expect(last).to_be_hidden()


def test_a_page_that_cannot_ask_how_to_sign_in_says_so(page: Page) -> None:
    page.route("**/v1/sign-in", answer_with_problem(404, "not-found"))
    page.goto("/")
    expect(page.get_by_text("It does not exist any more.")).to_be_visible()

    page.unroute("**/v1/sign-in")
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_label("User name")).to_be_visible()
