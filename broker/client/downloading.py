"""One download: ranges side by side into a file beside the wanted one, verified, and only then named so."""

import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from broker.client.calls import Calls
from broker.client.failures import ChecksumMismatch, SourceChanged, StoreRefused, StoreUnreachable
from broker.client.hashing import whole_checksum
from broker.client.lanes import Lanes
from broker.client.partial_name import partial_name
from broker.client.progress import OnProgress, Progress
from broker.client.retry import Stopped, persist
from broker.client.sources import FileSource
from broker.client.store import StoreCalls
from broker.schemas import Download

RANGE = 16 * 1024 * 1024
_WORKERS = 4


class _Done(msgspec.Struct):
    """What an unfinished download has fetched; of another object it is worth nothing."""

    file: str
    size: int
    checksum: str | None
    ranges: list[int]


class Downloading:
    """The download of one file to a path. What was fetched is kept when it is interrupted."""

    def __init__(
        self,
        *,
        calls: Calls,
        store: StoreCalls,
        file_id: str,
        path: Path,
        lanes: Lanes,
        on_progress: OnProgress | None,
    ) -> None:
        self._calls = calls
        self._store = store
        self._file_id = file_id
        self._path = path
        self._lanes = lanes
        self._on_progress = on_progress
        self._partial = path.with_name(partial_name(path.name))
        self._notes = path.with_name(f"{self._partial.name}.json")
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def run(self) -> Path:
        """Fetch what is missing, which is nothing where the file is there already.

        Raises ChecksumMismatch, after which nothing is left, and OSError.
        """
        if self._path.exists() and not self._path.is_file():  # a device would be gone
            raise OSError(errno.EINVAL, "Not a regular file", str(self._path))
        self._download = self._sign()
        self._progress = Progress(self._download.size, self._on_progress)
        if self._is_there():
            self._progress.begin(self._download.size)
            return self._path
        done = self._read_notes()
        self._progress.begin(sum(self._length(index) for index in done.ranges))
        with self._open() as target:
            self._fetch_all(target, done)
        self._verify()
        self._partial.replace(self._path)
        self._notes.unlink(missing_ok=True)
        return self._path

    def stop(self) -> None:
        """End the work that another thread does."""
        self._stop.set()

    def _sign(self) -> Download:
        return persist(lambda: self._calls.sign_download(self._file_id), stop=self._stop)

    def _is_there(self) -> bool:
        try:
            if self._download.checksum is None or self._path.stat().st_size != self._download.size:
                return False
            return self._checksum(self._path) == self._download.checksum
        except (OSError, SourceChanged):  # no file, or none that can be read: it gives way
            return False

    @contextlib.contextmanager
    def _open(self) -> Iterator[int]:
        target = os.open(self._partial, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(target, self._download.size)
            yield target
        finally:
            os.close(target)

    def _fetch_all(self, target: int, done: _Done) -> None:
        count = -(-self._download.size // RANGE)
        missing = [index for index in range(count) if index not in set(done.ranges)]
        with ThreadPoolExecutor(_WORKERS, "download") as pool:
            try:  # from the first range on: an interrupt may come while the others are handed in
                fetching = [pool.submit(self._fetch, target, index, done) for index in missing]
                for each in fetching:
                    each.result()
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _fetch(self, target: int, index: int, done: _Done) -> None:
        def attempt() -> None:
            with self._lanes.use():
                self._write(target, index)

        try:
            persist(attempt, stop=self._stop)
        except StoreRefused as error:
            if error.status != 403:
                raise
            self._download = self._sign()
            persist(attempt, stop=self._stop)
        os.fsync(target)  # what is noted has to be there after a power failure too
        with self._lock:
            done.ranges.append(index)
            self._notes.write_bytes(msgspec.json.encode(done))

    def _write(self, target: int, index: int) -> None:
        at = index * RANGE
        end = at + self._length(index)
        with (
            self._progress.sending() as count,
            self._store.get(self._download, start=at, end=end) as chunks,
        ):
            for chunk in chunks:
                if self._stop.is_set():
                    raise Stopped
                os.pwrite(target, chunk, at)
                at += len(chunk)
                count(len(chunk))
            if at != end:
                raise StoreUnreachable("The store's answer was cut short.")

    def _length(self, index: int) -> int:
        return min(RANGE, self._download.size - index * RANGE)

    def _read_notes(self) -> _Done:
        fresh = _Done(self._file_id, self._download.size, self._download.checksum, [])
        try:
            known = msgspec.json.decode(self._notes.read_bytes(), type=_Done)
        except (OSError, msgspec.DecodeError):
            return fresh
        is_same = (known.file, known.size, known.checksum) == (fresh.file, fresh.size, fresh.checksum)
        return known if is_same and self._partial.exists() else fresh

    def _checksum(self, path: Path) -> str | None:
        """Hash a file as this one was; None where no checksum of it is known."""
        declared = self._download.checksum
        return declared and whole_checksum(declared, FileSource(path), self._download.part_size)

    def _verify(self) -> None:
        found, declared = self._checksum(self._partial), self._download.checksum
        if found != declared:
            self._partial.unlink()
            self._notes.unlink(missing_ok=True)
            raise ChecksumMismatch(f"{self._path.name}: what was fetched has {found} instead of {declared}.")
