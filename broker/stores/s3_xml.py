"""The documents that an S3 store takes and gives. Pure.

They are read with defusedxml, which expands no entities. Names are taken without their namespace: SeaweedFS,
MinIO and Amazon do not agree on it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from operator import itemgetter
from typing import TypeAlias
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from msgspec import Struct, structs

from broker import checksums
from broker.checksums import Checksum
from broker.retry import Transient
from broker.stores.base import StoredObject, StoredPart

CorsRule: TypeAlias = tuple[tuple[str, str], ...]
"""The elements of a rule: their names and texts."""


class UnreadableDocument(Transient):
    """Not the document that was asked for, or only the beginning of it."""


class PartsPage(Struct, frozen=True):
    """One page of ListParts, each number once."""

    parts: list[StoredPart]
    is_truncated: bool


class ObjectsPage(Struct, frozen=True):
    """One page of ListObjectsV2; `next_token` is None on the last one."""

    objects: list[StoredObject]
    next_token: str | None


def find_error(body: bytes) -> str | None:
    """Return the code of the error in a body that may be anything.

    >>> find_error(b"<Error><Code>SlowDown</Code></Error>"), find_error(b"<html>")
    ('SlowDown', None)
    """
    try:
        root = _read(body)
    except UnreadableDocument:
        return None
    return _fields(root).get("Code", "") if _name(root) == "Error" else None


def parse_upload_id(body: bytes) -> str:
    """Read the answer of CreateMultipartUpload. Raises UnreadableDocument."""
    upload_id = _fields(_expect("InitiateMultipartUploadResult", body)).get("UploadId")
    if not upload_id:
        raise UnreadableDocument("An upload without an id")
    return upload_id


def parse_completed(body: bytes) -> str | None:
    """Return the code of the error that CompleteMultipartUpload may answer with a status 200.

    Raises UnreadableDocument. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    """
    code = find_error(body)
    if code is None:
        _expect("CompleteMultipartUploadResult", body)
    return code


def parse_parts(body: bytes) -> PartsPage:
    """Read a page of ListParts. Raises UnreadableDocument."""
    root = _expect("ListPartsResult", body)
    versions: dict[int, list[tuple[str, StoredPart]]] = {}
    try:
        for fields in _each(root, "Part"):
            part = _parse_part(fields)
            versions.setdefault(part.number, []).append((fields.get("LastModified", ""), part))
    except (KeyError, ValueError) as error:
        raise UnreadableDocument("A part that is none") from error
    return PartsPage([_newest(of_one) for _, of_one in sorted(versions.items())], _is_truncated(root))


def parse_objects(body: bytes) -> ObjectsPage:
    """Read a page of ListObjectsV2. Raises UnreadableDocument."""
    root = _expect("ListBucketResult", body)
    about = _fields(root)
    # asked for, because XML has no way to write some characters of keys; not every store does it
    is_encoded = about.get("EncodingType") == "url"
    try:
        objects = [
            StoredObject(
                key=unquote_plus(fields["Key"]) if is_encoded else fields["Key"],
                size=int(fields["Size"]),
                stored_at=_instant(fields["LastModified"]),
            )
            for fields in _each(root, "Contents")
        ]
        next_token = about["NextContinuationToken"] if _is_truncated(root) else None
    except (KeyError, ValueError) as error:
        raise UnreadableDocument("An object that is none") from error
    return ObjectsPage(objects, next_token)


def parse_cors(body: bytes) -> list[CorsRule]:
    """Read the answer of GetBucketCors. Raises UnreadableDocument."""
    rules = (each for each in _expect("CORSConfiguration", body) if _name(each) == "CORSRule")
    return [tuple((_name(part), part.text or "") for part in rule) for rule in rules]


def cors_document(rules: Iterable[CorsRule]) -> bytes:
    """Write the body of PutBucketCors.

    >>> cors_document([(("AllowedOrigin", "*"),)]).decode().partition(">")[2]
    '<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>'
    """
    lines = "".join(
        f"<CORSRule>{''.join(f'<{name}>{escape(text)}</{name}>' for name, text in rule)}</CORSRule>"
        for rule in rules
    )
    return (
        f'<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{lines}</CORSConfiguration>'
    ).encode()


def parts_document(parts: Iterable[StoredPart]) -> bytes:
    """Write the body of CompleteMultipartUpload, with all that is known of each part."""
    lines = "".join(
        f"<Part><PartNumber>{part.number}</PartNumber><ETag>&quot;{escape(etag)}&quot;</ETag>"
        f"{_checksum_element(part.checksum)}</Part>"
        for part in parts
        for etag in (part.etag, *part.other_etags)
    )
    return (
        '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"{lines}</CompleteMultipartUpload>"
    ).encode()


def _checksum_element(checksum: Checksum | None) -> str:
    if checksum is None:
        return ""
    name = f"Checksum{checksum.algorithm.upper()}"
    return f"<{name}>{checksum.value}</{name}>"


def _parse_part(fields: dict[str, str]) -> StoredPart:
    found = (
        Checksum(algorithm, fields[name])
        for algorithm in checksums.DIGEST_BYTES
        if (name := f"Checksum{algorithm.upper()}") in fields
    )
    return StoredPart(
        number=int(fields["PartNumber"]),
        size=int(fields["Size"]),
        etag=fields["ETag"].strip('"'),
        checksum=next(found, None),
    )


def _newest(versions: list[tuple[str, StoredPart]]) -> StoredPart:
    """Choose the part that was stored last, as far as whole seconds tell; the others are named in it."""
    _, newest = max(versions, key=itemgetter(0))
    others = {part.etag for _, part in versions} - {newest.etag}
    return structs.replace(newest, other_etags=tuple(sorted(others))) if others else newest


def _expect(name: str, body: bytes) -> Element:
    root = _read(body)
    if _name(root) != name:
        raise UnreadableDocument(f"A {_name(root)} instead of a {name}")
    return root


def _read(body: bytes) -> Element:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:  # the latter: of encodings
        raise UnreadableDocument(str(error)) from error
    return root


def _each(root: Element, name: str) -> Iterator[dict[str, str]]:
    return (_fields(child) for child in root if _name(child) == name)


def _fields(element: Element) -> dict[str, str]:
    return {_name(child): child.text or "" for child in element}


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _instant(text: str) -> datetime:
    """Read a time. Raises ValueError: one without a time zone cannot be compared with ours."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time without a time zone")
    return instant


def _is_truncated(root: Element) -> bool:
    return _fields(root).get("IsTruncated") == "true"
