"""Making a file of what the store holds: the one place that decides whether an upload is complete.

The store decides, not the client: its parts are put together, its object is looked at, and only an object of
the declared size, type and checksum becomes a file. Each step may be cut short and repeated, by this process
or another one; whoever moves the upload out of `pending` is the only one who may remove what it stored.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import structs

from broker import checksums, keys, schemas, sniffing
from broker.checksums import Checksum
from broker.errors import (
    InvalidChecksum,
    InvalidField,
    PartsMismatch,
    StoreUnavailable,
    UploadExpired,
    UploadIncomplete,
    UploadRejected,
)
from broker.parts import Plan
from broker.policy import MAX_URL_EXPIRES_IN, Policies
from broker.registry import Registry
from broker.rows import AuditEntry, Caller, File, Upload, sender_of
from broker.schemas import UploadStatus
from broker.stores.base import ObjectFacts, Store, StoredPart

log = logging.getLogger(__name__)

PAGE = 1000  # parts in one answer of the store


class NotAsDeclaredError(Exception):
    """The object can never become the file that was declared."""


class Verified(NamedTuple):
    """The object is the declared one, and has one of these checksums."""

    facts: ObjectFacts
    expected: Sequence[Checksum]


class Publisher:
    """Turns pending uploads into files, or into nothing."""

    def __init__(self, *, registry: Registry, store: Store, policies: Policies) -> None:
        self._registry = registry
        self._store = store
        self._policies = policies

    async def prepare(
        self, upload: Upload, sent: schemas.CompleteUpload, *, caller: Caller, at: datetime
    ) -> Verified | None:
        """Have the store put a pending upload together, and look at it: None when it was settled meanwhile.

        What can never become the file is settled, and removed.

        Raises InvalidField, UploadIncomplete, PartsMismatch and StoreUnavailable, after which it can be tried
        again; UploadExpired and UploadRejected, after which it cannot.
        """
        if at >= upload.expires_at:
            await self.settle(upload, "expired", at=at)
            return None
        try:
            expected = await self._assemble(upload, sent)
            facts = await self._store.head(upload.key)
            if facts is None:
                await self._refuse_missing(upload, at=at)
                return None
            await self._verify(upload, facts, expected)
        except NotAsDeclaredError as error:
            entry = caller.did("upload.rejected", upload.id, at=at)
            if await self.settle(upload, "rejected", entry, at=at):
                raise UploadRejected(str(error)) from error
            return None
        return Verified(facts, expected)

    async def is_whole(self, upload: Upload, facts: ObjectFacts) -> bool:
        """Say whether the object can be told to be the declared one, although nobody came to complete it.

        Raises StoreUnavailable.
        """
        if upload.store_upload_id and upload.checksum_algorithm not in facts.checksums:
            return False  # only the client that sent the parts knows their checksums
        try:
            await self._verify(upload, facts, _acceptable(upload.checksum))
        except (NotAsDeclaredError, InvalidChecksum):  # the latter: only who knows the parts can confirm it
            return False
        return True

    async def settle(
        self, upload: Upload, status: UploadStatus, entry: AuditEntry | None = None, *, at: datetime
    ) -> bool:
        """End a pending upload without a file and remove what it stored; say whether it was still pending.

        If it was, the audit trail has the `entry`.
        """
        visit_at = at + timedelta(seconds=MAX_URL_EXPIRES_IN)  # when no URL can store anything any more
        was_pending = await self._registry.settle_upload(upload, status, entry, at=at, visit_at=visit_at)
        if was_pending:
            log.info("Upload %s", status, extra={"upload": upload.id})
            await self.remove(upload)
        return was_pending

    async def remove(self, upload: Upload) -> bool:
        """Remove what an upload that is no file stored; False leaves it to the reconciler."""
        try:
            if upload.store_upload_id:
                await self._store.abort_multipart(upload.key, upload.store_upload_id)
            for key in upload.stored_keys:
                await self._store.delete(key)
        except StoreUnavailable:
            log.warning("Object could not be removed yet", extra={"upload": upload.id})
            return False
        return True

    async def _assemble(self, upload: Upload, sent: schemas.CompleteUpload) -> tuple[Checksum, ...]:
        """Put the parts together, if there are any; return the checksums that the object may have."""
        declared = _declared(upload, sent)
        if upload.store_upload_id is None or upload.part_size is None:
            if sent.parts is not None:
                raise InvalidField("This upload is not sent in parts.", field="parts")
            return declared
        plan = Plan(upload.size, upload.part_size)
        vouched = vouched_for(upload, plan, sent.parts)
        held = await self._list_parts(upload, upload.store_upload_id, plan)
        try:
            parts = None if held is None else match(plan, held, vouched)
        except (UploadIncomplete, PartsMismatch):
            # while another completion puts them together, SeaweedFS lists some, or none
            if await self._store.head(upload.key) is None:
                raise
            parts = None
        if parts is None:  # put together before, or given up by the store: the object's HEAD will tell
            return _agreed(
                declared, checksums.of_parts(list(vouched.values()), plan.sizes) if vouched else ()
            )
        known = [part.checksum for part in parts if part.checksum]
        if len(known) < len(parts) and upload.checksum_algorithm == "sha256":
            raise InvalidChecksum(
                "This store does not list the checksums of parts: name them with theirs.", field="parts"
            )
        computed = checksums.of_parts(known, plan.sizes) if len(known) == len(parts) else ()
        outcome = await self._store.complete_multipart(
            upload.key, upload.store_upload_id, parts, checksum=computed[0] if computed else None
        )
        if outcome == "mismatch":
            raise PartsMismatch(
                "The store holds other bytes than were declared: send the parts again.",
                parts=list(range(1, plan.count + 1)),
            )
        return _agreed(declared, computed)

    async def _list_parts(self, upload: Upload, store_upload_id: str, plan: Plan) -> list[StoredPart] | None:
        """Return what the store holds; one part more than there may be is enough to know of more."""
        held: list[StoredPart] = []
        while len(held) <= plan.count:
            after = held[-1].number if held else 0
            page = await self._store.list_parts(upload.key, store_upload_id, after=after, limit=PAGE)
            if page is None:
                return None
            held += page
            if len(page) < PAGE:
                break
        return held

    async def _refuse_missing(self, upload: Upload, *, at: datetime) -> None:
        if upload.store_upload_id is None:
            raise UploadIncomplete("The store does not hold the object yet: send it, then complete.")
        # neither parts nor object: the store has cleaned up, as MinIO does after a day
        if await self.settle(upload, "expired", at=at):
            raise UploadExpired("The store has given the parts up: begin a new upload.")

    async def publish(
        self,
        upload: Upload,
        facts: ObjectFacts,
        expected: Sequence[Checksum] = (),
        *,
        caller: Caller | None = None,
        at: datetime,
    ) -> File | None:
        """Record the file of a verified object, once: the file that it is now, or None if it is none.

        Without a `caller` the service does so by itself, of what the upload's sender has sent.
        """
        is_scanned = self._policies.of(upload.policy).scan
        file = File(
            id=keys.new_id(at),
            tenant=upload.tenant,
            owner=upload.owner,
            upload_id=upload.id,
            key=upload.key,
            name=upload.name,
            name_key=keys.name_key(upload.name),
            sort_key=keys.sort_key(upload.name),
            folder=upload.folder,
            size=upload.size,
            type=upload.type,
            checksum=_verified(upload, facts, expected),
            part_size=upload.part_size,
            policy=upload.policy,
            etag=facts.etag,
            created_at=at,
            scan="pending" if is_scanned else None,
            scan_at=at if is_scanned else None,
            share_id=upload.share_id,
        )
        entry = (caller or sender_of(upload)).did("upload.completed", upload.id, at=at)
        published = await self._registry.publish(file, upload.collision, entry)
        if published and published.id == file.id:
            log.info("Upload completed", extra={"upload": upload.id, "file": file.id})
        return published

    async def _verify(self, upload: Upload, facts: ObjectFacts, expected: Sequence[Checksum]) -> None:
        """Raise NotAsDeclaredError if the object is not the file; else as check_facts."""
        check_facts(upload, facts, expected)
        if self._policies.of(upload.policy).sniff and upload.size:
            start = await self._store.read_start(upload.key, sniffing.START_BYTES)
            if contradiction := sniffing.contradiction(start, upload.type):
                raise NotAsDeclaredError(contradiction)


def vouched_for(
    upload: Upload, plan: Plan, sent: Sequence[schemas.SentPart] | None
) -> dict[int, Checksum] | None:
    """Read the checksums that the client says it sent. Raises InvalidField, InvalidChecksum."""
    if sent is None:
        return None
    numbers = [part.number for part in sent]
    if sorted(numbers) != list(range(1, plan.count + 1)):
        raise InvalidField(f"Name each of the {plan.count} parts once, and no other.", field="parts")
    return {
        part.number: checksums.parse_as(upload.checksum_algorithm, part.checksum, field="parts")
        for part in sorted(sent, key=lambda part: part.number)
    }


def match(plan: Plan, held: Sequence[StoredPart], vouched: Mapping[int, Checksum] | None) -> list[StoredPart]:
    """Return the parts to put together, if the store holds exactly those of the plan.

    Raises UploadIncomplete for those that are missing, PartsMismatch for those that are others.
    """
    by_number = {part.number: part for part in held}
    numbers = range(1, plan.count + 1)
    if missing := [number for number in numbers if number not in by_number]:
        raise UploadIncomplete(
            f"The store holds {plan.count - len(missing)} of the {plan.count} parts.",
            parts=missing,
        )
    wrong = [number for number in by_number if number > plan.count]
    wrong += [number for number in numbers if by_number[number].size != plan.size_of(number)]
    vouched = vouched or {}
    for number, checksum in vouched.items():
        if by_number[number].checksum not in {None, checksum}:
            wrong.append(number)
    if wrong:
        raise PartsMismatch("The store holds other parts than were declared: send them again.", parts=wrong)
    return [structs.replace(by_number[n], checksum=vouched.get(n, by_number[n].checksum)) for n in numbers]


def check_facts(upload: Upload, facts: ObjectFacts, expected: Sequence[Checksum]) -> None:
    """Raise NotAsDeclaredError if the object differs from what was declared.

    Raises StoreUnavailable when the store cannot tell: then nothing is known against the object.
    """
    if facts.size != upload.size:
        raise NotAsDeclaredError(f"The object has {facts.size} bytes, but {upload.size} were declared.")
    if facts.type != upload.type:
        raise NotAsDeclaredError(f"The object is of the type {facts.type}, but {upload.type} was declared.")
    if not expected:
        return
    algorithm = expected[0].algorithm
    found = facts.checksums.get(algorithm)
    if found is None and upload.checksum is None and upload.store_upload_id is None:
        raise InvalidChecksum(
            "The store can confirm only a checksum that was declared when the upload was created.",
            field="checksum",
        )
    if found is None:
        log.error("Store does not say the checksum of an object", extra={"upload": upload.id})
        raise StoreUnavailable("The object store does not say the object's checksum.")
    if "-" in found and not any("-" in checksum.value for checksum in expected):
        raise InvalidChecksum(
            "This store confirms a whole by the checksums of its parts: name them.", field="parts"
        )
    if found not in {checksum.value for checksum in expected}:
        raise NotAsDeclaredError(f"The object's {algorithm} checksum is {found}, not the one declared.")


def check_file(file: File, sent: schemas.CompleteUpload) -> None:
    """Raise InvalidChecksum if a file, which may be one for long, is not known to have the checksum given."""
    if sent.checksum is None or sent.checksum == file.checksum:
        return
    given = checksums.parse_whole(sent.checksum)
    is_composite_of_it = "-" in given.value and "-" not in (file.checksum or "-")
    if not (is_composite_of_it and str(file.checksum).startswith(f"{given.algorithm}:")):
        raise InvalidChecksum(f"The file's checksum is {file.checksum or 'not known'}.", field="checksum")


def _verified(upload: Upload, facts: ObjectFacts, expected: Sequence[Checksum]) -> str | None:
    """Return the checksum to record: of all bytes where it is known, else what the store says."""
    if expected:
        return str(expected[0])
    found = facts.checksums.get(upload.checksum_algorithm)
    return found and f"{upload.checksum_algorithm}:{found}"


def _declared(upload: Upload, sent: schemas.CompleteUpload) -> tuple[Checksum, ...]:
    """Return the checksum that the whole must have. Raises InvalidChecksum if two were declared."""
    if sent.checksum and upload.checksum and sent.checksum != upload.checksum:
        raise InvalidChecksum(
            f"The checksum {upload.checksum} was declared when the upload was created.", field="checksum"
        )
    declared = _acceptable(sent.checksum or upload.checksum)
    # of no other kind could a store say whether it holds: nothing may be rejected for it
    algorithm, is_whole = upload.checksum_algorithm, upload.checksum_algorithm == "crc32c"
    for each in declared if upload.store_upload_id else ():
        if each.algorithm != algorithm or not (is_whole or "-" in each.value):
            kind = "crc32c" if is_whole else "composite sha256"
            raise InvalidChecksum(
                f"This upload in parts is verified by its {kind}: send that, or none.", field="checksum"
            )
    return declared


def _agreed(declared: tuple[Checksum, ...], computed: tuple[Checksum, ...]) -> tuple[Checksum, ...]:
    """Return what the object may have, given what its parts make.

    Where the two differ the declared one counts, and the object decides: not every store lists the checksums
    of parts, and a client that names a wrong one must not lose what it sent.
    """
    if declared and not set(declared) & set(computed):
        return declared
    return computed


def _acceptable(declared: str | None) -> tuple[Checksum, ...]:
    return (checksums.parse_whole(declared),) if declared else ()
