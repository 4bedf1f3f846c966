"""Stores that speak S3: MinIO, SeaweedFS, Amazon S3 and others."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial

from broker import checksums
from broker.checksums import Checksum
from broker.durations import seconds
from broker.errors import StoreUnavailable
from broker.schemas import ChecksumAlgorithm, PresignedPart, PresignedRequest
from broker.settings import Identity, SettingsError, StoreSettings
from broker.sigv4 import Credentials, Endpoint, Signer
from broker.stores import s3_calls
from broker.stores.base import Assembly, ObjectFacts, PartToSend, StoredObject, StoredPart
from broker.stores.s3_lane import Lane
from broker.stores.s3_xml import PartsPage

_CALLS_AT_ONCE = 16
_READ_SECONDS = 5
_CALL_SECONDS = 8
_CHECK_SECONDS = 2
_PATIENCE_SECONDS = 2

# Amazon may assemble for minutes: who gives up earlier finds the object when he completes again
_ASSEMBLIES_AT_ONCE = 8
_ASSEMBLY_SECONDS = 60
_ASSEMBLY_PATIENCE_SECONDS = 20

_PAGE = 1000
_WHOLE_PAGE = 10_000  # SeaweedFS lists as many as it is asked for


class S3Store:
    """Signs with the put-signer and the get-signer; calls with the control identity, which is in no URL.

    Raises SettingsError when an address is none.
    """

    def __init__(self, settings: StoreSettings) -> None:
        public = _endpoint("BROKER_STORE_PUBLIC_URL", settings.public_url, settings)
        self.public_origin = public.origin
        self._put_signer = _signer(settings.put_signer, public, settings)
        self._get_signer = _signer(settings.get_signer, public, settings)
        control = _signer(settings.control, _endpoint("BROKER_STORE_URL", settings.url, settings), settings)
        self._calls = Lane(
            control,
            at_once=_CALLS_AT_ONCE,
            seconds=_CALL_SECONDS,
            read_seconds=_READ_SECONDS,
            patience=_PATIENCE_SECONDS,
        )
        self._assemblies = Lane(
            control,
            at_once=_ASSEMBLIES_AT_ONCE,
            seconds=_ASSEMBLY_SECONDS,
            read_seconds=_ASSEMBLY_SECONDS,
            patience=_ASSEMBLY_PATIENCE_SECONDS,
        )
        # not every store does (R2); it is learnt with the first upload, and until then the HEAD alone decides
        self._knows_whole_crc = False

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the store's clock is ahead of ours, by its last answer; None before there is one."""
        return self._calls.clock_skew

    def presign_put(
        self, key: str, *, size: int, media_type: str, checksum: str | None, expires_in: int, at: datetime
    ) -> PresignedRequest:
        headers = {"content-length": str(size), "content-type": media_type, "if-none-match": "*"}
        if checksum:
            parsed = checksums.parse(checksum)
            headers[parsed.header] = parsed.value
        url = self._put_signer.presign("PUT", key, headers=headers, expires_in=expires_in, at=at)
        return PresignedRequest(method="PUT", url=url, headers=headers, expires_at=at + seconds(expires_in))

    def presign_get(
        self, key: str, *, media_type: str, disposition: str, expires_in: int, at: datetime
    ) -> PresignedRequest:
        query = {"response-content-disposition": disposition, "response-content-type": media_type}
        url = self._get_signer.presign("GET", key, query=query, expires_in=expires_in, at=at)
        return PresignedRequest(method="GET", url=url, headers={}, expires_at=at + seconds(expires_in))

    def presign_parts(
        self, key: str, store_upload_id: str, parts: Sequence[PartToSend], *, expires_in: int, at: datetime
    ) -> list[PresignedPart]:
        expires_at = at + seconds(expires_in)
        numbered = [
            (part.number, {"content-length": str(part.size), part.checksum.header: part.checksum.value})
            for part in parts
        ]
        urls = self._put_signer.presign_parts(
            key, upload_id=store_upload_id, parts=numbered, expires_in=expires_in, at=at
        )
        return [
            PresignedPart(number=number, method="PUT", url=url, headers=headers, expires_at=expires_at)
            for (number, headers), url in zip(numbered, urls, strict=True)
        ]

    async def create_multipart(self, key: str, *, media_type: str, algorithm: ChecksumAlgorithm) -> str:
        call = partial(s3_calls.create_multipart_upload, key=key, media_type=media_type, algorithm=algorithm)
        upload = await self._calls.run(call)
        if algorithm == "crc32c":
            self._knows_whole_crc = upload.has_whole_checksum
        return upload.id

    async def list_parts(
        self, key: str, store_upload_id: str, *, after: int, limit: int
    ) -> list[StoredPart] | None:
        parts: list[StoredPart] = []
        while len(parts) < limit:
            page = await self._list_whole_numbers(
                key,
                store_upload_id,
                after=parts[-1].number if parts else after,
                limit=limit - len(parts),
            )
            if page is None:
                return None
            parts += page.parts
            if not page.is_truncated or not page.parts:
                break
        return parts[:limit]

    async def _list_whole_numbers(
        self, key: str, store_upload_id: str, *, after: int, limit: int
    ) -> PartsPage | None:
        """List one page, without a number that may go on after its end: asking on would step over that."""
        page: PartsPage | None = None
        for size in (min(limit + 1, _PAGE), _WHOLE_PAGE):
            call = partial(s3_calls.list_parts, key=key, upload_id=store_upload_id, after=after, limit=size)
            page = await self._calls.run(call)
            if page is None or not page.is_truncated:
                break
            if len(page.parts) > 1:
                return PartsPage(page.parts[:-1], is_truncated=True)
        return page

    async def complete_multipart(
        self, key: str, store_upload_id: str, parts: Sequence[StoredPart], *, checksum: Checksum | None
    ) -> Assembly:
        if not parts:  # SeaweedFS would say that it does not know the upload
            return "mismatch"
        call = partial(
            s3_calls.complete_multipart_upload,
            key=key,
            upload_id=store_upload_id,
            parts=parts,
            whole=checksum if checksum and checksum.algorithm == "crc32c" and self._knows_whole_crc else None,
        )
        return await self._assemblies.run(call)

    async def abort_multipart(self, key: str, store_upload_id: str) -> None:
        await self._calls.run(partial(s3_calls.abort_multipart_upload, key=key, upload_id=store_upload_id))

    async def read_start(self, key: str, length: int) -> bytes:
        return await self._calls.run(partial(s3_calls.get_object_start, key=key, length=length))

    async def list_objects(self, prefix: str) -> AsyncIterator[StoredObject]:
        token: str | None = None
        seen: set[str] = set()
        while True:
            page = await self._calls.run(
                partial(s3_calls.list_objects_v2, prefix=prefix, token=token, limit=_PAGE)
            )
            for found in page.objects:
                yield found
            token = page.next_token
            if token is None:
                return
            if token in seen:
                raise StoreUnavailable("The object store's list of objects begins again and never ends.")
            seen.add(token)

    async def head(self, key: str) -> ObjectFacts | None:
        return await self._calls.run(partial(s3_calls.head_object, key=key))

    async def delete(self, key: str) -> None:
        await self._calls.run(partial(s3_calls.delete_object, key=key))

    async def check(self) -> None:
        if not await self._calls.run(s3_calls.head_bucket, seconds=_CHECK_SECONDS):
            raise StoreUnavailable("The bucket does not exist.")

    def close(self) -> None:
        self._calls.close()
        self._assemblies.close()


def _endpoint(setting: str, url: str, store: StoreSettings) -> Endpoint:
    try:
        return Endpoint(url, store.bucket, store.addressing)
    except ValueError as error:
        raise SettingsError(f"{setting}: {error}.") from error


def _signer(identity: Identity, endpoint: Endpoint, store: StoreSettings) -> Signer:
    credentials = Credentials(identity.access_key, identity.secret_key)
    return Signer(credentials, endpoint, region=store.region)
