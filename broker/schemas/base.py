"""What the shapes of all subjects are made of."""

from datetime import datetime
from typing import Generic, Literal, TypeVar

from msgspec import Struct

MAX_USERNAME = 200
MIN_PASSWORD = 8
MAX_PASSWORD = 1000

Item = TypeVar("Item")

MAX_BATCH = 1000

UploadMethod = Literal["single", "multipart"]
ChecksumAlgorithm = Literal["crc32c", "sha256"]
Disposition = Literal["attachment", "inline"]
# what becomes of a file whose name is taken in its folder
Collision = Literal["allow", "rename", "replace", "refuse"]


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body that a client sends."""


class Answer(Struct, frozen=True, kw_only=True):
    """A body that the broker sends."""


class PresignedRequest(Answer, frozen=True):
    """A request that the client sends to the store exactly as it is, before `expires_at`.

    `headers` holds `content-length` too, for clients that stream; a browser derives it from the body.
    """

    method: Literal["GET", "PUT"]
    url: str
    headers: dict[str, str]
    expires_at: datetime


class Page(Answer, Generic[Item], frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[Item, ...]
    next_cursor: str | None
