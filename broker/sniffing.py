"""Does a file begin as its declared type begins? Pure.

Binary files are told apart by puremagic. It takes many a text for one of its thousand formats (what begins
with `From:` for mail, with `import` for Python), and sees markup only at the very first byte; so what a
browser or a desktop would run is found here, and from other text nothing follows.
"""

import codecs
import re
from typing import NamedTuple

START_BYTES = 4096

_ANYTHING = "application/octet-stream"

# The names that files of some kinds go by, as regular expressions
_HTML = r"(?:text|application)/.*(?:html|php|jsp|asp|hta|vue|svelte|template|handlebars|mustache).*"
_XML = r"(?!image/svg).*\+xml|(?:text|application)/(?:x-)?(?:xml|xsl).*"
_SOURCE = r"text/(?!(?:plain|csv|tab-separated-values|calendar|vcard)$).*|application/.*script"
_PROGRAM = (
    r"application/.*(?:exe|dos|msdownload|program|sharedlib|object|elf|mach|appimage|efi|core(?:dump)?$"
    r"|firmware|java(?!script)|shortcut).*"
)
_PACKED = r"(?:application|model|multipart)/.*|image/(?!(?:heic|heif)).*"

# What a browser skips before the first element, be it HTML or XML. It may end where the bytes end.
_PROLOG = (
    rb"(?i)(?>\s+"
    rb"|<!--(?:-?>|.*?(?:--!?>|\Z))"
    rb"|<!doctype(?!\s+html\b)[^>[]*\[.*?(?:\]\s*>|\Z)"
    rb"|<(?!!doctype\s+html\b)[?!/][^>]*(?:>|\Z))*+"
)
_NAME_ENDS = rb"(?=[\s/>]|\Z)"
_ROOT_IN_XHTML = (
    rb"<(?:(?P<prefix>[\w.-]+):)?[\w.-]+\s(?:[^>]*\s)?xmlns(?(prefix):(?P=prefix))"
    rb"\s*=\s*[\"']http://www\.w3\.org/1999/xhtml[\"']"
)


class _Format(NamedTuple):
    """Files of the type begin with the mark; so may those of types whose whole name `others` matches."""

    type: str
    mark: bytes
    others: str


# The first that fits counts. A browser or a desktop would run those above, whatever they were declared to be.
_FORMATS = (
    _Format("text/html", _PROLOG + rb"<(?:!doctype\s+|(?:[\w.-]+:)?)html" + _NAME_ENDS, _HTML),
    _Format("text/html", _PROLOG + rb"<(?:head|body|frameset)" + _NAME_ENDS, _HTML),
    _Format("application/xhtml+xml", _PROLOG + _ROOT_IN_XHTML, _HTML),
    _Format("image/svg+xml", _PROLOG + rb"<(?:[\w.-]+:)?svg" + _NAME_ENDS, rf"image/svg.*|{_HTML}"),
    # Markdown and components begin so too
    _Format("text/html", _PROLOG + rb"<(?:script|iframe)" + _NAME_ENDS, rf"{_HTML}|{_XML}|{_SOURCE}"),
    _Format("application/vnd.microsoft.portable-executable", rb"MZ.{0,61}?\0", _PROGRAM),
    _Format("application/x-executable", rb"\x7fELF", _PROGRAM),
    _Format("application/x-mach-binary", rb"\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe", _PROGRAM),
    _Format("application/java-vm", rb"\xca\xfe\xba\xbe", _PROGRAM),  # or of macOS, for several machines
    _Format("application/x-ms-shortcut", rb"L\0\0\0\x01\x14\x02\0", _PROGRAM),
    # Notes and what passes for a sheet of Excel begin so too; but no picture, no film and no data
    _Format(
        "text/html",
        rb"(?i)\s*<(?:!--|(?:a|b|br|div|font|h1|img|link|meta|p|style|table|title)(?=[\s/>]))",
        rf"{_HTML}|{_XML}|{_SOURCE}|text/plain|image/svg.*|application/.*(?:excel|word)",
    ),
    # *.ts is a film or a translation for Qt, and a list of films may be XML
    _Format(
        "application/xml",
        rb"(?i)\s*<(?:\?xml|!doctype)\b",
        rf"{_HTML}|{_XML}|(?:application|model|chemical)/.*|image/svg.*|text/(?:x-|vnd\.|sgml|rss).*"
        r"|video/mp2t|(?:audio|video)/x-ms-.*",
    ),
    _Format("application/pdf", rb"%PDF-", r"application/.*|.*pdf"),  # Illustrator's files too
    _Format("application/rtf", rb"\{\\rtf", r"application/.*|text/.*rtf|text/richtext"),
    # documents, models and pictures of many kinds are packed so
    _Format("application/zip", rb"PK(?:\x03\x04|\x05\x06|\x07\x08|00PK\x03\x04)", _PACKED),
    _Format("application/gzip", rb"\x1f\x8b\x08", _PACKED),
    _Format("application/x-ole-storage", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _PACKED),
)

# A PNG begins as a PNG. Of most types the beginning is less certain, and nothing follows from not knowing it.
_ALWAYS_MARKED = frozenset(
    {
        "application/pdf",
        "application/zip",
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "image/tiff",
        "image/webp",
    }
)
# Marks that puremagic does not know, or of which it is too sure or not sure enough
_PICTURE_BRANDS = rb"\0.{3}ftyp(?:.{4}){0,16}?"  # a picture of the family of MP4 may say so anywhere here
_MARKS = {
    "application/pdf": rb"[^\0]{0,1019}?%PDF-",  # viewers put up with what comes before
    "image/avif": _PICTURE_BRANDS + rb"avi[fs]",
    "image/bmp": rb"BM.{12}[\x0c-\x7c]\0\0\0",
    "image/heif": _PICTURE_BRANDS + rb"(?:mif[12]|msf1|he(?:i[cmsx]|v[cmsx]))",
    "image/svg+xml": _PROLOG + rb"(?:\Z|[^<]*<(?:[\w.-]+:)?svg)|\x1f\x8b",
    "image/tiff": rb"II[*+]\0|MM\0[*+]",
    "image/webp": rb"RIFF.{4}WEBP",
}
# What is behind the family, or of a type such as image/svg+xml the format that it is written in (RFC 6839)
_FORMAT = re.compile(r"[/+](?:x-)?(?:font-)?([^/+]+)$")
# Other names of a format
_SAME = {"eps": "postscript", "m4a": "mp4", "mjpeg": "jpeg", "photoshop": "vnd.adobe.photoshop"}
_LIKELY = 0.3  # puremagic's confidence: a tenth for each byte that matched
# what no text has: https://mimesniff.spec.whatwg.org/#binary-data-byte
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_WIDE = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}


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
    if declared == _ANYTHING:
        return None
    start = _narrow(start)
    known = next((each for each in _FORMATS if _begins(start, each.mark)), None)
    found = [known.type] if known else _types_of(start)
    mark = _MARKS.get(declared)
    is_marked = declared in found if mark is None else _begins(start, mark)
    if known:
        is_alike = declared == known.type or re.fullmatch(known.others, declared) is not None
    else:
        is_alike = is_marked or not found or any(_kinds_of(declared) & _kinds_of(each) for each in found)
    if is_alike and (is_marked or declared not in _ALWAYS_MARKED):
        return None
    if found:
        return f"The file begins like {found[0]}, but {declared} was declared."
    return f"The file does not begin like {declared}."


def _kinds_of(media_type: str) -> set[str]:
    """Name what two types have in common that the same file may have: their family or their format."""
    formats = _FORMAT.findall(media_type)
    return {media_type.partition("/")[0], *(_SAME.get(each, each) for each in formats)}


def _types_of(start: bytes) -> list[str]:
    """List the types of which this may be the beginning, the likeliest first: of text, none."""
    if not _CONTROL.search(start):
        return []
    import puremagic  # its table is large, and most policies do not sniff

    try:
        matches = puremagic.magic_string(start)
    except (puremagic.PureError, ValueError):  # it knows nothing, or there is nothing
        return []
    found = [match.mime_type for match in matches if match.confidence >= _LIKELY]
    return [media_type for media_type in found if media_type not in {"", _ANYTHING}]


def _narrow(start: bytes) -> bytes:
    """Return text as UTF-8 without a byte order mark, anything else as it is: browsers read all of them."""
    encoding = _WIDE.get(start[:2])
    return start.decode(encoding, "replace").encode() if encoding else start.removeprefix(codecs.BOM_UTF8)


def _begins(start: bytes, mark: bytes) -> bool:
    return re.match(mark, start, re.DOTALL) is not None
