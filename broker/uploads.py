"""Uploads: an attempt to store one file, from the first declaration to a verified object."""

import logging
import math
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from msgspec import UNSET, UnsetType, structs

from broker import checksums, keys, schemas
from broker.auth import Claims
from broker.errors import (
    BrokerError,
    InvalidChecksum,
    InvalidField,
    NotFound,
    UploadAborted,
    UploadCompleted,
    UploadExpired,
    UploadRejected,
)
from broker.files import describe_file
from broker.intake import Intake
from broker.parts import Plan
from broker.policy import Policies
from broker.publishing import PAGE, Publisher, Verified, check_file
from broker.receipts import Receipts
from broker.registry import Registry
from broker.rows import Caller, File, Upload, is_for
from broker.stores.base import PartToSend, Store, StoredPart
from broker.turns import run_together, take_turns

log = logging.getLogger(__name__)

_REMEMBERED = 10_000


class Uploads:
    """Create, send, complete, look at and abort the caller's uploads."""

    def __init__(
        self,
        *,
        registry: Registry,
        store: Store,
        policies: Policies,
        intake: Intake,
        publisher: Publisher,
        receipts: Receipts,
    ) -> None:
        self._registry = registry
        self._store = store
        self._policies = policies
        self._intake = intake
        self._publisher = publisher
        self._receipts = receipts
        self._sending: dict[str, Upload] = {}  # what signing parts needs to know; the oldest goes first

    async def create(
        self, claims: Claims, new: schemas.NewUpload, *, idempotency_key: str | None = None, at: datetime
    ) -> schemas.Upload:
        """Record what the client declares and presign its PUT, if it takes only one.

        Raises InvalidField and its kinds, QuotaExceeded, TooManyUploads, IdempotencyMismatch,
        RequestInProgress; StoreUnavailable for an upload in parts.
        """
        (outcome,) = await self.create_batch(claims, [new], idempotency_key=idempotency_key, at=at)
        if isinstance(outcome, BrokerError):
            raise outcome
        return outcome

    async def create_batch(
        self,
        claims: Claims,
        new: Sequence[schemas.NewUpload],
        *,
        idempotency_key: str | None = None,
        at: datetime,
    ) -> list[schemas.Upload | BrokerError]:
        """Create many uploads: for each the upload, or why there is none. Raises RequestInProgress."""
        admitted = await self._intake.admit(claims, new, idempotency_key=idempotency_key, at=at)
        return [
            outcome
            if isinstance(outcome, BrokerError)
            else self._describe_open(_seen(claims, outcome), at=at)
            for outcome in admitted
        ]

    async def sign_parts(
        self, claims: Claims, upload_id: str, wanted: schemas.PartsToSign, *, at: datetime
    ) -> schemas.PresignedParts:
        """Presign the PUTs of some parts, any number of times; asks neither registry nor store as a rule.

        Raises NotFound also for an upload that is not pending any more, and InvalidField.
        """
        upload = self._sending.get(upload_id) or await self._remember(claims, upload_id)
        if not is_for(claims, upload) or at >= upload.expires_at:
            raise NotFound("There is no such upload.")
        if upload.store_upload_id is None or upload.part_size is None:
            raise InvalidField("This upload is not sent in parts.", field="parts")
        parts = _parts_to_send(upload, Plan(upload.size, upload.part_size), wanted.parts)
        signed = self._store.presign_parts(
            upload.key, upload.store_upload_id, parts, expires_in=self._url_expires_in(upload, at=at), at=at
        )
        return schemas.PresignedParts(parts=signed)

    async def list_pending(
        self, claims: Claims, query: schemas.ListUploads, *, at: datetime
    ) -> schemas.Page[schemas.Upload]:
        """Return one page of the unfinished uploads, newest first. Raises InvalidField."""
        before = keys.check_cursor(query.cursor)
        found = await self._registry.list_pending(claims, before=before, limit=query.limit + 1, at=at)
        items = tuple(_describe(upload, at=at) for upload in found[: query.limit])
        return schemas.Page(items=items, next_cursor=items[-1].id if len(found) > query.limit else None)

    async def get(
        self, claims: Claims, upload_id: str, query: schemas.GetUpload, *, at: datetime
    ) -> schemas.Upload:
        """Say how an upload stands; while it is pending, with a fresh request or the parts that are there.

        Raises NotFound; StoreUnavailable for an upload in parts.
        """
        upload = await self._find(claims, upload_id)
        seen = _seen(claims, upload)
        if upload.status == "completed":
            file = await self._registry.find_file_of_upload(upload.id)
            return _describe(seen, at=at, file=file and _as_sent(claims, upload, file))
        described = self._describe_open(seen, at=at)
        if described.status != "pending" or upload.store_upload_id is None:
            return described
        page = await self._store.list_parts(
            upload.key, upload.store_upload_id, after=query.from_part - 1, limit=PAGE
        )
        return _with_parts(described, page or [])

    async def complete(
        self, claims: Claims, upload_id: str, sent: schemas.CompleteUpload, *, caller: Caller, at: datetime
    ) -> schemas.Completion:
        """Make a file of what the store holds, once; repeating it returns the same file.

        Raises NotFound, UploadIncomplete, PartsMismatch, UploadAborted, UploadExpired, UploadRejected,
        InvalidField, StoreUnavailable.
        """
        upload = await self._find(claims, upload_id)
        verified = await self._prepare(upload, sent, caller=caller, at=at)
        return await self._publish(claims, upload, sent, verified, caller=caller, at=at)

    async def complete_batch(
        self,
        claims: Claims,
        wanted: Sequence[schemas.UploadToComplete],
        *,
        caller: Caller,
        at: datetime,
    ) -> list[schemas.Completion | BrokerError]:
        """Complete many uploads: for each the file and its receipt, or why there is none.

        First the store is asked for all of them, then they are published together: the registry's disk is
        waited for seldom.
        """
        ids = [each.id for each in wanted if keys.is_id(each.id)]
        uploads = await self._registry.find_uploads(claims, ids)

        async def prepare(each: schemas.UploadToComplete) -> Verified | Exception | None:
            try:
                return await self._prepare(_known(uploads.get(each.id)), each, caller=caller, at=at)
            except Exception as error:  # noqa: BLE001 - it is raised as soon as the others can be published
                return error

        async def publish(
            each: schemas.UploadToComplete, verified: Verified | Exception | None
        ) -> schemas.Completion:
            if isinstance(verified, Exception):
                raise verified
            return await self._publish(claims, uploads[each.id], each, verified, caller=caller, at=at)

        prepared = await take_turns([partial(prepare, each) for each in wanted])
        return await run_together(
            [partial(publish, each, verified) for each, verified in zip(wanted, prepared, strict=True)]
        )

    async def _prepare(
        self, upload: Upload, sent: schemas.CompleteUpload, *, caller: Caller, at: datetime
    ) -> Verified | None:
        """Have the store's side of a completion done: None for an upload that is not pending any more."""
        try:
            return (
                await self._publisher.prepare(upload, sent, caller=caller, at=at)
                if upload.status == "pending"
                else None
            )
        except BrokerError:  # it may be settled by that
            self._sending.pop(upload.id, None)
            raise

    async def _publish(
        self,
        claims: Claims,
        upload: Upload,
        sent: schemas.CompleteUpload,
        verified: Verified | None,
        *,
        caller: Caller,
        at: datetime,
    ) -> schemas.Completion:
        published = verified and await self._publisher.publish(upload, *verified, caller=caller, at=at)
        self._sending.pop(upload.id, None)
        file = published or await self._registry.find_file_of_upload(upload.id)
        if file is None:
            raise _ended(await self._find(claims, upload.id))
        check_file(file, sent)
        # a receipt names the owner, which is not for strangers
        has_receipt = file.scan != "pending" and claims.link is None
        receipt = self._receipts.issue(file) if has_receipt else None
        return schemas.Completion(file=describe_file(_as_sent(claims, upload, file)), receipt=receipt)

    async def abort(self, claims: Claims, upload_id: str, *, caller: Caller, at: datetime) -> None:
        """Give up an upload and remove what it stored; repeating it is no error.

        Raises NotFound, UploadCompleted.
        """
        upload = await self._find(claims, upload_id)
        self._sending.pop(upload.id, None)
        entry = caller.did("upload.aborted", upload.id, at=at)
        was_pending = await self._publisher.settle(upload, "aborted", entry, at=at)
        if not was_pending and (await self._find(claims, upload_id)).status == "completed":
            raise UploadCompleted("The upload is a file already: delete the file instead.")

    async def _find(self, claims: Claims, upload_id: str) -> Upload:
        upload = await self._registry.find_upload(claims, upload_id) if keys.is_id(upload_id) else None
        return _known(upload)

    async def _remember(self, claims: Claims, upload_id: str) -> Upload:
        upload = await self._find(claims, upload_id)
        if upload.status != "pending":
            raise NotFound("There is no such upload.")
        if len(self._sending) >= _REMEMBERED:
            del self._sending[next(iter(self._sending))]
        self._sending[upload.id] = upload
        return upload

    def _describe_open(self, upload: Upload, *, at: datetime) -> schemas.Upload:
        """Describe an upload with the request that sends it, if one is enough."""
        if upload.status != "pending" or at >= upload.expires_at or upload.store_upload_id:
            return _describe(upload, at=at)
        request = self._store.presign_put(
            upload.key,
            size=upload.size,
            media_type=upload.type,
            checksum=upload.checksum,
            expires_in=self._url_expires_in(upload, at=at),
            at=at,
        )
        return _describe(upload, at=at, request=request)

    def _url_expires_in(self, upload: Upload, *, at: datetime) -> int:
        """Return the life of a URL: it never outlives its upload."""
        seconds_left = math.ceil((upload.expires_at - at).total_seconds())
        return min(self._policies.of(upload.policy).url_expires_in, seconds_left)


def _known(upload: Upload | None) -> Upload:
    if upload is None:
        raise NotFound("There is no such upload.")
    return upload


def _describe(
    upload: Upload,
    *,
    at: datetime,
    request: schemas.PresignedRequest | UnsetType = UNSET,
    file: File | None = None,
) -> schemas.Upload:
    return schemas.Upload(
        id=upload.id,
        status=_status_of(upload, at=at),
        name=upload.name,
        folder=upload.folder,
        size=upload.size,
        type=upload.type,
        checksum=upload.checksum,
        fingerprint=upload.fingerprint,
        policy=upload.policy,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
        method="multipart" if upload.part_size else "single",
        checksum_algorithm=upload.checksum_algorithm,
        part_size=upload.part_size or UNSET,
        part_count=Plan(upload.size, upload.part_size).count if upload.part_size else UNSET,
        request=request,
        file=describe_file(file) if file else UNSET,
    )


def _seen(claims: Claims, upload: Upload) -> Upload:
    """Return an upload as its sender sees it: for a stranger, folders begin at that of his link."""
    if claims.link is None:
        return upload
    inside = f"{claims.link.folder}/"
    folder = upload.folder.removeprefix(inside) if upload.folder.startswith(inside) else ""
    return structs.replace(upload, folder=folder)


def _as_sent(claims: Claims, upload: Upload, file: File) -> File:
    """Return a file as its sender sees it: a stranger's as it came, whatever its owner has done with it."""
    if claims.link is None:
        return file
    folder = _seen(claims, upload).folder
    return structs.replace(
        file, name=upload.name, folder=folder, revision=1, modified_at=None, trashed_at=None
    )


def _status_of(upload: Upload, *, at: datetime) -> schemas.UploadStatus:
    if upload.status == "pending" and at >= upload.expires_at:
        return "expired"
    return "completed" if upload.status == "deleted" else upload.status


def _with_parts(upload: schemas.Upload, page: Sequence[StoredPart]) -> schemas.Upload:
    parts = tuple(
        schemas.HeldPart(
            number=part.number,
            size=part.size,
            etag=part.etag,
            checksum=None if part.checksum is None else str(part.checksum),
        )
        for part in page
    )
    return structs.replace(
        upload, parts=parts, next_part=parts[-1].number + 1 if len(parts) == PAGE else None
    )


def _parts_to_send(upload: Upload, plan: Plan, wanted: Sequence[schemas.PartToSign]) -> list[PartToSend]:
    """Check what the client wants to send. Raises InvalidField, InvalidChecksum."""
    last, algorithm = plan.count, upload.checksum_algorithm
    rest = plan.size_of(last)
    seen: set[int] = set()
    parts = []
    for index, part in enumerate(wanted):
        number = part.number
        if not 1 <= number <= last or number in seen:
            raise InvalidField(
                f"The upload has the parts 1 to {last}, and each is asked for once.",
                field=f"parts[{index}].number",
                limit=last,
            )
        seen.add(number)
        try:
            checksum = checksums.parse_as(algorithm, part.checksum, field="checksum")
        except InvalidChecksum as error:
            raise InvalidChecksum(error.detail, field=f"parts[{index}].checksum") from error
        parts.append(PartToSend(number, rest if number == last else plan.part_size, checksum))
    return parts


def _ended(upload: Upload) -> BrokerError:
    """Say why an upload that was settled is no file."""
    match upload.status:
        case "aborted":
            return UploadAborted("The upload was aborted: begin a new one.")
        case "expired":
            return UploadExpired("The upload was not completed in time: begin a new one.")
        case "rejected":
            return UploadRejected("The object was not the one that was declared: begin a new upload.")
    return NotFound("There is no such upload.")  # it was a file, which was deleted just now
