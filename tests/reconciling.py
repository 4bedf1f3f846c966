"""Running the reconciler at a time of one's choice, as another replica does."""

import asyncio
from datetime import UTC, datetime, timedelta

from broker.app import open_services
from broker.reconciler import Visit
from broker.settings import Settings


def reconcile(settings: Settings, *, after: timedelta = timedelta()) -> list[Visit]:
    """Visit what will be due after this time."""

    async def collect() -> list[Visit]:
        at = datetime.now(UTC) + after
        return [visit async for visit in services.reconciler.reconcile(at=at)]

    with open_services(settings) as services:
        return asyncio.run(collect())


def preview(settings: Settings, *, after: timedelta = timedelta()) -> list[Visit]:
    """Say what `reconcile` would do."""

    async def collect() -> list[Visit]:
        at = datetime.now(UTC) + after
        return [visit async for visit in services.reconciler.preview(at=at)]

    with open_services(settings) as services:
        return asyncio.run(collect())


def find_orphans(settings: Settings, *, after: timedelta = timedelta()) -> list[Visit]:
    """List the objects that no upload owns."""

    async def collect() -> list[Visit]:
        at = datetime.now(UTC) + after
        return [visit async for visit in services.reconciler.find_orphans(at=at)]

    with open_services(settings) as services:
        return asyncio.run(collect())
