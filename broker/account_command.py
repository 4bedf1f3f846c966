"""What the commands about users and tokens share."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from broker import configuration
from broker.accounts import Accounts
from broker.app import open_services
from broker.rows import Caller
from broker.schemas import AuditEvent
from broker.terminal import sentences

T = TypeVar("T")


def run(
    action: Callable[[Accounts, datetime], Awaitable[T]], event: AuditEvent | None = None, target: str = ""
) -> T:
    """Do something with the accounts of the registry that the settings name, now.

    Unless nothing came of it, the audit trail says so as `event`.
    """

    async def act() -> T:
        with open_services(configuration.load()) as services:
            at = datetime.now(UTC)
            done = await action(services.accounts, at)
            if event and done:
                services.audit.record(event, Caller(address="command line"), target, at=at)
                await services.audit.flush()
            return done

    with sentences():
        return asyncio.run(act())
