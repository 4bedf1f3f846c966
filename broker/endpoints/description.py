"""The API's description, for programs."""

from starlette.requests import Request
from starlette.responses import Response

from broker import web
from broker.asgi import Answer, Route


async def show_openapi(request: Request) -> Response:
    body = web.services(request).description.body
    return Answer(body, status=200, media_type=b"application/json")


routes = [Route("/openapi.json", show_openapi, methods=["GET"])]
