"""Errors as HTTP: RFC 9457 problem details, one shape for all of them, Starlette's own included."""

import logging

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ExceptionHandler

from broker.errors import BrokerError, InternalError, MethodNotAllowed, NotFound

log = logging.getLogger(__name__)

TYPE_PREFIX = "urn:broker:problem:"


def problem(error: BrokerError) -> Response:
    """Turn an error into its answer."""
    body = {
        "type": TYPE_PREFIX + error.slug,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        **error.members,
    }
    return Response(
        msgspec.json.encode(body),
        status_code=error.status,
        headers=error.headers,
        media_type="application/problem+json",
    )


async def _on_broker_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, BrokerError)  # noqa: S101 - Starlette calls it for nothing else
    level = logging.ERROR if error.status >= 500 else logging.INFO
    log.log(level, "Request refused", extra={"slug": error.slug, "detail": error.detail})
    return problem(error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what Starlette's router and static files raise."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for nothing else
    allow = _allowed(request)
    if error.status_code == 405 and allow:
        return problem(MethodNotAllowed(f"This address does not take {request.method}.", allow=allow))
    if error.status_code in {404, 405}:
        return problem(NotFound("There is nothing at this address."))
    log.error("Unexpected status", extra={"status": error.status_code})
    return problem(InternalError("The service could not answer this request."))


async def _on_crash(_: Request, error: Exception) -> Response:
    log.error("Request crashed", exc_info=error)
    return problem(InternalError("The service failed; the request id names the trace in its log."))


def _allowed(request: Request) -> str:
    """List the methods of every route at this address; Starlette's own header names only the first's."""
    methods: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(methods))


HANDLERS: dict[type[Exception], ExceptionHandler] = {
    BrokerError: _on_broker_error,
    HTTPException: _on_http_exception,
    Exception: _on_crash,
}
