"""What the broker is measured against: `python bench/servers.py empty|lean|raw PORT`.

`empty` is a route of Starlette that answers a little JSON on uvicorn as it comes, `lean` the same on the
broker's protocol class. `raw` parses nothing and answers with fixed bytes: it shows what the load generator
can send.
"""

import asyncio
import sys
from typing import cast

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from broker.server import configure, listen

_RAW_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


async def answer(_: Request) -> JSONResponse:
    return JSONResponse({"status": "alive"})


class _Raw(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - asyncio's
        self._transport.write(_RAW_ANSWER)


async def _serve_raw(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Raw, "127.0.0.1", port)
    await server.serve_forever()


def main(kind: str, port: int) -> None:
    if kind == "raw":
        uvloop.run(_serve_raw(port))
    else:
        app = Starlette(routes=[Route("/", answer)])
        config = configure(app) if kind == "lean" else uvicorn.Config(app, access_log=False, log_config=None)
        uvicorn.Server(config).run(sockets=[listen("127.0.0.1", port)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
