import asyncio
import signal

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
    asyncio.run(stop_twice())


async def stop_twice() -> None:
    """Let a request begin that nothing ends; stop the server with two signals."""
    is_begun = asyncio.Event()

    async def never_answer(_: Request) -> Response:
        is_begun.set()
        await asyncio.Event().wait()
        return Response()

    app = Starlette(routes=[Route("/", never_answer)])
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
