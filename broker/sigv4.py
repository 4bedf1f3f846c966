"""AWS Signature Version 4 for S3: presigned URLs, signed headers and POST policies. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html

Three things keep it short and fast. Queries are written in canonical order, so the canonical query
*is* the URL's. What the signatures of one second share is made once a second. Hashes are copied half-way
instead of begun anew.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from hmac import digest
from json import dumps
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from broker import canonical

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
MAX_EXPIRES_IN = 7 * 86400
MAX_PART_NUMBER = 10_000

Addressing: TypeAlias = Literal["path", "virtual"]
Condition: TypeAlias = (
    tuple[Literal["eq", "starts-with"], str, str] | tuple[Literal["content-length-range"], int, int]
)

_NONE: Mapping[str, str] = MappingProxyType({})
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::0*([1-9][0-9]{0,4}))?/?", re.IGNORECASE)
_BUCKET = re.compile(r"[a-z0-9.-]{3,63}")
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


@dataclass(frozen=True, slots=True)
class Credentials:
    """An identity of the store; a session token makes it a temporary one."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a bucket is reached, `url` being the store's origin. Raises ValueError for what is none.

    >>> Endpoint("https://s3.example:443", "media", "virtual").url_of("a b", {"versionId": "3"})
    'https://media.s3.example/a%20b?versionId=3'
    >>> Endpoint("http://[::1]:9000", "media").url_of("a//b")
    'http://[::1]:9000/media/a//b'
    """

    url: str
    bucket: str
    addressing: Addressing = "path"
    origin: str = field(init=False)
    host: str = field(init=False)

    def __post_init__(self) -> None:
        parts = _ORIGIN.fullmatch(self.url)
        if not parts:
            raise ValueError(f"The address of a store is like https://host:port, not {self.url!r}")
        if not _BUCKET.fullmatch(self.bucket):
            raise ValueError(f"Not the name of a bucket: {self.bucket!r}")
        scheme, host, port = (part and part.lower() for part in parts.groups())
        if self.addressing == "virtual":
            if host[0] == "[" or host.rpartition(".")[2].isdigit():
                raise ValueError(f"A bucket cannot be a subdomain of an IP address: {self.url!r}")
            host = f"{self.bucket}.{host}"
        # clients leave a default port out of the Host header (RFC 9110 §4.2.3)
        if port and port != _DEFAULT_PORTS[scheme]:
            host = f"{host}:{port}"
        object.__setattr__(self, "host", host)
        object.__setattr__(self, "origin", f"{scheme}://{host}")

    def path_of(self, key: str) -> str:
        """Return the encoded path of an object, or the bucket's own for an empty key. Raises ValueError."""
        return canonical.path(f"/{key}" if self.addressing == "virtual" else f"/{self.bucket}/{key}")

    def url_of(self, key: str = "", query: Mapping[str, str] = _NONE) -> str:
        """Return the URL of a request whose headers are signed, or to which a form is posted."""
        url = self.origin + self.path_of(key)
        return f"{url}?{canonical.query(query)}" if query else url


class SigningKey:
    """A key that signs within one scope, `<yyyymmdd>/<region>/<service>/aws4_request`."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret_key: str, scope: str) -> None:
        key = f"AWS4{secret_key}".encode()
        for part in scope.split("/"):
            key = digest(key, part.encode(), "sha256")
        block = key.ljust(64, b"\0")
        # HMAC's two hashes with the key taken in (RFC 2104 §4), to be copied and never updated
        self._inner = sha256(block.translate(_INNER_PAD))
        self._outer = sha256(block.translate(_OUTER_PAD))

    def sign(self, text: str) -> str:
        """Return the signature in hexadecimal."""
        inner = self._inner.copy()
        inner.update(text.encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()


_signing_key = lru_cache(maxsize=16)(SigningKey)


class _Second(NamedTuple):
    """What the signatures of one identity share in one second."""

    begins: datetime
    ends: datetime
    timestamp: str
    credential: str
    query: str
    token: str
    preamble: str
    key: SigningKey

    queries: dict[tuple[str, int], str]

    def sign(self, request_sha256: str) -> str:
        return self.key.sign(self.preamble + request_sha256)

    def query_of(self, signed: str, expires_in: int) -> str:
        """Return the signature's parameters, but the signature, of a URL with no others before them."""
        query = self.queries.get((signed, expires_in))
        if query is None:
            _check_expires_in(expires_in)
            names = signed.replace(";", "%3B")
            query = f"X-Amz-Algorithm={self.query}{expires_in}{self.token}&X-Amz-SignedHeaders={names}"
            self.queries[signed, expires_in] = query
        return query


class Signer:
    """Signs requests to one bucket as one identity; threads may share it."""

    def __init__(
        self, credentials: Credentials, endpoint: Endpoint, region: str, service: str = "s3"
    ) -> None:
        self.credentials = credentials
        self.endpoint = endpoint
        self.region = region
        self.service = service
        token = credentials.session_token
        self._token = {"x-amz-security-token": token} if token else {}
        self._second = self._make_second(datetime.fromtimestamp(0, UTC))

    def presign(
        self,
        method: str,
        key: str,
        *,
        headers: Mapping[str, str] = _NONE,
        query: Mapping[str, str] = _NONE,
        expires_in: int,
        at: datetime,
    ) -> str:
        """Return a URL for requests with this method and exactly these headers, for `expires_in` seconds.

        Raises ValueError for what a client would not send as it was signed.
        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        """
        second = self._second_of(at)
        path = self._object_path(key)
        signed, lines = canonical.headers(self.endpoint.host, headers)
        full_query = _presigned_query(second, signed, query, expires_in)
        request = canonical.request(method, path, full_query, signed, lines, UNSIGNED_PAYLOAD)
        signature = second.sign(sha256(request.encode()).hexdigest())
        return f"{self.endpoint.origin}{path}?{full_query}&X-Amz-Signature={signature}"

    def presign_parts(
        self,
        key: str,
        *,
        upload_id: str,
        parts: Iterable[tuple[int, Mapping[str, str]]],
        expires_in: int,
        at: datetime,
    ) -> list[str]:
        """Return a URL for the PUT of each part, given as number and headers. Raises ValueError as `presign`.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
        """
        second = self._second_of(at)
        path = self._object_path(key)
        upload = f"&uploadId={canonical.encode(upload_id)}"
        urls: list[str] = []
        last_signed, query, head = "", "", None
        for number, headers in parts:
            # SeaweedFS 4.48 takes -1 for no part number at all, and stores an object
            if not 1 <= number <= MAX_PART_NUMBER:
                raise ValueError(f"Parts are numbered from 1 to {MAX_PART_NUMBER}, not {number}")
            signed, lines = canonical.headers(self.endpoint.host, headers)
            if signed != last_signed:
                last_signed, head = signed, None
                query = second.query_of(signed, expires_in)
            elif (
                head is None
            ):  # all up to the part's number is as it was: it is hashed once for all that follow
                head = sha256(f"PUT\n{path}\n{query}&partNumber=".encode())
            part = f"{number}{upload}"
            rest = f"{part}\n{lines}\n{signed}\n{UNSIGNED_PAYLOAD}"
            if head is None:
                request = sha256(f"PUT\n{path}\n{query}&partNumber={rest}".encode())
            else:
                request = head.copy()
                request.update(rest.encode())
            signature = second.sign(request.hexdigest())
            urls.append(f"{self.endpoint.origin}{path}?{query}&partNumber={part}&X-Amz-Signature={signature}")
        return urls

    def sign_headers(
        self,
        method: str,
        key: str = "",
        *,
        headers: Mapping[str, str] = _NONE,
        query: Mapping[str, str] = _NONE,
        payload_sha256: str = UNSIGNED_PAYLOAD,
        at: datetime,
    ) -> dict[str, str]:
        """Return the headers to send to `endpoint.url_of(key, query)`: those given and the signature's.

        An empty key means the bucket; `payload_sha256` is in hexadecimal. Raises ValueError as `presign`.
        https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
        """
        second = self._second_of(at)
        own = {"x-amz-content-sha256": payload_sha256, "x-amz-date": second.timestamp, **self._token}
        sent = {**headers, **own}
        signed, lines = canonical.headers(self.endpoint.host, sent)
        path = self.endpoint.path_of(key)
        request = canonical.request(method, path, canonical.query(query), signed, lines, payload_sha256)
        signature = second.sign(sha256(request.encode()).hexdigest())
        authorization = (
            f"{ALGORITHM} Credential={second.credential}, SignedHeaders={signed}, Signature={signature}"
        )
        return {"host": self.endpoint.host, **sent, "authorization": authorization}

    def sign_post_policy(
        self,
        key: str,
        *,
        fields: Mapping[str, str] = _NONE,
        conditions: Iterable[Condition] = (),
        expires_in: int,
        at: datetime,
    ) -> dict[str, str]:
        """Return the fields of a form for `endpoint.url_of()`; the client adds the file as the last one.

        The form must carry each of `fields` as it is. `conditions` bound what the client may choose:
        `("content-length-range", 0, 1024)` the bytes of the file. Raises ValueError as `presign`.
        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        _check_expires_in(expires_in)
        self._object_path(key)  # an object that no URL can name is of no use
        if "${filename}" in key:
            raise ValueError(f"The store would have the client choose the key: {key!r}")
        second = self._second_of(at)
        own = {
            "key": key,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": second.credential,
            "x-amz-date": second.timestamp,
            **self._token,
        }
        exact = {**fields, "bucket": self.endpoint.bucket, **own}
        expires_at = second.begins + timedelta(seconds=expires_in)
        document = {
            "expiration": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "conditions": [*conditions, *({name: value} for name, value in exact.items())],
        }
        policy = b64encode(dumps(document).encode()).decode()
        return {**fields, **own, "policy": policy, "x-amz-signature": second.key.sign(policy)}

    def _object_path(self, key: str) -> str:
        if not key:  # with DELETE, such a URL would remove the bucket
            raise ValueError("A key must not be empty")
        return self.endpoint.path_of(key)

    def _second_of(self, at: datetime) -> _Second:
        if at.tzinfo is None:
            raise ValueError("`at` must know its time zone")
        second = self._second  # read once: another thread may replace it
        if not second.begins <= at < second.ends:
            second = self._second = self._make_second(at)
        return second

    def _make_second(self, at: datetime) -> _Second:
        begins = at.astimezone(UTC).replace(microsecond=0)
        timestamp = f"{begins:%Y%m%dT%H%M%SZ}"
        scope = f"{begins:%Y%m%d}/{self.region}/{self.service}/aws4_request"
        credential = f"{self.credentials.access_key}/{scope}"
        return _Second(
            begins=begins,
            ends=begins + timedelta(seconds=1),
            timestamp=timestamp,
            credential=credential,
            query=f"{ALGORITHM}&X-Amz-Credential={canonical.encode(credential)}&X-Amz-Date={timestamp}&X-Amz-Expires=",
            token="".join(
                f"&X-Amz-Security-Token={canonical.encode(token)}" for token in self._token.values()
            ),
            preamble=f"{ALGORITHM}\n{timestamp}\n{scope}\n",
            key=_signing_key(self.credentials.secret_key, scope),
            queries={},
        )


def _presigned_query(second: _Second, signed: str, query: Mapping[str, str], expires_in: int) -> str:
    own = second.query_of(signed, expires_in)
    if not query:
        return own
    # sorted as if they were one, the signature's parameters stay together: no other has their prefix
    if any(name.startswith("X-Amz-") for name in query):
        raise ValueError(f"Parameters whose names begin with X-Amz- are the signature's: {sorted(query)}")
    pairs = [(canonical.encode(name), canonical.encode(value)) for name, value in query.items()]
    return canonical.join([("X-Amz-Algorithm", own.removeprefix("X-Amz-Algorithm=")), *pairs])


def _check_expires_in(expires_in: int) -> None:
    if not 1 <= expires_in <= MAX_EXPIRES_IN:
        raise ValueError(f"A signature lives for 1 to {MAX_EXPIRES_IN} seconds, not {expires_in}")
