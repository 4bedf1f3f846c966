"""Many small files: created together, sent side by side, completed together."""

import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeGuard

from broker.client.calls import Calls
from broker.client.failures import TransferError
from broker.client.retry import is_transient, persist
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
        outcomes: dict[Uploading, Outcome] = {}
        with ThreadPoolExecutor(_WORKERS, "upload") as pool:
            for start in range(0, len(uploads), MAX_BATCH):
                outcomes |= self._send_batch(uploads[start : start + MAX_BATCH], pool)
        return [outcomes[each] for each in uploads]

    def _send_batch(self, uploads: Sequence[Uploading], pool: ThreadPoolExecutor) -> dict[Uploading, Outcome]:
        """Create and send; what there was no room for is created once the others are through."""
        outcomes: dict[Uploading, Outcome] = {}
        drafts: dict[Uploading, NewUpload] = {}
        for each, declared in zip(uploads, pool.map(_declared, uploads), strict=True):
            if isinstance(declared, Exception):
                outcomes[each] = declared
            else:
                drafts[each] = declared
        waiting = set(drafts)
        key = uuid.uuid4().hex  # the same for every try: nothing is created twice

        def attempt() -> None:
            answers = zip(drafts, self._calls.create_batch(list(drafts.values()), key=key), strict=True)
            created = {each: answer for each, answer in answers if each in waiting}
            outcomes.update(self._send_created(created, pool))
            refused = {each: answer for each, answer in created.items() if _may_pass(answer)}
            waiting.intersection_update(refused)
            for answer in refused.values():
                raise answer

        try:
            if drafts:
                persist(attempt, stop=self._stop)
        except (BrokerError, TransferError) as error:  # of all that were not even refused one by one
            outcomes |= {each: error for each in uploads if each not in outcomes}
        return outcomes

    def _send_created(
        self, created: Mapping[Uploading, Upload | BrokerError], pool: ThreadPoolExecutor
    ) -> dict[Uploading, Outcome]:
        outcomes: dict[Uploading, Outcome] = {}
        sending: dict[Uploading, tuple[str, Future[None]]] = {}
        for each, upload in created.items():
            if isinstance(upload, BrokerError):
                outcomes[each] = upload
            else:
                sending[each] = upload.id, pool.submit(each.put_whole, upload)
        sent: dict[Uploading, str] = {}
        for each, (upload_id, future) in sending.items():
            failure = future.exception()
            if isinstance(failure, Exception):
                outcomes[each] = failure
            else:
                sent[each] = upload_id
        return outcomes | dict(zip(sent, self._complete(list(sent.values())), strict=True))

    def _complete(self, upload_ids: Sequence[str]) -> list[Outcome]:
        """Complete together; what a slow store could not take in time is asked for by itself."""
        if not upload_ids:
            return []
        try:
            completed = persist(lambda: self._calls.complete_batch(upload_ids), stop=self._stop)
        except (BrokerError, TransferError) as error:
            return [error] * len(upload_ids)
        return [
            self._complete_one(upload_id) if _may_pass(outcome) else outcome
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


def _may_pass(outcome: object) -> TypeGuard[Exception]:
    """Say whether it is a refusal after which the same may succeed a moment later."""
    return isinstance(outcome, Exception) and is_transient(outcome)
