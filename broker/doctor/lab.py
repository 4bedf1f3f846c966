"""A store under examination: requests signed as the broker signs them, throw-away keys, cleaning up."""

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import TypeAlias
from xml.etree.ElementTree import Element, ParseError

import httpx
from defusedxml import DefusedXmlException, ElementTree

from broker import keys
from broker.doctor.findings import Inconclusive
from broker.settings import Identity, StoreSettings
from broker.sigv4 import Credentials, Endpoint, Signer
from broker.stores.s3_client import date_of

BODY = b"123456789"
OTHER = BODY[::-1]
CRC32C = {"x-amz-checksum-crc32c": "4waSgw=="}  # of BODY: the algorithm's own check value
SHA256 = {"x-amz-checksum-sha256": b64encode(sha256(BODY).digest()).decode()}

CLEAN_UP_SECONDS = 10

# The length is derived from the body that is sent; a stream is sent without one, in chunks.
Content: TypeAlias = bytes | AsyncIterable[bytes]
# Something that a store must refuse, on a key of its own.
Attempt: TypeAlias = Callable[[str], Awaitable[httpx.Response]]

_NONE: Mapping[str, str] = MappingProxyType({})
_LIFE = 120  # seconds
_CODE = re.compile(r"<Code>(\w+)</Code>")


class Lab:
    """One examination. Clients' requests go to `endpoint`, those of the control identity to the store's own.

    `sample` is the key of an object that holds BODY, once `make_sample` has stored it.
    """

    def __init__(self, store: StoreSettings, http: httpx.AsyncClient, *, url: str) -> None:
        self.store = store
        self.control = self._signer(store.control, Endpoint(store.url, store.bucket, store.addressing))
        self.sample = ""
        self.server = ""  # as the store calls itself
        self.clock_skew: float | None = None  # seconds by which the store's clock is ahead of ours
        self._http = http
        self._keys: set[str] = set()
        self._multipart: dict[str, str] = {}
        self.aim(url)

    def aim(self, url: str) -> None:
        """Send clients' requests to this address of the store from now on."""
        self.endpoint = Endpoint(url, self.store.bucket, self.store.addressing)
        self.put_signer = self._signer(self.store.put_signer, self.endpoint)
        self.get_signer = self._signer(self.store.get_signer, self.endpoint)
        self.form_signer = self._signer(self.store.control, self.endpoint)

    def _signer(self, identity: Identity, endpoint: Endpoint) -> Signer:
        return Signer(Credentials(identity.access_key, identity.secret_key), endpoint, self.store.region)

    def new_key(self) -> str:
        """Name an object that is removed at the end."""
        key = f"{self.store.key_prefix}/_doctor/{keys.new_id(now())}"
        self._keys.add(key)
        return key

    async def send(
        self, method: str, url: str, headers: Mapping[str, str] = _NONE, content: Content = b""
    ) -> httpx.Response:
        """Send a request as it is. Raises httpx.TransportError."""
        return await self._exchange(self._http.build_request(method, url, headers=headers, content=content))

    async def put(
        self,
        key: str,
        *,
        declared: bytes = BODY,
        checksum: Mapping[str, str] = _NONE,
        content: Content | None = None,
        change: Mapping[str, str | None] = _NONE,
        edit: Callable[[str], str] = str,
    ) -> httpx.Response:
        """Presign a PUT of `declared` as the broker does, and send it.

        To send something else: `content`, headers in `change` (None leaves one out), another URL by `edit`.
        """
        signed = {"content-type": "text/plain", "if-none-match": "*", **checksum}
        bound = {"content-length": str(len(declared)), **signed}
        url = self.put_signer.presign("PUT", key, headers=bound, expires_in=_LIFE, at=now())
        sent = {name: value for name, value in {**signed, **change}.items() if value is not None}
        return await self.send("PUT", edit(url), sent, declared if content is None else content)

    async def get(
        self, key: str, signer: Signer, method: str = "GET", headers: Mapping[str, str] = _NONE
    ) -> httpx.Response:
        """Send a presigned request that has no body."""
        return await self.send(method, signer.presign(method, key, expires_in=_LIFE, at=now()), headers)

    async def post(self, fields: Mapping[str, str], body: bytes) -> httpx.Response:
        """Send a form as a browser does."""
        url = self.endpoint.url_of()
        return await self._exchange(self._http.build_request("POST", url, data=fields, files={"file": body}))

    async def ask(
        self,
        method: str,
        key: str = "",
        *,
        signer: Signer | None = None,
        query: Mapping[str, str] = _NONE,
        headers: Mapping[str, str] = _NONE,
        content: bytes = b"",
    ) -> httpx.Response:
        """Send a request with signed headers: as the control identity, if no other is named."""
        signer = signer or self.control
        signed = signer.sign_headers(
            method,
            key,
            headers=headers,
            query=query,
            payload_sha256=sha256(content).hexdigest(),
            at=now(),
        )
        return await self.send(method, signer.endpoint.url_of(key, query), signed, content)

    async def make_sample(self) -> httpx.Response:
        """Store an object by a good presigned PUT, for other probes to look at; return the answer."""
        key = self.new_key()
        answer = await self.put(key, checksum=CRC32C)
        self.sample = key if answer.is_success else ""
        return answer

    async def holds(self, key: str) -> bool:
        """Say whether the store has such an object. Raises Inconclusive."""
        # without the right to list, what is not there is forbidden
        found = decided(await self.ask("HEAD", key)).is_success
        if not found:
            self._keys.discard(key)
        return found

    async def let_through(self, attempts: Mapping[str, Attempt]) -> list[str]:
        """Return those attempts that the store did not refuse, or of which an object is left.

        Raises Inconclusive.
        """

        async def passes(attempt: Attempt) -> bool:
            key = self.new_key()
            return decided(await attempt(key)).is_success or await self.holds(key)

        passed = await asyncio.gather(*map(passes, attempts.values()))
        return [name for name, is_passed in zip(attempts, passed, strict=True) if is_passed]

    async def begin_multipart(self, key: str, headers: Mapping[str, str] = _NONE) -> str:
        """Begin a multipart upload and return its id. Raises Inconclusive."""
        answer = await self.ask("POST", key, query={"uploads": ""}, headers=headers)
        upload_id = xml(answer).findtext("{*}UploadId") if answer.is_success else None
        if not upload_id:
            raise Inconclusive(f"The store began no multipart upload: it answered {said(answer)}.")
        self._multipart[upload_id] = key
        return upload_id

    async def put_part(
        self,
        key: str,
        upload_id: str,
        *,
        declared: bytes = BODY,
        checksum: Mapping[str, str] = CRC32C,
        content: bytes | None = None,
        change: Mapping[str, str] = _NONE,
        edit: Callable[[str], str] = str,
    ) -> httpx.Response:
        """Presign part 1 as the broker does, and send it; to send something else, see `put`."""
        bound = {"content-length": str(len(declared)), **checksum}
        (url,) = self.put_signer.presign_parts(
            key, upload_id=upload_id, parts=[(1, bound)], expires_in=_LIFE, at=now()
        )
        return await self.send(
            "PUT", edit(url), {**checksum, **change}, declared if content is None else content
        )

    async def list_parts(self, key: str, upload_id: str) -> list[Element]:
        """List the parts that the store holds. Raises Inconclusive."""
        answer = await self.ask("GET", key, query={"uploadId": upload_id})
        if not answer.is_success:
            raise Inconclusive(f"The store listed no parts: it answered {said(answer)}.")
        return xml(answer).findall("{*}Part")

    async def complete_multipart(
        self, key: str, upload_id: str, etag: str, headers: Mapping[str, str] = _NONE
    ) -> httpx.Response:
        """Make an object of part 1, which is BODY; the answer may be 200 and hold an error."""
        checksum = "".join(f"<ChecksumCRC32C>{value}</ChecksumCRC32C>" for value in CRC32C.values())
        part = f"<PartNumber>1</PartNumber><ETag>{etag}</ETag>{checksum}"
        document = f"<CompleteMultipartUpload><Part>{part}</Part></CompleteMultipartUpload>"
        query = {"uploadId": upload_id}
        return await self.ask("POST", key, query=query, headers=headers, content=document.encode())

    async def clean_up(self) -> None:
        """Remove all that was stored and is not known to be gone. Raises Inconclusive if some of it stays."""
        uploads, self._multipart = self._multipart, {}
        objects, self._keys = self._keys, set()
        try:
            async with asyncio.timeout(CLEAN_UP_SECONDS):
                # a completion may still make an object of an upload, so these go first
                answers = await asyncio.gather(
                    *(self.ask("DELETE", key, query={"uploadId": id_}) for id_, key in uploads.items())
                )
                answers += await asyncio.gather(*(self.ask("DELETE", key) for key in objects))
        except (TimeoutError, httpx.TransportError) as error:
            raise Inconclusive("The store did not answer when objects were to be removed.") from error
        refusals = {said(answer) for answer in answers if not answer.is_success and answer.status_code != 404}
        if refusals:
            raise Inconclusive(f"The store refused to remove objects: {', '.join(sorted(refusals))}.")

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        began = now()
        answer = await self._http.send(request)
        self._learn_from(answer, began)
        return answer

    def _learn_from(self, answer: httpx.Response, began: datetime) -> None:
        self.server = answer.headers.get("server") or self.server
        if date := date_of(answer.headers):
            # the header is cut to the second, and was written at some time between request and answer
            middle = (began.timestamp() + now().timestamp()) / 2
            self.clock_skew = date.timestamp() + 0.5 - middle


@asynccontextmanager
async def open_lab(store: StoreSettings, url: str) -> AsyncIterator[Lab]:
    """Open a laboratory at one of the store's addresses; it gives up in bounded time, and leaves nothing."""
    # loading the machine's certificates may take longer than a whole examination
    is_secure = "https:" in (store.url + store.public_url)
    verify = is_secure and ssl.create_default_context()
    timeout = httpx.Timeout(8, connect=3)
    async with httpx.AsyncClient(timeout=timeout, verify=verify, trust_env=False) as http:
        lab = Lab(store, http, url=url)
        try:
            yield lab
        finally:
            with suppress(Inconclusive):
                await lab.clean_up()


def now() -> datetime:
    return datetime.now(UTC)


def said(answer: httpx.Response) -> str:
    """Describe an answer: its status and S3's error code."""
    code = _CODE.search(answer.text)
    return f"{answer.status_code} {code[1]}" if code else str(answer.status_code)


def decided(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is a yes or a no. Raises Inconclusive for one that is neither."""
    status = answer.status_code
    if status == 429 or (status >= 500 and status != 501):
        raise Inconclusive(f"The store answered {said(answer)}.")
    return answer


def xml(answer: httpx.Response) -> Element:
    """Read the body. Raises Inconclusive."""
    try:
        return ElementTree.fromstring(answer.content)
    except (ParseError, DefusedXmlException) as error:
        raise Inconclusive("The store's answer is not the XML that S3 has there.") from error
