"""Uploads: declared, sent in parts, completed, one at a time or in batches."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from broker.schemas.base import (
    MAX_BATCH,
    Answer,
    ChecksumAlgorithm,
    Collision,
    PresignedRequest,
    Request,
    UploadMethod,
)
from broker.schemas.files import File

MAX_FINGERPRINT = 64

UploadStatus = Literal["pending", "completed", "aborted", "expired", "rejected"]


class NewUpload(Request, frozen=True):
    """What the client declares. `checksum` is `crc32c:<base64>` or `sha256:<base64>`, as S3 writes it.

    `folder` is a path like `photos/2026`, empty for the top. `policy` is `default` when left out.
    `fingerprint` is the client's own mark of the file, by which another client knows it again
    (docs/protocol.md); the broker keeps it and looks no further.

    `collision` says what becomes of the file when there is another of its name in the folder: both are there
    (`allow`), it gets a number (`rename`), the other goes into the trash (`replace`), or the upload is not
    created (`refuse`; should the name be taken later on, the file gets a number).
    """

    name: str
    size: Annotated[int, Meta(ge=0)]
    type: str = "application/octet-stream"
    folder: str = ""
    policy: str = "default"
    checksum: str | None = None
    fingerprint: Annotated[str, Meta(max_length=MAX_FINGERPRINT, pattern="^[!-~]+$")] | None = None
    collision: Collision = "allow"


class NewUploads(Request, frozen=True):
    uploads: Annotated[tuple[NewUpload, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class HeldPart(Answer, frozen=True):
    """A part that the store holds; `checksum` is null where the store does not say it."""

    number: int
    size: int
    etag: str
    checksum: str | None


class Upload(Answer, frozen=True):
    """One attempt to store one file.

    While it is pending, one of the method `single` has a `request`, and one of the method `multipart` is
    sent in `part_count` parts of `part_size` bytes, the last one shorter. `parts` are those that the store
    holds, a page at a time: `next_part` is the number to ask for next, null on the last page. `file` is
    there once it is completed.
    """

    id: str
    status: UploadStatus
    name: str
    folder: str
    size: int
    type: str
    checksum: str | None
    fingerprint: str | None
    policy: str
    created_at: datetime
    expires_at: datetime
    method: UploadMethod
    checksum_algorithm: ChecksumAlgorithm
    part_size: int | UnsetType = UNSET
    part_count: int | UnsetType = UNSET
    request: PresignedRequest | UnsetType = UNSET
    parts: tuple[HeldPart, ...] | UnsetType = UNSET
    next_part: int | UnsetType | None = UNSET
    file: File | UnsetType = UNSET


class CreatedItem(Answer, frozen=True):
    """What became of one upload of a batch: one of the two is there."""

    upload: Upload | UnsetType = UNSET
    problem: dict[str, object] | UnsetType = UNSET


class CreatedUploads(Answer, frozen=True):
    """One item for each upload that was asked for, in the same order."""

    items: tuple[CreatedItem, ...]


class ListUploads(Request, frozen=True):
    """The query of the list of unfinished uploads."""

    status: Literal["pending"] = "pending"
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class GetUpload(Request, frozen=True):
    """The query of one upload: `from_part` is the `next_part` of the page of parts before."""

    from_part: Annotated[int, Meta(ge=1, le=10_000)] = 1


class PartToSign(Request, frozen=True, gc=False):
    """A part that the client is about to send."""

    number: int
    checksum: str


class PartsToSign(Request, frozen=True):
    parts: Annotated[tuple[PartToSign, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class PresignedPart(PresignedRequest, frozen=True, gc=False):
    number: int


class PresignedParts(Answer, frozen=True):
    parts: list[PresignedPart]


class SentPart(Request, frozen=True):
    """A part as the client sent it."""

    number: int
    checksum: str


class CompleteUpload(Request, frozen=True):
    """What the store holds decides; nothing is needed where it tells the checksums of parts.

    `parts` must name every part if it is given; `checksum` is the one that the file must have.
    """

    parts: tuple[SentPart, ...] | None = None
    checksum: str | None = None


class UploadToComplete(CompleteUpload, frozen=True, kw_only=True):
    id: str


class UploadsToComplete(Request, frozen=True):
    uploads: Annotated[tuple[UploadToComplete, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class Completion(Answer, frozen=True):
    """The file, and a receipt: a JWS that anybody can verify with `/.well-known/jwks.json`.

    There is none while the file's scan is pending: complete again to get it.
    """

    file: File
    receipt: str | None


class CompletedItem(Answer, frozen=True):
    """What became of one upload of a batch: file and receipt, or the problem."""

    file: File | UnsetType = UNSET
    receipt: str | UnsetType | None = UNSET
    problem: dict[str, object] | UnsetType = UNSET


class CompletedUploads(Answer, frozen=True):
    """One item for each upload that was named, in the same order."""

    items: tuple[CompletedItem, ...]
