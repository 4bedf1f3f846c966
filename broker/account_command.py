"""What the commands about users and tokens share."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from broker import settings
from broker.accounts import Accounts
from broker.app import open_services
from broker.terminal import sentences

T = TypeVar("T")


def run(action: Callable[[Accounts, datetime], Awaitable[T]]) -> T:
    """Do something with the accounts of the registry that the settings name, now."""

    async def act() -> T:
        with open_services(settings.load()) as services:
            return await action(services.accounts, datetime.now(UTC))

    with sentences():
        return asyncio.run(act())
