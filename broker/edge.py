"""The outermost layer: request ids, the Host header, errors, safe defaults for headers, counting and logging.

All of it runs for every request, on ASGI's own tuples: objects around the headers would cost more than
signing a URL does (bench/issue.py).
"""

import logging
import random
import re
import time
from collections.abc import Awaitable, Iterable, Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker import web
from broker.asgi import header
from broker.audit import REFUSALS
from broker.auth import Claims
from broker.cross_origin import CrossOrigin
from broker.errors import BrokerError, UnknownHost
from broker.keys import is_id
from broker.logs import request_id
from broker.metrics import Metrics
from broker.problems import answer_to
from broker.rate_limits import RateLimits

log = logging.getLogger(__name__)

Header: TypeAlias = tuple[bytes, bytes]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# who watches the service reaches it by an address of its own
_ANY_HOST = frozenset({"/livez", "/readyz", "/metrics"})

# What is right for an answer of the API; the page sets its own (broker/endpoints/page.py)
SAFE_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)

# Only where there is TLS; it is for this host alone, as nothing is known of its neighbours
_HSTS = (b"strict-transport-security", b"max-age=31536000")


class Edge:
    """Wrap the whole application. Whatever it raises becomes a problem here, and nowhere else."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: frozenset[str],
        metrics: Metrics,
        rate_limits: RateLimits | None = None,
        has_tls: bool = False,
        cross_origin: CrossOrigin | None = None,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._metrics = metrics
        self._rate_limits = rate_limits
        self._safe_headers = (*SAFE_HEADERS, _HSTS) if has_tls else SAFE_HEADERS
        self._safe_names = frozenset(dict(self._safe_headers))
        self._cross_origin = cross_origin if cross_origin and cross_origin.is_allowed else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app  # by this Starlette's router knows that its 404 and 405 may be raised
        exchange = _Exchange(self, scope, receive, send)
        request_id.set(exchange.request_id)
        try:
            self._check_host(scope)
            preflight = self._cross_origin.preflight(scope) if self._cross_origin else None
            await (preflight or self._app)(scope, exchange.receive, exchange.send)
        except Exception as error:
            self._note_refusal(error, scope)
            answer = answer_to(error, scope)
            if exchange.status:
                raise  # half an answer cannot become another one: the server cuts the connection
            await answer(scope, exchange.receive, exchange.send)
        finally:
            if self._rate_limits and (caller := scope.get("broker.caller")):
                self._rate_limits.leave(caller)
            self._record(scope, exchange)

    def _note_refusal(self, error: Exception, scope: Scope) -> None:
        """Have the audit trail say what somebody who is known was refused."""
        claims: Claims | None = scope.get("broker.claims")
        if claims and isinstance(error, BrokerError) and (event := REFUSALS.get(type(error))):
            target = scope["path_params"].get("id", "")
            web.record(Request(scope), event, claims, target if is_id(target) else "", at=web.now())

    def complete(self, scope: Scope, headers: Sequence[Header]) -> list[Header]:
        """Add to an answer's headers those that each one has."""
        safe: Iterable[Header] = self._safe_headers
        given = dict(headers)
        if not self._safe_names.isdisjoint(given):
            safe = [pair for pair in safe if pair[0] not in given]
        if self._cross_origin and b"access-control-allow-origin" not in given:
            return [*headers, *safe, *self._cross_origin.headers(scope)]
        return [*headers, *safe]

    def _check_host(self, scope: Scope) -> None:
        host = header(scope, b"host")
        if host.lower() not in self._hosts and scope["path"] not in _ANY_HOST:
            log.warning("Host is not one of BROKER_ORIGINS", extra={"host": host[:200]})
            raise UnknownHost("The service does not answer under that name (BROKER_ORIGINS lists its names).")

    def _record(self, scope: Scope, exchange: "_Exchange") -> None:
        seconds = time.perf_counter() - exchange.began
        self._metrics.count(
            method=scope["method"],
            endpoint=getattr(scope.get("endpoint"), "__name__", "none"),
            status=exchange.status,
            seconds=seconds,
            bytes_in=exchange.bytes_in,
            bytes_out=exchange.bytes_out,
        )
        # what happened is logged where it happens, what was refused in problems.py; this is to watch requests
        if log.isEnabledFor(logging.DEBUG):
            log.debug(
                "%s %s answered with %s",
                scope["method"],
                _shown(scope["path"]),  # never the query: it may hold a token that was sent there by mistake
                exchange.status,
                extra={"ms": round(seconds * 1000, 1)},
            )


class _Exchange:
    """One request and its answer on their way through."""

    __slots__ = (
        "_edge",
        "_receive",
        "_scope",
        "_send",
        "began",
        "bytes_in",
        "bytes_out",
        "request_id",
        "status",
    )

    def __init__(self, edge: Edge, scope: Scope, receive: Receive, send: Send) -> None:
        self._edge = edge
        self._scope = scope
        self._receive = receive
        self._send = send
        self.request_id = _request_id_of(scope)
        self.began = time.perf_counter()
        self.status = 0
        self.bytes_in = 0
        self.bytes_out = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self.bytes_in += len(message.get("body", b""))
        return message

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = self._edge.complete(self._scope, message["headers"])
            headers.append((b"x-request-id", self.request_id.encode()))
            message["headers"] = headers
        else:
            self.bytes_out += len(message.get("body", b""))
        return self._send(message)


def _shown(path: str) -> str:
    """Leave the token of a share link out of a path."""
    return "/s/..." if path.startswith("/s/") else path


def _request_id_of(scope: Scope) -> str:
    """Take over the id that a proxy gave, if it is one; else make one."""
    given = header(scope, b"x-request-id")
    if given and _REQUEST_ID.fullmatch(given):
        return given
    # it names a request and opens nothing: no need to ask the kernel
    return f"{random.getrandbits(64):016x}"
