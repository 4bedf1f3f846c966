import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker.lifecycle import Lifecycle
from broker.server import _GRACE_SECONDS, _Server, configure, listen


@pytest.mark.parametrize("setting", ["access_log", "proxy_headers", "server_header"])
def test_what_uvicorn_would_log_believe_or_tell_is_off(setting: str) -> None:
    assert getattr(configure(Starlette()), setting) is False


def test_a_second_signal_does_not_wait_for_what_is_being_done() -> None:
    assert asyncio.run(stop_twice()) == ["begun", "ended"]


async def stop_twice() -> list[str]:
    """Stop a server with two signals during a request that nothing ends; say what its application heard."""
    is_begun = asyncio.Event()
    life: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        life.append("begun")
        yield
        life.append("ended")

    async def never_answer(_: Request) -> Response:
        is_begun.set()
        await asyncio.Event().wait()
        return Response()

    app = Starlette(routes=[Route("/", never_answer)], lifespan=lifespan)
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        serving = asyncio.create_task(_Server(configure(app), Lifecycle(), 0).serve(sockets=[listener]))
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        await asyncio.wait_for(is_begun.wait(), 10)

        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)

        await asyncio.wait_for(serving, _GRACE_SECONDS / 2)
        writer.close()
    return life
