"""Under which name an unfinished download is kept (docs/protocol.md)."""

import os

from broker.client.hashing import digest

_LONGEST = 230  # bytes: the notes beside it need 19 more, and a file system takes 255
_KEPT = 200


def partial_name(name: str) -> str:
    """Name what is there of a file that is not whole yet, the same in every client.

    >>> partial_name("film.mp4")
    'film.mp4.part'
    """
    content = os.fsencode(name)
    if len(content) <= _LONGEST:
        return f"{name}.part"
    beginning = content[:_KEPT].decode(errors="ignore")  # a character that is cut through goes
    return f"{beginning}-{digest('crc32c', [content]).hex()}.part"
