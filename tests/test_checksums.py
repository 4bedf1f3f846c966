import pytest

from broker import checksums
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
