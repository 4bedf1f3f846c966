"""Every JSON shape on the wire. Requests refuse unknown fields; sizes are bytes, instants RFC 3339 UTC."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

MAX_USERNAME = 200
MAX_PASSWORD = 1000

Item = TypeVar("Item")

UploadStatus = Literal["pending", "completed", "aborted", "expired", "rejected"]
Disposition = Literal["attachment", "inline"]


class _Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body that a client sends."""


class _Answer(Struct, frozen=True, kw_only=True):
    """A body that the broker sends."""


class PresignedRequest(_Answer, frozen=True):
    """A request that the client sends to the store exactly as it is, before `expires_at`.

    `headers` holds `content-length` too, for clients that stream; a browser derives it from the body.
    """

    method: Literal["GET", "PUT"]
    url: str
    headers: dict[str, str]
    expires_at: datetime


class SignIn(_Request, frozen=True):
    username: Annotated[str, Meta(min_length=1, max_length=MAX_USERNAME)]
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD)]


class Session(_Answer, frozen=True):
    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name, RFC 6750


class PolicyLimits(_Answer, frozen=True):
    """What one policy allows, so that a client can refuse a file before it sends a byte."""

    name: str
    max_size: int


class Usage(_Answer, frozen=True):
    files: int
    bytes: int


class Me(_Answer, frozen=True):
    subject: str
    tenant: str
    scopes: tuple[str, ...]
    policies: tuple[PolicyLimits, ...]
    usage: Usage


class NewUpload(_Request, frozen=True):
    """What the client declares. `checksum` is `crc32c:<base64>` or `sha256:<base64>`, as S3 writes it."""

    name: str
    size: Annotated[int, Meta(ge=0)]
    type: str = "application/octet-stream"
    checksum: str | None = None


class File(_Answer, frozen=True):
    """A completed, verified upload."""

    id: str
    name: str
    size: int
    type: str
    checksum: str | None
    created_at: datetime


class Upload(_Answer, frozen=True):
    """One attempt to store one file. `request` is there while it is pending, `file` once it is completed."""

    id: str
    status: UploadStatus
    name: str
    size: int
    type: str
    checksum: str | None
    created_at: datetime
    expires_at: datetime
    method: Literal["single"] = "single"
    request: PresignedRequest | UnsetType = UNSET
    file: File | UnsetType = UNSET


class CompleteUpload(_Request, frozen=True):
    """Nothing is needed: what the store holds decides."""


class Completion(_Answer, frozen=True):
    file: File


class ListFiles(_Request, frozen=True):
    """The query of a list; `cursor` is the `next_cursor` of the page before."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class NewDownload(_Request, frozen=True):
    """`expires_in` is in seconds; left out, the broker's default applies."""

    disposition: Disposition = "attachment"
    expires_in: Annotated[int, Meta(ge=1)] | None = None


class Page(_Answer, Generic[Item], frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[Item, ...]
    next_cursor: str | None


class Health(_Answer, frozen=True):
    status: Literal["alive", "ready"]
