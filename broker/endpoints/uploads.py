"""The upload protocol over HTTP."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker import schemas, web


async def create_upload(request: Request) -> Response:
    claims = web.claims(request, at=web.now())
    new = await web.decode(request, schemas.NewUpload)
    upload = await web.services(request).uploads.create(claims, new, at=web.now())
    return web.answer(upload, status=201, headers={"location": f"/v1/uploads/{upload.id}"})


async def get_upload(request: Request) -> Response:
    at = web.now()
    claims = web.claims(request, at=at)
    return web.answer(await web.services(request).uploads.get(claims, request.path_params["id"], at=at))


async def complete_upload(request: Request) -> Response:
    claims = web.claims(request, at=web.now())
    await web.decode(request, schemas.CompleteUpload)
    uploads = web.services(request).uploads
    return web.answer(await uploads.complete(claims, request.path_params["id"], at=web.now()))


async def abort_upload(request: Request) -> Response:
    claims = web.claims(request, at=web.now())
    await web.services(request).uploads.abort(claims, request.path_params["id"])
    return Response(status_code=204)


routes = [
    Route("/v1/uploads", create_upload, methods=["POST"]),
    Route("/v1/uploads/{id}", get_upload, methods=["GET"]),
    Route("/v1/uploads/{id}", abort_upload, methods=["DELETE"]),
    Route("/v1/uploads/{id}/complete", complete_upload, methods=["POST"]),
]
