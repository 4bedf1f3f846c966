"""The audit trail: who did what, when and from where. It is only ever added to.

What becomes of files and folders, and how an upload ends, is written with the very change that makes it so
(audit_rows.py). All else waits a moment in memory and is written together, so that nobody waits for it: also
that an upload was created, for creating is what clients do most, and would be slower. A process that is
killed loses the last second of it. Signing parts is not in the trail: an upload's creation is, and every part
belongs to one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from broker.audit_registry import AuditRegistry
from broker.errors import (
    BrokerError,
    InsufficientScope,
    QuotaExceeded,
    RegistryUnavailable,
    TooManyRequests,
    TooManyUploads,
)
from broker.rows import AuditEntry, Caller
from broker.schemas import AuditEvent

log = logging.getLogger(__name__)

# what a refusal of somebody who is known is called
REFUSALS: Mapping[type[BrokerError], AuditEvent] = {
    InsufficientScope: "access.denied",
    QuotaExceeded: "limit.exceeded",
    TooManyUploads: "limit.exceeded",
    TooManyRequests: "limit.exceeded",
}

_WAITING = 20_000  # entries; what comes while so many wait is lost, and said to be
_AT_ONCE = 500
_SECONDS = 0.5


class Audit:
    """Takes entries, and writes them while `run` runs."""

    def __init__(self, registry: AuditRegistry, *, retention_days: int) -> None:
        self._registry = registry
        self._retention = timedelta(days=retention_days) if retention_days else None
        self._waiting: deque[AuditEntry] = deque()
        self._lost = 0

    def record(self, event: AuditEvent, caller: Caller, target: str = "", *, at: datetime) -> None:
        """Note what was done or refused; `target` is the id of what it was done to, or a name."""
        if len(self._waiting) >= _WAITING:
            self._lost += 1
            return
        self._waiting.append(caller.did(event, target, at=at))

    async def flush(self) -> None:
        """Write all that waits. Raises RegistryUnavailable, and keeps what was not written."""
        while self._waiting:
            entries = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            try:
                await self._registry.add(entries)
            except (RegistryUnavailable, asyncio.CancelledError):
                self._waiting.extendleft(
                    reversed(entries)
                )  # those that were kept all the same stay as they are
                raise
        if self._lost:
            log.error("Audit entries were lost: too many waited", extra={"lost": self._lost})
            self._lost = 0

    async def run(self) -> None:
        """Write what comes, for ever; what waits at the end is written too."""
        try:
            while True:
                await asyncio.sleep(_SECONDS)
                try:
                    await self.flush()
                except RegistryUnavailable:
                    log.warning("Audit entries wait for the registry", extra={"waiting": len(self._waiting)})
        finally:
            with suppress(RegistryUnavailable):
                await self.flush()
            if lost := len(self._waiting) + self._lost:
                log.error("Audit entries were lost: the registry did not take them", extra={"lost": lost})

    async def forget(self, *, at: datetime) -> None:
        """Remove entries that are older than they are to be kept."""
        if self._retention:
            await self._registry.forget(before=at - self._retention)
