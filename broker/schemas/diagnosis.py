"""Why a transfer fails."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from broker.schemas.base import Request


class Symptoms(Request, frozen=True):
    """What a client has seen of a transfer that fails.

    `status` is that of the store's answer, null when there was none or the browser hides it; `code` is
    S3's name of the error, from the answer's body; `part` is the number of the part that was sent.
    """

    status: Annotated[int, Meta(ge=100, le=599)] | None = None
    code: Annotated[str, Meta(max_length=100)] | None = None
    part: Annotated[int, Meta(ge=1, le=10_000)] | None = None


class Diagnosis(Struct, frozen=True):
    """The likeliest cause; `detail` and `action` are sentences for a person."""

    cause: Literal[
        "completed",
        "aborted",
        "expired",
        "rejected",
        "store-unavailable",
        "already-stored",
        "parts-lost",
        "clock-skew",
        "bytes-changed",
        "request-changed",
        "store-full",
        "url-expired",
        "origin-refused",
        "network",
    ]
    detail: str
    action: str
