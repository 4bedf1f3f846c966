"""What operations ask: does it live, is it ready, how does it do."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker import metrics, schemas, web


async def livez(_: Request) -> Response:
    return web.answer(schemas.Health(status="alive"))


async def readyz(request: Request) -> Response:
    services = web.services(request)
    await asyncio.gather(services.registry.check(), services.store.check())
    return web.answer(schemas.Health(status="ready"))


async def show_metrics(request: Request) -> Response:
    return Response(web.services(request).metrics.render(), media_type=metrics.CONTENT_TYPE)


routes = [
    Route("/livez", livez, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", show_metrics, methods=["GET"]),
]
