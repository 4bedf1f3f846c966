"""What operations ask: does it live, is it ready, how does it do."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from broker import metrics, schemas, web
from broker.asgi import Route
from broker.errors import BrokerError, ShuttingDown


async def livez(_: Request) -> Response:
    return web.answer(schemas.Health(status="alive"))


async def readyz(request: Request) -> Response:
    services = web.services(request)
    try:
        await _require_ready(services)
    except BrokerError as error:
        services.self_test.note(error.slug)
        raise
    services.self_test.note("ready")
    if reasons := services.self_test.warnings:
        return web.answer(schemas.Health(status="degraded", reasons=reasons))
    return web.answer(schemas.Health(status="ready"))


async def _require_ready(services: web.Services) -> None:
    if services.lifecycle.is_stopping:
        raise ShuttingDown("The service is stopping; another one answers.")
    await asyncio.gather(services.registry.check(), services.store.check())
    await services.self_test.require_safe()


async def show_metrics(request: Request) -> Response:
    return Response(web.services(request).metrics.render(), media_type=metrics.CONTENT_TYPE)


routes = [
    Route("/livez", livez, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", show_metrics, methods=["GET"]),
]
