"""What one presigned URL costs, next to what the SDKs take for it: `python bench/sign.py`. Needs no network.

The contenders take turns, so that a busy machine slows them alike: the ratios are steadier than the times.
"""

import importlib.metadata
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.config
import obstore
from minio import Minio
from minio.credentials.credentials import Credentials as MinioCredentials
from minio.signer import presign_v4
from obstore.store import S3Store

from broker.sigv4 import Credentials, Endpoint, Signer

SECONDS = 15
TURN_SECONDS = 0.02

HOST = "127.0.0.1:9000"
URL = f"http://{HOST}"
BUCKET = "media"
REGION = "us-east-1"
KEY = "uploads/acme/01kdvdna000000000000000000"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXPIRES_IN = 300
UPLOAD_ID = "b1946ac92492d2347c6235b4d2611184_0123456789abcdef"
HEADERS = {
    "content-length": "1048576",
    "content-type": "application/octet-stream",
    "if-none-match": "*",
    "x-amz-checksum-crc32c": "yZRlqg==",
}
PARTS = [
    (number, {"content-length": "8388608", "x-amz-checksum-crc32c": f"{number:06}=="})
    for number in range(1, 1001)
]


@dataclass
class Contender:
    """`sign` makes `urls` URLs; `times` are µs per URL, one of each turn."""

    name: str
    sign: Callable[[], object]
    urls: int = 1
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    def take_turn(self) -> None:
        calls, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < TURN_SECONDS:
            self.sign()
            calls += 1
        self.times.append(elapsed / calls / self.urls * 1e6)


def contenders() -> dict[str, list[Contender]]:
    """Return the contenders of each job, ours first."""
    ours = Signer(Credentials(ACCESS_KEY, SECRET_KEY), Endpoint(URL, BUCKET), region=REGION)
    minio = Minio(HOST, access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False, region=REGION)
    minio_credentials = MinioCredentials(ACCESS_KEY, SECRET_KEY)
    minio_url = urlsplit(f"{URL}/{BUCKET}/{KEY}")
    boto: Any = boto3.client(
        "s3",
        endpoint_url=URL,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    obs = S3Store(
        BUCKET,
        endpoint=URL,
        region=REGION,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    lifetime = timedelta(seconds=EXPIRES_IN)
    target = {"Bucket": BUCKET, "Key": KEY}
    declared = {
        "ContentLength": 1048576,
        "ContentType": "application/octet-stream",
        "IfNoneMatch": "*",
        "ChecksumCRC32C": "yZRlqg==",
    }
    part = {"UploadId": UPLOAD_ID, "ContentLength": 8388608, "ChecksumCRC32C": "yZRlqg=="}

    def now() -> datetime:
        return datetime.now(UTC)

    return {
        "one PUT, nothing but the host signed": [
            Contender("broker.sigv4", lambda: ours.presign("PUT", KEY, expires_in=EXPIRES_IN, at=now())),
            Contender("obstore.sign", lambda: obstore.sign(obs, "PUT", KEY, lifetime)),
            Contender(
                "minio.signer.presign_v4",
                lambda: presign_v4(
                    method="PUT",
                    url=minio_url,
                    region=REGION,
                    credentials=minio_credentials,
                    date=now(),
                    expires=EXPIRES_IN,
                ),
            ),
            Contender(
                "minio presigned_put_object", lambda: minio.presigned_put_object(BUCKET, KEY, lifetime)
            ),
            Contender(
                "boto3 generate_presigned_url",
                lambda: boto.generate_presigned_url("put_object", target, EXPIRES_IN),
            ),
        ],
        "one PUT, four headers signed": [
            Contender(
                "broker.sigv4",
                lambda: ours.presign("PUT", KEY, headers=HEADERS, expires_in=EXPIRES_IN, at=now()),
            ),
            Contender(
                "boto3 generate_presigned_url",
                lambda: boto.generate_presigned_url("put_object", target | declared, EXPIRES_IN),
            ),
        ],
        "1,000 parts, two headers signed in each": [
            Contender(
                "broker.sigv4",
                lambda: ours.presign_parts(
                    KEY, upload_id=UPLOAD_ID, parts=PARTS, expires_in=EXPIRES_IN, at=now()
                ),
                urls=len(PARTS),
            ),
            Contender(
                "minio get_presigned_url (no headers)",
                lambda: minio.get_presigned_url(
                    "PUT",
                    BUCKET,
                    KEY,
                    lifetime,
                    extra_query_params={"partNumber": "7", "uploadId": UPLOAD_ID},
                ),
            ),
            Contender(
                "boto3 generate_presigned_url",
                lambda: boto.generate_presigned_url(
                    "upload_part", target | part | {"PartNumber": 7}, EXPIRES_IN
                ),
            ),
        ],
    }


def table(jobs: dict[str, list[Contender]]) -> Iterator[str]:
    for job, entries in jobs.items():
        yield f"\n{job:<42}{'µs/URL':>10}{'ratio':>10}"
        for entry in entries:
            yield f"  {entry.name:<40}{entry.median:>10.2f}{entry.median / entries[0].median:>10.1f}"


def versions() -> str:
    names = ("minio", "boto3", "obstore")
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    return f"Python {platform.python_version()}, {libraries}; medians of {SECONDS} s"


def main() -> None:
    jobs = contenders()
    entries = [entry for job in jobs.values() for entry in job]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for entry in entries:
            entry.take_turn()
    print(versions(), *table(jobs), sep="\n")


if __name__ == "__main__":
    main()
