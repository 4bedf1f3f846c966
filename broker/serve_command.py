"""`broker serve`: the service, as an operator runs it; `broker dev`: all of it, on one machine."""

import asyncio
import logging
from pathlib import Path

import click

from broker import configuration, logs
from broker.accounts import DEMO_USER
from broker.app import create_app, open_services
from broker.lifecycle import Lifecycle
from broker.server import is_loopback, listen, serve
from broker.settings import Settings, SettingsError
from broker.terminal import sentences

log = logging.getLogger(__name__)

_PORT = click.IntRange(0, 65535)
_DIRECTORY = click.Path(path_type=Path, file_okay=False)


@click.command("dev")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=_PORT, help="Port of the page; 0 for a free one."
)
@click.option("--store-port", type=_PORT, help="Port of the embedded store; a free one if not given.")
@click.option("--data-dir", default="data", show_default=True, type=_DIRECTORY, help="Where it is all kept.")
def dev_command(host: str, port: int, store_port: int | None, data_dir: Path) -> None:
    """Run it all here: store, broker and page.

    The user demo signs in with the password demo; therefore only loopback is listened on.
    """
    if not is_loopback(host):
        raise click.UsageError(f"`broker dev` has a demo user and listens on loopback only, not on {host}.")
    from broker import dev  # with the SDK that sets stores up

    with sentences():
        dev.run(host=host, port=port, store_port=store_port or None, data_dir=data_dir)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=_PORT, help="Port to listen on.")
def serve_command(host: str, port: int) -> None:
    """Run the service as BROKER_* variables say."""
    with sentences():
        logs.configure("json", "INFO")  # until the settings say how
        current = configuration.load()
        logs.configure(current.log_format, current.log_level)
        asyncio.run(_refuse_demo_user(current))
        with listen(host, port) as listener:
            lifecycle = Lifecycle()
            app = create_app(current, lifecycle)
            log.info("Listening on %s port %s", *listener.getsockname()[:2])
            serve(app, listener, lifecycle, drain_seconds=current.drain_seconds)
        log.info("Stopped")


async def _refuse_demo_user(current: Settings) -> None:
    with open_services(current) as services:
        if await services.accounts.has_user(DEMO_USER):
            raise SettingsError(
                f"BROKER_DATABASE_URL: this registry was made by `broker dev` and has the user {DEMO_USER}, "
                "whose password everybody knows; use another one."
            )
