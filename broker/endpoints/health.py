"""What operations ask: does it live, is it ready, how does it do."""

from starlette.requests import Request
from starlette.responses import Response

from broker import metrics, schemas, web
from broker.asgi import Route
from broker.errors import BrokerError


async def livez(_: Request) -> Response:
    return web.answer(schemas.Health(status="alive"))


async def readyz(request: Request) -> Response:
    services = web.services(request)
    try:
        await services.readiness.require()
    except BrokerError as error:
        services.self_test.note(error.slug)
        raise
    services.self_test.note("ready")
    if reasons := services.self_test.warnings:
        return web.answer(schemas.Health(status="degraded", reasons=reasons))
    return web.answer(schemas.Health(status="ready"))


async def show_metrics(request: Request) -> Response:
    return Response(web.services(request).metrics.render(), media_type=metrics.CONTENT_TYPE)


routes = [
    Route("/livez", livez, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", show_metrics, methods=["GET"]),
]
