"""What endpoints share: the services, who calls, decoding and encoding."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from broker.accounts import Accounts
from broker.auth import Claims, Tokens
from broker.errors import BodyTooLarge, InvalidField, MalformedJson, Unauthenticated, UnsupportedMediaType
from broker.files import Files
from broker.metrics import Metrics
from broker.policy import Policy
from broker.registry import Registry
from broker.stores.base import Store
from broker.uploads import Uploads

MAX_BODY_BYTES = 1024 * 1024
_SHOWN = 200

Shape = TypeVar("Shape", bound=msgspec.Struct)

_MISSING_FIELD = re.compile(r"missing required field `(?P<field>[^`]*)`|unknown field `(?P<unknown>[^`]*)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that endpoints call, made once by `create_app`."""

    accounts: Accounts
    files: Files
    metrics: Metrics
    policy: Policy
    registry: Registry
    store: Store
    tokens: Tokens
    uploads: Uploads


def services(request: Request) -> Services:
    """Return the services of the application that the request came to."""
    return cast(Services, request.app.state.services)


def now() -> datetime:
    """Read the clock; everything below takes the time as an argument."""
    return datetime.now(UTC)


def claims(request: Request, *, at: datetime) -> Claims:
    """Say who calls. Raises Unauthenticated, InvalidToken, ExpiredToken."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    return services(request).tokens.verify(token.strip(), at=at)


async def decode(request: Request, shape: type[Shape]) -> Shape:
    """Read the body as JSON of this shape; no body at all reads as `{}`.

    Raises UnsupportedMediaType, BodyTooLarge, MalformedJson, InvalidField.
    """
    media_type = request.headers.get("content-type")
    body = await _read(request)
    if media_type is None and not body:
        body = b"{}"
    elif media_type is None or media_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")
    try:
        return cast(Shape, _decoder(shape).decode(body))
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson("The body is not valid JSON.") from error


def query(request: Request, shape: type[Shape]) -> Shape:
    """Read the query string as this shape. Raises InvalidField."""
    try:
        return msgspec.convert(dict(request.query_params), shape, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error


def answer(body: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Send a body as JSON."""
    return Response(
        msgspec.json.encode(body), status_code=status, headers=headers, media_type="application/json"
    )


async def _read(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise BodyTooLarge(f"A body may be at most {MAX_BODY_BYTES} bytes.", limit=MAX_BODY_BYTES)
    except ClientDisconnect as error:
        raise MalformedJson("The body was cut short.") from error
    return bytes(body)


@functools.cache
def _decoder(shape: type[Shape]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def _invalid(reason: str) -> InvalidField:
    """Turn msgspec's `Expected ... - at `$.field`` into a sentence and the field's name."""
    reason, _, path = reason.partition(" - at `$")
    named = _MISSING_FIELD.search(reason)
    field = path.strip("`.") or (named and (named["field"] or named["unknown"])) or ""
    # a client may name a field as long as a body
    return InvalidField(f"{reason[:_SHOWN]}.", field=field[:_SHOWN])
