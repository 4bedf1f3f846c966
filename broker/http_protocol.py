"""uvicorn's side of HTTP/1.1, with bounds on what a request begins with, and answers that leave together.

uvicorn takes heads of any size, waits for them for ever, and loses the body of a request that asks for
another protocol too. It looks at each header of an answer by itself, which takes nearly as long as making
answers as small as ours, and writes the answer's head apart from its body.
"""

from asyncio import AbstractEventLoop, BaseTransport, TimerHandle, Transport
from typing import TYPE_CHECKING, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from broker.edge import SAFE_HEADERS
from broker.errors import BrokerError, HeadTooLarge, MalformedRequest
from broker.problems import describe

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application, ASGIReceiveEvent, ASGISendEvent, HTTPResponseStartEvent

MAX_HEAD_BYTES = 32 * 1024  # access tokens of identity providers have up to 8 KiB
MAX_HEADERS = 100
_MAX_UNSENT = 64 * 1024  # held back for a connection; beyond it the transport's own limits hold

_HAS_BODY = frozenset({b"content-length", b"transfer-encoding"})
_CONTROLS = bytes([*range(9), *range(10, 32), 127])  # what no header may have (RFC 9110 §5.5)


class HttpProtocol(HttpToolsProtocol):
    """One connection. While nothing is answered on it, it has `timeout_keep_alive` seconds to send a head."""

    _is_in_head = False
    _head_bytes = 0
    _is_waiting = True
    _waits_since = 0.0
    _alarm: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        self._outbox = Outbox(cast(Transport, transport), self.loop)
        super().connection_made(cast(Transport, self._outbox))
        self._wait_for_head()
        self._alarm = self.loop.call_later(self.timeout_keep_alive, self._close_if_late)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._alarm:
            self._alarm.cancel()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(HeadTooLarge("The headers of the request are too long.", limit=MAX_HEAD_BYTES))

    def eof_received(self) -> None:
        self._outbox.flush()  # the transport closes by itself now, and asks for nothing

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        if not self._is_answering():
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        self._is_in_head = self._is_waiting = False
        is_long = self._head_bytes > MAX_HEAD_BYTES and self._measure_head() > MAX_HEAD_BYTES
        self._head_bytes = 0
        if self.transport.is_closing():
            return
        if is_long:
            self._refuse(HeadTooLarge("The headers of the request are too long.", limit=MAX_HEAD_BYTES))
        elif len(self.headers) > MAX_HEADERS:
            self._refuse(HeadTooLarge("The request has too many headers.", limit=MAX_HEADERS))
        elif self.parser.should_upgrade() and not _HAS_BODY.isdisjoint(dict(self.headers)):
            # the parser would leave the body to the other protocol, of which there is none
            self._refuse(MalformedRequest("A request with a body cannot ask for another protocol."))
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request. uvicorn would set a new alarm here, and take it back soon."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        self._refuse(MalformedRequest(msg))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: "ASGI3Application") -> None:
        cycle.__class__ = _Exchange  # uvicorn lets nobody choose; nothing of it has begun yet
        super()._start_asgi_task(cycle, app)

    def _measure_head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _wait_for_head(self) -> None:
        self._is_waiting = True
        self._waits_since = self.loop.time()

    def _close_if_late(self) -> None:
        now = self.loop.time()
        closes_at = self._waits_since + self.timeout_keep_alive if self._is_waiting else now
        if self._is_waiting and now >= closes_at:
            self.transport.close()
        else:
            self._alarm = self.loop.call_at(max(closes_at, now + 1), self._close_if_late)

    def _refuse(self, error: BrokerError) -> None:
        """Answer a request that does not reach the application, and hang up."""
        if self._is_answering():
            self.transport.abort()  # the one before it is being answered still: two answers would mix
            return
        body = msgspec.json.encode(describe(error))
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            *SAFE_HEADERS,
        ]
        self.transport.write(_head(error.status, _lines(headers)) + body)
        self.transport.close()


class Outbox:
    """A transport, as far as uvicorn uses one, that sends what is written to it a turn of the loop later.

    So the answers to requests that came together are made one after the other, and then sent. To go from
    Python to the kernel and back for each takes a fifteenth longer, as neither stays in the caches.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._unsent = b""
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        if not self._unsent:
            self._loop.call_soon(self.flush)
        self._unsent += data
        if len(self._unsent) > _MAX_UNSENT:
            self.flush()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def flush(self) -> None:
        """Send what was written so far."""
        unsent, self._unsent = self._unsent, b""
        if unsent and not self._transport.is_closing():
            self._transport.write(unsent)


class _Exchange(RequestResponseCycle):
    """A request and its answer, whose head is kept back until its body begins."""

    _is_read = False
    _start: "HTTPResponseStartEvent | None" = None

    async def receive(self) -> "ASGIReceiveEvent":
        if self._is_read or self.more_body or self.waiting_for_100_continue or self.disconnected:
            return await super().receive()
        self._is_read = True  # whoever asks again waits for the end of the connection
        self.message_event.clear()
        return {"type": "http.request", "body": bytes(self.body), "more_body": False}

    async def send_500_response(self) -> None:
        """Cut the connection: the application failed after it had begun its answer, or gave none."""
        self.transport.close()

    async def send(self, message: "ASGISendEvent") -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self._start = message
            return
        start, self._start = self._start, None
        if start:
            if self._write_whole(start, message):
                return
            await super().send(start)
        await super().send(message)

    def _write_whole(self, start: "HTTPResponseStartEvent", message: "ASGISendEvent") -> bool:
        """Write an answer that is all there, if it is an ordinary one; say whether it was."""
        if message["type"] != "http.response.body":
            return False
        headers = [*self.default_headers, *start["headers"]]
        named = dict(headers)
        body = message.get("body", b"")
        if (
            message.get("more_body")
            or named.get(b"content-length") != b"%d" % len(body)
            or b"connection" in named
            or b"transfer-encoding" in named
            or self.scope["method"] == "HEAD"
            or not self.keep_alive
            or self.disconnected
            or self.flow.write_paused
        ):
            return False
        lines = _lines(headers)
        if len(lines.translate(None, _CONTROLS)) != len(lines) - 2 * len(headers):
            return False  # uvicorn refuses it
        self.response_started = self.response_complete = True
        self.transport.write(_head(start["status"], lines) + body)
        self.message_event.set()
        self.on_response()
        return True


def _lines(headers: list[tuple[bytes, bytes]]) -> bytes:
    return b"\r\n".join([b": ".join(header) for header in headers]) + b"\r\n"


def _head(status: int, lines: bytes) -> bytes:
    return STATUS_LINE[status] + lines + b"\r\n"
