"""Files over HTTP: list, look, fetch, change, delete."""

import re
from collections.abc import Sequence

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from broker import problems, schemas, web
from broker.asgi import Route, header
from broker.errors import BrokerError, InvalidField

_HISTORY = 100  # entries
_REVISION = re.compile(r'"([1-9][0-9]{0,17})"', re.ASCII)


async def list_files(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    query = web.query(request, schemas.ListFiles)
    return web.answer(await web.services(request).files.list(claims, query))


async def get_file(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    return _answer(await web.services(request).files.get(claims, request.path_params["id"]))


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


async def get_receipt(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    file = await web.services(request).files.find(claims, request.path_params["id"])
    receipt = None if file.scan == "pending" else web.services(request).receipts.issue(file)
    return web.answer(schemas.FileReceipt(receipt=receipt))


async def get_history(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    file = await web.services(request).files.find(claims, request.path_params["id"])
    found = await web.services(request).audit_registry.list_of(
        claims.tenant, (file.id, file.upload_id), limit=_HISTORY
    )
    return web.answer(
        schemas.FileHistory(
            items=tuple(
                schemas.HistoryEntry(at=each.at, event=each.event, subject=each.subject) for each in found
            )
        )
    )


async def change_file(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    wanted = await web.decode(request, schemas.ChangeFile)
    revision, caller = _revision(request), web.caller(request, claims)
    files = web.services(request).files
    return _answer(
        await files.change(claims, request.path_params["id"], wanted, revision=revision, caller=caller, at=at)
    )


async def change_files(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    wanted = await web.decode(request, schemas.ChangeFiles)
    caller = web.caller(request, claims)
    return _answer_batch(await web.services(request).files.change_batch(claims, wanted, caller=caller, at=at))


async def delete_files(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    wanted = await web.decode(request, schemas.DeleteFiles)
    caller = web.caller(request, claims)
    return _answer_batch(await web.services(request).files.delete_batch(claims, wanted, caller=caller, at=at))


def _answer_batch(outcomes: Sequence[schemas.File | BrokerError | None]) -> Response:
    return web.answer(
        schemas.ChangedFiles(
            items=tuple(
                schemas.ChangedItem(problem=problems.describe(outcome))
                if isinstance(outcome, BrokerError)
                else schemas.ChangedItem(file=outcome or UNSET)
                for outcome in outcomes
            )
        )
    )


def _answer(file: schemas.File) -> Response:
    return web.answer(file, headers={"etag": f'"{file.revision}"'})


def _revision(request: Request) -> int | None:
    """Return the revision that the file must still have (If-Match, RFC 9110 §13.1.1). Raises InvalidField."""
    given = header(request.scope, b"if-match")
    if not given or given == "*":
        return None
    found = _REVISION.fullmatch(given)
    if found is None:
        raise InvalidField('If-Match is the ETag of a file, such as "3".', field="if-match")
    return int(found[1])


async def delete_file(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    caller = web.caller(request, claims)
    await web.services(request).files.delete(claims, request.path_params["id"], caller=caller, at=at)
    return Response(status_code=204)


routes = [
    Route("/v1/files", list_files, methods=["GET"]),
    Route("/v1/files/{id}", get_file, methods=["GET"]),
    Route("/v1/files/{id}", change_file, methods=["PATCH"]),
    Route("/v1/files/{id}", delete_file, methods=["DELETE"]),
    Route("/v1/files/batch", change_files, methods=["POST"]),
    Route("/v1/files/batch/delete", delete_files, methods=["POST"]),
    Route("/v1/files/{id}/download", download_file, methods=["POST"]),
    Route("/v1/files/{id}/content", get_content, methods=["GET"]),
    Route("/v1/files/{id}/receipt", get_receipt, methods=["GET"]),
    Route("/v1/files/{id}/history", get_history, methods=["GET"]),
]
