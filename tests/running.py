"""A broker that really runs: uvicorn in a thread, on a free port."""

import asyncio
import socket
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx
import uvicorn
from starlette.types import ASGIApp

from broker.accounts import DEFAULT_TENANT, USER_SCOPES
from broker.app import create_app, open_services
from broker.auth import Claims, Scope, Tokens
from broker.server import configure, listen
from broker.settings import Settings, StoreSettings

SECRET_KEY = "only for tests, but long enough: 0123456789"


@dataclass(frozen=True)
class RunningBroker:
    """Where a broker answers, and clients of it that are signed in."""

    url: str
    settings: Settings

    def token(
        self,
        subject: str = "alice",
        *,
        tenant: str = "acme",
        scopes: Iterable[str] = frozenset(Scope),
        expires_in: int = 7 * 86400,
    ) -> str:
        """Issue a token as the broker itself does at sign-in."""
        tokens = Tokens(secret_keys=self.settings.secret_keys, issuer=self.settings.origins[0])
        claims = Claims(subject=subject, tenant=tenant, scopes=frozenset(scopes))
        # an hour old, so that tests may turn the broker's clock back
        hour = timedelta(hours=1)
        issued_at = datetime.now(UTC) - hour
        return tokens.issue(claims, expires_in=expires_in + hour.seconds, at=issued_at)

    def client(self, subject: str = "alice", *, tenant: str = "acme") -> httpx.Client:
        headers = {"authorization": f"Bearer {self.token(subject, tenant=tenant)}"}
        # there is no TLS here, and to load the certificates for it takes longer than a request
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=False)

    def add_user(
        self,
        name: str,
        password: str,
        *,
        tenant: str = DEFAULT_TENANT,
        scopes: Iterable[str] = USER_SCOPES,
    ) -> None:
        """Add a built-in user, as `broker user add` does."""
        # in a thread, because Playwright's loop may run in this one
        with ThreadPoolExecutor(1) as thread, open_services(self.settings) as services:
            at = datetime.now(UTC)
            adding = services.accounts.add(name, password, tenant=tenant, scopes=scopes, at=at)
            thread.submit(asyncio.run, adding).result()


@contextmanager
def run_broker(store: StoreSettings, database_url: str, **changes: object) -> Iterator[RunningBroker]:
    """Run a broker on this store; `changes` are further settings."""
    with (
        listen("127.0.0.1", 0) as listener,
        run_broker_on(listener, store, database_url, **changes) as broker,
    ):
        yield broker


@contextmanager
def run_broker_on(
    listener: socket.socket, store: StoreSettings, database_url: str, **changes: object
) -> Iterator[RunningBroker]:
    """Run a broker where somebody listens already: then its origin is known before it starts."""
    url = origin_of(listener)
    settings = Settings(origins=(url,), secret_key=SECRET_KEY, database_url=database_url, store=store)
    settings = replace(settings, **changes)  # type: ignore[arg-type]  # the tests name real settings
    with serving(create_app(settings), listener):
        yield RunningBroker(url, settings)


def origin_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


class _Server(uvicorn.Server):
    """uvicorn, which says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def serving(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve an application in a thread, for the length of a block."""
    server = _Server(configure(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert server.is_up.wait(10), "the broker did not start"
        yield
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the broker did not stop"
