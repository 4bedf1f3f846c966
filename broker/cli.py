"""The command line: which commands there are, each of which has a file of its own."""

import errno
import importlib
import os
from typing import cast

import click
from click.shell_completion import get_completion_class

from broker import __version__

# where each command is, and its line in the list of all
_COMMANDS = {
    "audit": ("broker.audit_command:audit_command", "Show the newest entries of the audit trail."),
    "bootstrap": (
        "broker.bootstrap_command:bootstrap_command",
        "Prepare the store: bucket, CORS, lifecycle.",
    ),
    "dev": ("broker.serve_command:dev_command", "Run it all here: store, broker and page."),
    "doctor": (
        "broker.doctor_command:doctor_command",
        "Examine the store, and say how to mend what is wrong.",
    ),
    "download": ("broker.file_command:download_command", "Download a file, by its id, name or path."),
    "keys": ("broker.keys_command:keys_group", "Manage the broker's own keys."),
    "login": ("broker.login_command:login_command", "Sign in at the broker at a URL."),
    "logout": ("broker.login_command:logout_command", "Sign out, and forget the login."),
    "ls": ("broker.file_command:ls_command", "List files: all, or those of a folder."),
    "openapi": ("broker.openapi_command:openapi_command", "Print the description of the API, OpenAPI 3.1."),
    "policy": ("broker.policy_command:policy_group", "Look at the policies: what may be uploaded."),
    "prune": ("broker.prune_command:prune_command", "Remove what ended uploads left behind."),
    "receipt": ("broker.receipt_command:receipt_group", "Check receipts."),
    "restore": ("broker.file_command:restore_command", "Take files out of the trash."),
    "rm": ("broker.file_command:rm_command", "Put files into the trash, by their ids, names or paths."),
    "serve": ("broker.serve_command:serve_command", "Run the service as BROKER_* variables say."),
    "share": (
        "broker.share_command:share_command",
        "Make a link by which anybody may fetch a file or folder.",
    ),
    "shares": ("broker.share_command:shares_command", "List links, and how often they were used."),
    "token": ("broker.token_command:token_group", "Manage access tokens for programs."),
    "unshare": ("broker.share_command:unshare_command", "Take links back, by their ids."),
    "upload": ("broker.file_command:upload_command", "Upload files and folders, or - for standard input."),
    "uploads": ("broker.file_command:uploads_command", "List unfinished uploads, also those of a browser."),
    "user": ("broker.user_command:user_group", "Manage the built-in users."),
}


class _Unloaded(click.Command):
    """A command in the list of all: what it takes to load it is loaded when it is called."""

    def __init__(self, name: str, place: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)
        self._place = place

    def load(self) -> click.Command:
        module, _, name = self._place.partition(":")
        return cast(click.Command, getattr(importlib.import_module(module), name))


class _Commands(click.Group):
    """Loads a command when it is called: the whole service takes longer to load than to list files."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, _Unloaded) else command, rest

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise click.ClickException(str(error.strerror)) from error
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nAborted!", err=True)
            raise SystemExit(130) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="broker")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Issue presigned URLs, so that files travel directly between the client and the object store."""
    os.umask(0o077)  # what this process writes is for its user alone
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False


@main.command("completion", short_help="Print what completes commands in a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def print_completion(shell: str) -> None:
    """Print what completes commands in a shell: eval "$(broker completion bash)"."""
    completion = get_completion_class(shell)
    if completion is not None:
        click.echo(completion(main, {}, "broker", "_BROKER_COMPLETE").source())


for _name, (_place, _short_help) in _COMMANDS.items():
    main.add_command(_Unloaded(_name, _place, _short_help))
