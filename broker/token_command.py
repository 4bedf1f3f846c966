"""`broker token`: access tokens for programs."""

import json
from datetime import timedelta

import click

from broker.account_command import run
from broker.accounts import DEFAULT_TENANT, MAX_TOKEN_LIFE
from broker.auth import Claims, Scope
from broker.keys import is_id, is_tenant
from broker.schemas import MAX_USERNAME
from broker.terminal import Life, table


@click.group("token")
def token_group() -> None:
    """Manage access tokens for programs."""


@token_group.command("issue")
@click.option("--subject", required=True, help="Who the program is: owns what it uploads.")
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whom it belongs to.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do; repeat it.",
)
@click.option(
    "--expires",
    "life",
    type=Life(MAX_TOKEN_LIFE),
    default="30d",
    show_default=True,
    help="Its life: 15m, 12h, 30d.",
)
def issue_token(subject: str, tenant: str, scopes: tuple[str, ...], life: timedelta) -> None:
    """Print a new access token, and nothing else."""
    if not subject.strip() or len(subject) > MAX_USERNAME or not subject.isprintable():
        raise click.UsageError(f"A subject has 1 to {MAX_USERNAME} characters, all printable.")
    if not is_tenant(tenant):
        raise click.UsageError("A tenant is 1 to 64 letters, digits, _ and -.")
    claims = Claims(subject=subject, tenant=tenant, scopes=frozenset(scopes))
    click.echo(
        run(
            lambda accounts, at: accounts.issue_token(claims, expires_in=life, at=at), "token.issued", subject
        )
    )


@token_group.command("ls")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_tokens(as_json: bool) -> None:
    """List the tokens that are good now; the tokens themselves are not kept."""
    tokens = run(lambda accounts, at: accounts.list_tokens(at=at))
    if as_json:
        for token in tokens:
            described = {
                "id": token.id,
                "subject": token.subject,
                "tenant": token.tenant,
                "scopes": token.scopes.split(),
                "created_at": token.created_at.isoformat(),
                "expires_at": token.expires_at.isoformat(),
            }
            click.echo(json.dumps(described))
        return
    rows = [
        (token.id, token.subject, token.tenant, f"{token.expires_at:%Y-%m-%d %H:%M}", token.scopes)
        for token in tokens
    ]
    shown = table(("ID", "SUBJECT", "TENANT", "EXPIRES (UTC)", "SCOPES"), rows)
    click.echo(shown if rows else "There are no tokens.")


@token_group.command("revoke")
@click.argument("token_id", metavar="ID")
def revoke_token(token_id: str) -> None:
    """Refuse a token from now on, within seconds everywhere; `ls` shows the ids."""
    is_revoked = is_id(token_id) and run(
        lambda accounts, at: accounts.revoke_token(token_id, at=at), "token.revoked", token_id
    )
    if not is_revoked:
        raise click.ClickException(f"There is no token {token_id} that is good now.")
    click.echo(f"Revoked {token_id}.")
