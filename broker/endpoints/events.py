"""Notifications that the store sends."""

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.asgi import Route
from broker.errors import Unauthenticated


async def take_event(request: Request) -> Response:
    events = web.services(request).events
    try:
        events.authenticate(web.bearer(request))
    except Unauthenticated:
        await web.count_stranger(request)
        raise
    await events.take(await web.decode(request, schemas.StoreEvent), at=web.now())
    return Response(status_code=204)


routes = [Route("/v1/events/store", take_event, methods=["POST"])]
