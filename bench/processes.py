"""The servers that benchmarks load: each is a process of its own on a port of loopback."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from broker.auth import Claims, Scope, Tokens
from broker.settings import Identity, StoreSettings

REGISTRY = "broker.db"
SECRET_KEY = "only for benchmarks, but long enough: 0123456789"


@dataclass
class Server:
    """A process that answers on a port of loopback."""

    port: int
    process: psutil.Process

    def call(self, method: str, path: str, body: object = None, *, token: str | None = None) -> bytes:
        """Write a whole request, as a client of the broker or of Companion sends it."""
        payload = b"" if body is None else json.dumps(body).encode()
        head = [
            f"{method} {path} HTTP/1.1",
            f"host: 127.0.0.1:{self.port}",
            "accept: */*",
            "user-agent: load",
        ]
        if token:
            head.append(f"authorization: Bearer {token}")
        if body is not None:
            head += ["content-type: application/json", f"content-length: {len(payload)}"]
        return "\r\n".join((*head, "", "")).encode() + payload


@contextmanager
def serving(
    command: Callable[[int], list[str]],
    log: Path,
    *,
    environ: Callable[[int], Mapping[str, str]] = lambda _: {},
    path: str = "/",
    port: int | None = None,
) -> Iterator[Server]:
    """Run a server, on a free port if none is given, until the end of the block."""
    port = port or free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(port),
            env=os.environ | environ(port),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )
    try:
        await_answer(f"http://127.0.0.1:{port}{path}", process, log)
        yield Server(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def await_answer(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
        except OSError:
            pass
        else:
            return
        time.sleep(0.05)
    raise SystemExit(f"{url} does not answer:\n{log.read_text(errors='replace')[-2000:]}")


@contextmanager
def serving_broker(
    store: StoreSettings,
    directory: Path,
    *,
    path: str = "/readyz",
    port: int | None = None,
    origin: str | None = None,
) -> Iterator[Server]:
    """Run the broker as an operator does, logging and all, on the registry in `directory`."""

    def identity(name: str, of: Identity) -> dict[str, str]:
        return {
            f"BROKER_STORE_{name}_ACCESS_KEY": of.access_key,
            f"BROKER_STORE_{name}_SECRET_KEY": of.secret_key,
        }

    def environ(port: int) -> dict[str, str]:
        return {
            "BROKER_ORIGINS": origin or f"http://127.0.0.1:{port}",
            "BROKER_SECRET_KEY": SECRET_KEY,
            "BROKER_RATE_LIMITS_SUBJECT": "100000000/minute",  # counted, and never reached
            "BROKER_DATABASE_URL": f"sqlite:///{directory / REGISTRY}",
            "BROKER_STORE_URL": store.url,
            "BROKER_STORE_PUBLIC_URL": store.public_url,
            "BROKER_STORE_BUCKET": store.bucket,
            **identity("PUT_SIGNER", store.put_signer),
            **identity("GET_SIGNER", store.get_signer),
            **identity("CONTROL", store.control),
        }

    command = [sys.executable, "-m", "broker", "serve", "--port"]
    with serving(
        lambda port: [*command, str(port)], directory / "broker.log", environ=environ, path=path, port=port
    ) as server:
        yield server


def token_for(broker: Server) -> str:
    tokens = Tokens(secret_keys=[SECRET_KEY], issuer=f"http://127.0.0.1:{broker.port}")
    claims = Claims(subject="alice", tenant="acme", scopes=frozenset(Scope))
    return tokens.issue(claims, expires_in=3600, at=datetime.now(UTC))
