"""What can go wrong for a client beside what the broker itself says, in the classes of broker/errors.py."""

from collections.abc import Iterator, Mapping

import msgspec

from broker.errors import BrokerError

_PREFIX = "urn:broker:problem:"


class UnknownProblem(BrokerError):
    """A refusal that this version does not know, or that something before the broker made."""

    slug, status, title = "about:blank", 0, "The request was refused"


class TransferError(Exception):
    """What went wrong between the client, the broker and the store; the text is a sentence."""


class BrokerUnreachable(TransferError):
    """The broker did not answer, or something else answered in its place."""


class StoreUnreachable(TransferError):
    """The store did not answer."""


class StoreRefused(TransferError):
    """The store answered, and refused; `code` is S3's own word such as `BadDigest`, if it had one."""

    def __init__(self, status: int, code: str | None) -> None:
        super().__init__(f"The store answered {status} {code or ''}".rstrip() + ".")
        self.status = status
        self.code = code


class SourceChanged(TransferError):
    """The file was changed while it was sent."""


class ChecksumMismatch(TransferError):
    """What was fetched is not what the broker has verified; nothing of it was kept."""


class UploadEnded(TransferError):
    """The upload ended elsewhere: it was aborted, has expired, was rejected, or its file is deleted."""


def reason(error: Exception) -> str:
    """Say why nobody answers, as the operating system does."""
    return str(error) or type(error).__name__


def read_problem(status: int, body: bytes, headers: Mapping[str, str]) -> BrokerError:
    """Make of an answer the error that the broker raised. A proxy may answer anything.

    >>> read_problem(404, b'{"type": "urn:broker:problem:not-found", "detail": "Gone."}', {})
    NotFound('Gone.')
    """
    try:
        facts = msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError:
        facts = {}
    return to_error(status, facts, headers)


def to_error(status: int, facts: Mapping[str, object], headers: Mapping[str, str]) -> BrokerError:
    """Make an error of a problem's members, as they also stand in the answer to a batch."""
    slug = str(facts.get("type", "")).removeprefix(_PREFIX)
    kind = _BY_SLUG.get(slug, UnknownProblem)
    error = kind.__new__(kind)
    members = {
        name: value
        for name, value in facts.items()
        if name not in {"type", "title", "status", "detail", "instance"}
    }
    BrokerError.__init__(error, str(facts.get("detail") or f"HTTP {status}"), **members)
    error.headers = headers
    error.status = status  # type: ignore[misc]  # of an unknown problem only the answer knows it
    return error


def _subclasses(of: type[BrokerError]) -> Iterator[type[BrokerError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _subclasses(kind)


_BY_SLUG = {kind.slug: kind for kind in _subclasses(BrokerError) if hasattr(kind, "slug")}
