"""What a probe of the store has found."""

from typing import Literal

from msgspec import Struct

# `skipped`: nothing is known, or the store has no such feature and the broker needs none
Outcome = Literal["ok", "warning", "failed", "skipped"]


# what the service looks for when it starts: each is of what a presigned URL binds
BINDING = (
    "signature",
    "signed-length",
    "signed-type",
    "signed-checksum",
    "no-overwrite",
    "copy-source",
    "copy-source-part",
    "unsigned-headers",
    "unsigned-trailer",
)


class Seen(Struct, frozen=True):
    """What one probe saw: `detail` says it in a sentence, `fix` what to do about it."""

    outcome: Outcome
    detail: str
    fix: str = ""


class Finding(Struct, frozen=True, kw_only=True):
    """What a probe saw, under its name; with `is_abuse` it looked for what lets presigned URLs be abused."""

    name: str
    outcome: Outcome
    detail: str
    fix: str = ""
    is_abuse: bool = False

    @property
    def is_hole(self) -> bool:
        """Whether presigned URLs of this store can be abused."""
        return self.is_abuse and self.outcome == "failed"

    @property
    def is_undecided(self) -> bool:
        """Whether such a hole was looked for, and the store gave no answer that decides it."""
        return self.is_abuse and self.outcome == "skipped"


class Inconclusive(Exception):
    """The store's answer does not decide the question; the text is a sentence."""


def ok(detail: str) -> Seen:
    return Seen("ok", detail)


def listed(words: list[str]) -> str:
    """Write a list as a sentence has it.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
