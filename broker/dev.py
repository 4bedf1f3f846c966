"""`broker dev`: the embedded store, the broker and the page on this machine, for one who tries them."""

import asyncio
import socket
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import click

from broker import configuration, logs, secret_file
from broker.accounts import DEMO_USER
from broker.app import create_app, open_services
from broker.auth import Scope
from broker.bootstrap import bootstrap
from broker.endpoints.page import DIRECTORY
from broker.lifecycle import Lifecycle
from broker.server import listen, serve
from broker.settings import Settings, SettingsError, StoreSettings
from broker.stores.embedded import EmbeddedStore
from broker.stores.weed import StoreStartError

DEMO_PASSWORD = "demo"  # noqa: S105 - shown at every start; nothing but loopback is listened on
_TOKEN_SECONDS = 12 * 3600  # nobody wants to sign in again while trying things


def run(*, host: str, port: int, store_port: int | None, data_dir: Path) -> None:
    """Serve until interrupted. Raises ListenError, StoreStartError, BootstrapError, RegistryUnavailable."""
    logs.configure("text", "WARNING")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        secret_key = secret_file.read_or_make(data_dir / "secret_key")  # so that people stay signed in
    except OSError as error:
        reason = f"{error.strerror} ({error.filename})" if error.filename else error.strerror
        raise StoreStartError(f"The data cannot be in {data_dir}: {reason}.") from error
    with listen(host, port) as listener:
        origins = _origins(listener)
        with EmbeddedStore(data_dir / "store", origins=origins, port=store_port) as store:
            for _ in bootstrap(store.settings, admin=store.settings.control, origins=origins, users=False):
                pass
            settings = _settings(data_dir, secret_key, origins, store.settings)
            asyncio.run(add_demo_user(settings))
            lifecycle = Lifecycle()
            app = create_app(settings, lifecycle)
            _greet(origins[0], store.settings.url, data_dir)
            serve(app, listener, lifecycle, drain_seconds=0)
    click.echo(f"Stopped. The data is in {data_dir}.")


def _origins(listener: socket.socket) -> tuple[str, ...]:
    """List the names that a browser on this machine may use for the page; the first is shown."""
    host, port = listener.getsockname()[:2]
    if host != "127.0.0.1":
        return (f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",)
    return (f"http://localhost:{port}", f"http://127.0.0.1:{port}")


def _settings(data_dir: Path, secret_key: str, origins: tuple[str, ...], store: StoreSettings) -> Settings:
    policies, _ = configuration.load_policies()
    if scanned := [policy.name for policy in policies.values() if policy.scan]:
        raise SettingsError(
            f"The policy {scanned[0]} has its files scanned, and `broker dev` asks no scanner: nobody could "
            "ever fetch them. Switch scan off, or run `broker serve`."
        )
    return Settings(
        origins=origins,
        secret_key=secret_key,
        database_url=f"sqlite:///{quote(str(data_dir / 'broker.db'))}",
        store=store,
        policies=policies,
        access_token_expires_in=_TOKEN_SECONDS,
        log_format="text",
        log_level="WARNING",
    )


async def add_demo_user(settings: Settings) -> None:
    """Add the user whom everybody knows, once; here there is nothing that he may not do."""
    with open_services(settings) as services:
        if not await services.accounts.has_user(DEMO_USER):
            await services.accounts.add(DEMO_USER, DEMO_PASSWORD, scopes=Scope, at=datetime.now(UTC))


def _greet(page: str, store: str, data_dir: Path) -> None:
    name = click.style(page, fg="cyan", underline=True)
    click.echo(f"\n  Page   {name}   sign in as {DEMO_USER} with the password {DEMO_PASSWORD}")
    click.echo(f"  Store  {store}   SeaweedFS, data in {data_dir}")
    if not (DIRECTORY / "index.html").exists():
        click.secho("\n  The page is not built: run `make build`; the API answers without it.", fg="yellow")
    click.echo("\n  Ctrl-C stops everything; the data stays.\n")
