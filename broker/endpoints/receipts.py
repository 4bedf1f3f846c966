"""The key set that verifies receipts; it is public, for pages of any origin too."""

from starlette.requests import Request
from starlette.responses import Response

from broker import web
from broker.asgi import Route

# The time that a new key has to be published before it signs
_HEADERS = {
    "access-control-allow-origin": "*",
    "cache-control": "public, max-age=300",
    "cross-origin-resource-policy": "cross-origin",
}


async def get_key_set(request: Request) -> Response:
    return web.answer(web.services(request).receipts.key_set(), headers=_HEADERS)


routes = [Route("/.well-known/jwks.json", get_key_set, methods=["GET"])]
