"""What an administrator sees of a tenant, and may end."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from broker import keys, schemas
from broker.audit_registry import AuditFilter, AuditRegistry
from broker.auth import Claims
from broker.cursors import read_cursor, write_cursor
from broker.errors import NotFound
from broker.policy import Policies
from broker.registry import Registry
from broker.rows import AuditEntry, Caller, OwnedCounters, Upload
from broker.uploads import Uploads


class Administration:
    """Shows how much is stored by whom, and what was done; nothing leads from here to a file.

    All is of the caller's own tenant.
    """

    def __init__(
        self, *, registry: Registry, audit_registry: AuditRegistry, uploads: Uploads, policies: Policies
    ) -> None:
        self._registry = registry
        self._audit_registry = audit_registry
        self._uploads = uploads
        self._policies = policies

    async def list_usage(
        self, claims: Claims, query: schemas.ListUsage
    ) -> schemas.Page[schemas.SubjectUsage]:
        """Return one page of the usage, by subject and policy. Raises InvalidField."""
        found = await self._registry.list_usage(
            claims.tenant, order=query.sort, after=_read_place(query), limit=query.limit + 1
        )
        page = found[: query.limit]
        cursor = write_cursor(_place_of(page[-1], query.sort)) if len(found) > query.limit else None
        return schemas.Page(items=tuple(self._describe_usage(each) for each in page), next_cursor=cursor)

    async def list_uploads(
        self, claims: Claims, query: schemas.ListTenantUploads, *, at: datetime
    ) -> schemas.Page[schemas.TenantUpload]:
        """Return one page of what is not finished, newest first. Raises InvalidField."""
        before = keys.check_cursor(query.cursor)
        found = await self._registry.list_pending_of(
            claims.tenant, before=before, limit=query.limit + 1, at=at
        )
        items = tuple(_describe_upload(upload) for upload in found[: query.limit])
        return schemas.Page(items=items, next_cursor=items[-1].id if len(found) > query.limit else None)

    async def abort_upload(self, claims: Claims, upload_id: str, *, caller: Caller, at: datetime) -> None:
        """Abort anybody's upload, as its owner would; see Uploads.abort. Raises NotFound, UploadCompleted."""
        found = keys.is_id(upload_id) and await self._registry.find_upload_of(claims.tenant, upload_id)
        if not found:
            raise NotFound("There is no such upload.")
        owner = Claims(subject=found.owner, tenant=found.tenant, scopes=frozenset())
        await self._uploads.abort(owner, found.id, caller=caller, at=at)

    async def search_audit(
        self, claims: Claims, query: schemas.SearchAudit
    ) -> schemas.Page[schemas.AuditEntry]:
        """Return one page of what was done, newest first. Raises InvalidField."""
        wanted = AuditFilter(
            tenant=claims.tenant,
            subject=query.subject,
            event=query.event,
            target=query.target,
            since=query.since,
            until=query.until,
            before=keys.check_cursor(query.cursor),
        )
        found = await self._audit_registry.list(wanted, limit=query.limit + 1)
        items = tuple(_describe_entry(entry) for entry in found[: query.limit])
        return schemas.Page(items=items, next_cursor=items[-1].id if len(found) > query.limit else None)

    def _describe_usage(self, counters: OwnedCounters) -> schemas.SubjectUsage:
        return schemas.SubjectUsage(
            subject=counters.owner,
            policy=counters.policy,
            quota=self._policies.quota_of(counters.policy),
            files=counters.files,
            bytes=counters.bytes,
            pending=counters.pending,
            pending_bytes=counters.pending_bytes,
        )


def _describe_upload(upload: Upload) -> schemas.TenantUpload:
    return schemas.TenantUpload(
        id=upload.id,
        subject=upload.owner,
        name=upload.name,
        size=upload.size,
        policy=upload.policy,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )


def _describe_entry(entry: AuditEntry) -> schemas.AuditEntry:
    return schemas.AuditEntry(
        id=entry.id,
        at=entry.at,
        subject=entry.subject,
        event=entry.event,
        target=entry.target,
        address=entry.address,
        request_id=entry.request_id,
    )


def _place_of(counters: OwnedCounters, order: schemas.UsageOrder) -> tuple[str | int, ...]:
    name = order.removeprefix("-")
    by_number = () if name == "subject" else (getattr(counters, name),)
    return (*by_number, counters.owner, counters.policy)


def _read_place(query: schemas.ListUsage) -> tuple[str | int, ...] | None:
    if not query.cursor:
        return None
    if query.sort.removeprefix("-") == "subject":
        return read_cursor(query.cursor, tuple[str, str])
    return read_cursor(query.cursor, tuple[Annotated[int, Meta(ge=0, le=2**62)], str, str])
