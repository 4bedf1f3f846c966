"""Bucket notifications of the store: a hint to look at an object, never more.

Stores lose them, repeat them and send them late (MinIO's are kept in memory only), and who knows the token
can make them up. So an event decides nothing: the object's HEAD does, and an event that differs is ignored.
"""

import hmac
import logging
from datetime import datetime
from urllib.parse import unquote_plus

from broker import schemas
from broker.errors import InvalidToken, NotFound, Unauthenticated
from broker.publishing import Publisher
from broker.registry import Registry
from broker.stores.base import Store

log = logging.getLogger(__name__)


class Events:
    """Publishes what the store says was stored; with an empty `token` no store may say anything."""

    def __init__(
        self,
        *,
        registry: Registry,
        store: Store,
        publisher: Publisher,
        token: str,
        bucket: str,
    ) -> None:
        self._registry = registry
        self._store = store
        self._publisher = publisher
        self._token = token
        self._bucket = bucket

    def authenticate(self, token: str) -> None:
        """Raises NotFound when no store may send events, Unauthenticated, InvalidToken."""
        if not self._token:
            raise NotFound("This service takes no events of the store (BROKER_EVENTS_TOKEN).")
        if not token:
            raise Unauthenticated("The store sends its token as Authorization: Bearer <token>.")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise InvalidToken("This is not the token of the store's events.")

    async def take(self, event: schemas.StoreEvent, *, at: datetime) -> None:
        """Look at each object that the event says was stored. Raises StoreUnavailable: send it again."""
        for record in event.records:
            # Amazon leaves out the s3: that MinIO writes
            if record.event_name.removeprefix("s3:").startswith("ObjectCreated:"):
                await self._look(record.s3, at=at)

    async def _look(self, stored: schemas.StoredEntity, *, at: datetime) -> None:
        if stored.bucket.name != self._bucket:
            return
        key = unquote_plus(stored.object.key)  # in an event, a key is written as a form's field
        upload = await self._registry.find_upload_of_key(key)
        if upload is None or upload.status != "pending" or at >= upload.expires_at:
            return
        facts = await self._store.head(upload.key)
        if facts is None or (facts.size, facts.etag) != (stored.object.size, stored.object.etag.strip('"')):
            return
        if await self._publisher.is_whole(upload, facts):
            await self._publisher.publish(upload, facts, at=at)
