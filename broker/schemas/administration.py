"""Administration of a tenant: usage, users, unfinished uploads, the audit trail, the store's health."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from broker.schemas.base import MAX_PASSWORD, MAX_USERNAME, MIN_PASSWORD, Answer, Request
from broker.schemas.session import QuotaLimits, Usage

UsageOrder = Literal["subject", "-subject", "files", "-files", "bytes", "-bytes", "pending", "-pending"]
# `skipped`: nothing is known, or the store has no such feature and the broker needs none
Outcome = Literal["ok", "warning", "failed", "skipped"]
AuditEvent = Literal[
    "session.begun",
    "session.refused",
    "session.ended",
    "session.all-ended",
    "upload.created",
    "upload.completed",
    "upload.rejected",
    "upload.aborted",
    "file.handed-out",
    "file.changed",
    "file.deleted",
    "file.infected",
    "folder.moved",
    "folder.trashed",
    "folder.restored",
    "share.created",
    "share.revoked",
    "share.used",
    "access.denied",
    "limit.exceeded",
    "user.added",
    "user.password-changed",
    "user.disabled",
    "user.enabled",
    "token.issued",
    "token.revoked",
]


class ListUsage(Request, frozen=True):
    """The query of the list of usage; `cursor` is the `next_cursor` of the page before.

    A `-` before what it is sorted by turns it around.
    """

    sort: UsageOrder = "subject"
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: Annotated[str, Meta(max_length=2000)] | None = None


class SubjectUsage(Usage, frozen=True, kw_only=True):
    """What one subject has stored and reserved under a policy, and may."""

    subject: str
    policy: str
    quota: QuotaLimits


class ListUsers(Request, frozen=True):
    """The query of the list of users, by name; `q` is what the name must hold, whatever its case."""

    q: Annotated[str, Meta(max_length=MAX_USERNAME)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: Annotated[str, Meta(max_length=2000)] | None = None


class User(Answer, frozen=True):
    """A built-in user; who is disabled cannot sign in."""

    name: str
    tenant: str
    scopes: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None


class NamedUser(Request, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=MAX_USERNAME)]


class NewPassword(NamedUser, frozen=True, kw_only=True):
    password: Annotated[str, Meta(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)]


class NewUser(NewPassword, frozen=True, kw_only=True):
    """Without `scopes`, the user may do all but administer."""

    scopes: Annotated[tuple[str, ...], Meta(max_length=100)] | None = None


class ListTenantUploads(Request, frozen=True):
    """The query of the list of what all of the tenant have not finished."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class TenantUpload(Answer, frozen=True):
    """An unfinished upload of anybody in the tenant: what an administrator may see of it."""

    id: str
    subject: str
    name: str
    size: int
    policy: str
    created_at: datetime
    expires_at: datetime


class SearchAudit(Request, frozen=True):
    """The query of the audit trail: from `since` on and before `until`, all that is asked for."""

    subject: Annotated[str, Meta(max_length=200)] | None = None
    event: AuditEvent | None = None
    target: Annotated[str, Meta(max_length=200)] | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class AuditEntry(Answer, frozen=True):
    """What somebody did, or was refused; texts are empty where nothing is known."""

    id: str
    at: datetime
    subject: str
    event: str
    target: str
    address: str
    request_id: str


class StoreFinding(Answer, frozen=True):
    """What a probe of the store saw; `fix` says what to do about it."""

    name: str
    outcome: Outcome
    detail: str
    fix: str


class StoreHealth(Answer, frozen=True):
    """What `broker doctor` finds; what the service's own look at the store has found, until it was examined.

    `server` is the store's name of itself; `examined_at` is null until anything was looked at.
    """

    examined_at: datetime | None
    server: str
    clock_skew_seconds: float | None
    is_good: bool
    findings: tuple[StoreFinding, ...]
