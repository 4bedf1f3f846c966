"""The canonical form of a request: the text of which Signature Version 4 signs the hash. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html#canonical-request

S3 differs from other services of AWS: a path is encoded once, and its empty segments are kept.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import quote

_HEADER_NAME = re.compile(r"[a-z0-9._-]+")

# quote() takes ten times as long as seeing that there is nothing to quote
_is_plain = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
_is_plain_path = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch


def encode(text: str) -> str:
    """Percent-encode the name or the value of a query parameter.

    >>> encode("a b+c/é~")
    'a%20b%2Bc%2F%C3%A9~'
    """
    return text if _is_plain(text) else quote(text, safe="")


def path(text: str) -> str:
    """Percent-encode a path. Raises ValueError for a dot segment.

    >>> path("/media/a b//50%")
    '/media/a%20b//50%25'
    """
    # clients resolve . and .. before they send (RFC 3986 §5.2.4): they would ask for another object
    if "/." in text and not {".", ".."}.isdisjoint(text.split("/")):
        raise ValueError(f"A path that is signed has no segment . or ..: {text!r}")
    return text if _is_plain_path(text) else quote(text, safe="/")


def query(parameters: Mapping[str, str]) -> str:
    """Encode and sort query parameters.

    >>> query({"uploads": "", "uploadId": "x/y", "partNumber": "7"})
    'partNumber=7&uploadId=x%2Fy&uploads='
    """
    return join((encode(name), encode(value)) for name, value in parameters.items())


def join(pairs: Iterable[tuple[str, str]]) -> str:
    """Write encoded pairs of name and value as a query, sorted by name.

    >>> join([("a-b", "1"), ("a", "2")])
    'a=2&a-b=1'
    """
    return "&".join([f"{name}={value}" for name, value in sorted(pairs)])


def headers(host: str, fields: Mapping[str, str]) -> tuple[str, str]:
    """Return the names of the signed headers, and their lines. Raises ValueError for what cannot be sent.

    >>> headers("h:9000", {"Content-Type": "text/plain", "x-amz-meta-a": " b   c "})
    ('content-type;host;x-amz-meta-a', 'content-type:text/plain\\nhost:h:9000\\nx-amz-meta-a:b c\\n')
    """
    if not fields:
        return "host", f"host:{host}\n"
    layout = _layout(host, tuple(fields))
    values = layout.pick(fields)
    text = f" {' '.join(values)} "
    # a line break would end the header; what is not ASCII is sent in an encoding of the client's choice
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"The value of a header has printable ASCII characters only: {list(fields)}")
    if "  " in text:
        values = tuple(" ".join(value.split()) for value in values)
    return layout.signed, layout.lines % values


def request(method: str, path: str, query: str, signed: str, lines: str, payload_sha256: str) -> str:
    """Write the request; path and query are encoded, `signed` and `lines` come from `headers`."""
    return f"{method}\n{path}\n{query}\n{lines}\n{signed}\n{payload_sha256}"


class _Layout(NamedTuple):
    """How headers with certain names are written: `lines` has a place for each value that `pick` returns."""

    signed: str
    lines: str
    pick: Callable[[Mapping[str, str]], tuple[str, ...]]


@lru_cache(maxsize=256)
def _layout(host: str, names: tuple[str, ...]) -> _Layout:
    given = {name.lower(): name for name in names}
    if not all(map(_HEADER_NAME.fullmatch, given)):
        raise ValueError(f"Not the names of headers: {names}")
    if len(given) < len(names) or "host" in given:
        raise ValueError(f"A header is signed once, and Host without being asked: {names}")
    ordered = sorted([*given, "host"])
    in_order = [given[name] for name in ordered if name != "host"]
    return _Layout(
        signed=";".join(ordered),
        lines="".join(f"host:{host}\n" if name == "host" else f"{name}:%s\n" for name in ordered),
        # given one name, itemgetter would return a bare string
        pick=itemgetter(*in_order) if len(in_order) > 1 else lambda fields: tuple(fields.values()),
    )
