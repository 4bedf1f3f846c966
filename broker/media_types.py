"""Media types: their form, what patterns take them, what names they go with. Pure."""

import mimetypes
import re
from collections.abc import Iterable

from broker.errors import InvalidType

# RFC 6838 §4.2: both names are at most 127 characters of a small alphabet
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)

# Python's own table: what the files of this machine say would make the answers differ between machines
_TABLE = mimetypes.MimeTypes(filenames=())
_BY_EXTENSION = {**_TABLE.types_map[False], **_TABLE.types_map[True]}
_KNOWN = frozenset(_BY_EXTENSION.values())
_SAYS_NOTHING = "application/octet-stream"

# what browsers on Windows say of such files once Excel is installed
_ALSO = {".csv": "application/vnd.ms-excel"}


def check_type(media_type: str) -> str:
    """Return the media type in lower case. Raises InvalidType.

    >>> check_type("Image/PNG")
    'image/png'
    """
    media_type = media_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise InvalidType("A media type looks like image/png and carries no parameters.", field="type")
    return media_type


def is_taken(media_type: str, patterns: Iterable[str]) -> bool:
    """Say whether one of the patterns takes the type.

    >>> is_taken("image/png", ["text/plain", "image/*"])
    True
    """
    return any(pattern in (media_type, f"{media_type.split('/')[0]}/*") for pattern in patterns)


def guess_type(name: str) -> str:
    """Return the type that files of such a name usually have.

    >>> guess_type("a.png"), guess_type("a")
    ('image/png', 'application/octet-stream')
    """
    return _BY_EXTENSION.get(_extension(name), _SAYS_NOTHING)


def contradicts(name: str, media_type: str) -> bool:
    """Say whether files of such a name are clearly of another type; of what nobody knows it is not clear.

    >>> contradicts("a.html", "image/png"), contradicts("a.unknown", "image/png")
    (True, False)
    """
    usual = _BY_EXTENSION.get(_extension(name))
    if usual is None or media_type == _SAYS_NOTHING or media_type not in _KNOWN:
        return False
    return _family(usual) != _family(media_type) and _ALSO.get(_extension(name)) != media_type


def _extension(name: str) -> str:
    _, dot, extension = name.rstrip(". ").rpartition(".")  # Windows ignores what ends a name so
    return dot + extension.lower()


def _family(media_type: str) -> str:
    """Give one name to types that only custom tells apart: text/xml and application/xml, audio and video."""
    kind, _, subtype = media_type.partition("/")
    if kind in {"audio", "video"}:
        return "media"
    return subtype.removeprefix("x-")
