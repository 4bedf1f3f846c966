"""Errors as HTTP: RFC 9457 problem details, one shape for all of them, Starlette's own included."""

import logging

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from broker.asgi import Answer
from broker.errors import BrokerError, InternalError, MethodNotAllowed, NotFound, ShuttingDown

log = logging.getLogger(__name__)

TYPE_PREFIX = "urn:broker:problem:"


def describe(error: BrokerError) -> dict[str, object]:
    """Write an error as a problem's members."""
    return {
        "type": TYPE_PREFIX + error.slug,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        **error.members,
    }


def problem(error: BrokerError) -> Response:
    """Turn an error into its answer."""
    return Answer(
        msgspec.json.encode(describe(error)),
        status=error.status,
        media_type=b"application/problem+json",
        headers=error.headers,
    )


def answer_to(error: Exception, scope: Scope) -> Response:
    """Turn whatever a request raised into its answer, and log it."""
    match error:
        case BrokerError():
            return _answer_to_broker_error(error, scope)
        case HTTPException():
            return _answer_to_http_exception(error, scope)
    log.error("Request crashed", exc_info=error)
    return problem(InternalError("The service failed; the request id names the trace in its log."))


def _answer_to_broker_error(error: BrokerError, scope: Scope) -> Response:
    is_ours = error.status >= 500 and not isinstance(error, ShuttingDown)  # that one was wished for
    level = logging.ERROR if is_ours else logging.INFO
    log.log(
        level,
        "%s %s refused",
        scope["method"],
        scope["path"],  # never the query: see broker/edge.py
        extra={"status": error.status, "slug": error.slug, "detail": error.detail},
    )
    return problem(error)


def _answer_to_http_exception(error: HTTPException, scope: Scope) -> Response:
    """Answer what Starlette's router and static files raise."""
    allow = _allowed(scope)
    if error.status_code == 405 and allow:
        return problem(MethodNotAllowed(f"This address does not take {scope['method']}.", allow=allow))
    if error.status_code in {404, 405}:
        return problem(NotFound("There is nothing at this address."))
    log.error("Unexpected status", extra={"status": error.status_code})
    return problem(InternalError("The service could not answer this request."))


def _allowed(scope: Scope) -> str:
    """List the methods of every route at this address; Starlette's own header names only the first's."""
    methods: set[str] = set()
    for route in scope["app"].routes:
        if route.matches(scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(methods))
