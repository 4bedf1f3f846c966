"""The audit trail: who did what, when and from where. It is only ever added to.

Entries wait a moment in memory and are written together, so that nobody waits for them: a process that is
killed loses the last second of them. What changes an upload or a file is in the registry all the same.
Signing parts is not in it: an upload's creation is, and every part belongs to one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from broker import keys
from broker.audit_registry import AuditRegistry
from broker.auth import Claims, Link
from broker.errors import (
    BrokerError,
    InsufficientScope,
    QuotaExceeded,
    RegistryUnavailable,
    TooManyRequests,
    TooManyUploads,
    UploadRejected,
)
from broker.rows import AuditEntry, File
from broker.schemas import AuditEvent

log = logging.getLogger(__name__)

# what a refusal of somebody who is known is called
REFUSALS: Mapping[type[BrokerError], AuditEvent] = {
    InsufficientScope: "access.denied",
    UploadRejected: "upload.rejected",
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

    def record(
        self,
        event: AuditEvent,
        *,
        claims: Claims | None,
        target: str = "",
        address: str = "",
        request_id: str = "",
        at: datetime,
    ) -> None:
        """Note what was done or refused; `target` is the id of what it was done to, or a name."""
        if len(self._waiting) >= _WAITING:
            self._lost += 1
            return
        self._waiting.append(
            AuditEntry(
                id=keys.new_id(at),
                at=at,
                tenant=claims.tenant if claims else "",
                subject=claims.actor if claims else "",
                event=event,
                target=target,
                address=address,
                request_id=request_id,
            )
        )

    def record_published(self, file: File | None, *, at: datetime) -> None:
        """Note that the service made this file by itself just now, if it did, of what its sender had sent."""
        if file and file.created_at == at:
            link = Link(file.share_id) if file.share_id else None
            sender = Claims(subject=file.owner, tenant=file.tenant, scopes=frozenset(), link=link)
            self.record("upload.completed", claims=sender, target=file.upload_id, at=at)

    async def flush(self) -> None:
        """Write all that waits. Raises RegistryUnavailable, and keeps what was not written."""
        while self._waiting:
            entries = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            try:
                await self._registry.add(entries)
            except RegistryUnavailable:
                self._waiting.extendleft(reversed(entries))
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
            await self.flush()

    async def forget(self, *, at: datetime) -> None:
        """Remove entries that are older than they are to be kept."""
        if self._retention:
            await self._registry.forget(before=at - self._retention)
