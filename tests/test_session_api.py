"""Sessions over HTTP: the cookie, and who may act by it."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from broker import errors
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.test_api import NO_STORE

PROOF = {"x-broker-csrf": "1"}
CAROL = {"username": "carol", "password": "a good password"}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with run_broker(NO_STORE, f"sqlite:///{tmp_path / 'broker.db'}") as running:
        running.add_user(name="carol", password=CAROL["password"])
        yield running


@pytest.fixture
def browser(broker: RunningBroker) -> Iterator[httpx.Client]:
    """Return a client that keeps cookies, and is signed in as Carol."""
    with httpx.Client(base_url=broker.url, verify=False) as client:
        assert client.post("/v1/session", json=CAROL).status_code == 200
        yield client


def is_good(client: httpx.Client, token: str) -> bool:
    answer = client.get("/v1/me", headers={"authorization": f"Bearer {token}"})
    return answer.status_code == 200


def test_anybody_may_ask_how_to_sign_in(broker: RunningBroker) -> None:
    answer = httpx.get(f"{broker.url}/v1/sign-in")

    assert (answer.status_code, answer.json()) == (200, {"password": True, "oidc": None})


def test_c13_the_cookie_is_for_the_session_alone_and_no_script_sees_it(broker: RunningBroker) -> None:
    answer = httpx.post(f"{broker.url}/v1/session", json=CAROL)

    [(name, cookie)] = SimpleCookie(answer.headers["set-cookie"]).items()
    assert name == "broker_refresh"
    assert cookie.value not in answer.text
    assert {key: value for key, value in cookie.items() if value} == {
        "max-age": str(30 * 86400),
        "path": "/v1/session",
        "httponly": True,
        "samesite": "Strict",
    }


def test_c13_behind_tls_the_cookie_is_never_sent_without_it(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'broker.db'}"
    with run_broker(NO_STORE, database, origins=("https://files.example.com",)) as running:
        running.add_user("carol", CAROL["password"])
        host = {"host": "files.example.com"}

        answer = httpx.post(f"{running.url}/v1/session", json=CAROL, headers=host)

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Secure-broker_refresh=")
    assert cookie.endswith("; Secure")


def test_c13_a_session_is_renewed_by_its_cookie_and_gets_the_next_one(browser: httpx.Client) -> None:
    before = browser.cookies["broker_refresh"]

    answer = browser.post("/v1/session/refresh", headers=PROOF)

    assert answer.json() | {"access_token": ""} == {
        "access_token": "",
        "expires_in": 900,
        "token_type": "Bearer",
    }
    assert is_good(browser, answer.json()["access_token"])
    assert browser.cookies["broker_refresh"] != before


def test_c13_a_session_that_has_ended_loses_its_cookie(browser: httpx.Client) -> None:
    stolen = {"cookie": f"broker_refresh={browser.cookies['broker_refresh']}"}
    browser.post("/v1/session/refresh", headers=PROOF)
    browser.post("/v1/session/refresh", headers=PROOF)

    thief = httpx.post(f"{browser.base_url}/v1/session/refresh", headers=PROOF | stolen)
    owner = browser.post("/v1/session/refresh", headers=PROOF)

    for answer in thief, owner:
        assert_problem(answer, errors.SessionEnded)
        assert "broker_refresh=; Max-Age=0;" in answer.headers["set-cookie"]


def test_without_a_cookie_there_is_no_session(broker: RunningBroker) -> None:
    answer = httpx.post(f"{broker.url}/v1/session/refresh", headers=PROOF)

    assert_problem(answer, errors.SessionEnded)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        PROOF | {"origin": "https://evil.example"},
        PROOF | {"origin": "null"},
        PROOF | {"sec-fetch-site": "cross-site"},
        PROOF | {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/session/refresh"), ("DELETE", "/v1/session")])
def test_c48_a_call_by_cookie_that_may_be_another_sites_is_refused_and_changes_nothing(
    browser: httpx.Client, method: str, path: str, headers: dict[str, str]
) -> None:
    assert_problem(browser.request(method, path, headers=headers), errors.CrossOriginCall)

    assert browser.post("/v1/session/refresh", headers=PROOF).status_code == 200


def test_c48_a_call_by_cookie_from_the_page_itself_is_taken(
    broker: RunningBroker, browser: httpx.Client
) -> None:
    headers = PROOF | {"origin": broker.url, "sec-fetch-site": "same-origin"}

    assert browser.post("/v1/session/refresh", headers=headers).status_code == 200


def test_c48_the_cookie_opens_nothing_but_the_session(browser: httpx.Client) -> None:
    assert_problem(browser.get("/v1/me", headers=PROOF), errors.Unauthenticated)
    assert_problem(browser.delete("/v1/sessions", headers=PROOF), errors.Unauthenticated)


def test_signing_out_ends_the_session_and_its_access_tokens(browser: httpx.Client) -> None:
    token = browser.post("/v1/session/refresh", headers=PROOF).json()["access_token"]

    answer = browser.delete("/v1/session", headers=PROOF)

    assert (answer.status_code, answer.content) == (204, b"")
    assert "broker_refresh" not in browser.cookies
    assert not is_good(browser, token)
    assert browser.delete("/v1/session", headers=PROOF).status_code == 204


def test_c19_signing_out_everywhere_ends_all_that_one_has(
    broker: RunningBroker, browser: httpx.Client
) -> None:
    other = httpx.post(f"{broker.url}/v1/session", json=CAROL).json()["access_token"]
    token = browser.post("/v1/session/refresh", headers=PROOF).json()["access_token"]

    answer = browser.delete("/v1/sessions", headers={"authorization": f"Bearer {token}"})

    assert answer.status_code == 204
    assert not is_good(browser, token)
    assert not is_good(browser, other)
    assert is_good(browser, browser.post("/v1/session", json=CAROL).json()["access_token"])


def test_c14_wrong_passwords_are_counted_by_the_address_that_a_trusted_proxy_tells(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'broker.db'}"
    with run_broker(NO_STORE, database, trusted_proxies=("127.0.0.1",)) as running:
        running.add_user("carol", CAROL["password"])

        def sign_in(password: str, address: str) -> httpx.Response:
            headers = {"x-forwarded-for": f"203.0.113.9, {address}"}
            body = CAROL | {"password": password}
            return httpx.post(f"{running.url}/v1/session", json=body, headers=headers)

        for _ in range(10):
            assert_problem(sign_in("wrong", "192.0.2.1"), errors.WrongCredentials)
        refused = sign_in(CAROL["password"], "192.0.2.1")

        assert_problem(refused, errors.TooManySignIns)
        assert 0 < int(refused.headers["retry-after"]) <= 900
        assert sign_in(CAROL["password"], "192.0.2.2").status_code == 200
