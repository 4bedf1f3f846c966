"""The upload protocol over HTTP."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from broker import problems, schemas, web
from broker.asgi import Route, header
from broker.auth import Claims
from broker.errors import BrokerError


async def create_upload(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewUpload)
    key = web.idempotency_key(request)
    upload = await web.services(request).uploads.create(claims, new, idempotency_key=key, at=at)
    _record_creation(request, claims, upload, at=at)
    return web.answer(upload, status=201, headers={"location": f"/v1/uploads/{upload.id}"})


async def create_uploads(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewUploads)
    key = web.idempotency_key(request)
    uploads = web.services(request).uploads
    outcomes = await uploads.create_batch(claims, new.uploads, idempotency_key=key, at=at)
    for outcome in outcomes:
        if not isinstance(outcome, BrokerError):
            _record_creation(request, claims, outcome, at=at)
    return web.answer(
        schemas.CreatedUploads(
            items=tuple(
                schemas.CreatedItem(problem=problems.describe(outcome))
                if isinstance(outcome, BrokerError)
                else schemas.CreatedItem(upload=outcome)
                for outcome in outcomes
            )
        )
    )


def _record_creation(request: Request, claims: Claims, upload: schemas.Upload, *, at: datetime) -> None:
    if upload.created_at == at:  # else the request was repeated, and is answered with what it made before
        web.record(request, "upload.created", claims, upload.id, at=at)


async def list_uploads(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    query = web.query(request, schemas.ListUploads)
    return web.answer(await web.services(request).uploads.list_pending(claims, query, at=at))


async def get_upload(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    query = web.query(request, schemas.GetUpload)
    uploads = web.services(request).uploads
    return web.answer(await uploads.get(claims, request.path_params["id"], query, at=at))


async def sign_parts(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    wanted = await web.decode(request, schemas.PartsToSign)
    uploads = web.services(request).uploads
    return web.answer(await uploads.sign_parts(claims, request.path_params["id"], wanted, at=at))


async def complete_upload(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    sent = await web.decode(request, schemas.CompleteUpload)
    at, upload_id = web.now(), request.path_params["id"]
    caller = web.caller(request, claims)
    return web.answer(
        await web.services(request).uploads.complete(claims, upload_id, sent, caller=caller, at=at)
    )


async def complete_uploads(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    sent = await web.decode(request, schemas.UploadsToComplete)
    at, caller = web.now(), web.caller(request, claims)
    uploads = web.services(request).uploads
    outcomes = await uploads.complete_batch(claims, sent.uploads, caller=caller, at=at)
    return web.answer(
        schemas.CompletedUploads(
            items=tuple(
                schemas.CompletedItem(problem=problems.describe(outcome))
                if isinstance(outcome, BrokerError)
                else schemas.CompletedItem(file=outcome.file, receipt=outcome.receipt)
                for outcome in outcomes
            )
        )
    )


async def diagnose_upload(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    seen = await web.decode(request, schemas.Symptoms)
    origin = header(request.scope, b"origin")
    diagnostics = web.services(request).diagnostics
    return web.answer(
        await diagnostics.diagnose(claims, request.path_params["id"], seen, origin=origin, at=at)
    )


async def abort_upload(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    caller = web.caller(request, claims)
    await web.services(request).uploads.abort(claims, request.path_params["id"], caller=caller, at=at)
    return Response(status_code=204)


routes = [
    Route("/v1/uploads/{id}/parts", sign_parts, methods=["POST"]),
    Route("/v1/uploads", create_upload, methods=["POST"]),
    Route("/v1/uploads", list_uploads, methods=["GET"]),
    Route("/v1/uploads/batch", create_uploads, methods=["POST"]),
    Route("/v1/uploads/batch/complete", complete_uploads, methods=["POST"]),
    Route("/v1/uploads/{id}/complete", complete_upload, methods=["POST"]),
    Route("/v1/uploads/{id}/diagnose", diagnose_upload, methods=["POST"]),
    Route("/v1/uploads/{id}", get_upload, methods=["GET"]),
    Route("/v1/uploads/{id}", abort_upload, methods=["DELETE"]),
]
