"""Share links: whoever has one may fetch a file, until it expires, is used up or is revoked.

A link's token names the share and is authenticated by a key of the broker's, like a refresh token: it is
stored nowhere, and its owner can copy it again. What is counted are the presigned URLs that were handed out.
"""

import hmac
import logging
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

from broker import keys, schemas
from broker.auth import Claims
from broker.errors import NotFound, ShareExpired, ShareLocked, ShareUsedUp
from broker.files import Files
from broker.passwords import Passwords
from broker.rows import File, Share
from broker.share_registry import ShareRegistry
from broker.throttle import PasswordThrottle

log = logging.getLogger(__name__)

_PURPOSE = b"presigned-url-broker: share links, 1"
_MAC_BYTES = 16
_KEPT = timedelta(days=30)  # so long its owner still sees what has expired


class Shares:
    """Make, list, revoke and use share links. All raise RegistryUnavailable."""

    def __init__(
        self,
        *,
        registry: ShareRegistry,
        files: Files,
        passwords: Passwords,
        secret_keys: Sequence[str],
        origin: str,
    ) -> None:
        self._registry = registry
        self._files = files
        self._passwords = passwords
        self._throttle = PasswordThrottle()
        self._keys = [hmac.digest(each.encode(), _PURPOSE, "sha256") for each in secret_keys]
        self._origin = origin

    async def create(
        self, claims: Claims, file_id: str, new: schemas.NewShare, *, at: datetime
    ) -> schemas.Share:
        """Make a link to one of the caller's files. Raises NotFound, SignInBusy."""
        file = await self._files.get(claims, file_id)
        share = Share(
            id=keys.new_id(at),
            tenant=claims.tenant,
            owner=claims.subject,
            file_id=file.id,
            file_name=file.name,
            password_hash=await self._passwords.hash(new.password) if new.password else None,
            max_downloads=new.max_downloads,
            downloads=0,
            created_at=at,
            expires_at=at + timedelta(seconds=new.expires_in),
        )
        if not await self._registry.add(share):
            raise NotFound("There is no such file.")
        log.info("Share made", extra={"share": share.id, "file": file.id})
        return self._describe(share)

    async def list(self, claims: Claims, query: schemas.ListShares) -> schemas.Page[schemas.Share]:
        """Return one page of the caller's links, newest first, the expired ones too. Raises InvalidField."""
        before = keys.check_cursor(query.cursor)
        found = await self._registry.list(claims, file_id=query.file, before=before, limit=query.limit + 1)
        items = tuple(self._describe(share) for share in found[: query.limit])
        return schemas.Page(items=items, next_cursor=items[-1].id if len(found) > query.limit else None)

    async def revoke(self, claims: Claims, share_id: str) -> None:
        """Take a link back: it ends now, the URLs that it gave out within minutes. Raises NotFound."""
        if not (keys.is_id(share_id) and await self._registry.revoke(claims, share_id)):
            raise NotFound("There is no such link.")
        log.info("Share revoked", extra={"share": share_id})

    async def open(self, opening: schemas.OpenShare, *, address: str, at: datetime) -> schemas.SharedFile:
        """Show what a link leads to.

        Raises NotFound, ShareExpired, ShareUsedUp, ShareLocked, TooManySignIns, SignInBusy.
        """
        share, file = await self._find(opening, address=address, at=at)
        return schemas.SharedFile(
            name=file.name,
            size=file.size,
            type=file.type,
            checksum=file.checksum,
            part_size=file.part_size,
            expires_at=share.expires_at,
            downloads_left=_left(share),
        )

    async def download(
        self, opening: schemas.DownloadShare, *, address: str, at: datetime
    ) -> tuple[Share, schemas.Download]:
        """Count a download and presign its GET. Raises what `open` does, and FileQuarantined."""
        share, file = await self._find(opening, address=address, at=at)
        left = int((share.expires_at - at).total_seconds())
        download = self._files.sign(file, opening.disposition, longest=max(1, left), at=at)
        if not await self._registry.count_download(share, at=at):
            raise ShareUsedUp("The link has been used as often as it may be.")
        log.info("Share used", extra={"share": share.id, "file": file.id})
        return share, download

    async def forget(self, *, at: datetime) -> None:
        """Remove what expired long ago."""
        await self._registry.forget(before=at - _KEPT)

    async def _find(self, opening: schemas.OpenShare, *, address: str, at: datetime) -> tuple[Share, File]:
        share_id = self._read(opening.token)
        found = await self._registry.find(share_id) if share_id else None
        if found is None:
            raise NotFound("There is no such link, or it was taken back.")
        share, file = found
        if at >= share.expires_at:
            raise ShareExpired("The link has expired.")
        if share.password_hash:
            await self._check_password(share, share.password_hash, opening.password, address=address)
        if _left(share) == 0:
            raise ShareUsedUp("The link has been used as often as it may be.")
        return share, file

    async def _check_password(
        self, share: Share, password_hash: str, password: str | None, *, address: str
    ) -> None:
        if password is None:
            raise ShareLocked("The link asks for a password.")
        await self._throttle.check(share.id, address)
        if not await self._passwords.verify(password_hash, password):
            await self._throttle.count_failure(share.id, address)
            raise ShareLocked("The password is wrong.")
        await self._throttle.forgive(share.id, address)

    def _describe(self, share: Share) -> schemas.Share:
        return schemas.Share(
            id=share.id,
            file=share.file_id,
            name=share.file_name,
            url=f"{self._origin}/s/{_write(self._keys[0], share.id)}",
            has_password=share.password_hash is not None,
            max_downloads=share.max_downloads,
            downloads=share.downloads,
            created_at=share.created_at,
            expires_at=share.expires_at,
        )

    def _read(self, token: str) -> str | None:
        """Return the id of the share that a token names, or None when it is none of ours."""
        share_id = token[: keys.ID_LENGTH]
        known = any(hmac.compare_digest(_write(key, share_id).encode(), token.encode()) for key in self._keys)
        return share_id if known and keys.is_id(share_id) else None


def _write(key: bytes, share_id: str) -> str:
    mac = hmac.digest(key, share_id.encode(), "sha256")[:_MAC_BYTES]
    return share_id + urlsafe_b64encode(mac).rstrip(b"=").decode()


def _left(share: Share) -> int | None:
    return None if share.max_downloads is None else max(0, share.max_downloads - share.downloads)
