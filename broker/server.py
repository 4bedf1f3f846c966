"""Listening and serving: one uvicorn process on a socket of ours."""

import asyncio
import gc
import ipaddress
import math
import os
import signal
import socket
import time
from contextlib import suppress
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from broker.errors import OperatorError
from broker.http_protocol import HttpProtocol
from broker.lifecycle import Lifecycle

_GRACE_SECONDS = 20


class ListenError(OperatorError):
    """The address cannot be listened on; the text is a sentence for the operator."""


def is_loopback(host: str) -> bool:
    """Say whether the host is reached from this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("localhost")
    (True, True, False, True)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Open the socket, on a free port when `port` is 0. Raises ListenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ListenError(f"Cannot listen on {host} port {port}: {reason}; see --port.") from error


def configure(app: ASGIApp) -> uvicorn.Config:
    """Say how uvicorn serves the application."""
    return uvicorn.Config(
        app,
        http=HttpProtocol,
        access_log=False,  # broker.edge writes one, without the query string
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws="none",
    )


def serve(app: ASGIApp, listener: socket.socket, lifecycle: Lifecycle, *, drain_seconds: float) -> None:
    """Answer requests until SIGINT or SIGTERM; what is in flight then has 20 seconds to finish.

    From SIGTERM on `/readyz` refuses, and for `drain_seconds` new requests are answered all the same, so that
    a load balancer can turn away first. A second signal ends everything at once.
    """
    # what is loaded now lives as long as the process: to look for garbage in it too takes a fifth of the time
    gc.collect()
    gc.freeze()
    # what many requests at once are made of is no garbage: to look at every 700th object takes a twentieth
    gc.set_threshold(10_000)
    # before and after uvicorn handles signals: as an exception it lets every `with` clean up
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        _Server(configure(app), lifecycle, drain_seconds).run(sockets=[listener])
    # what was cut short may warn of that: now it is a line in the log, later it would be noise on stderr
    gc.collect()


class _Server(uvicorn.Server):
    """uvicorn, which drains."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, drain_seconds: float) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._drain_seconds = drain_seconds
        self._closes_at = math.inf

    def handle_exit(self, sig: int, _: FrameType | None) -> None:
        """Take a signal; it is not raised once more at the end, as uvicorn would: the exit code is 0."""
        if self._lifecycle.is_stopping:
            asyncio.get_running_loop().call_soon_threadsafe(self._cut)
            return
        self._lifecycle.stop()
        # SIGINT is from a person, who waits
        self._closes_at = time.monotonic() + (self._drain_seconds if sig == signal.SIGTERM else 0)

    def _cut(self) -> None:
        self._closes_at = -math.inf
        self.force_exit = True
        for server in self.servers:
            server.close()
        # also when it is forced, uvicorn waits for connections
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what there is, and let the application end: forced, uvicorn would leave that out."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()

    async def on_tick(self, counter: int) -> bool:
        """Say, ten times a second, whether to close the listener."""
        return await super().on_tick(counter) or time.monotonic() >= self._closes_at
