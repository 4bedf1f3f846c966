"""Pages of other origins that may call the API: exactly those that the operator lists. Pure.

They send a bearer token; cookies are never allowed (there is no Access-Control-Allow-Credentials).
https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Iterable

from starlette.responses import Response
from starlette.types import Scope

from broker.asgi import header

_METHODS = "GET, POST, PATCH, DELETE"
_REQUEST_HEADERS = "authorization, content-type, idempotency-key, if-match, x-request-id"
_RESPONSE_HEADERS = b"etag, location, retry-after, www-authenticate, x-request-id"
_MAX_AGE = "7200"  # seconds; no browser remembers it for longer


class CrossOrigin:
    """What the answers to other origins' pages say."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)

    @property
    def is_allowed(self) -> bool:
        """Say whether any other origin is: else no answer depends on the origin."""
        return bool(self._origins)

    def preflight(self, scope: Scope) -> Response | None:
        """Answer a browser that asks whether its page may call, if it may."""
        if (
            scope["method"] != "OPTIONS"
            or header(scope, b"origin") not in self._origins
            or not header(scope, b"access-control-request-method")
        ):
            return None
        return Response(
            status_code=204,
            headers={
                "access-control-allow-methods": _METHODS,
                "access-control-allow-headers": _REQUEST_HEADERS,
                "access-control-max-age": _MAX_AGE,
            },
        )

    def headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Return what every answer says to the request's origin."""
        origin = header(scope, b"origin")
        if origin not in self._origins:
            return [(b"vary", b"Origin")]
        return [
            (b"access-control-allow-origin", origin.encode()),
            (b"access-control-expose-headers", _RESPONSE_HEADERS),
            (b"vary", b"Origin"),
        ]
