"""Why a transfer fails: one cause and one action, for a client whose browser hides the reason."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from broker import keys, schemas
from broker.auth import Claims
from broker.doctor.findings import Finding
from broker.errors import NotFound, StoreUnavailable
from broker.registry import Registry
from broker.rows import Upload
from broker.schemas import Diagnosis
from broker.stores.base import Store

_SKEW = 60  # seconds that two clocks may differ without harm

ProbeCors = Callable[[str], Awaitable[Finding]]

_ENDED: dict[str, Diagnosis] = {
    "completed": Diagnosis("completed", "The upload is a file already.", "Nothing has to be sent any more."),
    "aborted": Diagnosis("aborted", "The upload was aborted.", "Begin a new upload."),
    "expired": Diagnosis("expired", "The upload was not completed in time.", "Begin a new upload."),
    "rejected": Diagnosis(
        "rejected",
        "The object was not the file that was declared.",
        "Read the file anew and begin a new upload.",
    ),
}

# what a store answers, as S3 names it
_REFUSALS: dict[str, Diagnosis] = {
    "BadDigest": Diagnosis(
        "bytes-changed",
        "The bytes that arrived are not those that were declared.",
        "Read the file again: it has changed, or was damaged on the way.",
    ),
    "SignatureDoesNotMatch": Diagnosis(
        "request-changed",
        "The request that arrived is not the one that was signed.",
        "Send method, URL and headers exactly as they were given; a proxy on the way must not change them.",
    ),
    "EntityTooLarge": Diagnosis(
        "request-changed", "The body is larger than was declared.", "Send exactly the declared bytes."
    ),
    "XMinioStorageFull": Diagnosis(
        "store-full", "The object store has no room.", "Tell the operator; the upload can be resumed."
    ),
}
_REFUSALS["XAmzContentChecksumMismatch"] = _REFUSALS["BadDigest"]
_REFUSALS["InsufficientStorage"] = _REFUSALS["XMinioStorageFull"]

_STORE_DOWN = Diagnosis(
    "store-unavailable", "The object store does not answer the broker either.", "Wait a moment and go on."
)
_STORED = Diagnosis(
    "already-stored", "The store holds the object: only its answer was lost.", "Complete the upload."
)
_PARTS_LOST = Diagnosis("parts-lost", "The store has given up the parts that it held.", "Begin a new upload.")
_URL_EXPIRED = Diagnosis(
    "url-expired", "The store does not take the URL any more.", "Ask for a new one and send again."
)
_ON_THE_WAY = Diagnosis(
    "network",
    "The store answers the broker and holds nothing of this yet: the request was lost on its way.",
    "Check the connection and send again.",
)


class Diagnostics:
    """Finds out what is wrong with a pending upload; `probe_cors` asks the store about an origin."""

    def __init__(
        self,
        *,
        registry: Registry,
        store: Store,
        probe_cors: ProbeCors,
        clock_skew: Callable[[], float | None],
    ) -> None:
        self._registry = registry
        self._store = store
        self._probe_cors = probe_cors
        self._clock_skew = clock_skew

    async def diagnose(
        self, claims: Claims, upload_id: str, seen: schemas.Symptoms, *, origin: str, at: datetime
    ) -> Diagnosis:
        """Name one cause, the surest first. Raises NotFound."""
        upload = await self._registry.find_upload(claims, upload_id) if keys.is_id(upload_id) else None
        if upload is None:
            raise NotFound("There is no such upload.")
        if upload.status == "pending" and at >= upload.expires_at:
            return _ENDED["expired"]
        if upload.status in _ENDED:
            return _ENDED[upload.status]
        try:
            return await self._ask_store(upload, seen, origin=origin)
        except StoreUnavailable:
            return _STORE_DOWN

    async def _ask_store(self, upload: Upload, seen: schemas.Symptoms, *, origin: str) -> Diagnosis:
        if await self._store.head(upload.key):
            return _STORED
        if lost := await self._look_for_part(upload, seen.part):
            return lost
        skew = self._clock_skew() or 0
        if abs(skew) > _SKEW and seen.status in {None, 403}:
            return Diagnosis(
                "clock-skew",
                f"The clocks of broker and store differ by {abs(skew):.0f} seconds.",
                "Tell the operator to set both by NTP.",
            )
        if seen.code in _REFUSALS:
            return _REFUSALS[seen.code]
        if seen.status == 403:
            return _URL_EXPIRED
        if seen.status is None and origin:
            finding = await self._probe_cors(origin)
            if finding.outcome == "failed":
                return Diagnosis("origin-refused", finding.detail, finding.fix)
        return _ON_THE_WAY

    async def _look_for_part(self, upload: Upload, number: int | None) -> Diagnosis | None:
        if upload.store_upload_id is None:
            return None
        after = (number or 1) - 1
        held = await self._store.list_parts(upload.key, upload.store_upload_id, after=after, limit=1)
        if held is None:
            return _PARTS_LOST
        if number and any(part.number == number for part in held):
            return Diagnosis(
                "already-stored", f"The store holds part {number}.", "Go on with the other parts."
            )
        return None
