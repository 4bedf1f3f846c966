"""`broker prune`: what the service's reconciler does by itself, by hand, and the removal of orphans."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import click

from broker import configuration
from broker.app import open_services
from broker.reconciler import Visit
from broker.settings import Settings
from broker.terminal import sentences

_SHOWN = {
    "publish": "made a file of an object that nobody came to complete",
    "expire": "gave up an upload that was not completed in time",
    "remove": "removed what an ended upload may have left",
    "forget": "forgot an upload that ended long ago",
    "wait": "left for later",
    "orphan": "removed an object that no upload owns",
}


@click.command("prune")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--orphans", is_flag=True, help="Remove objects that no upload owns too, if a day old.")
def prune_command(dry_run: bool, orphans: bool) -> None:
    """Remove what ended uploads left behind.

    They were abandoned, cut short or deleted. The service does so by itself; only orphans, objects that the
    registry does not know, wait for this command. It may run at any time, beside any number of services.
    """
    with sentences():
        at = datetime.now(UTC)
        counted = asyncio.run(_prune(configuration.load(), dry_run=dry_run, orphans=orphans, at=at))
    click.echo("Nothing to do." if not counted else "")
    for action, count in counted.most_common():
        click.echo(f"{count:>7}  {action:<8} {_SHOWN[action]}")
    if dry_run and counted:
        click.echo("\nNothing was changed: --dry-run.")


async def _prune(current: Settings, *, dry_run: bool, orphans: bool, at: datetime) -> Counter[str]:
    counted: Counter[str] = Counter()
    async for visit in visits(current, dry_run=dry_run, orphans=orphans, at=at):
        counted[visit.action] += 1
        if visit.action != "wait":
            click.echo(f"{visit.action:<8} {visit.key}")
    return counted


async def visits(
    current: Settings, *, dry_run: bool, orphans: bool, at: datetime
) -> AsyncGenerator[Visit, None]:
    """Visit what is due, or say what would be done; then the objects that no upload owns."""
    with open_services(current) as services:
        reconciler = services.reconciler
        async for visit in reconciler.preview(at=at) if dry_run else reconciler.reconcile(at=at):
            yield visit
        if orphans:
            async for orphan in reconciler.find_orphans(at=at):
                if not dry_run:
                    await reconciler.remove_orphan(orphan)
                yield orphan
