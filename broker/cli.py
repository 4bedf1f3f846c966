"""The command line: `broker dev`, `serve` and `bootstrap`; other commands have their own files."""

import asyncio
import json
import logging
import os
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from broker import __version__, configuration, logs, openapi
from broker.accounts import DEMO_USER
from broker.app import create_app, list_routes, open_services
from broker.audit_command import audit_command
from broker.doctor_command import doctor_command
from broker.file_command import (
    download_command,
    ls_command,
    rm_command,
    upload_command,
    uploads_command,
)
from broker.keys_command import keys_group
from broker.lifecycle import Lifecycle
from broker.login_command import login_command, logout_command
from broker.policy_command import policy_group
from broker.prune_command import prune_command
from broker.receipt_command import receipt_group
from broker.server import is_loopback, listen, serve
from broker.settings import Settings, SettingsError
from broker.share_command import share_command, shares_command, unshare_command
from broker.terminal import sentences
from broker.token_command import token_group
from broker.user_command import user_group

log = logging.getLogger(__name__)

_PORT = click.IntRange(0, 65535)
_DIRECTORY = click.Path(path_type=Path, file_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="broker")
def main() -> None:
    """Issue presigned URLs, so that files travel directly between the client and the object store."""
    os.umask(0o077)  # what this process writes is for its user alone


@main.command("dev")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=_PORT, help="Port of the page; 0 for a free one."
)
@click.option("--store-port", type=_PORT, help="Port of the embedded store; a free one if not given.")
@click.option("--data-dir", default="data", show_default=True, type=_DIRECTORY, help="Where it is all kept.")
def run_dev(host: str, port: int, store_port: int | None, data_dir: Path) -> None:
    """Run it all here: store, broker and page.

    The user demo signs in with the password demo; therefore only loopback is listened on.
    """
    if not is_loopback(host):
        raise click.UsageError(f"`broker dev` has a demo user and listens on loopback only, not on {host}.")
    from broker import dev  # with the SDK that sets stores up

    with sentences():
        dev.run(host=host, port=port, store_port=store_port or None, data_dir=data_dir)


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=_PORT, help="Port to listen on.")
def run_serve(host: str, port: int) -> None:
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


@main.command("bootstrap")
@click.option("--users", is_flag=True, help="Make the three users too (needs MinIO's admin API).")
def run_bootstrap(users: bool) -> None:
    """Prepare the store: bucket, CORS, lifecycle.

    It may be repeated at any time.
    """
    from broker.bootstrap import bootstrap

    with sentences():
        current = configuration.load_bootstrap()
        steps = bootstrap(
            current.store,
            admin=current.bootstrap,
            origins=(*current.origins, *current.cors_origins),
            users=users,
        )
        for step in steps:
            click.secho(f"{step.outcome:<8} {step.what:<10} {step.detail}", fg=_COLOURS[step.outcome])


@main.command("openapi")
def print_openapi() -> None:
    """Print the description of the API, OpenAPI 3.1."""
    click.echo(json.dumps(openapi.describe(list_routes()), indent=2))


@main.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def print_completion(shell: str) -> None:
    """Print what completes commands in a shell: eval "$(broker completion bash)"."""
    completion = get_completion_class(shell)
    if completion is not None:
        click.echo(completion(main, {}, "broker", "_BROKER_COMPLETE").source())


main.add_command(login_command)
main.add_command(logout_command)
main.add_command(upload_command)
main.add_command(download_command)
main.add_command(ls_command)
main.add_command(rm_command)
main.add_command(uploads_command)
main.add_command(share_command)
main.add_command(shares_command)
main.add_command(unshare_command)
main.add_command(audit_command)
main.add_command(keys_group)
main.add_command(policy_group)
main.add_command(prune_command)
main.add_command(doctor_command)
main.add_command(receipt_group)
main.add_command(token_group)
main.add_command(user_group)


_COLOURS = {"done": None, "warning": "yellow"}


async def _refuse_demo_user(current: Settings) -> None:
    with open_services(current) as services:
        if await services.accounts.has_user(DEMO_USER):
            raise SettingsError(
                f"BROKER_DATABASE_URL: this registry was made by `broker dev` and has the user {DEMO_USER}, "
                "whose password everybody knows; use another one."
            )
