"""What is sent in parts: how it is cut, and the checksums of its parts."""

from collections.abc import Iterable

from broker.client.hashing import checksum
from broker.client.sources import Source
from broker.schemas import HeldPart, PolicyLimits, SentPart, Upload


class SourceParts:
    """How a file is cut, and the checksums of its parts as far as they are known."""

    def __init__(self, source: Source, upload: Upload, limits: PolicyLimits) -> None:
        if not isinstance(upload.part_size, int) or not isinstance(upload.part_count, int):
            raise TypeError("The upload is not sent in parts.")
        self._source = source
        self._size = upload.part_size
        self._algorithm = upload.checksum_algorithm or limits.checksum_algorithm
        self._checksums: dict[int, str] = {}
        self.numbers = range(1, upload.part_count + 1)

    def start(self, number: int) -> int:
        return (number - 1) * self._size

    def length(self, number: int) -> int:
        return min(self._size, self._source.size - self.start(number))

    def checksum(self, number: int) -> str:
        if number not in self._checksums:
            chunks = self._source.chunks(self.start(number), self._size)
            self._checksums[number] = checksum(self._algorithm, chunks)
        return self._checksums[number]

    def held(self, parts: Iterable[HeldPart]) -> set[int]:
        """Say which of the parts that the store holds are the file's, as far as it tells."""
        return {
            part.number
            for part in parts
            if part.number in self.numbers
            and part.size == self.length(part.number)
            and part.checksum in (None, self.checksum(part.number))
        }

    def named(self) -> tuple[SentPart, ...]:
        return tuple(SentPart(number=number, checksum=self.checksum(number)) for number in self.numbers)
