"""What pages of other origins may do with the API, and what the answers say to browsers."""

from collections.abc import Iterator

import httpx
import pytest

from broker import errors
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.test_api import GOOD, NO_STORE

OTHER = "https://app.example.com"
ASKS = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
FOREIGN = [
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://evil-app.example.com",
    "https://app.example.com:8443",
    "http://app.example.com",
    "https://APP.example.com",
    "https://app.example.com/",
    "null",
    "*",
    "",
]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(NO_STORE, f"sqlite:///{database}", cors_origins=(OTHER,)) as running:
        yield running


@pytest.fixture
def client(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def cors(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def test_c47_a_page_of_a_listed_origin_may_ask_and_call(client: httpx.Client) -> None:
    asked = client.options("/v1/uploads", headers=ASKS | {"origin": OTHER})
    called = client.post("/v1/uploads", json=GOOD, headers={"origin": OTHER})

    assert (asked.status_code, asked.content) == (204, b"")
    assert cors(asked) == {
        "access-control-allow-origin": OTHER,
        "access-control-allow-methods": "GET, POST, PATCH, DELETE",
        "access-control-allow-headers": (
            "authorization, content-type, idempotency-key, if-match, x-request-id"
        ),
        "access-control-max-age": "7200",
        "access-control-expose-headers": "etag, location, retry-after, www-authenticate, x-request-id",
    }
    assert called.status_code == 201
    assert cors(called) == {
        "access-control-allow-origin": OTHER,
        "access-control-expose-headers": "etag, location, retry-after, www-authenticate, x-request-id",
    }


def test_c47_a_page_of_a_listed_origin_can_read_problems_too(client: httpx.Client) -> None:
    answer = client.get("/v1/uploads/x", headers={"origin": OTHER})

    assert_problem(answer, errors.NotFound)
    assert answer.headers["access-control-allow-origin"] == OTHER


@pytest.mark.parametrize("origin", FOREIGN)
def test_c47_no_other_origin_is_told_anything(client: httpx.Client, origin: str) -> None:
    asked = client.options("/v1/uploads", headers=ASKS | {"origin": origin})
    called = client.post("/v1/uploads", json=GOOD, headers={"origin": origin})

    assert_problem(asked, errors.MethodNotAllowed)
    assert cors(asked) == cors(called) == {}


def test_c47_cookies_are_never_allowed_and_caches_are_told_what_an_answer_depends_on(
    client: httpx.Client,
) -> None:
    for headers in {}, {"origin": OTHER}, {"origin": "https://evil.example"}:
        answer = client.get("/v1/me", headers=headers)

        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["vary"] == "Origin"


def test_c47_what_is_for_everybody_says_so_once(client: httpx.Client) -> None:
    answer = client.get("/.well-known/jwks.json", headers={"origin": OTHER})

    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


def test_c47_where_no_origin_is_listed_none_is_allowed(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(NO_STORE, f"sqlite:///{database}") as running, running.client() as client:
        asked = client.options("/v1/uploads", headers=ASKS | {"origin": OTHER})
        called = client.get("/v1/me", headers={"origin": running.url})

    assert cors(asked) == cors(called) == {}
    assert "vary" not in called.headers


@pytest.mark.parametrize("path", ["/", "/v1/me", "/v1/nothing", "/livez", "/metrics"])
@pytest.mark.parametrize("origin", ["https://files.example.com", "http://files.example.com"])
def test_c45_behind_tls_alone_a_browser_is_told_to_keep_to_it(
    tmp_path_factory: pytest.TempPathFactory, origin: str, path: str
) -> None:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(NO_STORE, f"sqlite:///{database}", origins=(origin,)) as running:
        answer = httpx.get(f"{running.url}{path}", headers={"host": "files.example.com"})

    expected = "max-age=31536000" if origin.startswith("https:") else None
    assert answer.headers.get("strict-transport-security") == expected
