"""Schemathesis against a running broker on the real store: what is described is what is answered.

`FUZZ_EXAMPLES` says how many requests of each operation are made up; `make fuzz` makes many.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from broker import openapi
from broker.app import list_routes
from broker.settings import RateLimitSettings, StoreSettings
from tests.running import RunningBroker, run_broker

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

# /readyz asks the store each time, and /v1/events/store needs a token of its own: its tests are elsewhere
schema = schemathesis.openapi.from_dict(openapi.describe(list_routes())).exclude(operation_id=["readyz"])


@pytest.fixture(scope="module")
def broker(embedded: StoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    limits = RateLimitSettings(subject="1000000/hour", address="1000000/hour")
    with run_broker(embedded, f"sqlite:///{database}", rate_limits=limits, events_token="e" * 32) as running:
        yield running


# the broker runs in this process, and draws from `random` while requests are made up
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@pytest.mark.parametrize("who", ["somebody", "nobody"])
def test_answers_are_those_that_are_described(
    case: "schemathesis.Case[Any]", broker: RunningBroker, who: str
) -> None:
    headers = {"authorization": f"Bearer {broker.token()}"} if who == "somebody" else {}
    case.call_and_validate(base_url=broker.url, headers=headers, checks=CHECKS, allow_redirects=False)
