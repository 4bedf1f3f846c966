"""A proxy in front of a real store that fails as told: what no real store does on demand."""

import http.client
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR
from urllib.parse import urlsplit

from broker.settings import StoreSettings


class FaultyStore:
    """`faults` meet one request each, in turn; then come those of `otherwise`, or the store's own answers.

    `reading` takes a request's body in, before any fault. `requests` lists the methods and targets of all
    that was asked; `held` counts the requests that hang.
    """

    def __init__(self, store: StoreSettings, address: str) -> None:
        self.upstream = urlsplit(store.url).netloc
        self.settings = replace(store, url=f"http://{address}")
        self.faults: deque[Fault] = deque()
        self.otherwise: Fault | None = None
        self.reading: Reading = Exchange.read_body
        self.requests: list[str] = []
        self.held = threading.Semaphore(0)
        self.released = threading.Event()

    def mend(self) -> None:
        """Let nothing be wrong, and nothing have been asked."""
        self.faults.clear()
        self.otherwise = None
        self.reading = Exchange.read_body
        self.requests.clear()

    def next_fault(self) -> "Fault | None":
        try:
            return self.faults.popleft()
        except IndexError:
            return self.otherwise


class Exchange(BaseHTTPRequestHandler):
    """One request to the proxy."""

    protocol_version = "HTTP/1.1"
    store: FaultyStore  # set by the server

    def _do(self) -> None:
        self.store.requests.append(f"{self.command} {self.path}")
        self.body = self.store.reading(self)
        fault = self.store.next_fault()
        if fault:
            fault(self)
        else:
            self.answer(*self.forward())

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _do  # noqa: N815 -- the base class wants them so
    do_OPTIONS = _do  # noqa: N815

    def read_body(self) -> bytes:
        """Read the body as it is: chunked, if it is sent so."""
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        lines: list[bytes] = []
        for line in iter(self.rfile.readline, b""):
            lines.append(line)
            if lines[-2:] == [b"0\r\n", b"\r\n"]:
                break
        return b"".join(lines)

    def forward(self) -> tuple[int, dict[str, str], bytes]:
        """Have the store do what was asked; return its answer."""
        with closing(http.client.HTTPConnection(self.store.upstream, timeout=20)) as upstream:
            upstream.request(self.command, self.path, self.body, dict(self.headers))
            answer = upstream.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        named = {name.lower(): value for name, value in headers.items()}
        for name, value in ({"content-length": str(len(content))} | named).items():
            if name != "transfer-encoding":
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def disconnect(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        pass


Fault = Callable[[Exchange], None]
Reading = Callable[[Exchange], bytes]


def error(status: int, code: str) -> Fault:
    """Answer with this error; the store hears nothing."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>m</Message></Error>".encode()
    return lambda exchange: exchange.answer(status, {"Content-Type": "application/xml"}, body)


def body(content: bytes, status: int = 200) -> Fault:
    """Answer with this body; the store hears nothing."""
    return lambda exchange: exchange.answer(status, {}, content)


def disconnect(exchange: Exchange) -> None:
    """Cut the connection off; the store hears nothing."""
    exchange.disconnect()


def damage(exchange: Exchange) -> None:
    """Flip a bit of what is sent, as a bad cable does."""
    exchange.body = exchange.body[:-1] + bytes([exchange.body[-1] ^ 1])
    exchange.answer(*exchange.forward())


def lose_answer(exchange: Exchange) -> None:
    """Have the store do it, and cut the connection off."""
    exchange.forward()
    exchange.disconnect()


def cut_short(exchange: Exchange) -> None:
    """Have the store do it, and cut its answer off in the middle."""
    status, headers, content = exchange.forward()
    exchange.answer(status, headers | {"Content-Length": str(len(content))}, content[: len(content) // 2])
    exchange.disconnect()


def hang(exchange: Exchange) -> None:
    """Say nothing until the test ends."""
    exchange.store.held.release()
    exchange.store.released.wait(60)
    exchange.disconnect()


def slowly(exchange: Exchange) -> None:
    """Take a round trip of 200 ms."""
    exchange.store.released.wait(0.2)
    exchange.answer(*exchange.forward())


def asked(proxy: FaultyStore, call: str) -> list[str]:
    """List the requests of such a call, as in `POST /complete`."""
    method, ending = call.split()
    return [
        each
        for each in proxy.requests
        if each.startswith(f"{method} ") and urlsplit(each.split()[1]).path.endswith(ending)
    ]


def on_call(call: str, *faults: Fault) -> Fault:
    """Have these faults meet one such call each, as in `POST /complete`; all else goes through."""
    method, ending = call.split()
    left = deque(faults)
    lock = threading.Lock()

    def fault(exchange: Exchange) -> None:
        with lock:
            is_met = exchange.command == method and urlsplit(exchange.path).path.endswith(ending)
            meets = left.popleft() if left and is_met else None
        if meets:
            meets(exchange)
        else:
            exchange.answer(*exchange.forward())

    return fault


def down_for(seconds: float) -> Fault:
    """Refuse everything for so long, from the first PUT on."""
    ends: list[float] = []

    def fault(exchange: Exchange) -> None:
        if exchange.command == "PUT" and not ends:
            ends.append(time.monotonic() + seconds)
        if ends and time.monotonic() < ends[0]:
            exchange.disconnect()
        else:
            exchange.answer(*exchange.forward())

    return fault


def change_on_disk(path: Path) -> Fault:
    """Have a file's content be another one, of the same size, from the first PUT on, which fails."""
    changed = threading.Event()

    def fault(exchange: Exchange) -> None:
        if exchange.command == "PUT" and not changed.is_set():
            path.write_bytes(os.urandom(path.stat().st_size))
            changed.set()
            exchange.disconnect()
        else:
            exchange.answer(*exchange.forward())

    return fault


def throttled(exchange: Exchange) -> bytes:
    """Take 8 MB/s of each connection."""
    body = bytearray()
    left = int(exchange.headers.get("content-length", 0))
    while left > 0:
        chunk = exchange.rfile.read(min(left, 256 * 1024))
        if not chunk:
            break
        body += chunk
        left -= len(chunk)
        exchange.store.released.wait(len(chunk) / 8e6)
    return bytes(body)


def stalling(puts: int) -> Reading:
    """Accept so many PUTs, and then take no byte of them; what comes later is read."""
    left = threading.Semaphore(puts)

    def reading(exchange: Exchange) -> bytes:
        if exchange.command == "PUT" and left.acquire(blocking=False):
            exchange.store.held.release()
            exchange.store.released.wait(600)  # longer than any test: the client has to give up
            raise ConnectionAbortedError
        return exchange.read_body()

    return reading


def trickle(exchange: Exchange) -> None:
    """Begin an answer that grows by a byte now and then, and never ends."""
    exchange.send_response_only(200)
    exchange.send_header("Content-Length", "1000000")
    exchange.end_headers()
    exchange.store.held.release()
    with suppress(OSError):
        while not exchange.store.released.wait(0.05):
            exchange.wfile.write(b" ")
    exchange.disconnect()


@contextmanager
def faulty(store: StoreSettings) -> Iterator[FaultyStore]:
    """Run the proxy in front of this store; `settings` of what is yielded lead through it."""

    class Handler(Exchange):
        pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # those who gave up have closed their end

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy = Handler.store = FaultyStore(store, f"127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.released.set()
            server.shutdown()
            thread.join()
