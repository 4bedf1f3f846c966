"""The command line: which commands there are, each of which has a file of its own."""

import errno
import importlib
import os
from typing import cast

import click
from click.shell_completion import get_completion_class

from broker import __version__

_COMMANDS = {
    "audit": "broker.audit_command:audit_command",
    "bootstrap": "broker.bootstrap_command:bootstrap_command",
    "dev": "broker.serve_command:dev_command",
    "doctor": "broker.doctor_command:doctor_command",
    "download": "broker.file_command:download_command",
    "keys": "broker.keys_command:keys_group",
    "login": "broker.login_command:login_command",
    "logout": "broker.login_command:logout_command",
    "ls": "broker.file_command:ls_command",
    "openapi": "broker.openapi_command:openapi_command",
    "policy": "broker.policy_command:policy_group",
    "prune": "broker.prune_command:prune_command",
    "receipt": "broker.receipt_command:receipt_group",
    "rm": "broker.file_command:rm_command",
    "serve": "broker.serve_command:serve_command",
    "share": "broker.share_command:share_command",
    "shares": "broker.share_command:shares_command",
    "token": "broker.token_command:token_group",
    "unshare": "broker.share_command:unshare_command",
    "upload": "broker.file_command:upload_command",
    "uploads": "broker.file_command:uploads_command",
    "user": "broker.user_command:user_group",
}


class _Commands(click.Group):
    """Loads a command when it is asked for: the whole service takes longer to load than to list files."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if place := _COMMANDS.get(cmd_name):
            module, _, name = place.partition(":")
            return cast(click.Command, getattr(importlib.import_module(module), name))
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise click.ClickException(str(error.strerror)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="broker")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Issue presigned URLs, so that files travel directly between the client and the object store."""
    os.umask(0o077)  # what this process writes is for its user alone
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False


@main.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def print_completion(shell: str) -> None:
    """Print what completes commands in a shell: eval "$(broker completion bash)"."""
    completion = get_completion_class(shell)
    if completion is not None:
        click.echo(completion(main, {}, "broker", "_BROKER_COMPLETE").source())
