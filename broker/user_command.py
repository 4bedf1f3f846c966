"""`broker user`: the built-in users."""

import json

import click

from broker.account_command import run
from broker.accounts import DEFAULT_TENANT, USER_SCOPES, check_username
from broker.auth import Scope
from broker.errors import InvalidField
from broker.keys import is_tenant
from broker.rows import User
from broker.schemas import MAX_PASSWORD, MIN_PASSWORD
from broker.terminal import read_secret, table


@click.group("user")
def user_group() -> None:
    """Manage the built-in users."""


@user_group.command("add")
@click.argument("name")
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whom the user belongs to.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What the user may do; repeat it. All but admin if not given.",
)
def add_user(name: str, tenant: str, scopes: tuple[str, ...]) -> None:
    """Add a user; the password is asked for, or read from standard input."""
    try:
        check_username(name)
    except InvalidField as error:
        raise click.UsageError(error.detail) from error
    if not is_tenant(tenant):
        raise click.UsageError("A tenant is 1 to 64 letters, digits, _ and -.")
    password = _ask_password()
    is_added = run(
        lambda accounts, at: accounts.add(name, password, tenant=tenant, scopes=scopes or USER_SCOPES, at=at),
        "user.added",
        name,
    )
    if not is_added:
        raise click.ClickException(f"There is a user {name} already.")
    click.echo(f"Added {name}.")


@user_group.command("passwd")
@click.argument("name")
def change_password(name: str) -> None:
    """Change a password, which signs the user out everywhere."""
    password = _ask_password()
    _require_known(
        name,
        run(lambda accounts, at: accounts.set_password(name, password, at=at), "user.password-changed", name),
    )
    click.echo(f"Changed the password of {name}, who is signed out everywhere.")


@user_group.command("disable")
@click.argument("name")
def disable_user(name: str) -> None:
    """Shut a user out, within seconds and until `enable`; files and shares stay."""
    _require_known(name, run(lambda accounts, at: accounts.disable(name, at=at), "user.disabled", name))
    click.echo(
        f"Disabled {name}, who is signed out everywhere. URLs that were given out live on for minutes."
    )


@user_group.command("enable")
@click.argument("name")
def enable_user(name: str) -> None:
    """Let a user in again."""
    _require_known(name, run(lambda accounts, _: accounts.enable(name), "user.enabled", name))
    click.echo(f"Enabled {name}.")


@user_group.command("ls")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_users(as_json: bool) -> None:
    """List the users."""
    users = run(lambda accounts, _: accounts.list_users())
    if as_json:
        for user in users:
            click.echo(json.dumps(_describe(user)))
        return
    rows = [(user.name, user.tenant, "disabled" if user.disabled_at else "", user.scopes) for user in users]
    click.echo(table(("NAME", "TENANT", "STATE", "SCOPES"), rows) if rows else "There are no users yet.")


def _describe(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "tenant": user.tenant,
        "scopes": user.scopes.split(),
        "created_at": user.created_at.isoformat(),
        "disabled_at": user.disabled_at.isoformat() if user.disabled_at else None,
    }


def _ask_password() -> str:
    password = read_secret("Password", is_new=True)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise click.UsageError(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    return password


def _require_known(name: str, is_known: bool) -> None:
    if not is_known:
        raise click.ClickException(f"There is no user {name}.")
