"""Many small files: created together, sent side by side, completed together."""

import threading
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from broker.client.calls import Calls
from broker.client.retry import persist
from broker.client.uploading import Uploading
from broker.errors import BrokerError
from broker.schemas import MAX_BATCH, CompleteUpload, File, NewUpload, Upload

Outcome = File | Exception

_WORKERS = 8


class SmallFiles:
    """Files that are each sent by one PUT."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._stop = threading.Event()
        self._sending: Sequence[Uploading] = ()

    def stop(self) -> None:
        """End the work that another thread does."""
        self._stop.set()
        for each in self._sending:
            each.stop()

    def send(self, uploads: Sequence[Uploading]) -> list[Outcome]:
        """Return for each its file, or why there is none, in the same order."""
        self._sending = uploads
        outcomes: list[Outcome] = []
        with ThreadPoolExecutor(_WORKERS, "upload") as pool:
            for start in range(0, len(uploads), MAX_BATCH):
                outcomes += self._send_batch(uploads[start : start + MAX_BATCH], pool)
        return outcomes

    def _send_batch(self, uploads: Sequence[Uploading], pool: ThreadPoolExecutor) -> list[Outcome]:
        created = self._create(pool.map(_declared, uploads))
        sending = [
            None if isinstance(upload, Exception) else pool.submit(each.put_whole, upload)
            for each, upload in zip(uploads, created, strict=True)
        ]
        outcomes: list[Outcome | None] = []
        for upload, sent in zip(created, sending, strict=True):
            failure = sent.exception() if sent else upload
            outcomes.append(failure if isinstance(failure, Exception) else None)
        sent_ids = [
            upload.id
            for upload, outcome in zip(created, outcomes, strict=True)
            if outcome is None and not isinstance(upload, Exception)
        ]
        completed = iter(self._complete(sent_ids))
        return [next(completed) if outcome is None else outcome for outcome in outcomes]

    def _create(self, declared: Iterable[NewUpload | Exception]) -> list[Upload | Exception]:
        """Create together what could be declared."""
        drafts = list(declared)
        wanted = [draft for draft in drafts if isinstance(draft, NewUpload)]
        if not wanted:
            return [draft for draft in drafts if isinstance(draft, Exception)]
        key = uuid.uuid4().hex
        created = iter(persist(lambda: self._calls.create_batch(wanted, key=key), stop=self._stop))
        return [draft if isinstance(draft, Exception) else next(created) for draft in drafts]

    def _complete(self, upload_ids: Sequence[str]) -> list[Outcome]:
        """Complete together; what a slow store could not take in time is asked for by itself."""
        if not upload_ids:
            return []
        completed = persist(lambda: self._calls.complete_batch(upload_ids), stop=self._stop)
        return [
            self._complete_one(upload_id) if _is_worth_another_try(outcome) else outcome
            for upload_id, outcome in zip(upload_ids, completed, strict=True)
        ]

    def _complete_one(self, upload_id: str) -> Outcome:
        try:
            action = lambda: self._calls.complete(upload_id, CompleteUpload())  # noqa: E731
            return persist(action, stop=self._stop).file
        except Exception as error:  # noqa: BLE001 - told to the caller, as the outcome of this file
            return error


def _declared(uploading: Uploading) -> NewUpload | Exception:
    try:
        return uploading.declared()
    except Exception as error:  # noqa: BLE001 - told to the caller, as the outcome of this file
        return error


def _is_worth_another_try(outcome: Outcome) -> bool:
    return isinstance(outcome, BrokerError) and outcome.status >= 500
