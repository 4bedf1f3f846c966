"""The outermost layer: request ids, the Host header, safe defaults for headers, counting and logging."""

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.errors import UnknownHost
from broker.logs import request_id
from broker.metrics import Metrics
from broker.problems import problem

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# who watches the service reaches it by an address of its own
_ANY_HOST = frozenset({"/livez", "/readyz", "/metrics"})

# What is right for an answer of the API; the page sets its own (broker/endpoints/page.py)
SAFE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Edge:
    """Wrap the whole application, its crashes included."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], metrics: Metrics) -> None:
        self._app = app
        self._hosts = hosts
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        exchange = _Exchange(receive, send, _request_id_of(headers))
        token = request_id.set(exchange.request_id)
        try:
            app = self._app if self._is_for_us(scope, headers) else _refuse_host
            await app(scope, exchange.receive, exchange.send)
        except Exception:
            if not exchange.status:
                raise  # nobody answered: the server has to
            # a crash that was answered and logged already (problems.py); Starlette passes it on
        finally:
            self._record(scope, exchange)
            request_id.reset(token)

    def _is_for_us(self, scope: Scope, headers: Headers) -> bool:
        return scope["path"] in _ANY_HOST or headers.get("host", "").lower() in self._hosts

    def _record(self, scope: Scope, exchange: "_Exchange") -> None:
        seconds = time.perf_counter() - exchange.began
        endpoint = getattr(scope.get("endpoint"), "__name__", "none")
        self._metrics.requests.labels(scope["method"], endpoint, str(exchange.status)).inc()
        self._metrics.seconds.labels(endpoint).observe(seconds)
        self._metrics.body_bytes_in.inc(exchange.bytes_in)
        self._metrics.body_bytes_out.inc(exchange.bytes_out)
        level = logging.DEBUG if scope["path"] in _ANY_HOST else logging.INFO
        log.log(
            level,
            "%s %s answered with %s",
            scope["method"],
            scope["path"],  # never the query: it may hold a token that was sent there by mistake
            exchange.status,
            extra={"ms": round(seconds * 1000, 1)},
        )


class _Exchange:
    """One request and its answer on their way through."""

    def __init__(self, receive: Receive, send: Send, request_id: str) -> None:
        self._receive = receive
        self._send = send
        self.request_id = request_id
        self.began = time.perf_counter()
        self.status = 0
        self.bytes_in = 0
        self.bytes_out = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self.bytes_in += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SAFE_HEADERS.items():
                headers.setdefault(name, value)
            headers["x-request-id"] = self.request_id
        self.bytes_out += len(message.get("body", b""))
        await self._send(message)


def _request_id_of(headers: Headers) -> str:
    """Take over the id that a proxy gave, if it is one; else make one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


async def _refuse_host(scope: Scope, receive: Receive, send: Send) -> None:
    log.warning(
        "Host is not one of BROKER_ORIGINS", extra={"host": Headers(scope=scope).get("host", "")[:200]}
    )
    error = UnknownHost("The service does not answer under that name (BROKER_ORIGINS lists its names).")
    await problem(error)(scope, receive, send)
