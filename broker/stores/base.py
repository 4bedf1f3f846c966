"""What the broker asks of an object store."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from broker.checksums import Checksum
from broker.schemas import ChecksumAlgorithm, PresignedPart, PresignedRequest


class ObjectFacts(Struct, frozen=True, kw_only=True):
    """What the store says of an object.

    `checksums` maps an algorithm (`crc32c`) to S3's base64 value; one that ends in `-<n>` is a composite.
    """

    size: int
    type: str
    etag: str
    checksums: dict[str, str]


class PartToSend(Struct, frozen=True, gc=False):
    """A part that a client may send: exactly these bytes."""

    number: int
    size: int
    checksum: Checksum


class StoredPart(Struct, frozen=True, kw_only=True):
    """A part that the store holds; `checksum` is None where the store does not say it (SeaweedFS).

    `other_etags` are of other bytes that were sent under the number, where the store keeps those as well:
    it knows best which came last, so a completion names them all.
    """

    number: int
    size: int
    etag: str
    checksum: Checksum | None
    other_etags: tuple[str, ...] = ()


class StoredObject(Struct, frozen=True, kw_only=True):
    """An object as a listing names it."""

    key: str
    size: int
    stored_at: datetime


# `completed`: the object is there now. `exists`: an object was there already (412). `gone`: the store does
# not know the multipart upload, as after a completion whose answer was lost. `mismatch`: the parts are not
# what was said of them (their bytes, ETags or checksums), or one is too small.
Assembly = Literal["completed", "exists", "gone", "mismatch"]


class Store(Protocol):
    """An object store. Signing is local and pure; all else is a call and may raise StoreUnavailable."""

    @property
    def public_origin(self) -> str:
        """The origin of every URL that is signed, for the page's content security policy."""

    def presign_put(
        self, key: str, *, size: int, media_type: str, checksum: str | None, expires_in: int, at: datetime
    ) -> PresignedRequest:
        """Allow one PUT of exactly `size` bytes of this type and checksum, on a key not in use."""

    def presign_get(
        self, key: str, *, media_type: str, disposition: str, expires_in: int, at: datetime
    ) -> PresignedRequest:
        """Allow GETs whose answer carries this Content-Type and Content-Disposition."""

    async def create_multipart(self, key: str, *, media_type: str, algorithm: ChecksumAlgorithm) -> str:
        """Begin an upload in parts that all carry checksums of this algorithm; return the store's id."""

    def presign_parts(
        self, key: str, store_upload_id: str, parts: Sequence[PartToSend], *, expires_in: int, at: datetime
    ) -> list[PresignedPart]:
        """Allow one PUT of each part, of exactly its bytes."""

    async def list_parts(
        self, key: str, store_upload_id: str, *, after: int, limit: int
    ) -> list[StoredPart] | None:
        """Return up to `limit` (at most 1,000) parts numbered above `after`, each number once and as it was
        sent last; None when the store does not know the upload.
        """

    async def complete_multipart(
        self, key: str, store_upload_id: str, parts: Sequence[StoredPart], *, checksum: Checksum | None
    ) -> Assembly:
        """Make an object of the parts on a key not in use; `checksum` is of the whole, if it is known."""

    async def abort_multipart(self, key: str, store_upload_id: str) -> None:
        """Remove a multipart upload with its parts; one that the store does not know is no error."""

    async def read_start(self, key: str, length: int) -> bytes:
        """Return the first bytes of an object, fewer when it is shorter."""

    def list_objects(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Walk all objects whose keys begin with the prefix, page by page."""

    async def head(self, key: str) -> ObjectFacts | None:
        """Say what the store holds under the key, or None."""

    async def delete(self, key: str) -> None:
        """Remove the object; a key that does not exist is no error."""

    async def check(self) -> None:
        """Return when the bucket answers to the control identity."""

    def close(self) -> None:
        """Give up connections and threads."""
