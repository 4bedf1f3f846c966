"""How an upload is cut into parts. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from collections.abc import Iterable

from msgspec import Struct

MIB = 1024**2
MIN_PART_SIZE = 5 * MIB  # of every part but the last
MAX_PART_SIZE = 5 * 1024**3
MAX_PARTS = 10_000

_SMALLEST = 8 * MIB
_LARGEST = 64 * MIB
_USUAL_PARTS = 1_000  # a store lists so many in one answer


class Plan(Struct, frozen=True):
    """Parts of `part_size` bytes each, the last one shorter."""

    size: int
    part_size: int

    @property
    def count(self) -> int:
        return _divide_up(self.size, self.part_size)

    @property
    def sizes(self) -> Iterable[int]:
        return map(self.size_of, range(1, self.count + 1))

    def size_of(self, number: int) -> int:
        """Return the bytes of a part, counted from 1. Raises ValueError.

        >>> Plan(20 * MIB, part_size=8 * MIB).size_of(3) == 4 * MIB
        True
        """
        begin = (number - 1) * self.part_size
        if not 0 <= begin < self.size:
            raise ValueError(f"Parts are numbered from 1 to {self.count}, not {number}")
        return min(self.part_size, self.size - begin)


def plan(size: int) -> Plan:
    """Choose the size of the parts, in whole MiB: at most 1,000 parts up to 62.5 GiB, never over 10,000.

    >>> [plan(size).part_size // MIB for size in (17 * MIB, 20_000 * MIB, 5 * 1024**4)]
    [8, 20, 525]
    """
    usual = min(max(_divide_up(size, _USUAL_PARTS), _SMALLEST), _LARGEST)
    part_size = max(usual, _divide_up(size, MAX_PARTS))
    return Plan(size, part_size=_divide_up(part_size, MIB) * MIB)


def _divide_up(number: int, by: int) -> int:
    return -(-number // by)
