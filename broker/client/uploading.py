"""One upload: find or create it, send what the store does not hold, complete it (docs/protocol.md)."""

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from msgspec import structs

from broker.client.calls import Calls
from broker.client.failures import StoreRefused, UploadEnded
from broker.client.hashing import checksum, fingerprint, whole_checksum
from broker.client.lanes import Lanes
from broker.client.progress import Progress
from broker.client.retry import Stopped, persist
from broker.client.source_parts import SourceParts
from broker.client.sources import Source
from broker.client.store import StoreCalls
from broker.errors import (
    InvalidName,
    NotFound,
    PartsMismatch,
    UploadAborted,
    UploadExpired,
    UploadIncomplete,
    UploadRejected,
)
from broker.schemas import (
    CompleteUpload,
    File,
    HeldPart,
    NewUpload,
    PolicyLimits,
    PresignedRequest,
    Upload,
)

Result = TypeVar("Result")

_ROUNDS = 5  # how often what the broker does not find is sent again
_LOSES = "The store loses what it takes."


class _Gone(Exception):
    """The store or the broker takes no parts of the upload any more."""


class Uploading:
    """The upload of one file; `run` does it all."""

    def __init__(
        self,
        *,
        calls: Calls,
        store: StoreCalls,
        source: Source,
        wanted: NewUpload,
        limits: PolicyLimits,
        lanes: Lanes,
        progress: Progress,
    ) -> None:
        self._calls = calls
        self._store = store
        self._source = source
        self._wanted = wanted
        self._limits = limits
        self._lanes = lanes
        self._progress = progress
        self._stop = threading.Event()

    @property
    def is_small(self) -> bool:
        """Whether it is sent in one piece."""
        return self._source.size <= self._limits.single_put_max

    def heed(self, limits: PolicyLimits) -> None:
        """Say before the next run what the policy is by now."""
        self._limits = limits

    def run(self) -> File:
        """Return the verified file. Raises the broker's errors and those of broker/client/failures.py."""
        try:
            if self.is_small:
                return self._send_whole(self._create(self.declared()))
            return self._send_large()
        except (KeyboardInterrupt, Stopped):
            self._stop.set()
            raise

    def stop(self) -> None:
        """End the work that another thread does."""
        self._stop.set()

    def declared(self) -> NewUpload:
        """Say what the file is; a large one is hashed part by part, on its way. Raises InvalidName."""
        _check_text(self._wanted)
        source, algorithm = self._source, self._limits.checksum_algorithm
        # no store can verify the sha256 of what is sent in parts
        whole = self.is_small or (self._limits.checksum_required and algorithm == "crc32c")
        return structs.replace(
            self._wanted,
            checksum=checksum(algorithm, source.chunks(0, source.size)) if whole else None,
            fingerprint=None if self.is_small else fingerprint(source),
        )

    def put_whole(self, upload: Upload) -> None:
        """Send a small file. What the store holds already was sent before, and its answer lost."""
        request: list[PresignedRequest] = []

        def attempt() -> None:
            current = request.pop() if request else self._fresh_request(upload)
            if current:
                self._put_new(current)

        if isinstance(upload.request, PresignedRequest):
            request.append(upload.request)
        self._signed(lambda: self._persist(attempt))
        self._progress.begin(self._source.size)  # also what an earlier try had sent

    def _put_new(self, request: PresignedRequest) -> None:
        """Send a small file; 412 says that the object is there."""
        try:
            with self._lanes.use():
                self._put(request, 0, self._source.size)
        except StoreRefused as error:
            if error.status != 412:
                raise

    def _send_whole(self, upload: Upload) -> File:
        self.put_whole(upload)
        return self._complete(upload, CompleteUpload())

    def _send_large(self) -> File:
        """Go on with what is unfinished, or begin; anew when what was found can never be this file."""
        for _ in range(_ROUNDS):
            with contextlib.suppress(UploadExpired, _Gone):
                return self._send_in_parts(self._find() or self._create(self.declared()))
        raise UploadEnded(_LOSES)

    def _send_in_parts(self, upload: Upload) -> File:
        """Send what is missing until the broker finds all of it. Raises UploadExpired and _Gone."""
        if upload.method == "single":  # the broker draws its line higher than it said
            return self._send_whole(upload)
        parts = SourceParts(self._source, upload, self._limits)
        taken = parts.held(self._held(upload))
        for _ in range(_ROUNDS):
            self._progress.begin(sum(parts.length(number) for number in taken))
            try:
                self._send_all(upload, parts, [n for n in parts.numbers if n not in taken])
                return self._complete(upload, CompleteUpload(parts=parts.named()))
            except _Gone:
                return self._take(upload, parts)
            except (PartsMismatch, UploadIncomplete) as error:
                missing = error.members.get("parts")
                if not isinstance(missing, list) or not missing:
                    raise
                taken = set(parts.numbers) - set(missing)
        raise UploadEnded(_LOSES)

    def _take(self, upload: Upload, parts: SourceParts) -> File:
        """Return the file that another client, which was faster, has made of the upload.

        Raises UploadExpired where the store has lost it: now the broker knows, and no client finds it again;
        UploadEnded where somebody gave it up; _Gone where it is another file.
        """
        self._stop.clear()  # only the sending of these parts has ended
        try:
            file = self._complete(upload, CompleteUpload(parts=parts.named()))
        except (NotFound, UploadAborted, UploadRejected) as error:
            raise UploadEnded("The upload ended elsewhere.") from error
        declared = file.checksum  # a fingerprint may lie
        if declared and whole_checksum(declared, self._source, file.part_size) != declared:
            raise _Gone
        self._progress.begin(file.size)
        return file

    def _send_all(self, upload: Upload, parts: SourceParts, numbers: Iterable[int]) -> None:
        with ThreadPoolExecutor(self._limits.part_concurrency, "upload") as pool:
            try:  # from the first part on: an interrupt may come while the others are handed in
                sending = [pool.submit(self._send_part, upload, parts, number) for number in numbers]
                for each in sending:
                    each.result()
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _send_part(self, upload: Upload, parts: SourceParts, number: int) -> None:
        """Hash a part and send it, signed just before. Raises _Gone."""
        digest = parts.checksum(number)

        def attempt() -> None:
            with self._lanes.use():
                request = self._calls.sign_part(upload.id, number, digest)
                self._put(request, parts.start(number), parts.length(number))

        try:
            self._signed(lambda: self._persist(attempt))
        except NotFound as error:
            raise _Gone from error
        except StoreRefused as error:
            if error.status != 404:
                raise
            raise _Gone from error

    def _signed(self, action: Callable[[], None]) -> None:
        """Do it once more when the URL was too old."""
        try:
            action()
        except StoreRefused as error:
            if error.status != 403:
                raise
            action()

    def _put(self, request: PresignedRequest, start: int, length: int) -> None:
        with self._progress.sending() as count:
            self._store.put(request, self._watched(self._source.chunks(start, length), count))

    def _watched(self, chunks: Iterable[bytes], count: Callable[[int], None]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._stop.is_set():
                raise Stopped
            yield chunk
            count(len(chunk))

    def _fresh_request(self, upload: Upload) -> PresignedRequest | None:
        """Have the PUT signed anew; None when the broker has found the object by itself: it is a file."""
        read = self._calls.read_upload(upload.id)
        if read.status == "completed":
            return None
        if not isinstance(read.request, PresignedRequest):
            raise UploadEnded("The upload ended elsewhere.")
        return read.request

    def _create(self, declared: NewUpload) -> Upload:
        key = uuid.uuid4().hex  # the same for every try: a lost answer leaves no second upload
        return self._persist(lambda: self._calls.create(declared, key=key))

    def _complete(self, upload: Upload, completion: CompleteUpload) -> File:
        return self._persist(lambda: self._calls.complete(upload.id, completion)).file

    def _find(self) -> Upload | None:
        """Find an upload of the same file that another client began, or this one in another life."""
        mark, cursor = fingerprint(self._source), None
        while True:
            page = self._persist(lambda: self._calls.list_pending(cursor))  # noqa: B023 - called at once
            for upload in page.items:
                if upload.method == "multipart" and self._is_same(upload, mark):
                    return upload
            cursor = page.next_cursor
            if cursor is None:
                return None

    def _is_same(self, upload: Upload, mark: str) -> bool:
        wanted = self._wanted
        return (upload.name, upload.size, upload.folder, upload.policy, upload.fingerprint) == (
            wanted.name,
            self._source.size,
            wanted.folder,
            wanted.policy,
            mark,
        )

    def _held(self, upload: Upload) -> Iterator[HeldPart]:
        from_part: int | None = 1
        while from_part is not None:
            number = from_part
            page = self._persist(lambda: self._calls.read_upload(upload.id, from_part=number))  # noqa: B023
            yield from page.parts if isinstance(page.parts, tuple) else ()
            from_part = page.next_part if isinstance(page.next_part, int) else None

    def _persist(self, action: Callable[[], Result]) -> Result:
        return persist(action, stop=self._stop)


def _check_text(wanted: NewUpload) -> None:
    """Refuse what cannot be told the broker: Linux takes any bytes for a name, JSON only text."""
    try:
        f"{wanted.folder}/{wanted.name}".encode()
    except UnicodeEncodeError as error:
        raise InvalidName("The name is not UTF-8.", field="name") from error
