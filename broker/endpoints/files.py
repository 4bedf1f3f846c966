"""Files over HTTP: list, look, fetch, delete."""

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.asgi import Route


async def list_files(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    query = web.query(request, schemas.ListFiles)
    return web.answer(await web.services(request).files.list(claims, query))


async def get_file(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    return web.answer(await web.services(request).files.get(claims, request.path_params["id"]))


async def download_file(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewDownload)
    found = await web.services(request).files.download(claims, request.path_params["id"], new, at=at)
    web.record(request, "file.handed-out", claims, request.path_params["id"], at=at)
    return web.answer(found)


async def get_content(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = web.query(request, schemas.NewDownload)
    found = await web.services(request).files.download(claims, request.path_params["id"], new, at=at)
    web.record(request, "file.handed-out", claims, request.path_params["id"], at=at)
    return Response(status_code=307, headers={"location": found.url})


async def delete_file(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    await web.services(request).files.delete(claims, request.path_params["id"], at=at)
    web.record(request, "file.deleted", claims, request.path_params["id"], at=at)
    return Response(status_code=204)


routes = [
    Route("/v1/files", list_files, methods=["GET"]),
    Route("/v1/files/{id}", get_file, methods=["GET"]),
    Route("/v1/files/{id}", delete_file, methods=["DELETE"]),
    Route("/v1/files/{id}/download", download_file, methods=["POST"]),
    Route("/v1/files/{id}/content", get_content, methods=["GET"]),
]
