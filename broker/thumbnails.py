"""Thumbnails: a small picture beside a file, made by the client and kept by the store.

A file has one at most, under the one key that follows from its own, which no later PUT can overwrite. The
registry notes it before the PUT is allowed, so nothing can be stored that a deletion would miss; whether it
ever arrived, only the store knows.
"""

import logging
from datetime import datetime, timedelta

from broker import checksums, keys, schemas
from broker.auth import Claims
from broker.errors import NotFound
from broker.file_registry import FileRegistry
from broker.policy import MAX_URL_EXPIRES_IN, Policies
from broker.registry import Registry
from broker.stores.base import Store

log = logging.getLogger(__name__)

# what every browser can make; nothing stored as a thumbnail is shown as anything else
MEDIA_TYPE = "image/jpeg"
# within it the same URL is given out, so that a browser's cache knows the picture again
_WINDOW = timedelta(seconds=MAX_URL_EXPIRES_IN // 2)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00Z")


class Thumbnails:
    """Have thumbnails stored, and hand them out, to the owner of the file alone."""

    def __init__(
        self, *, registry: Registry, file_registry: FileRegistry, store: Store, policies: Policies
    ) -> None:
        self._registry = registry
        self._file_registry = file_registry
        self._store = store
        self._policies = policies

    async def create(
        self, claims: Claims, file_id: str, new: schemas.NewThumbnail, *, at: datetime
    ) -> schemas.PresignedRequest:
        """Presign the PUT of a file's thumbnail, if there is none yet. Raises NotFound, InvalidChecksum."""
        checksum = checksums.parse(new.checksum)
        file = await self._registry.find_file(claims, file_id) if keys.is_id(file_id) else None
        if file is None or not (file.thumbnail_at or await self._file_registry.allow_thumbnail(file, at=at)):
            raise NotFound("There is no such file.")
        log.info("Thumbnail signed", extra={"file": file.id})
        return self._store.presign_put(
            keys.thumbnail_key(file.key),
            size=new.size,
            media_type=MEDIA_TYPE,
            checksum=str(checksum),
            expires_in=self._policies.of(file.policy).url_expires_in,
            at=at,
        )

    async def list(
        self, claims: Claims, wanted: schemas.ListThumbnails, *, at: datetime
    ) -> schemas.Thumbnails:
        """Presign the GETs of the thumbnails that these files may have; the others are left out."""
        ids = [each for each in wanted.ids if keys.is_id(each)]
        found = await self._file_registry.list_with_thumbnail(claims, ids)
        begins = at - (at - _EPOCH) % _WINDOW
        return schemas.Thumbnails(
            items=tuple(
                schemas.Thumbnail(
                    file=file.id,
                    request=self._store.presign_get(
                        keys.thumbnail_key(file.key),
                        media_type=MEDIA_TYPE,
                        disposition="inline",
                        expires_in=MAX_URL_EXPIRES_IN,
                        at=begins,
                    ),
                )
                for file in found
            )
        )
