"""The calls of S3 that the broker makes, named as S3 names them: blocking, tried once, all safe to repeat.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from broker import checksums
from broker.checksums import Checksum
from broker.retry import Transient
from broker.schemas import ChecksumAlgorithm
from broker.stores import s3_xml
from broker.stores.base import Assembly, ObjectFacts, StoredPart
from broker.stores.s3_client import Refused, Send, refuse
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


class NewMultipart(Struct, frozen=True, kw_only=True):
    """A multipart upload; `has_whole_checksum`: its object will have a checksum of all its bytes."""

    id: str
    has_whole_checksum: bool


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
    try:
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
    except (KeyError, ValueError) as error:
        raise Transient("An object without a size or an ETag") from error


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


def create_multipart_upload(
    send: Send, key: str, *, media_type: str, algorithm: ChecksumAlgorithm
) -> NewMultipart:
    """Begin an upload. A repeat after a lost answer leaves an empty one behind, which no client can send to,
    and which the bucket's lifecycle rule removes.
    """
    query = {"uploads": ""}
    headers = {"content-type": media_type, "x-amz-checksum-algorithm": algorithm.upper()}
    # a CRC can be of all bytes; left out, it is that of the parts' checksums, as it always is with SHA-256
    whole = headers | {"x-amz-checksum-type": "FULL_OBJECT"} if algorithm == "crc32c" else headers
    try:
        answer = send("POST", key, query=query, headers=whole)
    except Refused as error:
        if error.code not in {"InvalidRequest", "InvalidArgument", "NotImplemented"}:
            raise
        answer = send("POST", key, query=query, headers=headers)
    return NewMultipart(
        id=s3_xml.parse_upload_id(answer.body),
        has_whole_checksum=answer.headers.get("x-amz-checksum-type") == "FULL_OBJECT",
    )


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
    send: Send, key: str, upload_id: str, parts: Sequence[StoredPart], *, whole: Checksum | None
) -> Assembly:
    """Make an object of the parts, on a key not in use; the store verifies the checksums of parts and whole.

    A repeat after a lost answer says `exists` or `gone`, for there is nothing more to assemble.
    """
    headers = {"content-type": "application/xml", "if-none-match": "*"}
    if whole:
        headers |= {whole.header: whole.value, "x-amz-checksum-type": "FULL_OBJECT"}
    body = s3_xml.parts_document(parts)
    try:
        answer = send("POST", key, query={"uploadId": upload_id}, headers=headers, body=body)
        code = s3_xml.parse_completed(answer.body)
        if code is not None:
            refuse(answer.status, code)
    except Refused as error:
        # where the object's checksum is that of the parts' ones, each of them has to be said
        if error.code == "InvalidRequest" and any(part.checksum is None for part in parts):
            return "mismatch"
        if error.code not in _ASSEMBLIES:
            raise
        return _ASSEMBLIES[error.code]
    return "completed"


def abort_multipart_upload(send: Send, key: str, upload_id: str) -> None:
    """Remove an upload. A repeat finds nothing, or removes a part that was on its way the first time."""
    _ignore(send, "NoSuchUpload", "DELETE", key, query={"uploadId": upload_id})


def _ignore(send: Send, code: str, method: str, key: str, *, query: Mapping[str, str] | None = None) -> None:
    try:
        send(method, key, query=query or {})
    except Refused as error:
        if error.code != code:
            raise
