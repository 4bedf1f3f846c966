"""The one way in which tests look at an error."""

from typing import Any

import httpx

from broker.errors import BrokerError


def kinds(base: type[BrokerError] = BrokerError) -> list[type[BrokerError]]:
    """List every error of the broker that has a slug; a client has one more, for what it does not know."""
    is_of_the_broker = base.__module__ == BrokerError.__module__
    found = [base] if is_of_the_broker and "slug" in vars(base) else []
    return found + [kind for child in base.__subclasses__() for kind in kinds(child)]


def assert_problem(answer: httpx.Response, kind: type[BrokerError], **members: object) -> dict[str, Any]:
    """Check that the answer is this problem and nothing else; return its body."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == kind.status, body
    assert answer.headers["content-type"] == "application/problem+json"
    if kind.status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if kind.status == 503:
        assert int(answer.headers["retry-after"]) > 0
    return assert_problem_body(body, kind, **members)


def assert_problem_body(body: dict[str, Any], kind: type[BrokerError], **members: object) -> dict[str, Any]:
    """Check that this is the problem, as it also stands in the answer to a batch."""
    assert body["type"] == f"urn:broker:problem:{kind.slug}"
    assert body["title"] == kind.title
    assert body["status"] == kind.status
    assert body["detail"].endswith(".")
    assert {name: body.get(name) for name in members} == members
    assert set(body) - {"type", "title", "status", "detail"} <= {"field", "limit", "parts", "rule", "scope"}
    return body
