"""Ids, object keys and the names that people give to files. Pure."""

import functools
import itertools
import os
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from broker.errors import InvalidField, InvalidName

MAX_NAME_BYTES = 255  # what every file system takes
MAX_FOLDER_BYTES = 1024

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_DIGITS = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))  # what five bits of a byte are written as
ID_LENGTH = 26
_THUMBNAIL = ".thumbnail"  # not "/": SeaweedFS has folders, and an object cannot be one
_LAST = "~"  # sorts after every id
_ID = re.compile(rf"[{_ALPHABET}]{{26}}", re.ASCII)
_TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NUMBER = re.compile(r"\d+")
_UNSAFE_IN_FALLBACK = re.compile(r'[^ -~]|["\\%]')

_DRAWN = 256
_drawn: list[str] = []
os.register_at_fork(after_in_child=_drawn.clear)  # else parent and child would make the same ids

# Cc: control; Cs: lone surrogates; Zl, Zp: line and paragraph separators
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# they make `exe.gpj` read as `jpg.exe` (CVE-2021-42574)
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def new_id(at: datetime) -> str:
    """Make a 128-bit id that sorts by time: 48 bits of milliseconds, then 80 random ones, as a ULID has them.

    >>> from datetime import UTC
    >>> new_id(datetime(2026, 1, 1, tzinfo=UTC))[:10]
    '01kdvdna00'
    """
    return _write_time(int(at.timestamp() * 1000)) + _draw()


def first_id(at: datetime) -> str:
    """Return the id that sorts before all of this millisecond and those after it.

    >>> from datetime import UTC
    >>> first_id(datetime(2026, 1, 1, tzinfo=UTC))
    '01kdvdna000000000000000000'
    """
    return _write_time(max(0, int(at.timestamp() * 1000))) + 16 * _ALPHABET[0]


@functools.lru_cache(maxsize=1)
def _write_time(milliseconds: int) -> str:
    return "".join([_ALPHABET[milliseconds >> shift & 31] for shift in range(45, -1, -5)])


def _draw() -> str:
    """Return 80 random bits of the kernel's, drawn ahead: each call there lets go of Python's lock."""
    try:
        return _drawn.pop()  # atomic: no two threads get the same
    except IndexError:
        digits = os.urandom(16 * (_DRAWN + 1)).translate(_DIGITS).decode()
        drawn = [digits[begin : begin + 16] for begin in range(0, len(digits), 16)]
        _drawn.extend(drawn[1:])
        return drawn[0]


def is_tenant(text: str) -> bool:
    """Say whether the text may be the name of a tenant, which stands in object keys."""
    return _TENANT.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Say whether the text has the form of an id, so that nothing else reaches the registry."""
    return _ID.fullmatch(text) is not None


def check_cursor(cursor: str | None) -> str:
    """Return the id before which a page of a list begins; without a cursor, all are. Raises InvalidField."""
    if cursor is not None and not is_id(cursor):
        raise InvalidField("The cursor is not one that this service gave out.", field="cursor")
    return cursor or _LAST


def object_key(*, prefix: str, tenant: str, upload_id: str) -> str:
    """Build the key under which the store holds an upload's object; no byte of it comes from the client.

    >>> object_key(prefix="uploads", tenant="acme", upload_id="01kdvdna00" + "0" * 16)
    'uploads/acme/01kdvdna000000000000000000'
    """
    if not is_tenant(tenant) or not is_id(upload_id):
        raise ValueError("A key is made of a tenant of letters, digits, _ and -, and of an id")
    return f"{prefix}/{tenant}/{upload_id}"


def thumbnail_key(key: str) -> str:
    """Return where the thumbnail of the object of this key is: beside it, and nowhere else.

    >>> thumbnail_key("uploads/acme/01kdvdna000000000000000000")
    'uploads/acme/01kdvdna000000000000000000.thumbnail'
    """
    return key + _THUMBNAIL


def owning_key(key: str) -> str:
    """Return the key of the upload that an object belongs to, whose thumbnail it may be.

    >>> owning_key("uploads/acme/01kdvdna000000000000000000.thumbnail")
    'uploads/acme/01kdvdna000000000000000000'
    """
    return key.removesuffix(_THUMBNAIL)


def check_name(name: str) -> str:
    """Return the name in Unicode's composed form (NFC), as people see and search it. Raises InvalidName.

    >>> check_name("gro\\u0308\\xdfe \\u2713.txt") == "gr\\xf6\\xdfe \\u2713.txt"
    True
    """
    # NFC packs at most four characters into three bytes, and takes forever over a long run of marks
    if len(name) > 2 * MAX_NAME_BYTES:
        raise _too_long()
    if not name.strip():
        raise InvalidName("A file needs a name.", field="name")
    if name in {".", ".."} or "/" in name or "\\" in name:
        raise InvalidName("A file name must not be a path: it may not contain / or \\.", field="name")
    if not (name.isascii() and name.isprintable()):  # most names are: no need to look at each character
        if any(c in _BIDI_CONTROLS or unicodedata.category(c) in _FORBIDDEN_CATEGORIES for c in name):
            raise InvalidName("A file name must not contain control characters.", field="name")
        name = unicodedata.normalize("NFC", name)
    if len(name.encode()) > MAX_NAME_BYTES:
        raise _too_long()
    return name


def _too_long() -> InvalidName:
    return InvalidName(
        f"A file name may be at most {MAX_NAME_BYTES} bytes long.", field="name", limit=MAX_NAME_BYTES
    )


def name_key(name: str) -> str:
    """Return by what a name is found, whatever its case.

    >>> name_key("Stra\xdfe.TXT")
    'strasse.txt'
    """
    return unicodedata.normalize("NFC", name.casefold())


def sort_key(name: str) -> str:
    """Return by what names sort as people do, compared character by character in every database.

    Numbers go by how much they are, each written behind how many digits it has; case and accents are none.

    >>> sorted(["Day 10", "b", "day 2", "\xe4", "Z", "Day 1"], key=sort_key) == [
    ...     "\xe4", "b", "Day 1", "day 2", "Day 10", "Z"
    ... ]
    True
    """
    folded = name.casefold()
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    return _NUMBER.sub(_write_number, folded)


def _write_number(digits: re.Match[str]) -> str:
    number = str(int(digits[0]))
    return f"{len(number):03}{number}"


def split_name(name: str) -> tuple[str, str]:
    """Split a name before its extension.

    >>> split_name("film.mp4"), split_name(".env")
    (('film', '.mp4'), ('.env', ''))
    """
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem else (name, "")


def number_names(name: str) -> Iterator[str]:
    """Yield the name with one number after the other, cut to have room for it; these never end.

    >>> list(itertools.islice(number_names("Film.mp4"), 2))
    ['Film (2).mp4', 'Film (3).mp4']
    """
    stem, extension = split_name(name)
    if len(extension.encode()) > MAX_NAME_BYTES // 2:  # before which there may be no room for a number
        stem, extension = name, ""
    for number in itertools.count(2):
        ending = f" ({number}){extension}"
        room = MAX_NAME_BYTES - len(ending.encode())
        yield check_name(stem.encode()[:room].decode(errors="ignore") + ending)


def check_folder(folder: str) -> str:
    """Return a path of names joined by /, in NFC; an empty one is the top folder. Raises InvalidName.

    >>> check_folder("photos/2026")
    'photos/2026'
    """
    # composing makes it shorter by half at most; what is longer may have a million names to look at
    if len(folder) > 2 * MAX_FOLDER_BYTES:
        raise _too_deep()
    try:
        folder = "/".join(check_name(name) for name in folder.split("/")) if folder else ""
    except InvalidName as error:
        raise InvalidName(
            f"A folder is made of names like those of files, joined by /. {error.detail}", field="folder"
        ) from error
    if len(folder.encode()) > MAX_FOLDER_BYTES:
        raise _too_deep()
    return folder


def _too_deep() -> InvalidName:
    return InvalidName(
        f"A folder may be at most {MAX_FOLDER_BYTES} bytes long.", field="folder", limit=MAX_FOLDER_BYTES
    )


def content_disposition(disposition: str, name: str) -> str:
    """Build the header's value by RFC 6266, with the name in RFC 8187's form where ASCII cannot hold it.

    >>> content_disposition("attachment", "a b.txt")
    'attachment; filename="a b.txt"'
    >>> print(content_disposition("inline", 'gr\\xf6\\xdfe "1".txt'))
    inline; filename="gr__e _1_.txt"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.txt
    """
    fallback = _UNSAFE_IN_FALLBACK.sub("_", name)
    value = f'{disposition}; filename="{fallback}"'
    if fallback != name:
        # RFC 8187 attr-char leaves out what quote() would otherwise pass: only these are safe
        value += f"; filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"
    return value
