"""Does a file begin as its declared type begins? Pure."""

import re

START_BYTES = 4096

# A PNG begins as a PNG. Of most types the beginning is less certain, and nothing follows from not knowing it.
_ALWAYS_MARKED = frozenset(
    {
        "application/pdf",
        "application/zip",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/webp",
    }
)
# A browser or a desktop would run these, whatever they were declared to be
_ACTIVE = frozenset(
    {
        "application/vnd.microsoft.portable-executable",
        "application/x-msdownload",
        "image/svg+xml",
        "text/html",
    }
)
_ANYTHING = "application/octet-stream"
# Marks that puremagic does not know (BigTIFF's), or that are too short for it to be sure of
_OTHER_MARKS = {"image/bmp": (b"BM",), "image/tiff": (b"II+\0", b"MM\0+")}
# What is behind the family, or of a type such as image/svg+xml the format that it is written in (RFC 6839)
_FORMAT = re.compile(r"[/+](?:x-)?(?:font-)?([^/+]+)$")
_LIKELY = 0.3  # puremagic's confidence: a tenth for each byte that matched


def contradiction(start: bytes, declared: str) -> str | None:
    """Say in a sentence why a file that begins so is not of the declared media type, or None.

    >>> contradiction(b"GIF89a" + bytes(20), "image/gif")
    >>> contradiction(b"<!DOCTYPE html><html>", "text/plain")
    'The file begins like text/html, but text/plain was declared.'
    >>> contradiction(b"hello", "image/png")
    'The file does not begin like image/png.'

    A container may hold sound alone, and XML anything:

    >>> contradiction(b"\\0\\0\\0 ftypisom", "audio/mp4")
    >>> contradiction(b"<?xml version='1.0'?>", "image/svg+xml")
    """
    found = _types_of(start)
    if declared in found or declared == _ANYTHING or start.startswith(_OTHER_MARKS.get(declared, ())):
        return None
    if not found:
        return f"The file does not begin like {declared}." if declared in _ALWAYS_MARKED else None
    is_alike = any(_kinds_of(declared) & _kinds_of(each) for each in found)
    is_hidden = found[0] in _ACTIVE and declared not in _ACTIVE
    if declared in _ALWAYS_MARKED or is_hidden or not is_alike:
        return f"The file begins like {found[0]}, but {declared} was declared."
    return None


def _kinds_of(media_type: str) -> set[str]:
    """Name what two types have in common that the same file may have: their family or their format."""
    return {media_type.partition("/")[0], *_FORMAT.findall(media_type)}


def _types_of(start: bytes) -> list[str]:
    """List the types of which this may be the beginning, the likeliest first."""
    import puremagic  # its table is large, and most policies do not sniff

    try:
        matches = puremagic.magic_string(start)
    except (puremagic.PureError, ValueError):  # it knows nothing, or there is nothing
        return []
    found = [match.mime_type for match in matches if match.confidence >= _LIKELY]
    return [media_type for media_type in found if media_type not in {"", _ANYTHING}]
