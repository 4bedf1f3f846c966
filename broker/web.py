"""What endpoints share: the services, who calls, decoding and encoding."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from broker import access
from broker.accounts import Accounts
from broker.administration import Administration
from broker.asgi import Answer, header
from broker.audit import Audit
from broker.audit_registry import AuditRegistry
from broker.auth import Claims, Tokens
from broker.authenticator import Authenticator
from broker.client_address import Network, counted_as
from broker.client_address import client_address as address_of
from broker.diagnosis import Diagnostics
from broker.errors import BodyTooLarge, InvalidField, MalformedJson, Unauthenticated, UnsupportedMediaType
from broker.events import Events
from broker.files import Files
from broker.folders import Folders
from broker.intake import Intake
from broker.lifecycle import Lifecycle
from broker.logs import request_id
from broker.metrics import Metrics
from broker.openapi import Description
from broker.policy import Policies
from broker.rate_limits import RateLimits
from broker.readiness import Readiness
from broker.receipts import Receipts
from broker.receiving import Receiving
from broker.reconciler import Reconciler
from broker.registry import Registry
from broker.rows import Caller, caller_of
from broker.scanning import Scanner
from broker.schemas import AuditEvent
from broker.self_test import SelfTest
from broker.shared_links import SharedLinks
from broker.shares import Shares
from broker.sign_in_options import SignInOptions
from broker.store_health import StoreHealth
from broker.stores.base import Store
from broker.thumbnails import Thumbnails
from broker.uploads import Uploads
from broker.user_administration import UserAdministration

MAX_BODY_BYTES = 1024 * 1024
_SHOWN = 200
_JSON = "application/json"

Shape = TypeVar("Shape", bound=msgspec.Struct)

_IDEMPOTENCY_KEY = re.compile(r"[!-~]([ -~]{0,198}[!-~])?", re.ASCII)

_encode = msgspec.json.Encoder().encode

_MISSING_FIELD = re.compile(r"missing required field `(?P<field>[^`]*)`|unknown field `(?P<unknown>[^`]*)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that endpoints call, made once by `create_app`."""

    accounts: Accounts
    administration: Administration
    audit: Audit
    audit_registry: AuditRegistry
    authenticator: Authenticator
    description: Description
    diagnostics: Diagnostics
    events: Events
    files: Files
    folders: Folders
    intake: Intake
    lifecycle: Lifecycle
    metrics: Metrics
    origins: tuple[str, ...]
    policies: Policies
    rate_limits: RateLimits
    readiness: Readiness
    receipts: Receipts
    receiving: Receiving
    reconciler: Reconciler
    registry: Registry
    scanner: Scanner
    self_test: SelfTest
    shared_links: SharedLinks
    shares: Shares
    sign_in_options: SignInOptions
    store: Store
    store_health: StoreHealth
    thumbnails: Thumbnails
    tokens: Tokens
    trusted_proxies: tuple[Network, ...]
    uploads: Uploads
    user_administration: UserAdministration


def services(request: Request) -> Services:
    """Return the services of the application that the request came to."""
    return cast(Services, request.scope["state"]["services"])


def now() -> datetime:
    """Read the clock; everything below takes the time as an argument."""
    return datetime.now(UTC)


def client_address(request: Request) -> str:
    """Return the address that the request comes from, see client_address.py."""
    return address_of(request.scope, services(request).trusted_proxies)


def record(
    request: Request, event: AuditEvent, claims: Claims | None, target: str = "", *, at: datetime
) -> None:
    """Note in the audit trail what a caller did."""
    services(request).audit.record(event, caller(request, claims), target, at=at)


def caller(request: Request, claims: Claims | None) -> Caller:
    """Say who calls and from where, for the audit trail."""
    return caller_of(claims, address=client_address(request), request_id=request_id.get())


def bearer(request: Request) -> str:
    """Return the token of the Authorization header, or an empty text."""
    scheme, _, token = header(request.scope, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def claims(request: Request, *, at: datetime) -> Claims:
    """Say who calls, who may, and count it.

    Raises Unauthenticated, InvalidToken, ExpiredToken, InsufficientScope, TooManyRequests.
    """
    found = services(request)
    token = bearer(request)
    claims = found.authenticator.recall(token, at=at) or await _authenticate(request, token, at=at)
    if claims.link:
        await count_stranger(request)  # not as the owner, whom anybody could shut out then
        claims = await found.receiving.act_for_owner(claims, claims.link, at=at)
    else:
        caller = f"{claims.tenant}/{claims.subject}"
        if not found.rate_limits.spend("subject", caller):
            await found.rate_limits.take("subject", caller)
        _enter(request, caller)
    request.scope["broker.claims"] = claims  # whoever is refused from here on is known
    access.check(request.scope["endpoint"].__name__, claims)
    return claims


async def _authenticate(request: Request, token: str, *, at: datetime) -> Claims:
    try:
        return await services(request).authenticator.authenticate(token, at=at)
    except Unauthenticated:
        await count_stranger(request)
        raise


async def count_stranger(request: Request) -> None:
    """Count a request of somebody without a good token, by address. Raises TooManyRequests."""
    address = counted_as(client_address(request))
    await services(request).rate_limits.take("address", address)
    _enter(request, address)


def _enter(request: Request, caller: str) -> None:
    """Have a caller begin a request. Raises TooManyRequests for one too many at once."""
    services(request).rate_limits.enter(caller)
    request.scope["broker.caller"] = caller  # the edge says when it leaves


def idempotency_key(request: Request) -> str | None:
    """Return what names a request that may be sent again, if it has such a name. Raises InvalidField.

    https://www.ietf.org/archive/id/draft-ietf-httpapi-idempotency-key-header-07.html
    """
    key = header(request.scope, b"idempotency-key")
    if not key:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidField(
            "An Idempotency-Key is 1 to 200 printable ASCII characters.", field="idempotency-key", limit=200
        )
    return key


async def decode(request: Request, shape: type[Shape]) -> Shape:
    """Read the body as JSON of this shape; no body at all reads as `{}`.

    Raises UnsupportedMediaType, BodyTooLarge, MalformedJson, InvalidField.
    """
    media_type = header(request.scope, b"content-type")
    body = await _read(request)
    if not media_type and not body:
        body += b"{}"
    elif media_type != _JSON and media_type.partition(";")[0].strip().lower() != _JSON:
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
    except (msgspec.ValidationError, ValueError) as error:  # the latter: of a time after the year 9999
        raise _invalid(str(error)) from error


def answer(body: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Send a body as JSON."""
    return Answer(_encode(body), status=status, media_type=b"application/json", headers=headers)


async def _read(request: Request) -> bytearray:
    body = bytearray()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise MalformedJson("The body was cut short.")
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge(f"A body may be at most {MAX_BODY_BYTES} bytes.", limit=MAX_BODY_BYTES)
        if not message.get("more_body"):
            return body


@functools.cache
def _decoder(shape: type[Shape]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def _invalid(reason: str) -> InvalidField:
    """Turn msgspec's `Expected ... - at `$.field`` into a sentence and the field's name."""
    reason, _, path = reason.partition(" - at `$")
    named = _MISSING_FIELD.search(reason)
    last = (named["field"] or named["unknown"]) if named else ""
    field = ".".join(filter(None, (path.strip("`."), last)))
    # a client may name a field as long as a body
    return InvalidField(f"{reason[:_SHOWN]}.", field=field[:_SHOWN])
