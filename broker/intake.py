"""Taking in new uploads: what the policy allows, what the quota has room for, each only once."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from msgspec import structs

from broker import keys, parts, policy, schemas
from broker.auth import Claims, Link
from broker.durations import seconds
from broker.errors import (
    BrokerError,
    IdempotencyMismatch,
    NameTaken,
    QuotaExceeded,
    RequestInProgress,
    ShareExpired,
    TooManyUploads,
)
from broker.policy import Policies
from broker.quotas import Full, Reservation
from broker.registry import Registry
from broker.rows import Counters, Upload
from broker.stores.base import Store
from broker.turns import take_turns

log = logging.getLogger(__name__)

FIRST_VISIT = 60  # seconds after the first URL has died

_DECLARED = ("name", "size", "type", "checksum", "fingerprint", "policy", "collision")


class Intake:
    """Admits uploads to the registry."""

    def __init__(self, *, registry: Registry, store: Store, policies: Policies, key_prefix: str) -> None:
        self._registry = registry
        self._store = store
        self._policies = policies
        self._key_prefix = key_prefix
        self._in_work: set[tuple[str, str, str]] = set()

    async def describe(self, claims: Claims, *, trash_days: int) -> schemas.Me:
        """Say what applies to a caller: the policies, and how much of each quota is used."""
        counted = {name: _usage(c) for name, c in (await self._registry.usage_of(claims)).items()}
        visible = self._policies.visible_to(claims)
        return schemas.Me(
            subject=claims.subject,
            tenant=claims.tenant,
            scopes=tuple(sorted(claims.scopes)),
            trash_days=trash_days or None,
            policies=tuple(
                policy.describe(each, counted.get(each.name, _usage(Counters()))) for each in visible
            ),
            usage=schemas.Usage(
                files=sum(usage.files for usage in counted.values()),
                bytes=sum(usage.bytes for usage in counted.values()),
                pending=sum(usage.pending for usage in counted.values()),
                pending_bytes=sum(usage.pending_bytes for usage in counted.values()),
            ),
        )

    async def admit(
        self,
        claims: Claims,
        wanted: Sequence[schemas.NewUpload],
        *,
        idempotency_key: str | None,
        at: datetime,
    ) -> list[Upload | BrokerError]:
        """Add uploads in one change: for each what was added, or why nothing was. Raises RequestInProgress.

        With a key, the uploads that a request with this key added before are returned again.
        """
        if idempotency_key and claims.link:
            idempotency_key = f"{claims.link.id}:{idempotency_key}"  # no stranger finds what others made
        if idempotency_key is None:
            return await self._admit_new(claims, [self._draft(claims, new, None, at=at) for new in wanted])
        with self._working_on(claims, idempotency_key):
            drafts = [
                self._draft(claims, new, f"{idempotency_key}/{index}", at=at)
                for index, new in enumerate(wanted)
            ]
            return await self._admit_once(claims, drafts)

    @contextmanager
    def _working_on(self, claims: Claims, idempotency_key: str) -> Iterator[None]:
        work = (claims.tenant, claims.subject, idempotency_key)
        if work in self._in_work:
            raise RequestInProgress("The same request is being worked on; ask again in a moment.")
        self._in_work.add(work)
        try:
            yield
        finally:
            self._in_work.remove(work)

    def _draft(
        self, claims: Claims, new: schemas.NewUpload, idempotency_key: str | None, *, at: datetime
    ) -> Upload | BrokerError:
        """Decide what the upload will be; no store and no registry is asked."""
        if claims.link:
            new = _through(claims.link, new)
        try:
            chosen = self._policies.get(new.policy, claims)
            declared = policy.check(chosen, new, claims)
        except BrokerError as error:
            return error
        upload_id = keys.new_id(at)
        is_in_parts = declared.size > chosen.single_put_max
        expires_at = at + seconds(chosen.upload_expires_in)
        return Upload(
            id=upload_id,
            tenant=claims.tenant,
            owner=claims.subject,
            key=keys.object_key(prefix=self._key_prefix, tenant=claims.tenant, upload_id=upload_id),
            name=declared.name,
            folder=declared.folder,
            size=declared.size,
            type=declared.type,
            checksum=declared.checksum,
            fingerprint=declared.fingerprint,
            collision=declared.collision,
            policy=chosen.name,
            checksum_algorithm=policy.algorithm_of(chosen, declared),
            part_size=parts.plan(declared.size).part_size if is_in_parts else None,
            idempotency_key=idempotency_key,
            status="pending",
            created_at=at,
            expires_at=expires_at,
            visit_at=min(expires_at, at + seconds(chosen.url_expires_in + FIRST_VISIT)),
            share_id=claims.link.id if claims.link else None,
        )

    async def _admit_once(
        self, claims: Claims, drafts: Sequence[Upload | BrokerError]
    ) -> list[Upload | BrokerError]:
        """Admit the drafts whose idempotency key is new; for the others return what has the key."""
        keyed = [draft.idempotency_key for draft in drafts if isinstance(draft, Upload)]
        known = await self._registry.find_repeated(claims, [key for key in keyed if key])
        new = [draft for draft in drafts if isinstance(draft, Upload) and draft.idempotency_key not in known]
        admitted = dict(zip((draft.id for draft in new), await self._admit_new(claims, new), strict=True))
        return [
            draft
            if isinstance(draft, BrokerError)
            else _same(draft, known.get(draft.idempotency_key or "") or admitted[draft.id])
            for draft in drafts
        ]

    async def _admit_new(
        self, claims: Claims, drafts: Sequence[Upload | BrokerError]
    ) -> list[Upload | BrokerError]:
        begun = await self._begin_all(await self._refuse_taken(claims, drafts))
        new = [upload for upload in begun if isinstance(upload, Upload)]
        added = await self._registry.add_uploads([self._reservation(upload) for upload in new]) if new else []
        await take_turns(
            [
                partial(self._give_up, upload)
                for upload, outcome in zip(new, added, strict=True)
                if outcome is not upload
            ]
        )
        outcomes = iter(added)
        return [
            upload if isinstance(upload, BrokerError) else _admitted(upload, next(outcomes))
            for upload in begun
        ]

    async def _refuse_taken(
        self, claims: Claims, drafts: Sequence[Upload | BrokerError]
    ) -> Sequence[Upload | BrokerError]:
        """Refuse those that are to be refused if there is a file of their name."""
        names = {
            draft.id: (draft.folder, keys.name_key(draft.name))
            for draft in drafts
            if isinstance(draft, Upload) and draft.collision == "refuse"
        }
        if not names:
            return drafts
        taken = await self._registry.list_taken(claims, names.values())
        return [
            NameTaken("There is a file of this name in the folder.", field="name")
            if isinstance(draft, Upload) and names.get(draft.id) in taken
            else draft
            for draft in drafts
        ]

    async def _begin_all(self, drafts: Sequence[Upload | BrokerError]) -> Sequence[Upload | BrokerError]:
        """Have the store begin those in parts; should the process die now, empty ones are left there."""
        in_parts = [draft for draft in drafts if isinstance(draft, Upload) and draft.part_size]
        if not in_parts:
            return drafts
        begun = await take_turns([partial(self._begin, draft) for draft in in_parts])
        outcomes = dict(zip((draft.id for draft in in_parts), begun, strict=True))
        return [
            draft if isinstance(draft, BrokerError) else outcomes.get(draft.id, draft) for draft in drafts
        ]

    async def _begin(self, draft: Upload) -> Upload:
        store_upload_id = await self._store.create_multipart(
            draft.key, media_type=draft.type, algorithm=draft.checksum_algorithm
        )
        return structs.replace(draft, store_upload_id=store_upload_id)

    async def _give_up(self, upload: Upload) -> None:
        """Tell the store; should it not hear, it holds an upload without parts, and forgets it some day."""
        if upload.store_upload_id:
            await self._store.abort_multipart(upload.key, upload.store_upload_id)

    def _reservation(self, upload: Upload) -> Reservation:
        chosen = self._policies.of(upload.policy)
        return Reservation(upload, chosen.quota, chosen.tenant_quota)


def _through(link: Link, new: schemas.NewUpload) -> schemas.NewUpload:
    """Have what a stranger declares go below the link's folder, under the link's policy."""
    folder = f"{link.folder}/{new.folder}" if new.folder else link.folder
    # a stranger replaces nothing, and does not learn what names there are
    return structs.replace(new, folder=folder, policy=link.policy, collision="allow")


def _usage(counters: Counters) -> schemas.Usage:
    return schemas.Usage(
        files=counters.files,
        bytes=counters.bytes,
        pending=counters.pending,
        pending_bytes=counters.pending_bytes,
    )


def _admitted(upload: Upload, outcome: Upload | Full) -> Upload | BrokerError:
    if isinstance(outcome, Upload):
        if outcome is upload:
            log.debug("Upload created", extra={"upload": upload.id, "size": upload.size})
        return outcome
    if outcome.rule == "link":
        return ShareExpired("The link has ended.")
    if outcome.rule.startswith("link."):
        unit = outcome.rule.removeprefix("link.")
        return QuotaExceeded(
            f"The link takes {outcome.limit} {unit} in all.", rule=f"link.max_{unit}", limit=outcome.limit
        )
    if upload.share_id:  # how much room somebody has is not for strangers to know
        kind = TooManyUploads if outcome.rule.endswith(".pending") else QuotaExceeded
        return kind("There is no room for this with the owner of the link.", rule="link.owner")
    members = {"rule": f"policies.{upload.policy}.{outcome.rule}", "limit": outcome.limit}
    if outcome.rule.endswith(".pending"):
        return TooManyUploads(
            f"At most {outcome.limit} uploads may be pending: complete or abort one.", **members
        )
    unit = outcome.rule.rpartition(".")[2]
    return QuotaExceeded(
        f"There is room for {outcome.limit} {unit} in all, pending uploads included.", **members
    )


def _same(draft: Upload, outcome: Upload | BrokerError) -> Upload | BrokerError:
    """Return what an earlier request with this key made, if that asked for the same."""
    if isinstance(outcome, BrokerError):
        return outcome
    is_there = draft.folder in {outcome.folder, outcome.declared_folder}  # it goes where its folder went
    if not is_there or any(getattr(outcome, name) != getattr(draft, name) for name in _DECLARED):
        return IdempotencyMismatch("An upload with this Idempotency-Key was declared otherwise.")
    return outcome
