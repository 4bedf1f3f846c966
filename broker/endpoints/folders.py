"""Folders over HTTP: list, make, move, put into the trash and take out."""

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.asgi import Route


async def list_folders(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    return web.answer(
        await web.services(request).folders.list(claims, web.query(request, schemas.ListFolders))
    )


async def create_folder(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    new = await web.decode(request, schemas.NewFolder)
    return web.answer(await web.services(request).folders.create(claims, new), status=201)


async def move_folder(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    wanted = await web.decode(request, schemas.MoveFolder)
    caller = web.caller(request, claims)
    return web.answer(await web.services(request).folders.move(claims, wanted, caller=caller, at=at))


async def trash_folder(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    wanted = await web.decode(request, schemas.NewFolder)
    caller = web.caller(request, claims)
    return web.answer(await web.services(request).folders.trash(claims, wanted, caller=caller, at=at))


async def restore_folder(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    wanted = await web.decode(request, schemas.RestoreFolder)
    caller = web.caller(request, claims)
    return web.answer(await web.services(request).folders.restore(claims, wanted, caller=caller, at=at))


routes = [
    Route("/v1/folders", list_folders, methods=["GET"]),
    Route("/v1/folders", create_folder, methods=["POST"]),
    Route("/v1/folders/move", move_folder, methods=["POST"]),
    Route("/v1/folders/trash", trash_folder, methods=["POST"]),
    Route("/v1/folders/restore", restore_folder, methods=["POST"]),
]
