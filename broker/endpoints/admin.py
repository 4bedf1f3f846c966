"""What an administrator does: see to the users, see what is stored and done, and how the store is."""

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.asgi import Route


async def list_users(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    query = web.query(request, schemas.ListUsers)
    return web.answer(await web.services(request).user_administration.list(claims, query))


async def add_user(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewUser)
    user = await web.services(request).user_administration.add(claims, new, at=at)
    web.record(request, "user.added", claims, user.name, at=at)
    return web.answer(user, status=201)


async def disable_user(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    user = await web.decode(request, schemas.NamedUser)
    await web.services(request).user_administration.disable(claims, user.name, at=at)
    web.record(request, "user.disabled", claims, user.name, at=at)
    return Response(status_code=204)


async def enable_user(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    user = await web.decode(request, schemas.NamedUser)
    await web.services(request).user_administration.enable(claims, user.name)
    web.record(request, "user.enabled", claims, user.name, at=at)
    return Response(status_code=204)


async def set_password(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    new = await web.decode(request, schemas.NewPassword)
    await web.services(request).user_administration.set_password(claims, new, at=at)
    web.record(request, "user.password-changed", claims, new.name, at=at)
    return Response(status_code=204)


async def list_usage(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    query = web.query(request, schemas.ListUsage)
    return web.answer(await web.services(request).administration.list_usage(claims, query))


async def list_tenant_uploads(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    query = web.query(request, schemas.ListTenantUploads)
    return web.answer(await web.services(request).administration.list_uploads(claims, query, at=at))


async def abort_tenant_upload(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    administration, caller = web.services(request).administration, web.caller(request, claims)
    await administration.abort_upload(claims, request.path_params["id"], caller=caller, at=at)
    return Response(status_code=204)


async def search_audit(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    query = web.query(request, schemas.SearchAudit)
    return web.answer(await web.services(request).administration.search_audit(claims, query))


async def show_store_health(request: Request) -> Response:
    await web.claims(request, at=web.now())
    return web.answer(web.services(request).store_health.show())


async def examine_store(request: Request) -> Response:
    at = web.now()
    await web.claims(request, at=at)
    return web.answer(await web.services(request).store_health.examine(at=at))


routes = [
    Route("/v1/admin/users", list_users, methods=["GET"]),
    Route("/v1/admin/users", add_user, methods=["POST"]),
    Route("/v1/admin/users/disable", disable_user, methods=["POST"]),
    Route("/v1/admin/users/enable", enable_user, methods=["POST"]),
    Route("/v1/admin/users/password", set_password, methods=["POST"]),
    Route("/v1/admin/usage", list_usage, methods=["GET"]),
    Route("/v1/admin/uploads", list_tenant_uploads, methods=["GET"]),
    Route("/v1/admin/uploads/{id}", abort_tenant_upload, methods=["DELETE"]),
    Route("/v1/admin/audit", search_audit, methods=["GET"]),
    Route("/v1/admin/store", show_store_health, methods=["GET"]),
    Route("/v1/admin/store", examine_store, methods=["POST"]),
]
