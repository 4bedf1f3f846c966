"""One signed request to a bucket and its answer: blocking, in bounded time, tried once.

Our own signer with urllib3 instead of the SDK's `_execute`: a timeout per call, errors inside a 200 and the
Date of an answer cannot be had from that.
"""

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import NoReturn, Protocol

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError

from broker.retry import Transient
from broker.sigv4 import Signer
from broker.stores import s3_xml

_NONE: Mapping[str, str] = MappingProxyType({})

_CONNECT_SECONDS = 2
_MOST_BYTES = 16 * 1024**2  # 1,000 objects with the longest keys are 4 MiB of XML
_CHUNK_BYTES = 64 * 1024

_TRANSIENT_CODES = {"SlowDown", "InternalError", "ServiceUnavailable"}


class Send(Protocol):
    """An S3Client's `send`, with its deadline."""

    def __call__(
        self,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] = _NONE,
        headers: Mapping[str, str] = _NONE,
        body: bytes = b"",
        most_bytes: int = _MOST_BYTES,
    ) -> "Answer": ...


class Answer(Struct, frozen=True):
    """An answer that is no error; the names of `headers` are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Refused(Exception):
    """The store has understood and said no; `code` is its own word, empty in the answer to a HEAD."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


class S3Client:
    """Sends requests as one identity; threads share it and its connections.

    `clock_skew` is how many seconds the store's clock is ahead of ours, by its last answer; None before it.
    """

    def __init__(self, signer: Signer, *, connections: int, read_seconds: float) -> None:
        self._signer = signer
        self._read_seconds = read_seconds
        self._pool = urllib3.PoolManager(maxsize=connections)
        self.clock_skew: float | None = None

    def send(
        self,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] = _NONE,
        headers: Mapping[str, str] = _NONE,
        body: bytes = b"",
        deadline: float,
        most_bytes: int = _MOST_BYTES,
    ) -> Answer:
        """Send a request for the object, or for the bucket when the key is empty.

        An answer is cut off after `most_bytes`. Raises Refused, and Transient for what may succeed when it is
        repeated: no connection, no answer by the deadline (on the clock of `time.monotonic`), 5xx, 429 and
        SlowDown.
        """
        try:
            response = self._open(method, key, query, headers, body, deadline)
            is_error = response.status not in {200, 204, 206}
            content = _read(response, _MOST_BYTES if is_error else most_bytes, deadline)
        except HTTPError as error:
            raise Transient(str(error)) from error
        answer = Answer(response.status, {n.lower(): v for n, v in response.headers.items()}, content)
        self._look_at_the_clock(answer)
        if is_error:
            refuse(response.status, s3_xml.find_error(content) or "")
        return answer

    def close(self) -> None:
        self._pool.clear()

    def _open(
        self,
        method: str,
        key: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        deadline: float,
    ) -> urllib3.BaseHTTPResponse:
        signed = self._signer.sign_headers(
            method,
            key,
            headers=headers,
            query=query,
            payload_sha256=hashlib.sha256(body).hexdigest(),
            at=datetime.now(UTC),
        )
        seconds = _seconds_until(deadline)
        return self._pool.request(
            method,
            self._signer.endpoint.url_of(key, query),
            headers=signed,
            body=body or None,
            timeout=urllib3.Timeout(
                connect=min(_CONNECT_SECONDS, seconds), read=min(self._read_seconds, seconds)
            ),
            retries=False,  # ours wait in the event loop, and know which errors are worth it
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _look_at_the_clock(self, answer: Answer) -> None:
        if stores := date_of(answer.headers):
            self.clock_skew = (stores - datetime.now(UTC)).total_seconds()


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Read the Date of an answer: None where there is none, or none that could be compared with our clock."""
    try:
        date = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else None


def refuse(status: int, code: str) -> NoReturn:
    """Raise what the error of a store means: Transient or Refused."""
    if code in _TRANSIENT_CODES or status == 429 or (status >= 500 and status != 501):
        raise Transient(f"{status} {code}")
    raise Refused(status, code)


def _read(response: urllib3.BaseHTTPResponse, most_bytes: int, deadline: float) -> bytes:
    content = bytearray()
    try:
        # one byte more, so that the end is seen and the connection is kept
        while len(content) <= most_bytes and (chunk := response.read1(_CHUNK_BYTES)):
            content += chunk
            _seconds_until(deadline)
    finally:
        response.close()  # drops the connection of an answer that was not read to its end
    return bytes(content[:most_bytes])


def _seconds_until(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise Transient("No time is left.")
    return seconds
