"""The description of the API, OpenAPI 3.1, made of what there is: routes, shapes, rules of access and errors.

https://spec.openapis.org/oas/v3.1.1.html
"""

import functools
import inspect
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from broker import __version__, errors
from broker.access import RULES
from broker.asgi import Route
from broker.errors import BrokerError
from broker.operations import OPERATIONS, Operation

_TEMPLATE = "#/components/schemas/{name}"
_JSON = "application/json"
_PROBLEM = "application/problem+json"
_TOKEN = (errors.Unauthenticated, errors.InvalidToken, errors.ExpiredToken, errors.InsufficientScope)
_BODY = (
    errors.MalformedJson,
    errors.BodyTooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidField,
)
_ANY = (errors.MalformedRequest, errors.UnknownHost, errors.HeadTooLarge, errors.RegistryUnavailable)


class Description:
    """The document, made when it is asked for first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = routes

    @functools.cached_property
    def body(self) -> bytes:
        return msgspec.json.encode(describe(self._routes))


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Describe the routes as an OpenAPI document. Raises KeyError for a route that OPERATIONS lacks."""
    shapes = [
        shape
        for operation in OPERATIONS.values()
        for shape in (operation.body, operation.answer)
        if shape not in {None, dict}
    ]
    refs, components = msgspec.json.schema_components(shapes, ref_template=_TEMPLATE, schema_hook=_hook)
    ref_of = dict(zip(map(repr, shapes), refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        name = route.endpoint.__name__
        for method in sorted(route.takes - {"HEAD"}):
            paths.setdefault(route.path, {})[method.lower()] = _operation(route, name, ref_of)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Presigned-URL broker",
            "version": __version__,
            "description": "Presigned URLs, so that files travel directly between client and store.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {name: _tidy(schema) for name, schema in components.items()}
            | {"Problem": _PROBLEM_SHAPE},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "store": {"type": "http", "scheme": "bearer", "description": "BROKER_EVENTS_TOKEN"},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "broker_refresh",
                    "description": "`__Secure-broker_refresh` behind TLS",
                },
            },
        },
    }
    described: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))  # tuples become lists
    return described


def _operation(route: Route, name: str, ref_of: Mapping[str, Any]) -> dict[str, Any]:
    operation, rule = OPERATIONS[name], RULES[name]
    problems: list[type[BrokerError]] = [*_ANY, *operation.problems]
    parameters = [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string"}}
        for each in route.param_convertors
    ]
    described: dict[str, Any] = {"operationId": name, "summary": operation.summary}
    if rule.reach in {"caller", "own", "tenant"}:
        problems += [*_TOKEN, errors.TooManyRequests]
        # scopes of a bearer scheme are role names since OpenAPI 3.1
        described["security"] = [{"token": [str(rule.scope)] if rule.scope else []}]
    elif rule.reach == "store":
        described["security"] = [{"store": []}]
    elif operation.by_cookie:
        described["security"] = [{"cookie": []}]
        parameters.append(_header("X-Broker-CSRF", required=True))
    else:
        described["security"] = []
    if operation.body:
        problems += _BODY
        described["requestBody"] = {
            "required": any(field.required for field in msgspec.structs.fields(operation.body)),
            "content": {_JSON: {"schema": ref_of[repr(operation.body)]}},
        }
    if operation.query:
        problems.append(errors.InvalidField)
        parameters += _query(operation.query)
    if operation.is_repeatable:
        problems.append(errors.InvalidField)
        parameters.append(_header("Idempotency-Key", required=False))
    if operation.is_conditional:
        parameters.append(
            {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}}
        )
    if parameters:
        described["parameters"] = parameters
    described["responses"] = {
        str(operation.status): _answer(operation, ref_of),
        **_problems(problems),
    }
    return described


def _answer(operation: Operation, ref_of: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if operation.headers:
        answer["headers"] = _headers(operation.headers)
    if operation.answer is dict:
        answer["content"] = {_JSON: {"schema": {"type": "object"}}}
    elif operation.answer:
        answer["content"] = {_JSON: {"schema": ref_of[repr(operation.answer)]}}
    elif operation.media_type != _JSON:
        answer["content"] = {operation.media_type: {"schema": {"type": "string"}}}
    return answer


def _problems(problems: Iterable[type[BrokerError]]) -> dict[str, Any]:
    """Say for each status which problems it may be."""
    by_status: dict[int, dict[str, type[BrokerError]]] = {}
    for each in problems:
        by_status.setdefault(each.status, {})[each.slug] = each
    return {
        str(status): {
            "description": "; ".join(f"`{slug}`: {each.title}" for slug, each in sorted(found.items())),
            "headers": _headers(sorted({name.title() for each in found.values() for name in each.headers})),
            "content": {_PROBLEM: {"schema": {"$ref": _TEMPLATE.format(name="Problem")}}},
        }
        for status, found in sorted(by_status.items())
    }


def _headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"schema": {"type": "string"}} for name in names}


def _query(shape: type[Struct]) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([shape], ref_template=_TEMPLATE)
    properties = components[shape.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}
        for name, schema in properties.items()
    ]


def _hook(kind: type) -> dict[str, Any]:
    """Describe what may be anything: the members of a problem."""
    if kind is object:
        return {"description": "of any type"}
    raise NotImplementedError(kind)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave null out, which no query can say."""
    kinds = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and value is not None}
    return {**kinds[0], **rest} if len(kinds) == 1 else rest


def _header(name: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([ -~]{0,198}[!-~])?$"}
    return {"name": name, "in": "header", "required": required, "schema": schema}


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Write a docstring as text."""
    if "description" in schema:
        return schema | {"description": inspect.cleandoc(schema["description"])}
    return schema


_PROBLEM_SHAPE = {
    "title": "Problem",
    "description": "RFC 9457 problem details; `type` names the kind, other members help a program.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
        "rule": {"type": "string"},
        "scope": {"type": "string"},
        "limit": {},
        "parts": {"type": "array", "items": {"type": "integer"}},
    },
    "required": ["type", "title", "status", "detail"],
}
