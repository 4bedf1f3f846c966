"""Single sign-on: the bundled page and a real OpenID provider, by authorization code with PKCE."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from broker.server import listen
from tests.e2e.conftest import PATIENCE_MS, run_site, watched
from tests.e2e.oidc_provider import run_oidc_provider
from tests.e2e.test_main_job import MIB, answer_with_problem, drop, part_number, write
from tests.e2e.test_session import WORKSPACE, choose
from tests.running import RunningBroker, origin_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """Return a broker without users of its own, which knows a provider."""
    with (
        listen("127.0.0.1", 0) as listener,
        run_oidc_provider(origin_of(listener)) as provider,
        run_site(listener, tmp_path_factory.mktemp("oidc"), oidc=provider) as broker,
    ):
        yield broker


@pytest.fixture
def context(chromium: Browser, site: RunningBroker) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=site.url, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    context.route(
        "https://fonts.googleapis.com/**", lambda route: route.abort()
    )  # of the provider's own pages
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with watched(context.new_page()) as page:
        yield page


def leave(page: Page) -> None:
    """Go to the provider."""
    page.goto("/")
    page.get_by_role("button", name="Sign in with single sign-on").click()


def sign_in(page: Page) -> None:
    leave(page)
    page.get_by_placeholder("Enter any login").fill("erin")
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name=WORKSPACE)).to_be_visible()


def test_a_person_signs_in_at_a_provider_and_nothing_of_it_stays_behind(
    page: Page, context: BrowserContext, site: RunningBroker
) -> None:
    sent: list[Request] = []
    context.on("request", lambda request: sent.append(request))

    sign_in(page)

    expect(page.get_by_role("button", name="Account of erin")).to_be_visible()
    assert page.url == f"{site.url}/"
    stored = page.evaluate("[{ ...localStorage }, { ...sessionStorage }, document.cookie]")
    assert stored == [{"session": '{"method":"oidc","username":"erin"}', "theme": "system"}, {}, ""]
    asked = parse_qs(urlsplit(next(each.url for each in sent if "/auth?" in each.url)).query)
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    page.go_back()
    assert "code=" not in page.url


def test_a_token_of_the_provider_is_renewed_in_the_middle_of_an_upload(
    page: Page, context: BrowserContext, site: RunningBroker, files: Path
) -> None:
    sign_in(page)
    renewals: list[Request] = []
    parts: list[str] = []
    expired: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            parts.append(part_number(request.url))
        elif request.url == f"{site.settings.oidc.issuer}/token" and request.method == "POST":
            renewals.append(request)

    def expire_the_first(route: Route) -> None:
        token = route.request.headers["authorization"]
        expired[:] = expired or [token]
        if token in expired:
            answer_with_problem(401, "expired-token")(route)
        else:
            route.continue_()

    context.on("request", note)
    page.route("**/v1/uploads/*/parts", expire_the_first)

    drop(page, write(files, {"single sign-on.bin": os.urandom(36 * MIB)}))

    expect(page.get_by_role("button", name="Download single sign-on.bin")).to_be_visible()
    assert sorted(parts) == ["1", "2", "3", "4", "5"]
    assert ["grant_type=refresh_token" in (each.post_data or "") for each in renewals] == [True]


def test_a_reload_asks_the_provider_without_a_question_to_anybody(page: Page, site: RunningBroker) -> None:
    sign_in(page)

    page.reload()

    expect(page.get_by_role("heading", name=WORKSPACE)).to_be_visible()
    assert page.url == f"{site.url}/"


def test_a_reload_after_the_providers_session_is_over_says_so(page: Page, context: BrowserContext) -> None:
    sign_in(page)
    context.clear_cookies()

    page.reload()

    expect(page.get_by_text("Your session has ended, sign in again.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in with single sign-on")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_signing_out_ends_the_providers_session_too(page: Page, site: RunningBroker) -> None:
    sign_in(page)

    choose(page, "Sign out")
    page.get_by_role("button", name="Yes, sign me out").click()

    page.wait_for_url(f"{site.url}/")
    expect(page.get_by_role("button", name="Sign in with single sign-on")).to_be_visible()
    leave(page)
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()


def test_who_refuses_at_the_provider_is_told_so_and_may_try_again(page: Page, site: RunningBroker) -> None:
    leave(page)
    page.get_by_role("link", name="Cancel").click()

    expect(page.get_by_role("alert")).to_have_text(
        "Signing in was refused or cancelled at the sign-in service."
    )
    assert page.url == f"{site.url}/"
    sign_in(page)


@pytest.mark.parametrize("answer", ["code=stolen&state=forged", "error=access_denied&state=forged"])
def test_c48_an_answer_that_nobody_asked_for_signs_nobody_in(
    page: Page, context: BrowserContext, answer: str
) -> None:
    exchanges: list[Request] = []
    context.on("request", lambda request: exchanges.append(request) if "/token" in request.url else None)

    page.goto(f"/?{answer}")

    expect(page.get_by_role("alert")).to_have_text(
        "The answer does not belong to a sign-in that was begun here. Try again."
    )
    assert "state=" not in page.url
    assert exchanges == []


def test_c48_a_forged_answer_does_not_disturb_who_is_signed_in(page: Page) -> None:
    sign_in(page)

    page.goto("/?code=stolen&state=forged")

    expect(page.get_by_role("button", name="Account of erin")).to_be_visible()


def test_a_provider_that_does_not_answer_is_told(
    page: Page, context: BrowserContext, site: RunningBroker
) -> None:
    context.route(f"{site.settings.oidc.issuer}/token", lambda route: route.abort())
    leave(page)
    page.get_by_placeholder("Enter any login").fill("erin")
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("alert")).to_have_text(
        "The sign-in service does not answer. Check your connection and try again."
    )


def test_a_page_by_plain_http_says_what_single_sign_on_needs(page: Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")

    page.goto("/")

    expect(page.get_by_text("Single sign-on needs a page that was opened by https://")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with single sign-on")).to_have_count(0)
