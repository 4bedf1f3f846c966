"""Signing in, and who one is."""

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.asgi import Route


async def sign_in(request: Request) -> Response:
    credentials = await web.decode(request, schemas.SignIn)
    accounts = web.services(request).accounts
    return web.answer(await accounts.sign_in(credentials.username, credentials.password, at=web.now()))


async def me(request: Request) -> Response:
    claims = web.claims(request, at=web.now())
    return web.answer(await web.services(request).intake.describe(claims))


routes = [
    Route("/v1/session", sign_in, methods=["POST"]),
    Route("/v1/me", me, methods=["GET"]),
]
