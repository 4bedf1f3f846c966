"""What a file may be declared as, given how it begins."""

import pytest

from broker.sniffing import contradiction

XML = b'<?xml version="1.0"?>\n'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg">'
HTML = b"<!DOCTYPE html><html>"
MP4 = b"\0\0\0 ftypisom\0\0\2\0isomiso2mp41"
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm"
PROGRAM = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff"
# the headers of a picture of two by two pixels
BMP = b"BMF\0\0\0\0\0\0\0006\0\0\0(\0\0\0\2\0\0\0\2\0\0\0\1\0\x18\0"


@pytest.mark.parametrize(
    ("start", "declared"),
    [
        (b"", "text/plain"),
        (b"hello", "text/plain"),
        (b"hello", "video/mp4"),
        (PROGRAM, "application/octet-stream"),
        (PROGRAM, "application/x-msdownload"),
        (BMP, "image/bmp"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (b"II+\0\x08\0\0\0", "image/tiff"),
        (b"MM\0+\0\x08\0\0", "image/tiff"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
        (b"PK\3\4\x14\0" + bytes(20), "application/zip"),
        (b"PK\3\4\x14\0" + bytes(20), "application/vnd.apple.pages"),
        (SVG, "image/svg+xml"),
        (XML + SVG, "image/svg+xml"),
        (b"<!-- drawn by hand -->\n" + SVG, "image/svg+xml"),
        (XML, "text/xml"),
        (XML, "application/rss+xml"),
        (HTML, "text/html"),
        (MP4, "video/mp4"),
        (MP4, "audio/mp4"),
        (MP4, "video/quicktime"),
        (WEBM, "audio/webm"),
        (b"wOFF\0\1\0\0", "font/woff"),
        (b"OTTO\0\x0b\0\x80", "font/otf"),
        (b"{\\rtf1\\ansi", "text/rtf"),
        (b"#!AMR\n", "audio/amr"),
    ],
)
def test_c43_a_file_that_begins_as_its_type_may_begin_is_taken(start: bytes, declared: str) -> None:
    assert contradiction(start, declared) is None


@pytest.mark.parametrize(
    "declared",
    ["application/pdf", "application/zip"]
    + [f"image/{name}" for name in ("bmp", "gif", "jpeg", "png", "tiff", "webp")],
)
def test_c43_a_file_without_the_mark_that_its_type_always_has_is_refused(declared: str) -> None:
    assert contradiction(b"hello", declared) == f"The file does not begin like {declared}."
    assert contradiction(MP4, declared) == f"The file begins like video/mp4, but {declared} was declared."


@pytest.mark.parametrize(
    ("start", "declared", "found"),
    [
        (HTML, "text/plain", "text/html"),
        (HTML, "image/svg+xml", "text/html"),
        (SVG, "image/heic", "image/svg+xml"),
        (SVG, "application/xml", "image/svg+xml"),
        (PROGRAM, "application/json", "application/vnd.microsoft.portable-executable"),
        (b"GIF89a" + bytes(20), "image/png", "image/gif"),
        (b"GIF89a" + bytes(20), "text/plain", "image/gif"),
        (b"%PDF-1.7\n", "text/plain", "application/pdf"),
        (WEBM, "image/heic", "video/webm"),
        (XML, "text/plain", "application/xml"),
    ],
)
def test_c43_a_file_that_begins_as_another_type_is_refused(start: bytes, declared: str, found: str) -> None:
    assert contradiction(start, declared) == f"The file begins like {found}, but {declared} was declared."
