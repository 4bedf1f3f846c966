"""Thumbnails over HTTP: have one stored beside a file, and fetch those there are."""

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.asgi import Route


async def create_thumbnail(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewThumbnail)
    thumbnails = web.services(request).thumbnails
    return web.answer(await thumbnails.create(claims, request.path_params["id"], new, at=at))


async def list_thumbnails(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    wanted = await web.decode(request, schemas.ListThumbnails)
    return web.answer(await web.services(request).thumbnails.list(claims, wanted, at=at))


routes = [
    Route("/v1/files/thumbnails", list_thumbnails, methods=["POST"]),
    Route("/v1/files/{id}/thumbnail", create_thumbnail, methods=["POST"]),
]
