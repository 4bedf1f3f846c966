"""What an administrator sees of a tenant: numbers, never what is stored."""

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.asgi import Route


async def list_usage(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    query = web.query(request, schemas.ListUsage)
    return web.answer(await web.services(request).administration.list_usage(claims, query))


routes = [Route("/v1/admin/usage", list_usage, methods=["GET"])]
