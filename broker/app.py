"""The application, put together."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from ipaddress import ip_network

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.types import ASGIApp

from broker import access, scanning, web
from broker.account_registry import AccountRegistry
from broker.accounts import Accounts
from broker.administration import Administration
from broker.asgi import Route, Router
from broker.audit import Audit
from broker.audit_registry import AuditRegistry
from broker.auth import Tokens
from broker.authenticator import Authenticator
from broker.background import Job, background, repeat
from broker.client_address import Network
from broker.cross_origin import CrossOrigin
from broker.database import Database
from broker.diagnosis import Diagnostics
from broker.doctor.findings import Finding
from broker.edge import Edge
from broker.endpoints import (
    admin,
    capabilities,
    description,
    events,
    files,
    folders,
    health,
    receipts,
    session,
    shares,
    thumbnails,
    uploads,
)
from broker.endpoints.page import page
from broker.events import Events
from broker.file_registry import FileRegistry
from broker.files import Files
from broker.folders import Folders
from broker.intake import Intake
from broker.issuers import Issuer, ProviderIssuer, SharedSecretIssuer
from broker.lifecycle import Lifecycle
from broker.link_tokens import LinkTokens
from broker.metrics import Metrics
from broker.openapi import Description
from broker.passwords import Passwords
from broker.policy import Policies
from broker.publishing import Publisher
from broker.rate_limits import RateLimits
from broker.readiness import Readiness
from broker.receipts import Receipts, signing_key
from broker.receiving import Receiving
from broker.reconciler import Reconciler
from broker.registry import Registry
from broker.remote_keys import RemoteKeys
from broker.revocations import Revocations
from broker.scanning import Scanner
from broker.self_test import SelfTest
from broker.sessions import Sessions
from broker.settings import Settings, SettingsError, StoreSettings
from broker.share_registry import ShareRegistry
from broker.shared_links import SharedLinks
from broker.shares import Shares
from broker.sign_in_options import SignInOptions
from broker.sqlite import SqliteDatabase
from broker.store_health import StoreHealth
from broker.stores.base import Store
from broker.stores.s3 import S3Store
from broker.thumbnails import Thumbnails
from broker.uploads import Uploads
from broker.user_administration import UserAdministration
from broker.web import Services

_REVOCATIONS_SECONDS = 2  # how soon other replicas hear of a revocation
_FORGET_SECONDS = 3600
_SCAN_SECONDS = 2


def create_app(settings: Settings, lifecycle: Lifecycle | None = None) -> ASGIApp:
    """Make the service; whoever serves it says with `lifecycle` that it stops.

    Raises SettingsError, RegistryUnavailable.
    """
    resources = ExitStack()
    services = resources.enter_context(open_services(settings, lifecycle))

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[Mapping[str, Services]]:
        with resources:
            async with background(*_jobs(settings, services)):
                yield {"services": services}
                await services.rate_limits.close()

    router = Router(
        routes=list_routes(),
        # not a mount: that would swallow the 405 of an address whose other methods have a route
        default=page(
            store_origin=services.store.public_origin, sign_in_origin=lambda: services.sign_in_options.origin
        ),
        lifespan=lifespan,
    )
    return Edge(
        router,
        hosts=settings.hosts,
        metrics=services.metrics,
        rate_limits=services.rate_limits,
        has_tls=settings.origins[0].startswith("https:"),
        cross_origin=CrossOrigin(settings.cors_origins),
    )


def list_routes() -> list[Route]:
    """List all routes, in the order in which they are tried: what is called most comes first."""
    routes = [
        *uploads.routes,
        *files.routes,
        *thumbnails.routes,
        *folders.routes,
        *shares.routes,
        *session.routes,
        *receipts.routes,
        *events.routes,
        *capabilities.routes,
        *admin.routes,
        *description.routes,
        *health.routes,
    ]
    access.require_rules(route.endpoint.__name__ for route in routes)
    return routes


def _jobs(settings: Settings, services: Services) -> Iterator[Job]:
    """List what the service does by itself."""

    async def reconcile() -> None:
        async for visit in services.reconciler.reconcile(at=web.now()):
            services.metrics.reconciled.labels(visit.action).inc()

    async def learn_revocations() -> None:
        await services.accounts.learn_revocations(at=web.now())

    async def forget() -> None:
        await services.accounts.forget(at=web.now())
        await services.audit.forget(at=web.now())
        await services.shares.forget(at=web.now())

    async def empty_trash() -> None:
        at = web.now()
        while await services.files.empty_trash(at=at):
            pass

    async def scan() -> None:
        await services.scanner.scan_due(at=web.now())

    yield services.audit.run
    if settings.scan.url:
        for _ in range(scanning.AT_ONCE):
            yield partial(repeat, scan, seconds=_SCAN_SECONDS, lifecycle=services.lifecycle)
    yield services.self_test.run
    yield services.sign_in_options.warm_up
    yield partial(repeat, learn_revocations, seconds=_REVOCATIONS_SECONDS, lifecycle=services.lifecycle)
    yield partial(repeat, empty_trash, seconds=_FORGET_SECONDS, lifecycle=services.lifecycle)
    yield partial(repeat, forget, seconds=_FORGET_SECONDS, lifecycle=services.lifecycle)
    yield partial(repeat, reconcile, seconds=settings.reconcile_interval, lifecycle=services.lifecycle)


@contextmanager
def open_services(settings: Settings, lifecycle: Lifecycle | None = None) -> Iterator[Services]:
    """Make what the endpoints call, for the length of a block. Raises SettingsError, RegistryUnavailable."""
    store = S3Store(settings.store)
    database = open_database(settings.database_url)
    try:
        yield _connect(settings, database, store, lifecycle or Lifecycle())
    finally:
        store.close()
        database.close()


def open_database(url: str) -> Database:
    """Open the database that BROKER_DATABASE_URL names. Raises SettingsError, RegistryUnavailable."""
    if url.startswith("sqlite:"):
        return SqliteDatabase(url)
    try:
        from broker.postgres import PostgresDatabase  # its driver is an extra
    except ImportError as error:
        raise SettingsError(
            "BROKER_DATABASE_URL: PostgreSQL needs the extra postgres: "
            "pip install 'presigned-url-broker[postgres]'"
        ) from error
    return PostgresDatabase(url)


def _connect(settings: Settings, database: Database, store: Store, lifecycle: Lifecycle) -> Services:
    registry = Registry(database)
    revocations = Revocations()
    tokens = Tokens(secret_keys=settings.secret_keys, issuer=settings.origins[0], revocations=revocations)
    account_registry = AccountRegistry(database)
    audit_registry = AuditRegistry(database)
    provider = (
        RemoteKeys(issuer=settings.oidc.issuer, jwks_url=settings.jwks_url) if settings.oidc.issuer else None
    )
    sessions = Sessions(
        registry=account_registry,
        revocations=revocations,
        secret_keys=settings.secret_keys,
        idle_expires_in=settings.session_idle_expires_in,
        expires_in=settings.session_expires_in,
    )
    policies = Policies(settings.policies)
    passwords = Passwords()
    file_registry = FileRegistry(database)
    files = Files(
        registry=registry,
        file_registry=file_registry,
        store=store,
        policies=policies,
        trash_days=settings.trash_days,
    )
    folders = Folders(registry=file_registry, policies=policies)
    share_registry = ShareRegistry(database)
    link_tokens = LinkTokens(settings.secret_keys)
    shared_links = SharedLinks(
        registry=share_registry,
        files=files,
        folders=folders,
        policies=policies,
        passwords=passwords,
        tokens=link_tokens,
    )
    receipts = Receipts(
        issuer=settings.origins[0],
        bucket=settings.store.bucket,
        key=signing_key(settings.receipt_key, secret_key=settings.secret_key),
        other_keys=_other_receipt_keys(settings),
    )
    publisher = Publisher(registry=registry, store=store, policies=policies)
    audit = Audit(audit_registry, retention_days=settings.audit_retention_days)
    intake = Intake(registry=registry, store=store, policies=policies, key_prefix=settings.store.key_prefix)
    self_test = SelfTest(settings.store)
    metrics = Metrics()
    metrics.watch_store_clock(lambda: self_test.clock_skew)
    accounts = Accounts(
        registry=account_registry,
        tokens=tokens,
        sessions=sessions,
        revocations=revocations,
        passwords=passwords,
        token_expires_in=settings.access_token_expires_in,
    )
    uploads = Uploads(
        registry=registry,
        store=store,
        policies=policies,
        intake=intake,
        publisher=publisher,
        receipts=receipts,
    )
    return Services(
        administration=Administration(
            registry=registry, audit_registry=audit_registry, uploads=uploads, policies=policies
        ),
        audit=audit,
        audit_registry=audit_registry,
        accounts=accounts,
        authenticator=Authenticator(tokens, _issuers(settings, provider)),
        description=Description(list_routes()),
        diagnostics=Diagnostics(
            registry=registry,
            store=store,
            probe_cors=partial(_probe_cors, settings.store),
            clock_skew=lambda: self_test.clock_skew,
        ),
        events=Events(
            registry=registry,
            store=store,
            publisher=publisher,
            token=settings.events_token,
            bucket=settings.store.bucket,
        ),
        files=files,
        folders=folders,
        intake=intake,
        lifecycle=lifecycle,
        metrics=metrics,
        origins=settings.origins,
        policies=policies,
        rate_limits=RateLimits(settings.rate_limits),
        readiness=Readiness(registry=registry, store=store, self_test=self_test, lifecycle=lifecycle),
        receipts=receipts,
        receiving=Receiving(
            registry=share_registry,
            links=shared_links,
            policies=policies,
            tokens=tokens,
            token_expires_in=settings.access_token_expires_in,
        ),
        reconciler=Reconciler(
            registry=registry,
            store=store,
            publisher=publisher,
            key_prefix=settings.store.key_prefix,
        ),
        registry=registry,
        scanner=Scanner(registry=registry, store=store, settings=settings.scan),
        self_test=self_test,
        shared_links=shared_links,
        shares=Shares(
            registry=share_registry,
            files=files,
            policies=policies,
            passwords=passwords,
            tokens=link_tokens,
            origin=settings.origins[0],
        ),
        sign_in_options=SignInOptions(registry=account_registry, settings=settings.oidc, provider=provider),
        store=store,
        store_health=StoreHealth(settings, self_test),
        thumbnails=Thumbnails(registry=registry, file_registry=file_registry, store=store, policies=policies),
        tokens=tokens,
        trusted_proxies=_networks(settings),
        uploads=uploads,
        user_administration=UserAdministration(registry=account_registry, accounts=accounts),
    )


def _issuers(settings: Settings, provider: RemoteKeys | None) -> dict[str, Issuer]:
    """List who else may issue tokens."""
    oidc, shared = settings.oidc, settings.jwt
    issuers: dict[str, Issuer] = {}
    if provider:
        issuers[oidc.issuer] = ProviderIssuer(
            issuer=oidc.issuer,
            audience=oidc.audience,
            algorithms=oidc.algorithms,
            keys=provider,
            claims=oidc.claims,
        )
    if shared.secret:
        issuers[shared.issuer] = SharedSecretIssuer(
            issuer=shared.issuer, audience=shared.audience, secret=shared.secret, claims=shared.claims
        )
    return issuers


def _other_receipt_keys(settings: Settings) -> tuple[Ed25519PublicKey, ...]:
    """List the keys whose receipts stay good: those before, and the one that follows from the secret key."""
    own = signing_key(settings.receipt_key, secret_key=settings.secret_key).public_key()
    others = [signing_key("", secret_key=key).public_key() for key in settings.secret_keys]
    if settings.receipt_key_previous:
        others.append(signing_key(settings.receipt_key_previous, secret_key=settings.secret_key).public_key())
    return tuple(key for key in others if key != own)


def _networks(settings: Settings) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each) for each in settings.trusted_proxies)
    except ValueError as error:
        raise SettingsError(f"BROKER_TRUSTED_PROXIES: {error}.") from error


async def _probe_cors(store: StoreSettings, origin: str) -> Finding:
    from broker.doctor.examination import probe_cors  # with an HTTP client, which is seldom needed

    return await probe_cors(store, origin)
