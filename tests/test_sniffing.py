"""What a file may be declared as, given how it begins."""

import pytest

from broker.sniffing import contradiction

XML = b'<?xml version="1.0"?>\n'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg">'
HTML = b"<!DOCTYPE html><html>"
XHTML = XML + b'<html xmlns="http://www.w3.org/1999/xhtml">'
COMMENT = b"<!-- made by hand -->\n"
ILLUSTRATED = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "a.dtd" [\n<!ENTITY a "b>c">\n]>\n' + SVG
MP4 = b"\0\0\0 ftypisom\0\0\2\0isomiso2mp41"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
AVIF = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm"
MATROSKA = b"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x88matroska"
OGG = b"OggS\0\2" + bytes(20) + b"\1\x1e\1vorbis"
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\2\0"
AVI = b"RIFF\x24\0\0\0AVI LIST"
ASF = b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel"
MP3 = b"ID3\3\0\0\0\0\0\x10"
FLAC = b"fLaC\0\0\0\x22"
PROGRAM = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff"
ELF = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0>\0"
MACH_O = b"\xcf\xfa\xed\xfe\7\0\0\1\3\0\0\0"
JAVA = b"\xca\xfe\xba\xbe\0\0\0\x3d"
SHORTCUT = b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0F"
# the headers of a picture of two by two pixels
BMP = b"BMF\0\0\0\0\0\0\0006\0\0\0(\0\0\0\2\0\0\0\2\0\0\0\1\0\x18\0"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
GIF = b"GIF89a" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
PSD = b"8BPS\0\1\0\0\0\0\0\0\0\3"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
ZIP = b"PK\3\4\x14\0" + bytes(20)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\3\0\xfe\xff"
GZIP = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
BZIP2 = b"BZh91AY&SY\x10"
XZ = b"\xfd7zXZ\0\0\4"
ZSTD = b"\x28\xb5\x2f\xfd\x24\3"
SEVEN_ZIP = b"7z\xbc\xaf'\x1c\0\4"
RAR = b"Rar!\x1a\7\1\0"
TAR = b"a.txt".ljust(257, b"\0") + b"ustar\00000"
SQLITE = b"SQLite format 3\0\x10\0\1\1"
TRUETYPE = b"\0\1\0\0\0\x0f\0\x80\0\3\0\x70"

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
TEXTS = "text/plain text/markdown text/x-python text/csv application/javascript application/yaml video/mp2t"
SHOWN = "image/png image/jpeg image/gif image/webp image/avif image/bmp audio/x-any video/mp4 application/pdf"


@pytest.mark.parametrize(
    ("start", "types"),
    [
        (b"", "text/plain"),
        (b"hello", "text/plain text/html video/mp4"),
        (PROGRAM, "application/octet-stream application/x-msdownload application/x-msdos-program"),
        (PROGRAM, "application/vnd.microsoft.portable-executable application/x-dosexec"),
        (
            ELF,
            "application/x-executable application/x-sharedlib application/x-object application/vnd.appimage",
        ),
        (MACH_O, "application/x-mach-binary application/x-mach-o-executable"),
        (JAVA, "application/java-vm application/x-java-class application/x-mach-binary"),
        (SHORTCUT, "application/x-ms-shortcut"),
        (b"\0asm\1\0\0\0", "application/wasm"),
        # pictures
        (PNG, "image/png image/apng image/x-png"),
        (GIF, "image/gif"),
        (b"GIF87a\1\0\1\0", "image/gif"),
        (JPEG, "image/jpeg image/jpg image/heic video/x-mjpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (BMP, "image/bmp image/x-ms-bmp"),
        (BMP[:14] + b"\x0c\0\0\0\2\0\2\0", "image/bmp"),
        (b"II*\0\x08\0\0\0", "image/tiff image/x-adobe-dng image/x-nikon-nef"),
        (b"II+\0\x08\0\0\0", "image/tiff"),
        (b"MM\0*\0\0\0\x08", "image/tiff"),
        (b"MM\0+\0\x08\0\0", "image/tiff"),
        (HEIC, "image/heic image/heif image/heic-sequence"),
        (AVIF, "image/avif image/heif"),
        (b"\0\0\0\x20ftypavis\0\0\0\0avifavismsf1iso8", "image/avif"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "image/x-canon-cr3"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
        (b"\xff\x0a\x7a\1", "image/jxl"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
        (b"\0\0\1\0\1\0\x10\x10", "image/x-icon image/vnd.microsoft.icon"),
        (b"\0\0\2\0\1\0\x20\x20", "image/x-icon image/x-win-bitmap"),
        (b"\0\0\2\0\0\0\0\0", "image/x-tga"),
        (PSD, "image/vnd.adobe.photoshop image/x-photoshop application/x-photoshop"),
        (b"/* XPM */\n", "image/x-xpixmap"),
        (b"#define a_width 16\n", "image/x-xbitmap"),
        (b"  0\nSECTION\n", "image/vnd.dxf"),
        # sound and films
        (MP4, "video/mp4 audio/mp4 video/quicktime audio/x-m4a video/3gpp application/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime video/mp4"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (WEBM, "video/webm audio/webm video/x-matroska"),
        (MATROSKA, "video/x-matroska audio/x-matroska video/matroska video/webm"),
        (OGG, "audio/ogg video/ogg application/ogg audio/opus"),
        (WAV, "audio/wav audio/x-wav audio/vnd.wave"),
        (AVI, "video/x-msvideo video/avi video/vnd.avi"),
        (ASF, "video/x-ms-wmv audio/x-ms-wma application/vnd.ms-asf"),
        (b"FLV\1\5\0\0\0\t", "video/x-flv"),
        (b"\0\0\1\xba\x44", "video/mpeg"),
        (b"G@\0\x10\0\0\xb0\x0d", "video/mp2t"),
        (MP3, "audio/mpeg audio/mp3 audio/aac"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
        (FLAC, "audio/flac audio/x-flac"),
        (b"MThd\0\0\0\6\0\1", "audio/midi audio/x-midi"),
        (b"FORM\0\0\0\1AIFFCOMM", "audio/aiff audio/x-aiff"),
        (b"#!AMR\n", "audio/amr"),
        (b"#EXTM3U\n", "audio/x-mpegurl application/vnd.apple.mpegurl text/plain"),
        (b'<ASX version="3.0">', "video/x-ms-asf"),
        # documents
        (PDF, "application/pdf application/x-pdf application/postscript application/illustrator"),
        (b"\xef\xbb\xbf" + PDF, "application/pdf"),
        (b"\r\n" + PDF, "application/pdf"),
        (b"\x1b%-12345X@PJL JOB\r\n" + PDF, "application/pdf"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "application/postscript image/x-eps text/plain"),
        (b"\xc5\xd0\xd3\xc6\x1e\0\0\0", "application/postscript image/x-eps"),
        (b"{\\rtf1\\ansi", "text/rtf application/rtf application/msword"),
        (OLE, "application/msword application/vnd.ms-excel application/x-msi application/vnd.ms-outlook"),
        (OLE, f"{OFFICE}wordprocessingml.document image/vnd.fpx"),  # the former with a password
        (ZIP, f"{OFFICE}wordprocessingml.document {OFFICE}wordprocessingml.template"),
        (ZIP, f"{OFFICE}spreadsheetml.sheet {OFFICE}presentationml.presentation application/vnd.ms-excel"),
        (ZIP, f"{OPEN}text {OPEN}spreadsheet {OPEN}presentation {OPEN}graphics application/epub+zip"),
        (ZIP, "application/vnd.apple.pages application/java-archive application/vnd.android.package-archive"),
        (ZIP, "model/3mf model/vnd.usdz+zip application/vnd.google-earth.kmz image/openraster"),
        # archives
        (ZIP, "application/zip application/x-zip-compressed"),
        (b"PK\5\6" + bytes(18), "application/zip"),
        (b"PK\7\x08PK\3\4", "application/zip"),
        (GZIP, "application/gzip application/x-gzip application/x-tar application/x-compressed-tar"),
        (GZIP, "image/svg+xml model/vrml application/x-gnumeric"),
        (BZIP2, "application/x-bzip2 application/x-tar application/x-apple-diskimage"),
        (XZ, "application/x-xz application/x-tar"),
        (ZSTD, "application/zstd application/x-tar"),
        (SEVEN_ZIP, "application/x-7z-compressed"),
        (RAR, "application/vnd.rar application/x-rar-compressed application/x-cbr"),
        (TAR, "application/x-tar application/x-gtar"),
        (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
        (b"!<arch>\ndebian-binary   ", "application/vnd.debian.binary-package"),
        (b"\xed\xab\xee\xdb\3\0", "application/x-rpm"),
        (b"ER\x08\0\0\0\x90\x90", "application/x-iso9660-image"),
        (bytes(4096), "application/x-iso9660-image"),
        (b"x\xda" + bytes(20), "application/x-apple-diskimage"),
        # fonts and data
        (TRUETYPE, "font/ttf font/sfnt application/x-font-ttf"),
        (b"OTTO\0\x0b\0\x80", "font/otf application/vnd.ms-opentype"),
        (b"ttcf\0\1\0\0", "font/collection"),
        (b"wOFF\0\1\0\0", "font/woff application/font-woff"),
        (b"wOF2OTTO", "font/woff2"),
        (SQLITE, "application/vnd.sqlite3 application/geopackage+sqlite3"),
        (b"PAR1\x15\4\x15", "application/vnd.apache.parquet"),
        (b"\0\1\0\0Standard Jet DB\0", "application/msaccess"),
        (b"glTF\2\0\0\0", "model/gltf-binary"),
        (b"bplist00\xd1", "application/x-plist"),
        (b"0\x82\3\x0d0\x82", "application/pkix-cert application/x-pkcs12"),
        # texts
        (b"From: a@b.c\nTo: d@e.f\n", "text/plain text/markdown message/rfc822"),
        (b"From a@b.c Mon Jan  1 00:00:00 2024\n", "application/mbox text/plain"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "multipart/related message/rfc822"),
        (b"BEGIN:VCALENDAR\r\n", "text/calendar"),
        (b"BEGIN:VCARD\r\n", "text/vcard text/x-vcard"),
        (b"-----BEGIN CERTIFICATE-----\n", "application/x-x509-ca-cert application/x-pem-file text/plain"),
        (b"-----BEGIN PGP MESSAGE-----\n", "application/pgp-encrypted text/plain"),
        (b"WEBVTT\n\n00:00", "text/vtt"),
        (b'{"a": 1}\n', "application/json application/x-ndjson application/geo+json"),
        (b"a,b\n1,2\n", "text/csv application/vnd.ms-excel text/plain"),
        (b"\xef\xbb\xbfa;b\n", "text/csv"),
        ("größe\n".encode("utf-16"), "text/plain text/csv"),
        ("no".encode("utf-16-le"), "text/plain text/csv"),
        (bytes(64) + b"a log that was cut while it was written", "text/plain"),
        (b"--- \na: 1\n", "application/yaml text/markdown"),
        (b"%YAML 1.2\n---\n", "application/yaml text/plain"),
        (b"#!/bin/sh\n", "application/x-sh text/x-shellscript text/plain"),
        (b"\\documentclass{article}\n", "application/x-tex text/x-tex"),
        *(
            (start, TEXTS)
            for start in (
                b"#!/usr/bin/env python3\n",
                b"# -*- coding: utf-8 -*-\n",
                b"import os\n",
                b"function f() {}\n",
                b"#define A 1\n",
                b"diff --git a b\n",
                b"Received: yesterday\n",
                b"Version 1.2 is out\n",
                b"ID3\tID4\n",
                b"MZ,a\n",
                b"BMW\n",
                b"Rar! he cried\n",
                b"RIFF raff\n",
                b"[main]\n",
                b"<Bob> hello\n",
                b"<3\n",
            )
        ),
        # markup
        (HTML, "text/html application/xhtml+xml application/x-httpd-php text/x-php"),
        (HTML.decode().encode("utf-16"), "text/html"),
        (COMMENT + HTML, "text/html"),
        (b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n", "text/html"),
        (XHTML, "application/xhtml+xml text/html"),
        (XML + b"<!DOCTYPE html>\n<html>", "application/xhtml+xml text/html"),
        (SVG, "image/svg+xml text/html"),
        (XML + SVG, "image/svg+xml"),
        (b"\xef\xbb\xbf" + XML + COMMENT + SVG, "image/svg+xml"),
        (COMMENT + SVG, "image/svg+xml"),
        (XML + ILLUSTRATED, "image/svg+xml"),
        (XML + b'<?xml-stylesheet href="a>b"?>' + SVG, "image/svg+xml"),
        (XML + b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg">', "image/svg+xml"),
        (SVG.decode().encode("utf-16"), "image/svg+xml"),
        (b"<!-- " + b"a long licence " * 300, "image/svg+xml application/xml"),
        (XML, "text/xml application/xml application/rss+xml image/svg+xml model/vnd.collada+xml"),
        (XML, "application/vnd.ms-excel application/x-plist application/vnd.google-earth.kml+xml"),
        (XML + b"<!DOCTYPE TS>\n<TS>", "video/mp2t text/vnd.trolltech.linguist"),
        (COMMENT + b"<rss>", "application/rss+xml text/xml"),
        (COMMENT + b"<gpx>", "application/gpx+xml"),
        (XML + b'<urlset xmlns:xhtml="http://www.w3.org/1999/xhtml">', "application/xml text/xml"),
        (XML + b'<x:a xmlns:x="x" xmlns="http://www.w3.org/1999/xhtml">', "application/xslt+xml text/xml"),
        (b"<table><row/></table>", "application/xml application/vnd.ms-excel"),
        (COMMENT + b"# Title", "text/markdown text/plain application/javascript"),
        (b'<h1 align="center">', "text/markdown text/html text/plain"),
        (b"<script setup>\n", "text/markdown text/x-vue"),
        (b"<?php\n", "application/x-httpd-php text/x-php text/plain"),
    ],
)
def test_c43_a_file_that_begins_as_its_type_may_begin_is_taken(start: bytes, types: str) -> None:
    refused = {declared: contradiction(start, declared) for declared in types.split()}

    assert refused == dict.fromkeys(refused)


@pytest.mark.parametrize(
    "declared",
    ["application/pdf", "application/zip"]
    + [f"image/{name}" for name in ("avif", "bmp", "gif", "jpeg", "png", "svg+xml", "tiff", "webp")],
)
def test_c43_a_file_without_the_mark_that_its_type_always_has_is_refused(declared: str) -> None:
    assert contradiction(b"hello", declared) == f"The file does not begin like {declared}."
    assert contradiction(MP4, declared) == f"The file begins like video/mp4, but {declared} was declared."


@pytest.mark.parametrize(
    ("start", "types", "found"),
    [
        (
            HTML,
            "text/plain text/csv text/markdown image/svg+xml application/json application/xml",
            "text/html",
        ),
        *(
            (start, f"{SHOWN} text/plain image/svg+xml image/heic font/woff2 application/json", "text/html")
            for start in (
                HTML,
                b"\xef\xbb\xbf \n<HTML >",
                COMMENT + HTML,
                COMMENT + b"<!-- and again -->\n<body/onload=alert(1)>",
                b"<!--><html>",
                b"<!-- a --!><html>",
                b"<?><html>",
                b"<!DOCTYPE svg><html>",
                XML + COMMENT + b"<html>",
                XHTML,
                XML + b'<h:html xmlns:h="http://www.w3.org/1999/xhtml">',
                HTML.decode().encode("utf-16"),
                b"\xfe\xff" + HTML.decode().encode("utf-16-be"),
                b"<script>alert(1)</script>",
                COMMENT + b"<script src=a>",
                b"<iframe src=a>",
            )
        ),
        *(
            (start, f"{SHOWN} image/heic font/woff2 application/json", "text/html")
            for start in (
                COMMENT,
                b"<h1>",
                b"<p>",
                b"<img src=a onerror=alert(1)>",
                b"<style>",
                b"<a href=a>",
            )
        ),
        *(
            (
                XML + start,
                f"{SHOWN} text/plain image/svg+xml application/xml text/xml",
                "application/xhtml+xml",
            )
            for start in (
                b'<script xmlns="http://www.w3.org/1999/xhtml">',
                b"<a b='c'\nxmlns = 'http://www.w3.org/1999/xhtml'>",
                b'<h:a xmlns="b" xmlns:h="http://www.w3.org/1999/xhtml">',
            )
        ),
        *(
            (
                start,
                f"{SHOWN} text/plain image/heic application/json application/xml text/xml",
                "image/svg+xml",
            )
            for start in (
                SVG,
                b"\n" + SVG,
                XML + SVG,
                COMMENT + SVG,
                ILLUSTRATED,
                b'<s:svg xmlns:s="http://www.w3.org/2000/svg">',
                SVG.decode().encode("utf-16"),
                SVG.decode().encode("utf-16-le"),
            )
        ),
        (b"<style></style>" + SVG, "image/svg+xml", "text/html"),
        (XML, f"{SHOWN} text/plain text/csv image/heic", "application/xml"),
        *(
            (start, f"{SHOWN} text/plain text/html image/svg+xml application/json application/msword", found)
            for start, found in (
                (PROGRAM, "application/vnd.microsoft.portable-executable"),
                (ELF, "application/x-executable"),
                (MACH_O, "application/x-mach-binary"),
                (JAVA, "application/java-vm"),
                (SHORTCUT, "application/x-ms-shortcut"),
            )
        ),
        (GIF, "image/png text/plain video/mp4 application/json", "image/gif"),
        (JPEG, "image/png image/avif application/pdf", "image/jpeg"),
        (PSD, "image/png text/plain", "image/vnd.adobe.photoshop"),
        (HEIC, "image/avif video/mp4 text/plain", "image/heif"),
        (b"%PDF-1.7\n", "text/plain image/heic application/zip", "application/pdf"),
        (ZIP + PDF, "application/pdf image/heic text/plain video/mp4", "application/zip"),
        (GZIP, "application/pdf image/heic text/csv", "application/gzip"),
        (BZIP2, "text/plain image/heic", "application/x-bzip2"),
        (XZ, "text/plain image/heic", "application/x-xz"),
        (ZSTD, "text/plain image/heic", "application/zstd"),
        (SEVEN_ZIP, "text/plain image/heic", "application/x-7z-compressed"),
        (RAR, "text/plain video/mp4", "application/vnd.rar"),
        (TAR, "text/plain", "application/x-tar"),
        (OLE, "text/csv image/heic", "application/x-ole-storage"),
        (SQLITE, "text/csv video/mp4", "application/x-sqlite3"),
        (TRUETYPE, "text/plain image/heic", "font/ttf"),
        (b"wOFF\0\1\0\0", "text/plain", "application/font-woff"),
        (b"{\\rtf1", "text/plain image/heic", "application/rtf"),
        (MP4, "image/heic image/avif text/plain audio/mpeg", "video/mp4"),
        (WEBM, "image/heic text/plain audio/wav", "video/webm"),
        (MATROSKA, "image/png text/plain", "video/x-matroska"),
        (AVI, "image/webp text/plain", "video/avi"),
        (ASF, "image/heic text/plain", "video/x-ms-wmv"),
        (OGG, "image/heic text/plain", "application/ogg"),
        (WAV, "image/webp text/plain", "audio/wave"),
        (MP3, "image/heic text/plain video/mp4", "audio/mpeg"),
        (FLAC, "image/heic text/plain video/mp4", "audio/flac"),
        (b"\0\0\1\0\1\0\x10\x10", "text/plain text/html", "image/x-icon"),
    ],
)
def test_c43_a_file_that_begins_as_another_type_is_refused(start: bytes, types: str, found: str) -> None:
    refused = {declared: contradiction(start, declared) for declared in types.split()}

    assert refused == {each: f"The file begins like {found}, but {each} was declared." for each in refused}
