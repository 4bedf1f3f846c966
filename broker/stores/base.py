"""What the broker asks of an object store."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from broker.schemas import PresignedRequest


class ObjectFacts(Struct, frozen=True, kw_only=True):
    """What the store says of an object. `checksums` maps an algorithm (`crc32c`) to S3's base64 value."""

    size: int
    type: str
    etag: str
    checksums: dict[str, str]


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

    async def head(self, key: str) -> ObjectFacts | None:
        """Say what the store holds under the key, or None."""

    async def delete(self, key: str) -> None:
        """Remove the object; a key that does not exist is no error."""

    async def check(self) -> None:
        """Return when the bucket answers to the control identity."""

    def close(self) -> None:
        """Give up connections and threads."""
