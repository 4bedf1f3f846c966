"""Who may do what: every operation there is, by every role, on things of every owner, over HTTP."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from broker import access, errors
from broker.access import RULES
from broker.app import list_routes
from broker.asgi import Route
from broker.auth import Scope
from broker.keys import new_id
from broker.settings import StoreSettings
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.transfers import upload

ROUTES: Mapping[str, Route] = {route.endpoint.__name__: route for route in list_routes()}
LARGE = {"name": "film.mp4", "size": 20 * 1024**2, "type": "video/mp4"}
SMALL = {"name": "a.txt", "size": 0, "type": "text/plain", "checksum": "crc32c:AAAAAA=="}
PART = {"parts": [{"number": 1, "checksum": "crc32c:AAAAAA=="}]}
NOBODYS = "0" * 26
PASSWORD = "a good password"


@dataclass(frozen=True)
class Call:
    """How an operation is called: its body, on what kind of thing, and its status when it is allowed.

    `{id}` in the body stands for the thing, as it does in the path.
    """

    status: int = 200
    body: object = None
    thing: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


# in this order on the same things: what ends them comes last
CALLS = {
    "sign_in": Call(401, {"username": "nobody", "password": "nothing"}),
    "renew_session": Call(401, headers={"x-broker-csrf": "1"}),
    "sign_out": Call(204, headers={"x-broker-csrf": "1"}),
    "show_sign_in_options": Call(),
    "me": Call(),
    "show_capabilities": Call(),
    "create_upload": Call(201, SMALL),
    "create_uploads": Call(body={"uploads": [SMALL]}),
    "list_uploads": Call(),
    "get_upload": Call(thing="upload"),
    "sign_parts": Call(body=PART, thing="upload"),
    "diagnose_upload": Call(body={}, thing="upload"),
    "complete_upload": Call(409, {}, thing="upload"),
    "complete_uploads": Call(body={"uploads": [{"id": NOBODYS}]}),
    "abort_upload": Call(204, thing="upload"),
    "list_files": Call(),
    "get_file": Call(thing="file"),
    "download_file": Call(body={}, thing="file"),
    "get_content": Call(307, thing="file"),
    "get_receipt": Call(thing="file"),
    "get_history": Call(thing="file"),
    "change_file": Call(body={"name": "b.txt"}, thing="file"),
    "change_files": Call(body={"ids": [NOBODYS], "folder": "a"}),
    "delete_files": Call(body={"ids": [NOBODYS]}),
    "create_thumbnail": Call(body={"size": 1, "checksum": "crc32c:AAAAAA=="}, thing="file"),
    "list_thumbnails": Call(body={"ids": [NOBODYS]}),
    "list_folders": Call(),
    "create_folder": Call(201, {"path": "new"}),
    "move_folder": Call(404, {"path": "nothing", "to": "b"}),
    "trash_folder": Call(404, {"path": "nothing"}),
    "restore_folder": Call(body={"path": "old"}),
    "create_share": Call(201, {}, thing="file"),
    "share_folder": Call(404, {"path": "nothing"}),
    "receive_into_folder": Call(404, {"path": "nothing"}),
    "list_shares": Call(),
    "revoke_share": Call(204, thing="share"),
    "open_share": Call(404, {"token": "nonsense"}),
    "list_shared_folders": Call(404, {"token": "nonsense"}),
    "list_shared_files": Call(404, {"token": "nonsense"}),
    "download_share": Call(404, {"token": "nonsense"}),
    "begin_receiving": Call(404, {"token": "nonsense"}),
    "get_shared_content": Call(404),
    "delete_file": Call(204, thing="file"),
    "list_usage": Call(),
    "list_users": Call(),
    "add_user": Call(201, {"name": "carol", "password": PASSWORD}),
    "enable_user": Call(204, {"name": "{id}"}, thing="user"),
    "set_password": Call(204, {"name": "{id}", "password": PASSWORD}, thing="user"),
    "disable_user": Call(204, {"name": "{id}"}, thing="user"),
    "list_tenant_uploads": Call(),
    "abort_tenant_upload": Call(204, thing="upload"),
    "search_audit": Call(),
    "show_store_health": Call(),
    "examine_store": Call(),
    "take_event": Call(401, {}),
    "get_key_set": Call(),
    "show_openapi": Call(),
    "livez": Call(),
    "readyz": Call(),
    "show_metrics": Call(),
    "sign_out_everywhere": Call(204),
}
NEEDING_A_TOKEN = [name for name, rule in RULES.items() if rule.reach not in {"anybody", "store"}]
NEEDING_A_SCOPE = [name for name, rule in RULES.items() if rule.scope]
ON_THINGS = [name for name, call in CALLS.items() if call.thing]
# to an administrator, the whole tenant's things are what others' own are to them
ANOTHERS = [
    (name, subject, tenant)
    for name in ON_THINGS
    for subject, tenant in (("bob", "acme"), ("alice", "other"))
    if RULES[name].reach == "own" or tenant == "other"
]


@pytest.fixture(scope="module")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    with run_broker(embedded, f"sqlite:///{database}", events_token="e" * 32) as running:
        yield running


def call(
    broker: RunningBroker, operation: str, *, token: str | None = None, of: str = NOBODYS
) -> httpx.Response:
    route, wanted = ROUTES[operation], CALLS[operation]
    (method,) = route.takes - {"HEAD"}
    headers = dict(wanted.headers) | ({"authorization": f"Bearer {token}"} if token else {})
    path = route.path.replace("{id}", of)
    body = json.loads(json.dumps(wanted.body).replace("{id}", of))
    return httpx.request(method, f"{broker.url}{path}", json=body, headers=headers, timeout=60)


def make(broker: RunningBroker, thing: str, subject: str, *, tenant: str) -> str:
    """Make an upload in parts, a file, a link to one, or a user; return its id, or the name."""
    if thing == "user":
        name = f"{subject} {new_id(datetime.now(UTC))}"
        broker.add_user(name, PASSWORD, tenant=tenant)
        return name
    with broker.client(subject, tenant=tenant) as client:
        if thing == "file":
            return str(upload(client, b"hello")["id"])
        if thing == "share":
            file = upload(client, b"hello")["id"]
            return str(client.post(f"/v1/files/{file}/shares").json()["id"])
        return str(client.post("/v1/uploads", json=LARGE).json()["id"])


def test_every_operation_is_called_here() -> None:
    assert set(CALLS) == set(ROUTES) == set(RULES)


def test_a_route_without_a_rule_cannot_be() -> None:
    with pytest.raises(LookupError, match="new_operation"):
        access.require_rules([*ROUTES, "new_operation"])
    with pytest.raises(LookupError, match="livez"):
        access.require_rules(set(ROUTES) - {"livez"})


@pytest.mark.parametrize("operation", NEEDING_A_TOKEN)
def test_c01_without_a_token_nothing_is_done(broker: RunningBroker, operation: str) -> None:
    assert_problem(call(broker, operation), errors.Unauthenticated)
    assert_problem(call(broker, operation, token="nonsense"), errors.InvalidToken)


@pytest.mark.parametrize("operation", NEEDING_A_SCOPE)
def test_every_scope_but_the_needed_one_is_not_enough(broker: RunningBroker, operation: str) -> None:
    needed = RULES[operation].scope
    assert needed
    token = broker.token(scopes=set(Scope) - {needed})

    assert_problem(call(broker, operation, token=token), errors.InsufficientScope, scope=str(needed))


@pytest.mark.parametrize("operation", CALLS)
def test_the_needed_scope_is_enough_for_what_is_ones_own(broker: RunningBroker, operation: str) -> None:
    rule, wanted = RULES[operation], CALLS[operation]
    subject = "leaver" if operation == "sign_out_everywhere" else "alice"
    of = make(broker, wanted.thing, subject, tenant="acme") if wanted.thing else NOBODYS
    token = broker.token(subject, scopes={rule.scope} if rule.scope else set())

    answer = call(broker, operation, token=token if operation in NEEDING_A_TOKEN else None, of=of)

    assert answer.status_code == wanted.status, answer.text


@pytest.mark.parametrize(("operation", "subject", "tenant"), ANOTHERS)
def test_c18_what_is_anothers_looks_like_what_does_not_exist(
    broker: RunningBroker, operation: str, subject: str, tenant: str
) -> None:
    of = make(broker, CALLS[operation].thing, subject, tenant=tenant)
    token = broker.token("alice", tenant="acme")

    answers = [call(broker, operation, token=token, of=each) for each in (of, NOBODYS)]

    anothers, nobodys = (
        (answer.status_code, answer.content, [h for h in answer.headers.multi_items() if h[0] not in PASSING])
        for answer in answers
    )
    assert_problem(answers[0], errors.NotFound)
    assert anothers == nobodys


PASSING = {"date", "x-request-id"}  # what no two answers share


def test_an_administrator_sees_how_much_a_tenant_stores_and_nothing_else(broker: RunningBroker) -> None:
    for subject, tenant in ("zoe", "acme2"), ("adam", "acme2"), ("eve", "elsewhere"):
        make(broker, "file", subject, tenant=tenant)
    make(broker, "upload", "zoe", tenant="acme2")
    headers = {"authorization": f"Bearer {broker.token('root', tenant='acme2', scopes={Scope.ADMIN})}"}

    def page(query: str) -> dict[str, object]:
        answer = httpx.get(f"{broker.url}/v1/admin/usage{query}", headers=headers)
        assert answer.status_code == 200
        return dict(answer.json())

    counted = {"files": 1, "bytes": 5, "pending": 0, "pending_bytes": 0}
    quota = {"bytes": None, "files": None, "pending": None}
    adam = {"subject": "adam", "policy": "default", "quota": quota} | counted
    zoe = adam | {"subject": "zoe", "pending": 1, "pending_bytes": LARGE["size"]}
    assert page("") == {"items": [adam, zoe], "next_cursor": None}
    first = page("?limit=1")
    assert first["items"] == [adam]
    assert page(f"?limit=1&cursor={first['next_cursor']}") == {"items": [zoe], "next_cursor": None}
    assert page("?sort=-pending")["items"] == [zoe, adam]
    for path in "/v1/files", "/v1/uploads":
        assert_problem(httpx.get(f"{broker.url}{path}", headers=headers), errors.InsufficientScope)


@pytest.mark.parametrize(
    "cursor",
    [
        *("nonsense", "W10", "WzEsMl0", "bnVsbA", "é", "x" * 3000, "WyJhXHUwMDAwIiwiIl0"),
        "WzkyMjMzNzIwMzY4NTQ3NzU4MDgsImEiLCJiIl0",  # [2**63, "a", "b"]: no database has such numbers
    ],
)
@pytest.mark.parametrize("sort", ["subject", "-bytes"])
def test_a_cursor_of_usage_that_is_none_is_refused(broker: RunningBroker, cursor: str, sort: str) -> None:
    headers = {"authorization": f"Bearer {broker.token(scopes={Scope.ADMIN})}"}
    query = {"cursor": cursor, "sort": sort}

    answer = httpx.get(f"{broker.url}/v1/admin/usage", params=query, headers=headers)

    assert_problem(answer, errors.InvalidField, field="cursor")
