"""Checksums as they stand on the wire: `<algorithm>:<base64>`, the value as S3 writes it. Pure."""

import base64
import binascii

from msgspec import Struct

from broker.errors import InvalidChecksum

DIGEST_BYTES = {"crc32c": 4, "sha256": 32}


class Checksum(Struct, frozen=True):
    """`value` is the base64 of the digest's bytes, big-endian."""

    algorithm: str
    value: str

    @property
    def header(self) -> str:
        """The header in which S3 takes and returns it."""
        return f"x-amz-checksum-{self.algorithm}"

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"


def parse(text: str) -> Checksum:
    """Read a checksum. Raises InvalidChecksum.

    >>> parse("crc32c:4waSgw==")
    Checksum(algorithm='crc32c', value='4waSgw==')
    """
    algorithm, _, value = text.partition(":")
    if algorithm not in DIGEST_BYTES:
        raise InvalidChecksum("A checksum begins with crc32c: or sha256:.", field="checksum")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidChecksum("The checksum is not base64.", field="checksum") from error
    # decoding is lenient about the last character's spare bits: only the canonical text may go on
    if len(digest) != DIGEST_BYTES[algorithm] or base64.b64encode(digest).decode() != value:
        raise InvalidChecksum(
            f"A {algorithm} checksum is the base64 of {DIGEST_BYTES[algorithm]} bytes.", field="checksum"
        )
    return Checksum(algorithm, value)
