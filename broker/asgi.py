"""Starlette's routes and answers, without the work that is the same for every request here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette import routing
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send


class Route(routing.Route):
    """A route to a function that answers. What the function raises goes up to the edge as it is.

    Starlette's own wraps two more layers around the function, to look for handlers that we do not have.
    """

    def __init__(
        self, path: str, endpoint: Callable[[Request], Awaitable[Response]], *, methods: list[str]
    ) -> None:
        super().__init__(path, endpoint, methods=methods)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive))
            await response(scope, receive, send)

        self.app = app
        self.takes = frozenset(self.methods or ())


class Router(routing.Router):
    """Starlette's router, with a short cut to the routes: none is a mount, no parameter anything but text."""

    def __init__(
        self, routes: Sequence[Route], *, default: ASGIApp | None, lifespan: Lifespan[object]
    ) -> None:
        # an address that does not exist is a problem, not a redirect
        super().__init__(routes, default=default, redirect_slashes=False, lifespan=lifespan)
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, method = scope["path"], scope["method"]
            for route in self._routes:
                if method in route.takes and (found := route.path_regex.match(path)):
                    scope["endpoint"] = route.endpoint
                    scope["path_params"] = found.groupdict()
                    await route.app(scope, receive, send)
                    return
        await super().__call__(scope, receive, send)


class Answer(Response):
    """A body with its headers as they are; Starlette's own would work out what is known."""

    def __init__(
        self, body: bytes, *, status: int, media_type: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", media_type)]
        if headers:
            self.raw_headers += ((name.encode(), value.encode()) for name, value in headers.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


def header(scope: Scope, name: bytes) -> str:
    """Return the first header of this name, given in lower case, or an empty text."""
    by_name: dict[bytes, bytes] | None = scope.get("broker.headers")
    if by_name is None:
        by_name = scope["broker.headers"] = dict(reversed(scope["headers"]))
    return by_name[name].decode("latin-1") if name in by_name else ""
