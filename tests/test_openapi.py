"""The description of the API: valid, complete, and true."""

import json
import re
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from openapi_spec_validator import validate

from broker import openapi
from broker.access import RULES
from broker.app import list_routes
from broker.cli import main
from broker.operations import OPERATIONS
from tests.problems import kinds

DOCUMENT = openapi.describe(list_routes())
README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_every_operation_is_described_and_no_other() -> None:
    described = {each["operationId"] for path in DOCUMENT["paths"].values() for each in path.values()}

    assert described == set(OPERATIONS) == set(RULES)


def test_the_readme_names_all_that_a_call_may_be_sent() -> None:
    rows = re.findall(r"^\| `([A-Z]+) (/[^`]*)` \| (.*) \|$", README, re.MULTILINE)

    unnamed = {
        f"{method} {path}": missing
        for method, path, text in rows
        if (missing := _sent(DOCUMENT["paths"][path][method.lower()]) - set(re.findall(r"\w+", text)))
    }

    assert unnamed == {}


def _sent(operation: dict[str, Any]) -> set[str]:
    """Return the names of what stands in an operation's query and body."""
    query = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    if "requestBody" not in operation:
        return query
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    return query | set(DOCUMENT["components"]["schemas"][name]["properties"])


def test_who_needs_a_token_with_which_scope_is_told() -> None:
    told = {
        each["operationId"]: each["security"] for path in DOCUMENT["paths"].values() for each in path.values()
    }

    assert told["create_upload"] == [{"token": ["uploads:write"]}]
    assert told["me"] == [{"token": []}]
    assert told["livez"] == []
    assert {name for name, security in told.items() if security and "token" in security[0]} == {
        name for name, rule in RULES.items() if rule.reach in {"caller", "own", "tenant"}
    }


def test_a_refusal_names_the_headers_that_say_what_to_do() -> None:
    answers = DOCUMENT["paths"]["/v1/uploads"]["post"]["responses"]

    named = {status: [*answer["headers"]] for status, answer in answers.items() if answer.get("headers")}

    assert named == {
        "201": ["Location"],
        "401": ["Www-Authenticate"],
        "403": ["Www-Authenticate"],
        "409": ["Retry-After"],
        "429": ["Retry-After"],
        "503": ["Retry-After"],
    }


def test_every_problem_is_one_of_some_operation() -> None:
    text = json.dumps(DOCUMENT)

    # a crash is nobody's plan, and what has no route has no description
    unplanned = {"internal-error", "method-not-allowed"}
    assert [kind.slug for kind in kinds() if f"`{kind.slug}`" not in text] == sorted(unplanned, reverse=True)


def test_the_command_prints_it() -> None:
    printed = CliRunner().invoke(main, ["openapi"]).output

    assert json.loads(printed) == DOCUMENT
