"""What the API does with input that is wrong, and what every answer has in common. No store is needed."""

import json
import logging
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from broker import endpoints, errors, problems, web
from broker.passwords import DECOY_HASH
from broker.registry import Registry
from broker.settings import Identity, StoreSettings
from tests.problems import assert_problem, kinds
from tests.running import RunningBroker, run_broker
from tests.waiting import wait_until

NOBODY = Identity(access_key="nobody", secret_key="nothing")
NO_STORE = StoreSettings(
    self_test=False,
    url="http://127.0.0.1:9",
    public_url="http://127.0.0.1:9",
    bucket="files",
    put_signer=NOBODY,
    get_signer=NOBODY,
    control=NOBODY,
)
README = Path(__file__).parent.parent / "README.md"
GOOD = {"name": "a.txt", "size": 3, "type": "text/plain", "checksum": "crc32c:AAAAAA=="}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(NO_STORE, f"sqlite:///{database}") as running:
        yield running


@pytest.fixture
def client(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


def test_good_input_is_taken(client: httpx.Client) -> None:
    created = client.post("/v1/uploads", json=GOOD)

    assert created.status_code == 201
    assert created.headers["location"] == f"/v1/uploads/{created.json()['id']}"


@pytest.mark.parametrize(
    ("changes", "kind", "field"),
    [
        ({"size": -1}, errors.InvalidField, "size"),
        ({"size": 1.5}, errors.InvalidField, "size"),
        ({"size": "3"}, errors.InvalidField, "size"),
        ({"size": None}, errors.InvalidField, "size"),
        ({"size": True}, errors.InvalidField, "size"),
        ({"size": 5 * 2**40 + 1}, errors.ObjectTooLarge, "size"),
        ({"size": 2**62}, errors.ObjectTooLarge, "size"),
        ({"size": 2**64}, errors.ObjectTooLarge, "size"),
        ({"size": 10**40}, errors.ObjectTooLarge, "size"),
        ({"name": ""}, errors.InvalidName, "name"),
        ({"name": " "}, errors.InvalidName, "name"),
        ({"name": "x" * 256}, errors.InvalidName, "name"),
        ({"name": "../../etc/passwd"}, errors.InvalidName, "name"),
        ({"name": "a\\b"}, errors.InvalidName, "name"),
        ({"name": "a\0b"}, errors.InvalidName, "name"),
        ({"name": "a\nb"}, errors.InvalidName, "name"),
        ({"name": 7}, errors.InvalidField, "name"),
        ({"folder": "../x"}, errors.InvalidName, "folder"),
        ({"folder": "/x"}, errors.InvalidName, "folder"),
        ({"policy": "unheard-of"}, errors.InvalidField, "policy"),
        ({"type": "nonsense"}, errors.InvalidType, "type"),
        ({"type": "text/plain\r\nx-amz-acl: public-read"}, errors.InvalidType, "type"),
        ({"checksum": "md5:AAAA"}, errors.InvalidChecksum, "checksum"),
        ({"checksum": "crc32c:AAAA"}, errors.InvalidChecksum, "checksum"),
        ({"colour": "red"}, errors.InvalidField, "colour"),
        ({"key": "uploads/other/x"}, errors.InvalidField, "key"),
        ({"bucket": "other"}, errors.InvalidField, "bucket"),
        ({"tenant": "other"}, errors.InvalidField, "tenant"),
        ({"owner": "other"}, errors.InvalidField, "owner"),
    ],
)
def test_c15_a_field_that_is_wrong_or_unknown_is_named_and_nothing_is_created(
    client: httpx.Client, changes: dict[str, object], kind: type[errors.BrokerError], field: str
) -> None:
    assert_problem(client.post("/v1/uploads", json=GOOD | changes), kind, field=field)


def test_nothing_is_recorded_of_an_upload_that_is_refused(
    broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[object] = []
    monkeypatch.setattr(Registry, "add_uploads", lambda _, uploads: recorded.append(uploads))

    with broker.client() as client:
        for changes in {"size": 2**62}, {"name": "a/b"}, {"type": "x"}, {"checksum": "x"}, {"checksum": ""}:
            assert client.post("/v1/uploads", json=GOOD | changes).status_code == 422

    assert recorded == []


def test_an_endless_field_name_is_not_echoed(client: httpx.Client) -> None:
    answer = client.post("/v1/uploads", json={"x" * 100_000: 1})

    assert_problem(answer, errors.InvalidField)
    assert len(answer.content) < 1000


@pytest.mark.parametrize("field", ["name", "size"])
def test_a_field_that_is_missing_is_named(client: httpx.Client, field: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != field}

    assert_problem(client.post("/v1/uploads", json=body), errors.InvalidField, field=field)


def test_a_field_that_is_missing_inside_a_list_is_named_with_its_place(client: httpx.Client) -> None:
    body = {"uploads": [GOOD, {"name": "a"}]}

    answer = client.post("/v1/uploads/batch", json=body)

    assert_problem(answer, errors.InvalidField, field="uploads[1].size")


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"\xff\xfe", b'{"name": "a", "name', b"{'name': 'a'}", b"nonsense"],
    ids=["cut", "empty", "not UTF-8", "cut string", "not JSON", "a word"],
)
def test_malformed_json_is_refused(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/uploads", content=body, headers={"content-type": "application/json"})

    assert_problem(answer, errors.MalformedJson)


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "[" * 100_000], ids=lambda body: body[:4])
def test_json_that_is_no_object_is_refused(client: httpx.Client, body: str) -> None:
    answer = client.post("/v1/uploads", content=body, headers={"content-type": "application/json"})

    assert_problem(answer, errors.InvalidField, field="")


def test_a_lone_surrogate_is_no_name(client: httpx.Client) -> None:
    body = json.dumps(GOOD | {"name": "\ud800"})

    answer = client.post("/v1/uploads", content=body, headers={"content-type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
)
def test_a_body_of_another_type_is_refused(client: httpx.Client, media_type: str) -> None:
    answer = client.post("/v1/uploads", content=json.dumps(GOOD), headers={"content-type": media_type})

    assert_problem(answer, errors.UnsupportedMediaType)


def test_a_body_of_json_may_name_its_charset(client: httpx.Client) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    assert client.post("/v1/uploads", content=json.dumps(GOOD), headers=headers).status_code == 201


@pytest.mark.parametrize("is_chunked", [False, True], ids=["content-length", "chunked"])
def test_c52_a_body_over_one_mebibyte_is_refused(client: httpx.Client, is_chunked: bool) -> None:
    body = json.dumps(GOOD | {"name": "x" * web.MAX_BODY_BYTES}).encode()
    content: Any = iter([body[:70_000], body[70_000:]]) if is_chunked else body

    answer = client.post("/v1/uploads", content=content, headers={"content-type": "application/json"})

    assert_problem(answer, errors.BodyTooLarge, limit=1024 * 1024)


EVERYTHING = [
    ("GET", "/v1/me"),
    ("POST", "/v1/uploads"),
    ("GET", "/v1/uploads/x"),
    ("DELETE", "/v1/uploads/x"),
    ("POST", "/v1/uploads/x/complete"),
    ("GET", "/v1/files"),
    ("GET", "/v1/files/x"),
    ("DELETE", "/v1/files/x"),
    ("POST", "/v1/files/x/download"),
    ("GET", "/v1/files/x/content"),
]


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Basic YTpi", "bearer", "eyJhbGciOi.x.y"], ids=str
)
def test_c01_without_a_token_nothing_is_answered(
    broker: RunningBroker, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}

    answer = httpx.request(method, broker.url + path, headers=headers)

    assert_problem(answer, errors.Unauthenticated)
    assert answer.headers["www-authenticate"] == 'Bearer realm="broker"'


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_c01_a_token_that_is_not_ours_is_refused(broker: RunningBroker, method: str, path: str) -> None:
    answer = httpx.request(method, broker.url + path, headers={"authorization": "Bearer a.b.c"})

    assert_problem(answer, errors.InvalidToken)
    assert answer.headers["www-authenticate"] == 'Bearer realm="broker", error="invalid_token"'


def test_an_expired_token_says_so(broker: RunningBroker) -> None:
    token = broker.token(expires_in=-31)

    answer = httpx.get(f"{broker.url}/v1/me", headers={"authorization": f"Bearer {token}"})

    assert_problem(answer, errors.ExpiredToken)


def test_c12_a_token_in_the_query_counts_for_nothing_and_is_not_logged(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    def lines() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name.startswith("broker.")]

    with caplog.at_level(logging.DEBUG):
        answer = httpx.get(f"{broker.url}/v1/me", params={"access_token": broker.token()})
        wait_until(lambda: "GET /v1/me answered with 401" in lines())

    assert_problem(answer, errors.Unauthenticated)
    assert not any("access_token" in line for line in lines())


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("uploads:write", "POST", "/v1/uploads"),
        ("uploads:write", "GET", "/v1/uploads/x"),
        ("uploads:write", "DELETE", "/v1/uploads/x"),
        ("uploads:write", "POST", "/v1/uploads/x/complete"),
        ("files:read", "GET", "/v1/files"),
        ("files:read", "GET", "/v1/files/x"),
        ("files:read", "POST", "/v1/files/x/download"),
        ("files:read", "GET", "/v1/files/x/content"),
        ("files:delete", "DELETE", "/v1/files/x"),
    ],
)
def test_a_token_without_the_scope_is_refused(
    broker: RunningBroker, scope: str, method: str, path: str
) -> None:
    every = {"uploads:write", "files:read", "files:delete"}
    headers = {"authorization": f"Bearer {broker.token(scopes=every - {scope})}"}

    answer = httpx.request(
        method, broker.url + path, headers=headers, json=GOOD if path == "/v1/uploads" else None
    )

    assert_problem(answer, errors.InsufficientScope, scope=scope)


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v1/uploads/", "/nothing", "/assets/nothing.js", "/../etc/passwd"]
)
def test_an_address_that_does_not_exist_is_a_problem_too(client: httpx.Client, path: str) -> None:
    assert_problem(client.get(path), errors.NotFound)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/uploads", "GET, HEAD, POST"),
        ("PUT", "/v1/files/x", "DELETE, GET, HEAD, PATCH"),
        ("DELETE", "/v1/me", "GET, HEAD"),
        ("GET", "/v1/session", "DELETE, POST"),
    ],
)
def test_a_method_that_is_not_taken_is_told_which_are(
    client: httpx.Client, method: str, path: str, allow: str
) -> None:
    answer = client.request(method, path)

    assert_problem(answer, errors.MethodNotAllowed)
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("limit=-1", "limit"),
     ("cursor=x", "cursor"), ("cursor=" + "~" * 26, "cursor"), ("colour=red", "colour")],
)  # fmt: skip
def test_a_query_that_is_wrong_is_named(client: httpx.Client, query: str, field: str) -> None:
    assert_problem(client.get(f"/v1/files?{query}"), errors.InvalidField, field=field)


def test_signing_in_gives_a_token_that_works(broker: RunningBroker) -> None:
    broker.add_user("carol", "a good password")

    session = httpx.post(
        f"{broker.url}/v1/session", json={"username": "carol", "password": "a good password"}
    )
    token = session.json()["access_token"]
    me = httpx.get(f"{broker.url}/v1/me", headers={"authorization": f"bearer {token}"})

    assert session.json() | {"access_token": ""} == {
        "access_token": "",
        "expires_in": 900,
        "token_type": "Bearer",
    }
    assert me.json()["subject"] == "carol"
    assert me.json()["usage"] == {"files": 0, "bytes": 0, "pending": 0, "pending_bytes": 0}


def test_c14_an_unknown_user_is_answered_like_a_wrong_password(broker: RunningBroker) -> None:
    broker.add_user("dave", "a good password")

    wrong = httpx.post(f"{broker.url}/v1/session", json={"username": "dave", "password": "a bad password"})
    unknown = httpx.post(
        f"{broker.url}/v1/session", json={"username": "nobody", "password": "a bad password"}
    )

    assert_problem(wrong, errors.WrongCredentials)
    assert wrong.content == unknown.content


def test_c14_an_unknown_user_costs_as_much_as_a_wrong_password(
    broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = PasswordHasher.verify

    def spy(self: PasswordHasher, password_hash: str, password: str) -> bool:
        verified.append(password_hash)
        return verify(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", spy)

    httpx.post(f"{broker.url}/v1/session", json={"username": "nobody", "password": "a bad password"})

    assert verified == [DECOY_HASH]
    assert not PasswordHasher().check_needs_rehash(DECOY_HASH)


def test_sign_ins_that_would_wait_too_long_are_sent_away(
    broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.passwords._WAITING", 0)

    answer = httpx.post(f"{broker.url}/v1/session", json={"username": "nobody", "password": "a password"})

    assert_problem(answer, errors.SignInBusy)


@pytest.mark.parametrize("path", ["/v1/me", "/v1/nothing", "/livez", "/readyz", "/metrics", "/v1/session"])
def test_c45_every_answer_of_the_api_has_the_safe_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "server" not in headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "x/../admin?", ""])
def test_c49_another_host_is_refused(broker: RunningBroker, host: str) -> None:
    assert_problem(httpx.get(f"{broker.url}/v1/me", headers={"host": host}), errors.UnknownHost)


def test_who_watches_the_service_may_use_any_host(broker: RunningBroker) -> None:
    assert httpx.get(f"{broker.url}/livez", headers={"host": "10.0.0.7:8000"}).json() == {"status": "alive"}


def test_a_request_id_is_taken_over_when_it_is_one_and_made_when_not(client: httpx.Client) -> None:
    given = client.get("/livez", headers={"x-request-id": "abc-123"}).headers["x-request-id"]
    odd = client.get("/livez", headers={"x-request-id": "a b"}).headers["x-request-id"]
    none = client.get("/livez").headers["x-request-id"]

    assert given == "abc-123"
    assert odd != "a b"
    assert len(none) == 16


def test_c57_a_crash_is_a_problem_without_its_reason(
    broker: RunningBroker,
    client: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def crash() -> None:
        raise ZeroDivisionError("a secret reason")

    monkeypatch.setattr(web, "now", crash)

    answer = client.get("/v1/me")

    body = assert_problem(answer, errors.InternalError)
    assert "secret" not in json.dumps(body)
    assert answer.headers["x-content-type-options"] == "nosniff"
    of_requests = [record for record in caplog.records if record.name == problems.__name__]
    assert [record.message for record in of_requests if record.exc_info] == ["Request crashed"]


def test_metrics_count_answers_and_bytes(client: httpx.Client) -> None:
    def counted() -> dict[str, float]:
        lines = client.get("/metrics").text.splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
        }

    before = counted()
    answer = client.post("/v1/uploads", json=GOOD)
    after = counted()

    sent = "broker_http_request_body_bytes_total"
    created = 'broker_http_requests_total{endpoint="create_upload",method="POST",status="201"}'
    assert after[created] - before.get(created, 0) == 1
    assert after[sent] - before[sent] == len(answer.request.content)


def test_metrics_show_how_long_answers_took(client: httpx.Client) -> None:
    client.get("/v1/me")

    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[0] != "#")
    took = "broker_http_request_seconds"
    counts = [
        float(count) for name, count in lines.items() if name.startswith(f'{took}_bucket{{endpoint="me",')
    ]
    assert counts == sorted(counts)
    assert counts[-1] == float(lines[f'{took}_bucket{{endpoint="me",le="+Inf"}}'])
    assert counts[-1] == float(lines[f'{took}_count{{endpoint="me"}}']) > 0
    assert float(lines[f'{took}_sum{{endpoint="me"}}']) > 0


def test_c55_a_request_that_is_refused_is_logged_with_its_reason_and_without_its_query(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        httpx.get(f"{broker.url}/v1/me?x=secret", headers={"authorization": "Bearer a.b.c"})

    told = [record for record in caplog.records if record.levelno >= logging.INFO]  # the rest may come late
    (record,) = [record for record in told if record.name.startswith("broker.")]
    assert record.getMessage() == "GET /v1/me refused"
    assert vars(record)["slug"] == "invalid-token"
    assert vars(record)["status"] == 401


def test_what_went_well_is_logged_where_it_happened_and_not_once_more_for_the_request(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        created = client.post("/v1/uploads", json=GOOD).json()
        client.delete(f"/v1/uploads/{created['id']}").raise_for_status()

    messages = [record.getMessage() for record in caplog.records if record.name.startswith("broker.")]
    assert [message for message in messages if message.startswith("Upload")] == ["Upload aborted"]


def test_every_slug_is_used_once_and_listed_in_the_readme() -> None:
    slugs = [kind.slug for kind in kinds()]

    listed = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", README.read_text(), re.MULTILINE)

    assert len(slugs) == len(set(slugs))
    assert sorted(listed) == sorted((kind.slug, str(kind.status)) for kind in kinds())


def test_the_readme_lists_every_call() -> None:
    listed = re.findall(r"^\| `([A-Z]+) (/[^`]*)` \|", README.read_text(), re.MULTILINE)

    modules = (import_module(f"broker.endpoints.{found.name}") for found in iter_modules(endpoints.__path__))
    routes = [route for module in modules for route in getattr(module, "routes", [])]
    assert sorted(listed) == sorted(
        (method, route.path) for route in routes for method in route.methods or () if method != "HEAD"
    )
