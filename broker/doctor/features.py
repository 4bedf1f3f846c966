"""Probes of what the broker uses besides: multipart uploads, checksums, forms, lifecycle rules."""

from collections.abc import Mapping
from types import MappingProxyType

import httpx

from broker.doctor.findings import Inconclusive, Seen, listed, ok
from broker.doctor.lab import BODY, CRC32C, OTHER, Lab, now, said, xml

_CRC32C: Mapping[str, str] = MappingProxyType({"x-amz-checksum-algorithm": "CRC32C"})
_MIN_LIFECYCLE_DAYS = 8  # an upload may live for seven


async def no_overwrite_on_complete(lab: Lab) -> Seen:
    """Completing a multipart upload replaces no object."""
    key = lab.new_key()
    await _store(lab, key)
    upload_id, etag = await _send_part(lab, key)
    answer = await lab.complete_multipart(key, upload_id, etag, {"if-none-match": "*"})
    if answer.status_code in (409, 412):
        return ok(f"Completing a multipart upload over an object is refused ({said(answer)}).")
    if answer.is_success and "<Error>" not in answer.text:
        return Seen(
            "failed",
            "The store let CompleteMultipartUpload with If-None-Match: * replace an object.",
            "Use a release of the store that honours If-None-Match there; Amazon S3 does since 2024.",
        )
    raise Inconclusive(f"The store answered CompleteMultipartUpload with {said(answer)}.")


async def part_checksums(lab: Lab) -> Seen:
    """A part is verified like an object."""
    key = lab.new_key()
    upload_id = await lab.begin_multipart(key, _CRC32C)
    good = await lab.put_part(key, upload_id)
    wrong = await lab.put_part(key, upload_id, content=OTHER)
    longer = await lab.put_part(key, upload_id, content=BODY + b"!")
    if not good.is_success:
        return Seen(
            "failed",
            f"The store refused a part with its checksum: {said(good)}.",
            "Use a release of the store that takes x-amz-checksum-crc32c on UploadPart; MinIO does.",
        )
    wrongs = ["other bytes than those of the signed checksum"] if wrong.is_success else []
    wrongs += ["more bytes than were signed"] if longer.is_success else []
    if wrongs:
        return Seen(
            "failed",
            f"The store took a part with {listed(wrongs)}.",
            "Use a release of the store that verifies the signed headers of UploadPart; MinIO does.",
        )
    return ok(f"A part with other bytes or more of them is refused ({said(wrong)}, {said(longer)}).")


async def whole_checksum(lab: Lab) -> Seen:
    """A multipart upload may end with the checksum of the whole object (FULL_OBJECT)."""
    key = lab.new_key()
    kind = {"x-amz-checksum-type": "FULL_OBJECT"}
    upload_id, etag = await _send_part(lab, key, {**_CRC32C, **kind})
    answer = await lab.complete_multipart(key, upload_id, etag, {**CRC32C, **kind})
    facts = await lab.ask("HEAD", key, headers={"x-amz-checksum-mode": "ENABLED"})
    if facts.is_success and CRC32C.items() <= facts.headers.items():
        return ok("The CRC32C of a whole multipart object is taken, and HEAD tells it.")
    told = ", ".join(facts.headers.get(name, "none") for name in CRC32C)
    return Seen(
        "skipped",
        f"The store does not tell the CRC32C of a whole multipart object (it completed with {said(answer)}, "
        f"HEAD tells {told}): the broker combines those of the parts.",
    )


async def listed_checksums(lab: Lab) -> Seen:
    """A listing of parts tells their checksums."""
    key = lab.new_key()
    upload_id, _ = await _send_part(lab, key)
    parts = await lab.list_parts(key, upload_id)
    if [part.findtext("{*}ChecksumCRC32C") for part in parts] == list(CRC32C.values()):
        return ok("A listing of parts tells their checksums.")
    return Seen(
        "skipped", "A listing of parts tells no checksums: clients name them when they complete an upload."
    )


async def post_policy(lab: Lab) -> Seen:
    """A form that is posted keeps to its policy's range."""
    good, longer = [await _post(lab, body) for body in (BODY, BODY + b"!")]
    if good.status_code in (405, 501):
        return Seen(
            "skipped", f"The store takes no posted forms ({said(good)}): the broker can do without them."
        )
    if longer.is_success:
        return Seen(
            "failed",
            "The store took a posted file that is longer than its policy allows.",
            "Use a release of the store that enforces content-length-range; MinIO does.",
        )
    if not good.is_success:
        raise Inconclusive(f"The store refused a good form: {said(good)}.")
    return ok(f"A posted file that is longer than its policy allows is refused ({said(longer)}).")


async def lifecycle(lab: Lab) -> Seen:
    """The store drops abandoned parts by itself, should the broker not come to it."""
    answer = await lab.ask("GET", query={"lifecycle": ""})
    if answer.status_code == 403:
        return Seen("skipped", "The control identity may not read the bucket's lifecycle rules.")
    days = _days_until_dropped(lab, answer) if answer.is_success else []
    if any(day >= _MIN_LIFECYCLE_DAYS for day in days):
        return ok(f"Abandoned parts are dropped after {min(days)} days.")
    if days:
        return Seen(
            "failed",
            f"Parts are dropped after {min(days)} days, and an upload may live for 7.",
            f"Let the rule wait {_MIN_LIFECYCLE_DAYS} days.",
        )
    if lab.server.lower().startswith("minio"):
        return Seen(
            "skipped",
            "MinIO keeps no such rule; it drops abandoned parts when they are as old as "
            "MINIO_API_STALE_UPLOADS_EXPIRY says (24h by default; 192h is longer than any upload lives).",
        )
    return Seen(
        "warning",
        f"No lifecycle rule drops abandoned parts below {lab.store.key_prefix}/ ({said(answer)}).",
        "Run `broker bootstrap`, or give the bucket a rule with AbortIncompleteMultipartUpload.",
    )


def _days_until_dropped(lab: Lab, answer: httpx.Response) -> list[int]:
    """Read after how many days the rules that hold for our keys drop abandoned parts."""
    return [
        int(days)
        for rule in xml(answer).findall("{*}Rule")
        if rule.findtext("{*}Status") == "Enabled"
        and f"{lab.store.key_prefix}/".startswith(
            rule.findtext("{*}Filter/{*}Prefix") or rule.findtext("{*}Prefix") or ""
        )
        and (days := rule.findtext("{*}AbortIncompleteMultipartUpload/{*}DaysAfterInitiation"))
    ]


async def _store(lab: Lab, key: str) -> None:
    answer = await lab.put(key)
    if not answer.is_success:
        raise Inconclusive(f"The store refused a good PUT: {said(answer)}.")


async def _send_part(lab: Lab, key: str, headers: Mapping[str, str] = _CRC32C) -> tuple[str, str]:
    """Begin a multipart upload and send a good part; return the upload's id and the part's ETag."""
    upload_id = await lab.begin_multipart(key, headers)
    answer = await lab.put_part(key, upload_id)
    if not answer.is_success:
        raise Inconclusive(f"The store refused a good part: {said(answer)}.")
    return upload_id, answer.headers["etag"]


async def _post(lab: Lab, body: bytes) -> httpx.Response:
    # not by the put-signer: SeaweedFS 4.48 refuses the forms of every user who has a policy
    fields = lab.form_signer.sign_post_policy(
        lab.new_key(), conditions=[("content-length-range", 1, len(BODY))], expires_in=120, at=now()
    )
    return await lab.post(fields, body)
