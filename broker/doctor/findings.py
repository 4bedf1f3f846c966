"""What a probe of the store has found."""

from collections.abc import Iterable

from msgspec import Struct

from broker.schemas import Outcome

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


def are_good(findings: Iterable[Finding]) -> bool:
    """Say whether nothing failed, and no hole was looked for in vain."""
    return not any(found.outcome == "failed" or found.is_undecided for found in findings)


def ok(detail: str) -> Seen:
    return Seen("ok", detail)


def listed(words: list[str]) -> str:
    """Write a list as a sentence has it.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
