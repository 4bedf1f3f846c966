"""What is sent: a file, or bytes. Read in pieces, from several threads at once."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from broker.client.failures import SourceChanged

CHUNK = 1024 * 1024


class FileSource:
    """A file on disk; nothing of it is kept in memory but the piece that is being sent."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, also for what has no size of its own, such as a pipe or a directory."""
        self.name = path.name
        self._path = path
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # a pipe has no size, and would do as an empty file
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        self.size = state.st_size
        self._changed_at = state.st_mtime_ns

    def chunks(self, start: int, length: int) -> Iterator[bytes]:
        """Read some of the file. Raises SourceChanged if it is not what it was: parts of both are no file."""
        left = min(length, self.size - start)
        with self._path.open("rb", buffering=0) as file:
            file.seek(start)
            while left > 0:
                chunk = file.read(min(CHUNK, left))
                # after the read: only then is what was read older than any change
                if not chunk or self._is_changed(file.fileno()):
                    raise SourceChanged(f"{self._path} was changed while it was sent.")
                left -= len(chunk)
                yield chunk

    def _is_changed(self, descriptor: int) -> bool:
        state = os.fstat(descriptor)
        return (state.st_size, state.st_mtime_ns) != (self.size, self._changed_at)


class BytesSource:
    """Bytes in memory."""

    def __init__(self, body: bytes, name: str) -> None:
        self.name = name
        self._body = memoryview(body)
        self.size = len(body)

    def chunks(self, start: int, length: int) -> Iterator[bytes]:
        for at in range(start, min(start + length, self.size), CHUNK):
            yield bytes(self._body[at : min(at + CHUNK, start + length)])


Source = FileSource | BytesSource


def open_source(source: bytes | str | os.PathLike[str], name: str | None) -> Source:
    """Take bytes, which need a name, or the path of a file. Raises OSError and ValueError."""
    if isinstance(source, bytes):
        if name is None:
            raise ValueError("Bytes need a name.")
        return BytesSource(source, name)
    opened = FileSource(Path(source))
    opened.name = opened.name if name is None else name
    return opened
