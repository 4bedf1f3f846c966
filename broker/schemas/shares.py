"""Links: those that an owner makes, and what whoever has one sees."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from broker.schemas.base import MAX_PASSWORD, Answer, ChecksumAlgorithm, Disposition, Request

MAX_SHARE_EXPIRES_IN = 366 * 86400

ShareKind = Literal["file", "folder", "receive"]


class _NewLink(Request, frozen=True):
    expires_in: Annotated[int, Meta(ge=60, le=MAX_SHARE_EXPIRES_IN)] = 7 * 86400
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD)] | None = None


class NewShare(_NewLink, frozen=True, kw_only=True):
    """`expires_in` is in seconds; `max_downloads` is how often files may be fetched, if not forever."""

    max_downloads: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class NewFolderShare(NewShare, frozen=True, kw_only=True):
    """A link to the folder of this `path`, with all that is below it."""

    path: str


class NewReceivingShare(_NewLink, frozen=True, kw_only=True):
    """A link by which anybody may send files into the folder of this `path`, under a policy of its owner's.

    `title` and `message` are shown to whoever has it. `max_files` and `max_bytes` are how much it takes in
    all.
    """

    path: str
    title: Annotated[str, Meta(max_length=200, pattern="^[^\\x00-\\x1f\\x7f]*$")] = ""
    message: Annotated[str, Meta(max_length=2000, pattern="^[^\\x00]*$")] = ""
    policy: str = "default"
    max_files: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    max_bytes: Annotated[int, Meta(ge=1, le=2**53)] | None = None


class Share(Answer, frozen=True):
    """A link to the file of the id `file`, or to the `folder` of this path, which is called `name` now.

    `downloads` counts the presigned URLs that it gave out; `received_files` and `received_bytes` what was
    sent by it, unfinished uploads included.
    """

    id: str
    kind: ShareKind
    file: str | None
    folder: str | None
    name: str
    url: str
    has_password: bool
    max_downloads: int | None
    downloads: int
    title: str | None
    message: str | None
    policy: str | None
    max_files: int | None
    max_bytes: int | None
    received_files: int
    received_bytes: int
    created_at: datetime
    expires_at: datetime


class ListShares(Request, frozen=True):
    """The query of the list of links: those to one `file` or `folder`, or all."""

    file: Annotated[str, Meta(max_length=26, pattern="^[0-9a-z]*$")] | None = None
    folder: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class OpenShare(Request, frozen=True):
    """`token` is what stands behind `/s/` in a link; in a body, so that no log shows it."""

    token: Annotated[str, Meta(max_length=100)]
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD)] | None = None


class ListSharedFolders(OpenShare, frozen=True, kw_only=True):
    """`parent` is a path as seen from the link's folder, and so are the answer's."""

    parent: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000
    cursor: str | None = None


class ListSharedFiles(OpenShare, frozen=True, kw_only=True):
    """`folder` is a path as seen from the link's folder."""

    folder: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class DownloadShare(OpenShare, frozen=True, kw_only=True):
    """`file` is the id of one that a folder's list shows."""

    file: str | None = None
    disposition: Disposition = "attachment"


class SharedEntry(Answer, frozen=True):
    """What whoever has a link to a folder sees of a file in it."""

    id: str
    name: str
    size: int
    type: str
    modified_at: datetime


class SharedFolder(Answer, frozen=True, tag_field="kind", tag="folder"):
    """What whoever has a link sees of the folder; `downloads_left` is null without a limit."""

    name: str
    expires_at: datetime
    downloads_left: int | None


class ReceivingFolder(Answer, frozen=True, tag_field="kind", tag="receive"):
    """What whoever has a link sees of a folder that takes files: what it takes, and how much is left.

    `types` and what follows are those of its `policy`, see PolicyLimits; what is null has no limit.
    """

    title: str
    message: str
    expires_at: datetime
    files_left: int | None
    bytes_left: int | None
    policy: str
    types: tuple[str, ...]
    extensions: tuple[str, ...]
    min_size: int
    max_size: int
    single_put_max: int
    url_expires_in: int
    checksum_algorithm: ChecksumAlgorithm
    checksum_required: bool
    part_concurrency: int


class SharedFile(Answer, frozen=True, tag_field="kind", tag="file"):
    """What whoever has a link sees of the file; `downloads_left` is null without a limit."""

    name: str
    size: int
    type: str
    checksum: str | None
    part_size: int | None
    expires_at: datetime
    downloads_left: int | None
