"""Files: listed, changed, fetched, their history and their thumbnails."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from broker.schemas.base import MAX_BATCH, Answer, Collision, Disposition, PresignedRequest, Request

MAX_THUMBNAIL = 64 * 1024
MAX_THUMBNAILS = 200

ScanState = Literal["pending", "clean"]


class File(Answer, frozen=True):
    """A completed, verified upload.

    `checksum` is of all its bytes; one that ends in `-<n>` is S3's composite: the hash of the `n` hashes of
    its parts, each of `part_size` bytes but the last. Whose `scan` is `pending` cannot be fetched until the
    operator's scanner has found it clean; null is without a scanner. `share` is the id of the link by which
    somebody sent it, null if its owner did.
    """

    id: str
    name: str
    folder: str
    size: int
    type: str
    checksum: str | None
    part_size: int | None
    policy: str
    created_at: datetime
    modified_at: datetime
    revision: int
    trashed_at: datetime | None
    scan: ScanState | None
    share: str | None


# what a list of files is sorted by; a `-` before it turns it around
FileOrder = Literal["created", "-created", "name", "-name", "size", "-size"]


class ListFiles(Request, frozen=True):
    """The query of the list of files, of a `folder` or of all; `cursor` is a page's `next_cursor`.

    `q` is what the name must hold, whatever its case. Names are sorted as people do: whatever their case and
    their accents, and numbers by how much they are.
    """

    folder: str | None = None
    q: Annotated[str, Meta(max_length=255)] | None = None
    trashed: bool = False
    sort: FileOrder = "-created"

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class ChangeFile(Request, frozen=True):
    """What to change; `trashed` puts a file into the trash, or takes it out.

    `collision` says what becomes of the file when there is another of its new name where it goes: both are
    there (`allow`), it gets a number (`rename`), the other goes into the trash (`replace`), or it is not
    changed (`refuse`).
    """

    name: str | None = None
    folder: str | None = None
    trashed: bool | None = None
    collision: Collision = "allow"


class ChangeFiles(Request, frozen=True):
    """The same change to many files; for `collision` see ChangeFile."""

    ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_BATCH)]
    folder: str | None = None
    trashed: bool | None = None
    collision: Collision = "allow"


class DeleteFiles(Request, frozen=True):
    ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class ChangedItem(Answer, frozen=True):
    """What became of one file of a batch: the file as it is now, nothing if it is deleted, or the problem."""

    file: File | UnsetType = UNSET
    problem: dict[str, object] | UnsetType = UNSET


class ChangedFiles(Answer, frozen=True):
    """One item for each file that was named, in the same order."""

    items: tuple[ChangedItem, ...]


class NewDownload(Request, frozen=True):
    """`expires_in` is in seconds; left out, the broker's default applies."""

    disposition: Disposition = "attachment"
    expires_in: Annotated[int, Meta(ge=1)] | None = None


class Download(PresignedRequest, frozen=True):
    """How to fetch a file's bytes, and how to verify them: see File."""

    size: int
    checksum: str | None
    part_size: int | None


class HistoryEntry(Answer, frozen=True):
    """Who did what with a file; a `subject` is empty where a link was used."""

    at: datetime
    event: str
    subject: str


class FileHistory(Answer, frozen=True):
    """The newest entries, the newest first: as far as the audit trail is kept."""

    items: tuple[HistoryEntry, ...]


class NewThumbnail(Request, frozen=True):
    """What the client declares of the JPEG that it made of a file."""

    size: Annotated[int, Meta(ge=1, le=MAX_THUMBNAIL)]
    checksum: str


class ListThumbnails(Request, frozen=True):
    ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_THUMBNAILS)]


class Thumbnail(Answer, frozen=True):
    """How to fetch the thumbnail of the file of the id `file`, a JPEG; the same URL for half an hour."""

    file: str
    request: PresignedRequest


class Thumbnails(Answer, frozen=True):
    """One item for each file that was named and has a thumbnail, in any order."""

    items: tuple[Thumbnail, ...]
