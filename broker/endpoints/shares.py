"""Share links over HTTP: for their owners, and for whoever has one."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.asgi import Route
from broker.auth import Claims
from broker.client_address import counted_as
from broker.errors import MethodNotAllowed
from broker.rows import Share


async def create_share(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewShare)
    share = await web.services(request).shares.share_file(claims, request.path_params["id"], new, at=at)
    web.record(request, "share.created", claims, share.id, at=at)
    return web.answer(share, status=201)


async def share_folder(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewFolderShare)
    share = await web.services(request).shares.share_folder(claims, new, at=at)
    web.record(request, "share.created", claims, share.id, at=at)
    return web.answer(share, status=201)


async def receive_into_folder(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewReceivingShare)
    share = await web.services(request).shares.receive(claims, new, at=at)
    web.record(request, "share.created", claims, share.id, at=at)
    return web.answer(share, status=201)


async def list_shares(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    query = web.query(request, schemas.ListShares)
    return web.answer(await web.services(request).shares.list(claims, query))


async def revoke_share(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    await web.services(request).shares.revoke(claims, request.path_params["id"])
    web.record(request, "share.revoked", claims, request.path_params["id"], at=at)
    return Response(status_code=204)


async def open_share(request: Request) -> Response:
    await web.count_stranger(request)
    opening = await web.decode(request, schemas.OpenShare)
    links = web.services(request).shared_links
    return web.answer(await links.open(opening, address=_address(request), at=web.now()))


async def list_shared_folders(request: Request) -> Response:
    await web.count_stranger(request)
    listing = await web.decode(request, schemas.ListSharedFolders)
    links = web.services(request).shared_links
    return web.answer(await links.list_folders(listing, address=_address(request), at=web.now()))


async def list_shared_files(request: Request) -> Response:
    await web.count_stranger(request)
    listing = await web.decode(request, schemas.ListSharedFiles)
    links = web.services(request).shared_links
    return web.answer(await links.list_files(listing, address=_address(request), at=web.now()))


async def download_share(request: Request) -> Response:
    await web.count_stranger(request)
    return web.answer(await _download(request, await web.decode(request, schemas.DownloadShare)))


async def begin_receiving(request: Request) -> Response:
    await web.count_stranger(request)
    at = web.now()
    opening = await web.decode(request, schemas.OpenShare)
    receiving = web.services(request).receiving
    share, session = await receiving.begin(opening, address=_address(request), at=at)
    _record_use(request, share, at=at)
    return web.answer(session)


async def get_shared_content(request: Request) -> Response:
    await web.count_stranger(request)
    if request.method == "HEAD":  # whoever only looks must not use up a link
        raise MethodNotAllowed("Use GET: it counts.", allow="GET")
    token = request.path_params["token"]
    download = await _download(request, schemas.DownloadShare(token=token))
    return Response(status_code=307, headers={"location": download.url})


async def _download(request: Request, opening: schemas.DownloadShare) -> schemas.Download:
    at = web.now()
    links = web.services(request).shared_links
    share, download = await links.download(opening, address=_address(request), at=at)
    _record_use(request, share, at=at)
    return download


def _record_use(request: Request, share: Share, *, at: datetime) -> None:
    # nobody is known to have asked: the trail says whose link it was, by its id
    owner = Claims(subject="", tenant=share.tenant, scopes=frozenset())
    web.record(request, "share.used", owner, share.id, at=at)


def _address(request: Request) -> str:
    return counted_as(web.client_address(request))


routes = [
    Route("/v1/files/{id}/shares", create_share, methods=["POST"]),
    Route("/v1/folders/shares", share_folder, methods=["POST"]),
    Route("/v1/folders/receive", receive_into_folder, methods=["POST"]),
    Route("/v1/shares", list_shares, methods=["GET"]),
    Route("/v1/shares/{id}", revoke_share, methods=["DELETE"]),
    Route("/v1/shared", open_share, methods=["POST"]),
    Route("/v1/shared/folders", list_shared_folders, methods=["POST"]),
    Route("/v1/shared/files", list_shared_files, methods=["POST"]),
    Route("/v1/shared/download", download_share, methods=["POST"]),
    Route("/v1/shared/session", begin_receiving, methods=["POST"]),
    Route("/s/{token}/content", get_shared_content, methods=["GET"]),
]
