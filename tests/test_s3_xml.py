"""Documents as other stores write them; what SeaweedFS writes is tested with it."""

from datetime import UTC, datetime

import pytest

from broker.checksums import Checksum
from broker.stores.base import StoredObject, StoredPart
from broker.stores.s3_xml import (
    ObjectsPage,
    PartsPage,
    UnreadableDocument,
    cors_document,
    find_error,
    parse_cors,
    parse_objects,
    parse_parts,
    parse_upload_id,
    parts_document,
)

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
AWS_PARTS = b"""<?xml version="1.0" encoding="UTF-8"?>
<ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Bucket>example-bucket</Bucket><UploadId>XXBsb2FkIElE</UploadId>
  <Initiator><ID>arn:aws:iam::1:user/some-user</ID><DisplayName>u</DisplayName></Initiator>
  <PartNumberMarker>1</PartNumberMarker><NextPartNumberMarker>3</NextPartNumberMarker>
  <MaxParts>2</MaxParts><IsTruncated>true</IsTruncated>
  <ChecksumAlgorithm>CRC32C</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>
  <Part><PartNumber>2</PartNumber><LastModified>2010-11-10T20:48:34.000Z</LastModified>
    <ETag>"7778aef83f66abc1fa1e8477f296d394"</ETag><Size>10485760</Size>
    <ChecksumCRC32C>4waSgw==</ChecksumCRC32C></Part>
  <Part><PartNumber>3</PartNumber><LastModified>2010-11-10T20:48:33.000Z</LastModified>
    <ETag>"aaaa18db4cc2f85cedef654fccc4a4x8"</ETag><Size>10485760</Size>
    <ChecksumSHA256>n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=</ChecksumSHA256></Part>
</ListPartsResult>"""

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html
AWS_CORS = b"""<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <CORSRule><AllowedOrigin>http://www.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
    <MaxAgeSeconds>3000</MaxAgeSeconds><ExposeHeader>x-amz-server-side-encryption</ExposeHeader></CORSRule>
  <CORSRule><ID>a &lt; b</ID><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>
</CORSConfiguration>"""


def test_cors_rules_are_written_as_they_were_read() -> None:
    rules = parse_cors(AWS_CORS)

    assert rules == [
        (
            ("AllowedOrigin", "http://www.example.com"),
            ("AllowedMethod", "GET"),
            ("MaxAgeSeconds", "3000"),
            ("ExposeHeader", "x-amz-server-side-encryption"),
        ),
        (("ID", "a < b"), ("AllowedOrigin", "*"), ("AllowedMethod", "PUT")),
    ]
    assert parse_cors(cors_document(rules)) == rules


def test_the_checksums_of_parts_are_read_where_the_store_tells_them() -> None:
    assert parse_parts(AWS_PARTS) == PartsPage(
        [
            StoredPart(
                number=2,
                size=10485760,
                etag="7778aef83f66abc1fa1e8477f296d394",
                checksum=Checksum("crc32c", "4waSgw=="),
            ),
            StoredPart(
                number=3,
                size=10485760,
                etag="aaaa18db4cc2f85cedef654fccc4a4x8",
                checksum=Checksum("sha256", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
            ),
        ],
        is_truncated=True,
    )


def test_of_a_number_that_is_listed_twice_the_newest_counts_and_the_others_are_named() -> None:
    def part(number: int, second: int, etag: str) -> str:
        return (
            f"<Part><PartNumber>{number}</PartNumber><LastModified>2026-11-22T20:00:0{second}Z</LastModified>"
            f"<ETag>&quot;{etag}&quot;</ETag><Size>{second}</Size></Part>"
        )

    listed = part(2, 1, "d") + part(1, 1, "a") + part(1, 3, "c") + part(1, 2, "b") + part(1, 2, "b")

    page = parse_parts(f"<ListPartsResult>{listed}</ListPartsResult>".encode())

    assert page == PartsPage(
        [
            StoredPart(number=1, size=3, etag="c", checksum=None, other_etags=("a", "b")),
            StoredPart(number=2, size=1, etag="d", checksum=None),
        ],
        is_truncated=False,
    )


def test_a_completion_names_all_etags_and_what_is_known_of_the_checksums() -> None:
    document = parts_document(
        [
            StoredPart(
                number=1, size=1, etag="new", checksum=Checksum("crc32c", "4waSgw=="), other_etags=("old",)
            ),
            StoredPart(number=2, size=1, etag="<&>", checksum=None),
        ]
    )

    assert document.decode() == (
        '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        "<Part><PartNumber>1</PartNumber><ETag>&quot;new&quot;</ETag>"
        "<ChecksumCRC32C>4waSgw==</ChecksumCRC32C></Part>"
        "<Part><PartNumber>1</PartNumber><ETag>&quot;old&quot;</ETag>"
        "<ChecksumCRC32C>4waSgw==</ChecksumCRC32C></Part>"
        "<Part><PartNumber>2</PartNumber><ETag>&quot;&lt;&amp;&gt;&quot;</ETag></Part>"
        "</CompleteMultipartUpload>"
    )


# https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
AWS_OBJECTS = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>bucket</Name><Prefix/><NextContinuationToken>1ueGcx%2B=</NextContinuationToken>{encoding}
  <KeyCount>1</KeyCount><MaxKeys>1</MaxKeys><IsTruncated>true</IsTruncated>
  <Contents><Key>a%2Bb+c</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>
    <ETag>"70ee1738b6b21e2c8a43f3a5ab0eee71"</ETag><Size>11</Size><StorageClass>STANDARD</StorageClass></Contents>
</ListBucketResult>"""


@pytest.mark.parametrize(
    ("encoding", "key"), [("<EncodingType>url</EncodingType>", "a+b c"), ("", "a%2Bb+c")]
)
def test_keys_are_decoded_where_the_store_encodes_them(encoding: str, key: str) -> None:
    assert parse_objects(AWS_OBJECTS.format(encoding=encoding).encode()) == ObjectsPage(
        [StoredObject(key=key, size=11, stored_at=datetime(2009, 10, 12, 17, 50, 30, tzinfo=UTC))],
        next_token="1ueGcx%2B=",
    )


@pytest.mark.parametrize(
    "part",
    [
        "<Size>1</Size><ETag>e</ETag>",
        "<PartNumber>1</PartNumber><ETag>e</ETag>",
        "<PartNumber>1</PartNumber><Size>1</Size>",
        "<PartNumber>one</PartNumber><Size>1</Size><ETag>e</ETag>",
    ],
)
def test_a_list_with_a_part_that_is_none_is_not_believed(part: str) -> None:
    with pytest.raises(UnreadableDocument):
        parse_parts(f"<ListPartsResult><Part>{part}</Part></ListPartsResult>".encode())


@pytest.mark.parametrize("fields", ["<Key>a</Key>", "<UploadId/>"])
def test_an_upload_without_an_id_is_none(fields: str) -> None:
    with pytest.raises(UnreadableDocument):
        parse_upload_id(f"<InitiateMultipartUploadResult>{fields}</InitiateMultipartUploadResult>".encode())


def test_a_page_that_goes_on_but_does_not_say_where_is_not_believed() -> None:
    with pytest.raises(UnreadableDocument):
        parse_objects(b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>")


@pytest.mark.parametrize("time", ["2009-10-12T17:50:30", "yesterday", "9999"])
def test_an_object_that_was_stored_at_no_certain_time_is_not_believed(time: str) -> None:
    fields = f"<Key>a</Key><Size>1</Size><LastModified>{time}</LastModified>"

    with pytest.raises(UnreadableDocument):
        parse_objects(f"<ListBucketResult><Contents>{fields}</Contents></ListBucketResult>".encode())


def test_no_entity_is_expanded() -> None:
    document = b'<!DOCTYPE Error [<!ENTITY code "SlowDown">]><Error><Code>&code;</Code></Error>'

    assert find_error(document) is None
