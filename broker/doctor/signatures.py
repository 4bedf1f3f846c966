"""Probes of what a presigned URL binds: what was not signed, the store must refuse.

Each makes the requests that a holder of such a URL could make, and looks whether they left an object.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx

from broker.doctor.findings import Inconclusive, Seen, listed, ok
from broker.doctor.fixes import fix_for
from broker.doctor.lab import BODY, CRC32C, OTHER, SHA256, Attempt, Lab, decided, now, said

# what a client could add to a URL that does not name it
_HEADERS: Mapping[str, Mapping[str, str]] = {
    "x-amz-acl": {"x-amz-acl": "public-read"},
    "x-amz-tagging": {"x-amz-tagging": "a=b"},
    "x-amz-meta-a": {"x-amz-meta-a": "b"},
    "x-amz-storage-class": {"x-amz-storage-class": "REDUCED_REDUNDANCY"},
    "x-amz-object-lock-legal-hold": {"x-amz-object-lock-legal-hold": "ON"},
    "x-amz-website-redirect-location": {"x-amz-website-redirect-location": "https://example.com/"},
}
_UNSIGNED_TRAILER = {
    "content-encoding": "aws-chunked",
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": str(len(BODY)),
    "x-amz-trailer": "x-amz-checksum-crc32c",
}
_WITH_TRAILER = b"".join(
    (b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY), *(f"{k}:{v}\r\n".encode() for k, v in CRC32C.items()), b"\r\n")
)
_SECRET = b"an object that the holder of a URL may not read"


async def signature(lab: Lab) -> Seen:
    """A URL that was changed or never signed is good for nothing."""

    async def with_another_key(key: str) -> httpx.Response:
        signed = lab.new_key()
        return await lab.put(signed, edit=lambda url: url.replace(signed, key))

    passed = await lab.let_through(
        {
            "another signature": lambda key: lab.put(key, edit=_forge),
            "another key": with_another_key,
            "a longer life": lambda key: lab.put(key, edit=_prolong),
            "another parameter": lambda key: lab.put(key, edit=lambda url: f"{url}&x-id=PutObject"),
            "no signature at all": lambda key: lab.put(key, edit=lambda url: url.partition("?")[0]),
        }
    )
    return _judge(
        lab,
        "signature",
        [f"took a PUT with {listed(passed)}"] if passed else [],
        fine="A PUT whose URL was changed or never signed is refused.",
    )


async def signed_length(lab: Lab) -> Seen:
    """A URL for some bytes takes exactly so many."""

    async def stream() -> AsyncIterator[bytes]:
        yield BODY

    passed = await lab.let_through(
        {
            "a longer": lambda key: lab.put(key, content=BODY + b"!"),
            "a shorter": lambda key: lab.put(key, content=BODY[:-1]),
            "a chunked": lambda key: lab.put(key, content=stream()),
        }
    )
    return _judge(
        lab,
        "signed-length",
        [f"took what does not have the signed length: {listed(passed)} body"] if passed else [],
        fine="A body of another length than the signed one is refused.",
    )


async def signed_type(lab: Lab) -> Seen:
    """A URL for a media type takes that one."""
    passed = await lab.let_through(
        {
            "another": lambda key: lab.put(key, change={"content-type": "text/html"}),
            "no": lambda key: lab.put(key, change={"content-type": None}),
        }
    )
    return _judge(
        lab,
        "signed-type",
        [f"took a PUT with {listed(passed)} Content-Type, although one is signed"] if passed else [],
        fine="A Content-Type that is not the signed one is refused.",
    )


async def signed_checksum(lab: Lab) -> Seen:
    """A URL for a checksum takes the bytes that have it."""
    passed = await lab.let_through(
        {
            "bytes that do not have the signed CRC32C": lambda key: lab.put(
                key, checksum=CRC32C, content=OTHER
            ),
            "bytes that do not have the signed SHA-256": lambda key: lab.put(
                key, checksum=SHA256, content=OTHER
            ),
            "a PUT without its signed checksum": lambda key: lab.put(
                key, checksum=CRC32C, content=OTHER, change=dict.fromkeys(CRC32C)
            ),
        }
    )
    return _judge(
        lab,
        "signed-checksum",
        [f"took {listed(passed)}"] if passed else [],
        fine="Bytes that do not have the signed checksum are refused.",
    )


async def no_overwrite(lab: Lab) -> Seen:
    """A URL stores an object once."""
    key = lab.new_key()
    answers = [await lab.put(key, content=body) for body in (BODY, OTHER)]
    if not answers[0].is_success:
        return Seen("skipped", f"The PUT that was to be repeated was answered with {answers[0].status_code}.")
    wrongs = ["let a second PUT with the same URL overwrite the object"] if answers[1].is_success else []
    if await lab.let_through({"": lambda key: lab.put(key, change={"if-none-match": None})}):
        wrongs.append("took a PUT without its signed If-None-Match")
    return _judge(
        lab,
        "no-overwrite",
        wrongs,
        fine=f"A second PUT to the same key is refused ({answers[1].status_code}).",
    )


async def copy_source(lab: Lab) -> Seen:
    """A URL to write does not read (SN-2026-011, CVE-2026-54330)."""
    source = await _store_secret(lab)

    async def copy(key: str) -> httpx.Response:
        return await lab.put(key, declared=b"", change={"x-amz-copy-source": source})

    passed = await lab.let_through({"": copy})
    return _judge(
        lab,
        "copy-source",
        ["let a presigned PUT copy another object, by an x-amz-copy-source that was not signed"]
        if passed
        else [],
        fine="An unsigned x-amz-copy-source on a PUT is refused, and nothing was copied.",
    )


async def copy_source_part(lab: Lab) -> Seen:
    """A URL to write a part does not read either."""
    source = await _store_secret(lab)
    key = lab.new_key()
    upload_id = await lab.begin_multipart(key)
    change = {"x-amz-copy-source": source}
    answer = await lab.put_part(key, upload_id, declared=b"", checksum={}, change=change)
    passed = decided(answer).is_success or await lab.list_parts(key, upload_id)
    return _judge(
        lab,
        "copy-source-part",
        ["let a presigned part copy another object, by an x-amz-copy-source that was not signed"]
        if passed
        else [],
        fine="An unsigned x-amz-copy-source on a part is refused, and nothing was copied.",
    )


async def unsigned_headers(lab: Lab) -> Seen:
    """A client adds no header of the store's to a URL that does not name it."""
    lock_until = f"{now() + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    lock = {"x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": lock_until}

    def attempt(headers: Mapping[str, str]) -> Attempt:
        return lambda key: lab.put(key, change=headers)

    passed = await lab.let_through(
        {name: attempt(headers) for name, headers in {**_HEADERS, "x-amz-object-lock-mode": lock}.items()}
    )
    return _judge(
        lab,
        "unsigned-headers",
        [f"took headers that were not signed: {listed(passed)}"] if passed else [],
        fine="x-amz-* headers that were not signed are refused.",
    )


async def unsigned_trailer(lab: Lab) -> Seen:
    """The access key that every URL shows is not enough to write (CVE-2026-41145)."""
    key = lab.new_key()
    upload_id = await lab.begin_multipart(key)

    async def forge_part(_: str) -> httpx.Response:
        return await lab.put_part(
            key, upload_id, content=_WITH_TRAILER, change=_UNSIGNED_TRAILER, edit=_forge
        )

    async def forge_object(key: str) -> httpx.Response:
        return await lab.put(key, content=_WITH_TRAILER, change=_UNSIGNED_TRAILER, edit=_forge)

    passed = await lab.let_through({"an object": forge_object, "a part": forge_part})
    if await lab.list_parts(key, upload_id) and "a part" not in passed:
        passed.append("a part")
    return _judge(
        lab,
        "unsigned-trailer",
        [f"stored {listed(passed)} for a forged signature: whoever has seen a URL can write"]
        if passed
        else [],
        fine="A forged signature with an unsigned trailer is refused.",
    )


def _judge(lab: Lab, probe: str, wrongs: list[str], *, fine: str) -> Seen:
    if not wrongs:
        return ok(fine)
    return Seen("failed", f"The store {listed(wrongs)}.", fix_for(probe, lab.server))


async def _store_secret(lab: Lab) -> str:
    """Store an object as the control identity; return how x-amz-copy-source names it."""
    key = lab.new_key()
    answer = await lab.ask("PUT", key, content=_SECRET)
    if not answer.is_success:
        raise Inconclusive(f"The control identity stored no object to copy: {said(answer)}.")
    return f"/{lab.store.bucket}/{key}"


def _forge(url: str) -> str:
    return re.sub(r"(?<=X-Amz-Signature=)\w+", "0" * 64, url)


def _prolong(url: str) -> str:
    return re.sub(r"(?<=X-Amz-Expires=)\d+", "604800", url)
