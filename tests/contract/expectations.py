"""What has to be true of uploads: a model of the protocol that knows neither SQL nor S3. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from broker import errors
from broker.auth import Claims
from broker.errors import BrokerError
from broker.reconciler import KEEP
from broker.settings import Policy, Quota
from tests.transfers import checksum_of, cut

# `forgotten`: the reconciler has removed the upload's row
Status: TypeAlias = Literal["pending", "completed", "aborted", "expired", "rejected", "deleted", "forgotten"]

# what completing answers once an upload has ended
ENDED: Mapping[Status, type[BrokerError]] = {
    "aborted": errors.UploadAborted,
    "expired": errors.UploadExpired,
    "rejected": errors.UploadRejected,
    "deleted": errors.NotFound,
    "forgotten": errors.NotFound,
}
TYPE = "text/plain"


class Declaration(Struct, frozen=True):
    """What a client declares, and the bytes it means. `is_contradicted`: they belie the declared type."""

    label: str
    policy: str
    body: bytes
    has_checksum: bool = True
    is_contradicted: bool = False

    def __repr__(self) -> str:
        return f"<{self.label}>"

    def json(self, name: str) -> dict[str, object]:
        return {
            "name": name,
            "size": len(self.body),
            "type": TYPE,
            "policy": self.policy,
            "checksum": checksum_of(self.body) if self.has_checksum else None,
        }


class Content(NamedTuple):
    """What the store holds under a key; `has_checksum`: and can say the checksum of."""

    body: bytes
    type: str = TYPE
    has_checksum: bool = True


@dataclass
class Request:
    """A presigned PUT of these bytes, of an object or of a part."""

    presigned: dict[str, Any]
    body: bytes
    part: int | None = None

    @property
    def expires_at(self) -> datetime:
        return datetime.fromisoformat(self.presigned["expires_at"])


class Outcome(NamedTuple):
    """How a completion ends: the problem that it answers with, and what becomes of the upload."""

    problem: type[BrokerError] | None
    status: Status


@dataclass(eq=False)
class Upload:
    """One upload as it must be.

    `is_hurt`: a fault has met it, so that what it stored may be removed later than usual. `is_assembled`:
    the store has made an object of its parts. `forgotten_by` are brokers that ended it: they sign no more.
    """

    created: dict[str, Any]
    caller: Claims
    declaration: Declaration
    status: Status = "pending"
    ended_at: datetime | None = None
    forgotten_by: set[int] = field(default_factory=set)
    is_hurt: bool = False
    object: Content | None = None
    held: dict[int, bytes] = field(default_factory=dict)
    is_assembled: bool = False
    requests: list[Request] = field(default_factory=list)
    file: dict[str, Any] | None = None
    thumbnail: Request | None = None
    has_thumbnail: bool = False

    @property
    def id(self) -> str:
        return str(self.created["id"])

    @property
    def is_in_parts(self) -> bool:
        return bool(self.created["method"] == "multipart")

    @cached_property
    def parts(self) -> dict[int, bytes]:
        return cut(self.created, self.declaration.body) if self.is_in_parts else {}

    @property
    def expires_at(self) -> datetime:
        return datetime.fromisoformat(self.created["expires_at"])

    @property
    def created_at(self) -> datetime:
        return datetime.fromisoformat(self.created["created_at"])

    def shown(self, at: datetime) -> Status:
        """Return the status that its owner is told."""
        return "expired" if self.status == "pending" and at >= self.expires_at else self.status

    def end(self, status: Status, *, at: datetime) -> None:
        """Move on; what is no file has nothing in the store any more."""
        self.object = self.content if status == "completed" else None
        self.held = {}
        self.has_thumbnail = False
        self.status, self.ended_at = status, at

    @property
    def content(self) -> Content | None:
        """What is under its key, or would be once its parts were put together."""
        if self.object or not self.is_in_parts or self.held.keys() != self.parts.keys():
            return self.object
        return Content(_join(self.held))

    def completing(
        self, *, vouched: Mapping[int, bytes] | None, checksum: str | None, at: datetime
    ) -> Outcome:
        """Say how a completion must end that names these parts and this checksum of the whole."""
        if self.file and self.status == "completed":
            is_right = checksum in {None, self.file["checksum"]}
            return Outcome(None if is_right else errors.InvalidChecksum, "completed")
        if self.status != "pending":
            return Outcome(ENDED[self.status], self.status)
        if at >= self.expires_at:
            return Outcome(errors.UploadExpired, "expired")
        own = checksum_of(self.declaration.body) if self.declaration.has_checksum else None
        if own and checksum and checksum != own:
            return Outcome(errors.InvalidChecksum, "pending")
        declared = own or checksum
        if vouched is not None:
            if vouched.keys() != self.parts.keys():
                return Outcome(errors.InvalidField, "pending")
            declared = declared or checksum_of(_join(vouched))
        if self.content is None:
            return Outcome(errors.UploadIncomplete, "pending")
        if self.object is None and vouched not in (None, self.held):
            return Outcome(errors.PartsMismatch, "pending")
        return self._verifying(self.content, declared)

    def _verifying(self, content: Content, declared: str | None) -> Outcome:
        rejected = Outcome(errors.UploadRejected, "rejected")
        if len(content.body) != len(self.declaration.body) or content.type != TYPE:
            return rejected
        if declared and not content.has_checksum:
            return Outcome(errors.InvalidChecksum, "pending")
        if declared not in {None, checksum_of(content.body)}:
            return rejected
        return rejected if self.declaration.is_contradicted else Outcome(None, "completed")

    def reconciling(self, *, at: datetime) -> set[Status]:
        """Say what the reconciler may make of it."""
        if self.status == "completed" or self.status == "forgotten":
            return set()
        if self.status != "pending":
            return {"forgotten"} if self.ended_at and at >= self.ended_at + KEEP else set()
        if at >= self.expires_at:
            return {"expired"}
        if self.object is None:
            return set()
        # nobody has come to complete it, but the object is all there
        return {self.completing(vouched=None, checksum=None, at=at).status} & {"completed"}

    def must_be_reconciled(self, *, at: datetime) -> bool:
        """Say whether the reconciler may not put it off."""
        return not self.is_hurt and bool(self.reconciling(at=at) & {"expired", "forgotten"})


def _join(parts: Mapping[int, bytes]) -> bytes:
    return b"".join(parts[number] for number in sorted(parts))


def usage_of(uploads: Iterable[Upload]) -> dict[str, int]:
    """Count as `GET /v1/me` does."""
    counted = Counter(files=0, bytes=0, pending=0, pending_bytes=0)
    for upload in uploads:
        if upload.status == "pending":
            counted.update(pending=1, pending_bytes=len(upload.declaration.body))
        elif upload.status == "completed":
            counted.update(files=1, bytes=len(upload.declaration.body))
    return dict(counted)


def has_room(quota: Quota, usage: Mapping[str, int], size: int) -> bool:
    """Say whether one more upload of this size may be pending."""
    return (
        (quota.pending is None or usage["pending"] < quota.pending)
        and (quota.files is None or usage["files"] + usage["pending"] < quota.files)
        and (quota.bytes is None or usage["bytes"] + usage["pending_bytes"] + size <= quota.bytes)
    )


def admit(
    caller: Claims, wanted: Sequence[Declaration], policies: Mapping[str, Policy], uploads: Iterable[Upload]
) -> list[bool]:
    """Say for which of a batch there is room: among the subject's uploads first, then among its tenant's."""
    new = [Upload({}, caller, declaration) for declaration in wanted]
    of_tenant = [upload for upload in uploads if upload.caller.tenant == caller.tenant]
    own = [upload for upload in of_tenant if upload.caller == caller]
    fitting = _fit(new, own, {name: policy.quota for name, policy in policies.items()})
    fitting = _fit(fitting, of_tenant, {name: policy.tenant_quota for name, policy in policies.items()})
    return [upload in fitting for upload in new]


def _fit(new: Iterable[Upload], there: Iterable[Upload], quotas: Mapping[str, Quota]) -> list[Upload]:
    fitting: list[Upload] = []
    for upload in new:
        policy = upload.declaration.policy
        alike = [each for each in (*there, *fitting) if each.declaration.policy == policy]
        if has_room(quotas[policy], usage_of(alike), len(upload.declaration.body)):
            fitting.append(upload)
    return fitting
