"""Stores that speak S3: MinIO, SeaweedFS, Amazon S3 and others."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from broker import checksums
from broker.errors import StoreUnavailable
from broker.schemas import PresignedRequest
from broker.settings import Identity, SettingsError, StoreSettings
from broker.sigv4 import Credentials, Endpoint, Signer
from broker.stores.base import ObjectFacts

log = logging.getLogger(__name__)

T = TypeVar("T")

_CALLS_AT_ONCE = 16
_CONNECT_SECONDS = 2
_READ_SECONDS = 5
_CALL_SECONDS = 8  # with its wait for a thread
_CHECK_SECONDS = 2
_CHECKSUM_HEADER = "x-amz-checksum-"


class S3Store:
    """Signs with the put-signer and the get-signer; calls with the control identity, which is in no URL.

    Raises SettingsError when the public URL and the bucket make no address.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self._bucket = settings.bucket
        try:
            self._endpoint = Endpoint(settings.public_url, settings.bucket, settings.addressing)
        except ValueError as error:
            raise SettingsError(f"BROKER_STORE_PUBLIC_URL: {error}.") from error
        self._put_signer = self._signer(settings.put_signer, settings.region)
        self._get_signer = self._signer(settings.get_signer, settings.region)
        self._client = connect(settings, settings.control)
        self._threads = ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="store")

    def _signer(self, identity: Identity, region: str) -> Signer:
        credentials = Credentials(identity.access_key, identity.secret_key)
        return Signer(credentials, self._endpoint, region=region)

    @property
    def public_origin(self) -> str:
        return self._endpoint.origin

    def presign_put(
        self, key: str, *, size: int, media_type: str, checksum: str | None, expires_in: int, at: datetime
    ) -> PresignedRequest:
        headers = {"content-length": str(size), "content-type": media_type, "if-none-match": "*"}
        if checksum:
            parsed = checksums.parse(checksum)
            headers[parsed.header] = parsed.value
        url = self._put_signer.presign("PUT", key, headers=headers, expires_in=expires_in, at=at)
        return PresignedRequest(
            method="PUT", url=url, headers=headers, expires_at=at + timedelta(seconds=expires_in)
        )

    def presign_get(
        self, key: str, *, media_type: str, disposition: str, expires_in: int, at: datetime
    ) -> PresignedRequest:
        query = {"response-content-disposition": disposition, "response-content-type": media_type}
        url = self._get_signer.presign("GET", key, query=query, expires_in=expires_in, at=at)
        return PresignedRequest(
            method="GET", url=url, headers={}, expires_at=at + timedelta(seconds=expires_in)
        )

    async def head(self, key: str) -> ObjectFacts | None:
        return await self._call(lambda: self._head(key))

    async def delete(self, key: str) -> None:
        await self._call(lambda: self._client.remove_object(self._bucket, key))

    async def check(self) -> None:
        if not await self._call(lambda: self._client.bucket_exists(self._bucket), seconds=_CHECK_SECONDS):
            raise StoreUnavailable("The bucket does not exist.")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _head(self, key: str) -> ObjectFacts | None:
        try:
            found = self._client.stat_object(
                self._bucket, key, extra_headers={"x-amz-checksum-mode": "ENABLED"}
            )
        except S3Error as error:
            if error.code == "NoSuchKey":
                return None
            raise
        headers = {name.lower(): value for name, value in (found.metadata or {}).items()}
        return ObjectFacts(
            size=int(headers["content-length"]),
            type=headers["content-type"],
            etag=headers["etag"].strip('"'),
            checksums={
                name.removeprefix(_CHECKSUM_HEADER): value
                for name, value in headers.items()
                if name.startswith(_CHECKSUM_HEADER)
            },
        )

    async def _call(self, call: Callable[[], T], *, seconds: float = _CALL_SECONDS) -> T:
        """Run one of the SDK's blocking calls in a thread. Raises StoreUnavailable."""
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except (MinioException, urllib3.exceptions.HTTPError, TimeoutError) as error:
            log.warning("Store call failed: %r", error)
            raise StoreUnavailable("The object store does not answer right now; try again.") from error


def connect(settings: StoreSettings, identity: Identity) -> Minio:
    """Make an SDK client that dials the store's own address and gives up in bounded time."""
    url = urlsplit(settings.url)
    client = Minio(
        url.netloc,
        access_key=identity.access_key,
        secret_key=identity.secret_key,
        secure=url.scheme == "https",
        region=settings.region,
        http_client=urllib3.PoolManager(
            maxsize=_CALLS_AT_ONCE,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            # a read that timed out is not tried again: the caller would wait twice as long for the same
            retries=urllib3.Retry(total=2, read=0, backoff_factor=0.1, status_forcelist=[500, 502, 503, 504]),
        ),
    )
    if settings.addressing == "virtual":
        client.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call]  # the SDK has no type there
    return client
