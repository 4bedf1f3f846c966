"""A proxy that makes a sound store behave as the unsound ones do: one hole at a time.

What the store refuses, and one that has the hole would not, is asked for once more as the control identity.
"""

import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from broker.settings import StoreSettings
from broker.sigv4 import Credentials, Endpoint, Signer
from tests.faulty_store import Exchange, faulty

_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes


class Request:
    """What a client sent, taken apart."""

    def __init__(self, exchange: Exchange) -> None:
        target = urlsplit(exchange.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        self.method = exchange.command
        self.key = unquote(target.path).removeprefix("/").partition("/")[2]
        self.headers = {name.lower(): value for name, value in exchange.headers.items()}
        self.body = exchange.body
        self.signature = query.get("X-Amz-Signature", "")
        self.signer = query.get("X-Amz-Credential", "").partition("/")[0]
        self.signed = set(query.get("X-Amz-SignedHeaders", "").split(";")) - {""}
        self.query = {name: value for name, value in query.items() if not name.startswith("X-Amz-")}

    @property
    def is_put(self) -> bool:
        return self.method == "PUT" and not self.is_part

    @property
    def is_part(self) -> bool:
        return self.method == "PUT" and "partNumber" in self.query

    @property
    def is_form(self) -> bool:
        return self.method == "POST" and not self.key

    @property
    def is_forged(self) -> bool:
        return self.signature == "0" * 64

    @property
    def is_unsigned(self) -> bool:
        return not self.signature and "authorization" not in self.headers and not self.is_form

    @property
    def missing(self) -> set[str]:
        """The headers that were signed and not sent; a length may be told by chunks."""
        return self.signed - set(self.headers) - {"content-length"}

    @property
    def extra(self) -> set[str]:
        """The store's headers that were sent and not signed."""
        return (
            {name for name in self.headers if name.startswith("x-amz-")} - self.signed
            if self.signed
            else set()
        )

    @property
    def payload(self) -> bytes:
        """The body without chunks around it."""
        is_chunked = (
            "transfer-encoding" in self.headers or self.headers.get("x-amz-content-sha256") == _TRAILER
        )
        chunk = re.match(rb"([0-9a-f]+)\r\n", self.body) if is_chunked else None
        return self.body[chunk.end() :][: int(chunk[1], 16)] if chunk else self.body


# Whether a store with this hole does what the sound one answered so.
Hole = Callable[[Request, int], bool]

HOLES: dict[str, Hole] = {
    "signature": lambda request, _: request.is_forged and not request.extra,
    "signed-length": lambda request, status: (
        status == 403
        and request.is_put
        and not (request.is_forged or request.is_unsigned or request.missing or request.extra)
        and request.headers.get("content-type") == "text/plain"
    ),
    "signed-type": lambda request, _: (
        request.is_put
        and "content-type" in request.signed
        and request.headers.get("content-type") != "text/plain"
    ),
    "signed-checksum": lambda request, status: request.is_put and status == 400,
    "no-overwrite": lambda request, status: request.is_put and status == 412,
    "copy-source": lambda request, _: request.is_put and "x-amz-copy-source" in request.extra,
    "copy-source-part": lambda request, _: request.is_part and "x-amz-copy-source" in request.extra,
    "unsigned-headers": lambda request, _: "x-amz-tagging" in request.extra,
    "unsigned-trailer": lambda request, _: request.headers.get("x-amz-content-sha256") == _TRAILER,
    "no-overwrite-complete": lambda request, status: request.method == "POST" and status == 412,
    "part-checksums": lambda request, status: request.is_part and status == 400,
    "anonymous": lambda request, _: request.is_unsigned and request.method == "GET",
    "put-signer": lambda request, _: request.signer == "put-signer" and request.method == "GET",
    "get-signer": lambda request, _: request.signer == "get-signer" and request.method == "DELETE",
}


Change = Callable[[Request, Answer], Answer]


def instead(is_meant: Callable[[Request], bool], status: int, content: str = "", **headers: str) -> Change:
    """Answer the requests that are meant otherwise than the store does; underscores in names are hyphens."""
    answer = Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, content.encode())
    return lambda request, original: answer if is_meant(request) else original


def cut(is_meant: Callable[[Request], bool]) -> Change:
    """Give the requests that are meant no answer at all."""

    def change(request: Request, answer: Answer) -> Answer:
        if is_meant(request):
            raise ConnectionResetError
        return answer

    return change


def shift_clock(offset: Callable[[], timedelta]) -> Change:
    """Have the store's clock go wrong."""

    def change(_: Request, answer: Answer) -> Answer:
        date = parsedate_to_datetime(answer.headers["Date"]) + offset()
        return answer._replace(headers=answer.headers | {"Date": format_datetime(date, usegmt=True)})

    return change


@contextmanager
def vulnerable(
    store: StoreSettings,
    hole: Hole = lambda *_: False,
    *,
    server: str | None = None,
    change: Change = lambda _, answer: answer,
) -> Iterator[StoreSettings]:
    """Run the proxy; what is yielded leads through it, for the broker and in public.

    It may call itself another `server`, and `change` any answer.
    """

    def exchange_with_hole(exchange: Exchange) -> None:
        request = Request(exchange)
        answer = Answer(*exchange.forward())
        if answer.status in (400, 403, 412) and hole(request, answer.status):
            answer = _ask_as_control(store, request)
        status, headers, content = change(request, answer)
        exchange.answer(status, headers | ({"Server": server} if server else {}), content)

    with faulty(store) as proxy:
        proxy.otherwise = exchange_with_hole
        yield replace(proxy.settings, public_url=proxy.settings.url)


def _ask_as_control(store: StoreSettings, request: Request) -> Answer:
    """Do what the request says, whatever was signed: with its own type, or as the copy that it asks for."""
    control = Credentials(store.control.access_key, store.control.secret_key)
    endpoint = Endpoint(store.url, store.bucket)
    kept = {k: v for k, v in request.headers.items() if k in ("content-type", "x-amz-copy-source")}
    query = {name: value for name, value in request.query.items() if name != "x-id"}
    signed = Signer(control, endpoint, store.region).sign_headers(
        request.method, request.key, headers=kept, query=query, at=datetime.now(UTC)
    )
    url = urlsplit(endpoint.url_of(request.key, query))
    body = b"" if "x-amz-copy-source" in kept else request.payload
    with closing(http.client.HTTPConnection(url.netloc, timeout=20)) as connection:
        connection.request(request.method, f"{url.path}?{url.query}", body, signed)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
