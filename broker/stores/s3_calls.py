"""The calls of S3 that the broker makes, named as S3 names them: blocking, tried once, all safe to repeat.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from collections.abc import Mapping, Sequence

from broker import checksums
from broker.checksums import Checksum
from broker.schemas import ChecksumAlgorithm
from broker.stores import s3_xml
from broker.stores.base import Assembly, ObjectFacts, StoredPart
from broker.stores.s3_client import Answer, Refused, Send, refuse
from broker.stores.s3_xml import ObjectsPage, PartsPage

_ASSEMBLIES: Mapping[str, Assembly] = {
    "PreconditionFailed": "exists",
    "NoSuchUpload": "gone",
    "InvalidPart": "mismatch",
    "InvalidPartOrder": "mismatch",
    "EntityTooSmall": "mismatch",
    "BadDigest": "mismatch",
    "XAmzContentChecksumMismatch": "mismatch",  # MinIO's word
}


def head_bucket(send: Send) -> bool:
    """Say whether the bucket exists."""
    try:
        send("HEAD")
    except Refused as error:
        if error.status == 404:
            return False
        raise
    return True


def head_object(send: Send, key: str) -> ObjectFacts | None:
    try:
        headers = send("HEAD", key, headers={"x-amz-checksum-mode": "ENABLED"}).headers
    except Refused as error:
        if error.status == 404:
            return None
        raise
    return ObjectFacts(
        size=int(headers["content-length"]),
        type=headers.get("content-type", ""),
        etag=headers["etag"].strip('"'),
        checksums={
            algorithm: headers[name]
            for algorithm in checksums.DIGEST_BYTES
            if (name := f"x-amz-checksum-{algorithm}") in headers
        },
    )


def delete_object(send: Send, key: str) -> None:
    """Remove an object. A repeat removes nothing more: keys are never used again."""
    _ignore(send, "NoSuchKey", "DELETE", key)


def get_object_start(send: Send, key: str, length: int) -> bytes:
    """Return the first bytes of an object; a store that knows no ranges is cut short."""
    try:
        return send("GET", key, headers={"range": f"bytes=0-{length - 1}"}, most_bytes=length).body
    except Refused as error:
        if error.status == 416:  # an empty object has no first byte
            return b""
        raise


def list_objects_v2(send: Send, prefix: str, *, token: str | None, limit: int) -> ObjectsPage:
    query = {"list-type": "2", "prefix": prefix, "max-keys": str(limit), "encoding-type": "url"}
    if token is not None:
        query["continuation-token"] = token
    return s3_xml.parse_objects(send("GET", query=query).body)


def create_multipart_upload(send: Send, key: str, *, media_type: str, algorithm: ChecksumAlgorithm) -> str:
    """Return the id of a new upload. A repeat after a lost answer leaves an empty one behind, which no client
    can send to, and which the bucket's lifecycle rule removes.
    """
    headers = {"content-type": media_type, "x-amz-checksum-algorithm": algorithm.upper()}
    # the checksum of all bytes, which only a CRC can give: else it is that of the parts' checksums
    whole = {"x-amz-checksum-type": "FULL_OBJECT"} if algorithm == "crc32c" else {}
    answer = _send_with_extra(send, whole, "POST", key, query={"uploads": ""}, headers=headers)
    return s3_xml.parse_upload_id(answer.body)


def list_parts(send: Send, key: str, upload_id: str, *, after: int, limit: int) -> PartsPage | None:
    """Return a page of parts, or None for an upload that the store does not know."""
    query = {"uploadId": upload_id, "part-number-marker": str(after), "max-parts": str(limit)}
    try:
        return s3_xml.parse_parts(send("GET", key, query=query).body)
    except Refused as error:
        if error.code == "NoSuchUpload":
            return None
        raise


def complete_multipart_upload(
    send: Send, key: str, upload_id: str, parts: Sequence[StoredPart], *, checksum: Checksum | None
) -> Assembly:
    """Make an object of the parts, on a key not in use; send its CRC32C along, which the store then verifies.

    A repeat after a lost answer says `exists` or `gone`, for there is nothing more to assemble. A SHA-256 of
    the whole is not sent: the store computes one of the parts' hashes only, and verifies those.
    """
    whole: dict[str, str] = {}
    if checksum and checksum.algorithm == "crc32c":
        whole = {checksum.header: checksum.value, "x-amz-checksum-type": "FULL_OBJECT"}
    try:
        answer = _send_with_extra(
            send,
            whole,
            "POST",
            key,
            query={"uploadId": upload_id},
            headers={"content-type": "application/xml", "if-none-match": "*"},
            body=s3_xml.parts_document(parts),
        )
        code = s3_xml.parse_completed(answer.body)
        if code is not None:
            refuse(answer.status, code)
    except Refused as error:
        if error.code not in _ASSEMBLIES:
            raise
        return _ASSEMBLIES[error.code]
    return "completed"


def abort_multipart_upload(send: Send, key: str, upload_id: str) -> None:
    """Remove an upload. A repeat finds nothing, or removes a part that was on its way the first time."""
    _ignore(send, "NoSuchUpload", "DELETE", key, query={"uploadId": upload_id})


def _send_with_extra(
    send: Send,
    extra: Mapping[str, str],
    method: str,
    key: str,
    *,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Answer:
    """Send with headers that some stores do not take, and without these when they are refused."""
    try:
        return send(method, key, query=query, headers={**headers, **extra}, body=body)
    except Refused as error:
        if not extra or error.code not in {"InvalidRequest", "InvalidArgument", "NotImplemented"}:
            raise
        return send(method, key, query=query, headers=headers, body=body)


def _ignore(send: Send, code: str, method: str, key: str, *, query: Mapping[str, str] | None = None) -> None:
    try:
        send(method, key, query=query or {})
    except Refused as error:
        if error.code != code:
            raise
