"""How requests begin and answers are written, on real connections."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from broker.http_protocol import MAX_HEAD_BYTES, MAX_HEADERS, Outbox
from broker.server import configure, listen

_DATE = re.compile(rb"date: [^\r]*\r\n")


class _Server(uvicorn.Server):
    """uvicorn, which says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: object = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]  # as it was given
        self.is_up.set()


@asynccontextmanager
async def serving(app: ASGIApp, **changes: object) -> AsyncIterator[int]:
    """Serve an application as the broker is served; `changes` are settings of uvicorn."""
    config = configure(app)
    for name, value in changes.items():
        setattr(config, name, value)
    with listen("127.0.0.1", 0) as listener:
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await asyncio.wait_for(server.is_up.wait(), 10)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await asyncio.wait_for(task, 10)


async def talk(port: int, *pieces: bytes) -> bytes:
    """Send the pieces, and return all that comes until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def ask(app: ASGIApp, *pieces: bytes, **changes: object) -> bytes:
    async def run() -> bytes:
        async with serving(app, **changes) as port:
            return await talk(port, *pieces)

    return asyncio.run(run())


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body(), headers={"x-seen": request.method})


async def stream(_: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    return StreamingResponse(pieces())


async def say_nothing(_: Request) -> Response:
    return Response(status_code=204)


async def hang_up(_: Request) -> Response:
    return PlainTextResponse("bye", headers={"connection": "close"})


APP = Starlette(
    routes=[
        Route("/echo", echo, methods=["GET", "POST"]),
        Route("/stream", stream),
        Route("/nothing", say_nothing),
        Route("/hang-up", hang_up),
    ]
)


def message(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join((*lines, b"", body))


HOST = b"host: a"
CLOSE = b"connection: close"
IN_CHUNKS = b"transfer-encoding: chunked"
CHUNKS = b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
UPGRADE = (b"connection: upgrade", b"upgrade: h2c")
POST = b"POST /echo HTTP/1.1"


@pytest.mark.parametrize(
    "sent",
    [
        message(b"GET /echo HTTP/1.1", HOST, CLOSE),
        message(POST, HOST, b"content-length: 5", CLOSE, body=b"hello"),
        message(POST, HOST, IN_CHUNKS, CLOSE, body=CHUNKS),
        message(POST, HOST, b"expect: 100-continue", b"content-length: 2", CLOSE, body=b"hi"),
        message(b"HEAD /echo HTTP/1.1", HOST, CLOSE),
        message(b"GET /echo HTTP/1.0", HOST),
        message(b"GET /stream HTTP/1.1", HOST, CLOSE),
        message(b"GET /nothing HTTP/1.1", HOST, CLOSE),
        message(b"GET /hang-up HTTP/1.1", HOST),
        message(b"GET /none HTTP/1.1", HOST, CLOSE),
        message(POST, HOST, b"content-length: 3", body=b"one")
        + message(POST, HOST, b"content-length: 3", CLOSE, body=b"two"),
        message(b"GET /echo HTTP/1.1", HOST, b"connection: close, upgrade", b"upgrade: h2c"),
    ],
)
def test_answers_are_those_of_uvicorn_byte_for_byte(sent: bytes) -> None:
    ours = ask(APP, sent)

    theirs = ask(APP, sent, http=HttpToolsProtocol)

    assert _DATE.sub(b"", ours) == _DATE.sub(b"", theirs)


def test_an_answer_is_written_at_once() -> None:
    read: list[bytes] = []

    async def run() -> None:
        async with serving(APP) as port:
            _, protocol = await asyncio.get_running_loop().create_connection(Reads, "127.0.0.1", port)
            protocol.transport.write(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi")
            await asyncio.wait_for(protocol.has_read.wait(), 10)
            protocol.transport.close()

    class Reads(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport: asyncio.WriteTransport = transport  # type: ignore[assignment]  # it is one
            self.has_read = asyncio.Event()

        def data_received(self, data: bytes) -> None:
            read.append(data)
            self.has_read.set()

    asyncio.run(run())

    [answer] = read
    assert answer.endswith(b"\r\n\r\nhi")


class _Wire(asyncio.Transport):
    """Remembers what became of it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[object] = []

    def write(self, data: object) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.done.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.done


async def a_turn_of_the_loop() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_what_is_written_in_one_turn_leaves_after_it_as_one() -> None:
    wire = _Wire()

    async def run() -> None:
        outbox = Outbox(wire, asyncio.get_running_loop())
        for text in b"a", b"b":
            outbox.write(text)
        assert wire.done == []
        await a_turn_of_the_loop()
        assert wire.done == [b"ab"]
        outbox.write(b"c")
        await a_turn_of_the_loop()

    asyncio.run(run())

    assert wire.done == [b"ab", b"c"]


def test_what_is_written_leaves_before_the_end_of_the_connection() -> None:
    wire = _Wire()

    async def run() -> None:
        outbox = Outbox(wire, asyncio.get_running_loop())
        outbox.write(b"a")
        outbox.close()
        outbox.write(b"too late")
        await a_turn_of_the_loop()

    asyncio.run(run())

    assert wire.done == [b"a", "closed"]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_who_ends_his_side_behind_his_request_is_answered(
    run: Callable[[Coroutine[None, None, bytes]], bytes],
) -> None:
    async def talk() -> bytes:
        async with serving(APP) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /echo HTTP/1.1\r\nhost: a\r\n\r\n")
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), 20)
            writer.close()
            return answer

    assert run(talk()).startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_application_that_sends_more_than_its_client_takes_waits() -> None:
    size, sent = 64 * 1024, 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while sent < 4096:
            await send({"type": "http.response.body", "body": bytes(size), "more_body": True})
            sent += 1

    async def run() -> int:
        async with serving(app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            await asyncio.wait_for(reader.readexactly(1), 10)
            sent_before_it_waits = sent  # the loop has come to us only when it did
            writer.transport.abort()
            return sent_before_it_waits

    assert 0 < asyncio.run(run()) < 4096


def problem_in(answer: bytes) -> tuple[int, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"cache-control: no-store" in head
    assert b"connection: close" in head
    return int(head.split()[1]), json.loads(body)


TOO_LONG = {
    "type": "urn:broker:problem:head-too-large",
    "title": "The request begins with too much",
    "status": 431,
    "detail": "The headers of the request are too long.",
    "limit": MAX_HEAD_BYTES,
}


@pytest.mark.parametrize(
    "pieces",
    [
        (b"GET /echo HTTP/1.1\r\nhost: a\r\nx: " + b"y" * MAX_HEAD_BYTES + b"\r\n\r\n",),
        (b"GET /" + b"y" * MAX_HEAD_BYTES + b" HTTP/1.1\r\nhost: a\r\n\r\n",),
        (b"GET /echo HTTP/1.1\r\nhost: a\r\nx: ", *[b"y" * 8192] * 5),
        (b"GET /", *[b"y" * 8192] * 5),
        (b"GET /echo HTTP/1.1\r\nhost: a\r\n", *[b"x: " + b"y" * 4096 + b"\r\n"] * 9),
    ],
)
def test_a_head_that_is_too_long_is_refused_before_it_ends(pieces: tuple[bytes, ...]) -> None:
    assert problem_in(ask(APP, *pieces)) == (431, TOO_LONG)


def test_a_head_of_just_the_limit_and_a_long_body_behind_it_are_taken() -> None:
    start = b"POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 100000\r\nx: "
    rest = MAX_HEAD_BYTES - len(start) + len(b"POST  HTTP/1.1\r\n") - 2

    answer = ask(APP, start + b"y" * rest + b"\r\n\r\n" + b"z" * 100_000)

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"z" * 100_000)


def test_too_many_headers_are_refused() -> None:
    head = b"GET /echo HTTP/1.1\r\nhost: a\r\n" + b"x: y\r\n" * MAX_HEADERS

    status, problem = problem_in(ask(APP, head + b"\r\n"))

    assert (status, problem) == (
        431,
        TOO_LONG | {"detail": "The request has too many headers.", "limit": MAX_HEADERS},
    )


INVALID = "Invalid HTTP request received."
NO_UPGRADE = "A request with a body cannot ask for another protocol."


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (message(b"no HTTP at all"), INVALID),
        (message(POST, HOST, b"content-length: 5", IN_CHUNKS, body=b"hello"), INVALID),
        (message(POST, HOST, *UPGRADE, b"content-length: 5", body=b"hello"), NO_UPGRADE),
        (message(POST, HOST, *UPGRADE, IN_CHUNKS, body=CHUNKS), NO_UPGRADE),
    ],
)
def test_what_is_not_http_as_it_should_be_is_refused(sent: bytes, detail: str) -> None:
    assert problem_in(ask(APP, sent)) == (
        400,
        {
            "type": "urn:broker:problem:malformed-request",
            "title": "The request is not HTTP as it should be",
            "status": 400,
            "detail": detail,
        },
    )


@pytest.mark.parametrize(
    "sent", [b"", b"GET /echo HTTP/1.1\r\nhos", b"GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n"]
)
def test_a_connection_on_which_no_whole_head_comes_is_closed(sent: bytes) -> None:
    answer = ask(APP, sent, timeout_keep_alive=0.1)

    assert answer.startswith(b"HTTP/1.1 204") if b"nothing" in sent else answer == b""


def test_a_connection_on_which_something_is_answered_is_kept() -> None:
    async def run() -> bytes:
        is_late = asyncio.Event()

        async def wait(_: Request) -> Response:
            await is_late.wait()
            return PlainTextResponse("late", headers={"connection": "close"})

        async with serving(Starlette(routes=[Route("/", wait)]), timeout_keep_alive=0.1) as port:
            asyncio.get_running_loop().call_later(1.5, is_late.set)
            return await talk(port, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")

    assert asyncio.run(run()).endswith(b"late")


def test_a_header_cannot_begin_another_one() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"0"), (b"x-name", b"a\r\nset-cookie: b")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    answer = ask(app, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", lifespan="off")

    assert answer == b""


def test_an_application_that_fails_in_the_middle_of_its_answer_has_it_cut() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        raise ZeroDivisionError

    answer = ask(app, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", lifespan="off")

    assert answer == b""


def test_who_has_read_the_body_is_told_when_the_client_goes() -> None:
    async def run() -> str:
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        has_read = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            assert (await receive())["body"] == b"hello"
            has_read.set()
            told.set_result((await receive())["type"])

        async with serving(app, lifespan="off") as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello")
            await asyncio.wait_for(has_read.wait(), 10)
            writer.close()
            return await asyncio.wait_for(told, 10)

    assert asyncio.run(run()) == "http.disconnect"
