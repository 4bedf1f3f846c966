"""`broker audit`: who did what, when and from where."""

import asyncio
import json
from datetime import UTC, datetime
from typing import get_args

import click

from broker import configuration
from broker.app import open_services
from broker.audit_registry import AuditFilter
from broker.rows import AuditEntry
from broker.schemas import AuditEvent
from broker.terminal import sentences, table

_INSTANT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command("audit")
@click.option("--tenant", help="Only what subjects of this tenant did.")
@click.option("--subject", help="Only what this one did.")
@click.option(
    "--event", type=click.Choice(get_args(AuditEvent)), metavar="EVENT", help="Only this, like file.deleted."
)
@click.option("--target", help="Only what was done to this: the id of an upload or a file, or a user's name.")
@click.option("--since", type=_INSTANT, help="From then on, UTC.")
@click.option("--until", type=_INSTANT, help="Before then, UTC.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def audit_command(
    *,
    tenant: str | None,
    subject: str | None,
    event: str | None,
    target: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show the newest entries of the audit trail, the newest last."""
    wanted = AuditFilter(
        tenant=tenant,
        subject=subject,
        event=event,
        target=target,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
    )
    with sentences():
        entries = asyncio.run(_read(wanted, limit))
    if as_json:
        for entry in entries:
            click.echo(json.dumps(_describe(entry)))
    elif entries:
        rows = [
            (f"{each.at:%Y-%m-%d %H:%M:%S}", each.event, each.subject, each.target, each.address)
            for each in entries
        ]
        click.echo(table(("TIME (UTC)", "EVENT", "SUBJECT", "TARGET", "FROM"), rows))
    else:
        click.echo("There is nothing of the kind.")


def _describe(entry: AuditEntry) -> dict[str, str]:
    return {
        "at": entry.at.isoformat(),
        "event": entry.event,
        "tenant": entry.tenant,
        "subject": entry.subject,
        "target": entry.target,
        "address": entry.address,
        "request_id": entry.request_id,
        "id": entry.id,
    }


async def _read(wanted: AuditFilter, limit: int) -> list[AuditEntry]:
    with open_services(configuration.load()) as services:
        return (await services.audit_registry.list(wanted, limit=limit))[::-1]
