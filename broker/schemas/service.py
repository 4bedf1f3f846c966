"""The service itself: its health, and what it can do."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from broker.schemas.base import Answer, ChecksumAlgorithm, UploadMethod


class Health(Answer, frozen=True):
    """With `degraded`, which is ready too, `reasons` says in sentences what to look after."""

    status: Literal["alive", "ready", "degraded"]
    reasons: tuple[str, ...] | UnsetType = UNSET


class Limits(Answer, frozen=True):
    """Bytes, and numbers of parts; a batch is what one request may ask for at once."""

    max_parts: int
    min_part_size: int
    max_part_size: int
    max_batch: int


class Capabilities(Answer, frozen=True):
    """What this broker and its store can do.

    `enforces` maps what the store was tested for (see docs/operations.md) to whether it holds; null is not
    known. `examined_at` is null until the store was tested.
    """

    enforces: dict[str, bool | None]
    examined_at: datetime | None
    methods: tuple[UploadMethod, ...]
    checksum_algorithms: tuple[ChecksumAlgorithm, ...]
    limits: Limits
