"""Does a file begin as its declared type begins? Pure."""

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
_LIKELY = 0.3  # puremagic's confidence: a tenth for each byte that matched


def contradiction(start: bytes, declared: str) -> str | None:
    """Say in a sentence why a file that begins so is not of the declared media type, or None.

    >>> contradiction(b"GIF89a" + bytes(20), "image/gif")
    >>> contradiction(b"<!DOCTYPE html><html>", "text/plain")
    'The file begins like text/html, but text/plain was declared.'
    >>> contradiction(b"hello", "image/png")
    'The file does not begin like image/png.'
    """
    found = _types_of(start)
    if declared in found or declared == _ANYTHING:
        return None
    if not found:
        return f"The file does not begin like {declared}." if declared in _ALWAYS_MARKED else None
    kinds = {media_type.partition("/")[0] for media_type in found}
    if declared in _ALWAYS_MARKED or found[0] in _ACTIVE or declared.partition("/")[0] not in kinds:
        return f"The file begins like {found[0]}, but {declared} was declared."
    return None


def _types_of(start: bytes) -> list[str]:
    """List the types of which this may be the beginning, the likeliest first."""
    import puremagic  # its table is large, and most policies do not sniff

    try:
        matches = puremagic.magic_string(start)
    except (puremagic.PureError, ValueError):  # it knows nothing, or there is nothing
        return []
    return [match.mime_type for match in matches if match.mime_type and match.confidence >= _LIKELY]
