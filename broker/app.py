"""The application, put together."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp

from broker.accounts import Accounts
from broker.auth import Tokens
from broker.database import SqliteDatabase
from broker.edge import Edge
from broker.endpoints import files, health, session, uploads
from broker.endpoints.page import page
from broker.files import Files
from broker.metrics import Metrics
from broker.policy import Policy
from broker.problems import HANDLERS
from broker.registry import Registry
from broker.settings import Settings
from broker.stores.base import Store
from broker.stores.s3 import S3Store
from broker.uploads import Uploads
from broker.web import Services


def create_app(settings: Settings) -> ASGIApp:
    """Make the service. Raises SettingsError, RegistryUnavailable."""
    resources = ExitStack()
    services = resources.enter_context(open_services(settings))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with resources:
            yield

    app = Starlette(
        routes=[*session.routes, *uploads.routes, *files.routes, *health.routes],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.services = services
    app.router.redirect_slashes = False  # an address that does not exist is a problem, not a redirect
    # not a mount: that would swallow the 405 of an address whose other methods have a route
    app.router.default = page(store_origin=services.store.public_origin) or app.router.default
    return Edge(app, hosts=settings.hosts, metrics=services.metrics)


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """Make what the endpoints call, for the length of a block. Raises SettingsError, RegistryUnavailable."""
    store = S3Store(settings.store)
    registry = Registry(SqliteDatabase(settings.database_url))
    try:
        yield _connect(settings, registry, store)
    finally:
        store.close()
        registry.close()


def _connect(settings: Settings, registry: Registry, store: Store) -> Services:
    tokens = Tokens(secret_key=settings.secret_key, issuer=settings.origins[0])
    policy = Policy(
        name="default",
        max_size=settings.max_size,
        url_expires_in=settings.url_expires_in,
        upload_expires_in=settings.upload_expires_in,
    )
    return Services(
        accounts=Accounts(
            registry=registry, tokens=tokens, token_expires_in=settings.access_token_expires_in
        ),
        files=Files(registry=registry, store=store, policy=policy),
        metrics=Metrics(),
        policy=policy,
        registry=registry,
        store=store,
        tokens=tokens,
        uploads=Uploads(registry=registry, store=store, policy=policy, key_prefix=settings.store.key_prefix),
    )
