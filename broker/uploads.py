"""Uploads: an attempt to store one file, from the first declaration to a verified object."""

import logging
import math
from datetime import datetime, timedelta

from msgspec import UNSET

from broker import checksums, keys, policy, schemas
from broker.auth import Claims, Scope
from broker.errors import (
    NotFound,
    StoreUnavailable,
    UploadAborted,
    UploadCompleted,
    UploadExpired,
    UploadIncomplete,
    UploadRejected,
)
from broker.files import describe_file
from broker.policy import Policy
from broker.registry import File, Registry, Upload
from broker.stores.base import ObjectFacts, Store

log = logging.getLogger(__name__)


class Uploads:
    """Create, complete, look at and abort the caller's uploads."""

    def __init__(self, *, registry: Registry, store: Store, policy: Policy, key_prefix: str) -> None:
        self._registry = registry
        self._store = store
        self._policy = policy
        self._key_prefix = key_prefix

    async def create(self, claims: Claims, new: schemas.NewUpload, *, at: datetime) -> schemas.Upload:
        """Record what the client declares and presign its PUT. Raises InvalidField and its kinds."""
        claims.require(Scope.UPLOADS_WRITE)
        policy.check_size(self._policy, new.size)
        upload_id = keys.new_id(at)
        upload = Upload(
            id=upload_id,
            tenant=claims.tenant,
            owner=claims.subject,
            key=keys.object_key(prefix=self._key_prefix, tenant=claims.tenant, upload_id=upload_id),
            name=keys.check_name(new.name),
            size=new.size,
            type=policy.check_type(new.type),
            checksum=None if new.checksum is None else str(checksums.parse(new.checksum)),
            status="pending",
            created_at=at,
            expires_at=at + timedelta(seconds=self._policy.upload_expires_in),
        )
        await self._registry.add_upload(upload)
        log.info("Upload created", extra={"upload": upload.id, "size": upload.size})
        return self._describe(upload, at=at)

    async def get(self, claims: Claims, upload_id: str, *, at: datetime) -> schemas.Upload:
        """Say how an upload stands; while it is pending, with a fresh request. Raises NotFound."""
        claims.require(Scope.UPLOADS_WRITE)
        upload = await self._find(claims, upload_id)
        file = await self._registry.find_file_of_upload(upload.id) if upload.status == "completed" else None
        return self._describe(upload, at=at, file=file)

    async def complete(self, claims: Claims, upload_id: str, *, at: datetime) -> schemas.Completion:
        """Make a file of what the store holds, once; repeating it returns the same file.

        Raises NotFound, UploadIncomplete, UploadAborted, UploadExpired, UploadRejected, StoreUnavailable.
        """
        claims.require(Scope.UPLOADS_WRITE)
        upload = await self._find(claims, upload_id)
        file = await self._publish(upload, at=at) if upload.status == "pending" else None
        file = file or await self._registry.find_file_of_upload(upload.id)
        if file is None:
            await self._explain(await self._find(claims, upload_id))
            raise NotFound("There is no such upload.")  # it was a file, which has been deleted
        return schemas.Completion(file=describe_file(file))

    async def abort(self, claims: Claims, upload_id: str) -> None:
        """Give up an upload and remove what it stored; repeating it is no error.

        Raises NotFound, UploadCompleted, StoreUnavailable.
        """
        claims.require(Scope.UPLOADS_WRITE)
        upload = await self._find(claims, upload_id)
        was_pending = await self._settle(upload, "aborted")
        if not was_pending and (await self._find(claims, upload_id)).status == "completed":
            raise UploadCompleted("The upload is a file already: delete the file instead.")
        await self._store.delete(upload.key)

    async def _find(self, claims: Claims, upload_id: str) -> Upload:
        upload = await self._registry.find_upload(claims, upload_id) if keys.is_id(upload_id) else None
        if upload is None:
            raise NotFound("There is no such upload.")
        return upload

    async def _publish(self, upload: Upload, *, at: datetime) -> File | None:
        """Verify what the store holds and record it: None when the upload was settled meanwhile."""
        if at >= upload.expires_at:
            await self._settle(upload, "expired")
            return None
        facts = await self._store.head(upload.key)
        if facts is None:
            raise UploadIncomplete("The store does not hold the object yet: send it, then complete.")
        if difference := _difference(upload, facts):
            if await self._settle(upload, "rejected"):
                await self._store.delete(upload.key)
                raise UploadRejected(difference)
            return None
        file = File(
            id=keys.new_id(at),
            tenant=upload.tenant,
            owner=upload.owner,
            upload_id=upload.id,
            key=upload.key,
            name=upload.name,
            size=upload.size,
            type=upload.type,
            checksum=upload.checksum,
            etag=facts.etag,
            created_at=at,
        )
        published = await self._registry.publish(file)
        if published is file:
            log.info("Upload completed", extra={"upload": upload.id, "file": file.id})
        return published

    async def _settle(self, upload: Upload, status: schemas.UploadStatus) -> bool:
        """Move a pending upload to a final status; say whether it was still pending."""
        was_pending = await self._registry.settle_upload(upload.id, status)
        if was_pending:
            log.info("Upload %s", status, extra={"upload": upload.id})
        return was_pending

    async def _explain(self, upload: Upload) -> None:
        """Say why an upload that was settled is no file; what it stored is removed, now or again."""
        if upload.status in {"expired", "rejected"}:
            await self._store.delete(upload.key)
        match upload.status:
            case "aborted":
                raise UploadAborted("The upload was aborted: begin a new one.")
            case "expired":
                raise UploadExpired("The upload was not completed in time: begin a new one.")
            case "rejected":
                raise UploadRejected("The object was not the one that was declared: begin a new upload.")

    def _describe(self, upload: Upload, *, at: datetime, file: File | None = None) -> schemas.Upload:
        is_late = upload.status == "pending" and at >= upload.expires_at
        status: schemas.UploadStatus = "expired" if is_late else upload.status
        return schemas.Upload(
            id=upload.id,
            status=status,
            name=upload.name,
            size=upload.size,
            type=upload.type,
            checksum=upload.checksum,
            created_at=upload.created_at,
            expires_at=upload.expires_at,
            request=self._presign(upload, at=at) if status == "pending" else UNSET,
            file=describe_file(file) if file else UNSET,
        )

    def _presign(self, upload: Upload, *, at: datetime) -> schemas.PresignedRequest:
        """Presign the PUT; the URL never outlives the upload."""
        seconds_left = math.ceil((upload.expires_at - at).total_seconds())
        return self._store.presign_put(
            upload.key,
            size=upload.size,
            media_type=upload.type,
            checksum=upload.checksum,
            expires_in=min(self._policy.url_expires_in, seconds_left),
            at=at,
        )


def _difference(upload: Upload, facts: ObjectFacts) -> str | None:
    """Say in a sentence how the object differs from what was declared, or None.

    Raises StoreUnavailable when the store cannot tell: then nothing is known against the object.
    """
    if facts.size != upload.size:
        return f"The object has {facts.size} bytes, but {upload.size} were declared."
    if facts.type != upload.type:
        return f"The object is of the type {facts.type}, but {upload.type} was declared."
    if upload.checksum:
        declared = checksums.parse(upload.checksum)
        found = facts.checksums.get(declared.algorithm)
        if found is None:
            log.error("Store does not say the checksum of an object", extra={"upload": upload.id})
            raise StoreUnavailable("The object store does not say the object's checksum.")
        if found != declared.value:
            return f"The object's {declared.algorithm} checksum is {found}, not the one declared."
    return None
