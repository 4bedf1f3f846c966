"""Sizes as people write them. Pure."""

import re

_UNITS = {"": 1}
for _power, _letter in enumerate("KMGT", start=1):
    _UNITS |= {f"{_letter}B": 1000**_power, f"{_letter}iB": 1024**_power}
_SIZE = re.compile(r"([0-9]{1,20}) ?((?:[KMGT]i?B)?)", re.ASCII)


def parse_size(text: str) -> int:
    """Return the bytes that a text like `16 MiB`, `2TB` or `1048576` stands for. Raises ValueError.

    >>> parse_size("16 MiB"), parse_size("2TB"), parse_size("1048576")
    (16777216, 2000000000000, 1048576)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("expected a number of bytes, or a text like 16 MiB")
    return int(match[1]) * _UNITS[match[2]]


def show_size(size: int) -> str:
    """Write a size so that parse_size returns it again, in the largest unit of 1,024 that divides it.

    >>> show_size(16777216), show_size(1000), show_size(0)
    ('16 MiB', '1000', '0')
    """
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if size and size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]} {unit}"
    return str(size)
