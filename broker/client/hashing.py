"""Checksums and fingerprints of what is about to be sent, or has been fetched."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Protocol

import google_crc32c

SAMPLE = 65_536


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Slices(Protocol):
    """Bytes that can be read from anywhere."""

    size: int

    def chunks(self, start: int, length: int) -> Iterable[bytes]: ...


def digest(algorithm: str, chunks: Iterable[bytes]) -> bytes:
    """Hash by `crc32c` or `sha256`."""
    hashing: _Hash
    if algorithm == "crc32c":  # noqa: SIM108 - one of them needs a comment of its own
        hashing = google_crc32c.Checksum()  # type: ignore[no-untyped-call]  # it has no annotations
    else:
        hashing = hashlib.sha256()
    for chunk in chunks:
        hashing.update(chunk)
    return hashing.digest()


def checksum(algorithm: str, chunks: Iterable[bytes]) -> str:
    """Hash as it stands on the wire.

    >>> checksum("crc32c", [b"123", b"456789"])
    'crc32c:4waSgw=='
    """
    return f"{algorithm}:{base64.b64encode(digest(algorithm, chunks)).decode()}"


def whole_checksum(like: str, source: Slices, part_size: int | None) -> str:
    """Hash all bytes in the form of the checksum `like`, which may be a composite of parts."""
    algorithm, _, value = like.partition(":")
    count = value.rpartition("-")[2] if "-" in value else ""
    if not count or part_size is None:
        return checksum(algorithm, source.chunks(0, source.size))
    starts = range(0, source.size, part_size)
    digests = [digest(algorithm, source.chunks(start, part_size)) for start in starts]
    return f"{checksum(algorithm, digests)}-{len(digests)}"


def fingerprint(source: Slices) -> str:
    """Return the mark by which every client of ours knows the file again (docs/protocol.md)."""
    size = source.size
    starts = [0] if size <= 3 * SAMPLE else [0, (size - SAMPLE) // 2, size - SAMPLE]
    length = size if len(starts) == 1 else SAMPLE
    return "f1:" + "-".join(digest("crc32c", source.chunks(start, length)).hex() for start in starts)
