"""What a caller sees of the policies. No store is needed."""

from collections.abc import Iterator

import httpx
import pytest

from broker import errors
from broker.auth import Scope
from broker.settings import Policy, Quota
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.test_api import NO_STORE

PICTURES = Policy(
    name="pictures",
    types=("image/png", "image/jpeg"),
    extensions=(".png", ".jpg"),
    max_size=100,
    folders="home/{subject}/**",
    quota=Quota(files=3),
)
FILMS = Policy(name="films", scope="films")
PICTURE = {"name": "a.png", "size": 5, "type": "image/png", "folder": "home/alice", "policy": "pictures"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    policies = {"default": Policy(), "films": FILMS, "pictures": PICTURES}
    with run_broker(NO_STORE, f"sqlite:///{database}", policies=policies) as running:
        yield running


@pytest.fixture
def alice(broker: RunningBroker) -> Iterator[httpx.Client]:
    with broker.client() as client:
        yield client


@pytest.mark.parametrize(
    ("changes", "kind", "field", "rule", "limit"),
    [
        ({"type": "text/html"}, "PolicyViolation", "type", "types", ["image/png", "image/jpeg"]),
        ({"name": "a.html"}, "PolicyViolation", "type", "types", ["image/png", "image/jpeg"]),
        ({"name": "a.jpg"}, "PolicyViolation", "type", "types", ["image/png", "image/jpeg"]),
        ({"name": "a.png.x"}, "PolicyViolation", "name", "extensions", [".png", ".jpg"]),
        ({"size": 101}, "ObjectTooLarge", "size", "max_size", 100),
        ({"folder": "home/bob"}, "PolicyViolation", "folder", "folders", "home/{subject}/**"),
    ],
)
def test_c42_a_file_that_the_policy_does_not_take_is_refused_at_create_with_the_rule_and_its_limit(
    alice: httpx.Client, changes: dict[str, object], kind: str, field: str, rule: str, limit: object
) -> None:
    answer = alice.post("/v1/uploads", json=PICTURE | changes)

    assert_problem(answer, getattr(errors, kind), field=field, rule=f"policies.pictures.{rule}", limit=limit)
    assert alice.get("/v1/uploads").json()["items"] == []


def test_a_file_that_the_policy_takes_is_an_upload_of_it(alice: httpx.Client) -> None:
    created = alice.post("/v1/uploads", json=PICTURE).json()

    assert (created["policy"], created["folder"]) == ("pictures", "home/alice")
    assert alice.delete(f"/v1/uploads/{created['id']}").status_code in {204, 503}  # there is no store


def test_a_policy_that_does_not_exist_is_named_as_a_field(alice: httpx.Client) -> None:
    answer = alice.post("/v1/uploads", json=PICTURE | {"policy": "avatars"})

    assert_problem(answer, errors.InvalidField, field="policy")


def test_a_policy_with_a_scope_is_for_tokens_that_have_it(broker: RunningBroker, alice: httpx.Client) -> None:
    film = {"name": "a.mp4", "size": 5, "type": "video/mp4", "policy": "films"}
    token = broker.token(scopes={*Scope, "films"})

    refused = alice.post("/v1/uploads", json=film)
    taken = alice.post("/v1/uploads", json=film, headers={"authorization": f"Bearer {token}"})

    assert_problem(refused, errors.InsufficientScope, scope="films", rule="policies.films.scope")
    assert taken.status_code == 201


def test_a_caller_is_told_the_limits_of_the_policies_that_are_for_him(alice: httpx.Client) -> None:
    default, pictures = alice.get("/v1/me").json()["policies"]

    assert default["name"] == "default"
    assert {name: pictures[name] for name in ("name", "types", "max_size", "folders", "quota")} == {
        "name": "pictures",
        "types": ["image/png", "image/jpeg"],
        "max_size": 100,
        "folders": "home/{subject}/**",
        "quota": {"bytes": None, "files": 3, "pending": None},
    }
