"""Listening and serving: one uvicorn process on a socket of ours."""

import ipaddress
import os
import signal
import socket
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

_GRACE_SECONDS = 20


class ListenError(Exception):
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
        access_log=False,  # broker.edge writes one, without the query string
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws="none",
    )


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Answer requests until SIGINT or SIGTERM; what is in flight then has 20 seconds to finish."""
    # uvicorn raises the signal that ended it once more; as an exception it lets every `with` clean up
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(configure(app)).run(sockets=[listener])
