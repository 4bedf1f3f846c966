"""Signing in, and who one is."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker import schemas, web


async def sign_in(request: Request) -> Response:
    credentials = await web.decode(request, schemas.SignIn)
    accounts = web.services(request).accounts
    return web.answer(await accounts.sign_in(credentials.username, credentials.password, at=web.now()))


async def me(request: Request) -> Response:
    claims = web.claims(request, at=web.now())
    services = web.services(request)
    policy = services.policy
    return web.answer(
        schemas.Me(
            subject=claims.subject,
            tenant=claims.tenant,
            scopes=tuple(sorted(claims.scopes)),
            policies=(schemas.PolicyLimits(name=policy.name, max_size=policy.max_size),),
            usage=await services.files.usage(claims),
        )
    )


routes = [
    Route("/v1/session", sign_in, methods=["POST"]),
    Route("/v1/me", me, methods=["GET"]),
]
