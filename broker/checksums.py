"""Checksums as they stand on the wire: `<algorithm>:<base64>`, the value as S3 writes it. Pure.

That of an object in parts is either of all its bytes (CRC32C: it follows from those of the parts), or the
hash of the parts' hashes, marked with their number: `sha256:<base64>-<n>`, S3's composite.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import base64
import functools
import hashlib
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from broker.errors import InvalidChecksum

DIGEST_BYTES = {"crc32c": 4, "sha256": 32}

# Base64 as a store writes it: the last character has spare bits, and only with zeros there is it canonical
_is_checksum = re.compile(
    r"crc32c:[A-Za-z0-9+/]{5}[AQgw]==|sha256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
).fullmatch

_CASTAGNOLI = 0x82F63B78  # the polynomial of CRC32C (RFC 3720 §12.1), reflected
_COUNT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


class Checksum(Struct, frozen=True, gc=False):
    """`value` is the base64 of the digest's bytes, big-endian."""

    algorithm: str
    value: str

    @property
    def header(self) -> str:
        """The header in which S3 takes and returns it."""
        return f"x-amz-checksum-{self.algorithm}"

    @property
    def digest(self) -> bytes:
        return base64.b64decode(self.value)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"


def parse(text: str, *, field: str = "checksum") -> Checksum:
    """Read a checksum. Raises InvalidChecksum.

    >>> parse("crc32c:4waSgw==")
    Checksum(algorithm='crc32c', value='4waSgw==')
    """
    algorithm, value = text[:6], text[7:]
    if _is_checksum(text):
        return Checksum(algorithm, value)
    if text[6:7] != ":" or algorithm not in DIGEST_BYTES:
        raise InvalidChecksum("A checksum begins with crc32c: or sha256:.", field=field)
    raise InvalidChecksum(
        f"A {algorithm} checksum is the base64 of {DIGEST_BYTES[algorithm]} bytes.", field=field
    )


def parse_as(algorithm: str, text: str, *, field: str) -> Checksum:
    """Read a checksum of this algorithm. Raises InvalidChecksum, naming the field."""
    checksum = parse(text, field=field)
    if checksum.algorithm != algorithm:
        raise InvalidChecksum(f"The parts of this upload have {algorithm} checksums.", field=field)
    return checksum


def parse_whole(text: str) -> Checksum:
    """Read the checksum of an object, which may be a composite. Raises InvalidChecksum.

    >>> parse_whole("crc32c:4waSgw==-12")
    Checksum(algorithm='crc32c', value='4waSgw==-12')
    """
    plain, dash, count = text.partition("-")
    checksum = parse(plain)
    if not dash:
        return checksum
    if not _COUNT.fullmatch(count):
        raise InvalidChecksum("A composite checksum ends in the number of its parts.", field="checksum")
    return Checksum(checksum.algorithm, f"{checksum.value}-{count}")


def of_parts(parts: Sequence[Checksum], sizes: Iterable[int]) -> tuple[Checksum, ...]:
    """Compute the checksums that an object may have, given those of its parts, all of one algorithm.

    There are two for CRC32C: of all bytes, and the composite of stores that know no other.
    """
    if parts[0].algorithm == "crc32c":
        return _of_crc(_combine(parts, sizes)), _composite(parts)
    return (_composite(parts),)


def _composite(parts: Sequence[Checksum]) -> Checksum:
    digests = b"".join(part.digest for part in parts)
    if parts[0].algorithm == "crc32c":
        value = _of_crc(_crc(digests)).value
    else:
        value = base64.b64encode(hashlib.sha256(digests).digest()).decode()
    return Checksum(parts[0].algorithm, f"{value}-{len(parts)}")


def _of_crc(crc: int) -> Checksum:
    return Checksum("crc32c", base64.b64encode(crc.to_bytes(4, "big")).decode())


def _crc(data: bytes) -> int:
    """Compute the CRC32C of a few kilobytes; nothing else is ever hashed here."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _BYTES[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _combine(parts: Sequence[Checksum], sizes: Iterable[int]) -> int:
    """Compute the CRC of all bytes: that of the first ones, moved past the rest, plus that of the rest.

    Moving past n zero bytes is linear over GF(2): a 32 x 32 matrix, made by squaring (zlib's crc32_combine).
    """
    crc = 0
    for part, size in zip(parts, sizes, strict=True):
        low, second, third, high = _past(size)
        crc = (
            low[crc & 0xFF]
            ^ second[crc >> 8 & 0xFF]
            ^ third[crc >> 16 & 0xFF]
            ^ high[crc >> 24]
            ^ int.from_bytes(part.digest)
        )
    return crc


_Matrix = tuple[int, ...]  # the image of each bit, the lowest first


@functools.lru_cache(maxsize=16)
def _past(size: int) -> list[list[int]]:
    """Return how a CRC moves past this many zero bytes, as tables of what each of its bytes becomes."""
    matrix = _matrix_past(size)
    return [[_times(matrix, byte << shift) for byte in range(256)] for shift in (0, 8, 16, 24)]


def _matrix_past(size: int) -> _Matrix:
    power: _Matrix = (_CASTAGNOLI, *(1 << bit for bit in range(31)))  # past one zero bit
    for _ in range(3):
        power = _square(power)
    moved: _Matrix = tuple(1 << bit for bit in range(32))
    while size:
        if size & 1:
            moved = tuple(_times(power, image) for image in moved)
        power = _square(power)
        size >>= 1
    return moved


def _square(matrix: _Matrix) -> _Matrix:
    return tuple(_times(matrix, image) for image in matrix)


def _times(matrix: _Matrix, crc: int) -> int:
    moved = 0
    for image in matrix:
        if crc & 1:
            moved ^= image
        crc >>= 1
    return moved


_PAST_A_BYTE = _matrix_past(1)
_BYTES = [_times(_PAST_A_BYTE, byte) for byte in range(256)]
