import base64
import hashlib

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import checksums
from broker.checksums import Checksum
from broker.errors import InvalidChecksum

SHA256_OF_NOTHING = "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize(
    ("text", "header"),
    [("crc32c:AAAAAA==", "x-amz-checksum-crc32c"), (SHA256_OF_NOTHING, "x-amz-checksum-sha256")],
)
def test_a_checksum_reads_back_as_it_was_written(text: str, header: str) -> None:
    parsed = checksums.parse(text)

    assert str(parsed) == text
    assert parsed.header == header


@pytest.mark.parametrize(
    "text",
    ["", "crc32c", "crc32c:", "md5:AAAAAA==", "CRC32C:AAAAAA==", "crc32c:AAAAAA", "crc32c:AAAAAB==",
     "crc32c:AAAAAAA=", "crc32c: AAAAAA==", "crc32c:AAAAAA==\n", "crc32c:ÄÄÄÄÄÄ==", "sha256:AAAAAA=="],
)  # fmt: skip
def test_what_is_no_checksum_is_refused(text: str) -> None:
    with pytest.raises(InvalidChecksum) as caught:
        checksums.parse(text)

    assert caught.value.members["field"] == "checksum"


def crc_of(data: bytes) -> Checksum:
    return Checksum("crc32c", base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode())


def sha_of(data: bytes) -> Checksum:
    return Checksum("sha256", base64.b64encode(hashlib.sha256(data).digest()).decode())


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=12))
def test_the_crc_of_the_whole_follows_from_those_of_the_parts(parts: list[bytes]) -> None:
    whole, composite = checksums.of_parts([crc_of(part) for part in parts], map(len, parts))

    assert whole == crc_of(b"".join(parts))
    digests = b"".join(crc_of(part).digest for part in parts)
    assert composite == Checksum("crc32c", f"{crc_of(digests).value}-{len(parts)}")


def test_the_crc_of_5_tib_takes_no_longer_than_that_of_its_parts() -> None:
    zeros = crc_of(bytes(2**20))
    parts, sizes = [zeros] * 3, [2**20] * 3

    (whole, _) = checksums.of_parts(parts, sizes)
    grown, _ = checksums.of_parts([whole, whole], [3 * 2**20] * 2)

    assert grown == crc_of(bytes(6 * 2**20))
    checksums.of_parts([zeros] * 10_000, [525 * 2**20] * 10_000)


def test_the_sha256_of_parts_is_the_hash_of_their_hashes() -> None:
    parts = [sha_of(b"a"), sha_of(b"b")]

    assert checksums.of_parts(parts, [1, 1]) == (
        Checksum("sha256", sha_of(b"".join(part.digest for part in parts)).value + "-2"),
    )


@pytest.mark.parametrize("end", ["-", "-0", "-x", "--1", "-1-1", "-100000"])
def test_a_composite_ends_in_a_number_of_parts(end: str) -> None:
    assert str(checksums.parse_whole("crc32c:4waSgw==-12")) == "crc32c:4waSgw==-12"

    with pytest.raises(InvalidChecksum):
        checksums.parse_whole(f"crc32c:4waSgw=={end}")


def test_the_checksum_of_a_part_is_of_the_uploads_algorithm() -> None:
    text = "crc32c:4waSgw=="

    assert checksums.parse_as("crc32c", text, field="parts") == checksums.parse(text)
    with pytest.raises(InvalidChecksum):
        checksums.parse_as("sha256", text, field="parts")
