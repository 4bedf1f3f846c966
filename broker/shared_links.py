"""Share links, as strangers use them: whoever has one may fetch what it leads to, until it ends.

It leads to one file, or to a folder with all below it as that is at the time of the call. Nothing that is in
the trash is there, and paths begin at the folder: no stranger learns where that is. What is counted are
the presigned URLs that were handed out.
"""

import logging
from datetime import datetime

from broker import keys, schemas
from broker.auth import Claims
from broker.errors import InvalidField, NotFound, ShareExpired, ShareLocked, ShareUsedUp
from broker.files import Files
from broker.folders import Folders
from broker.link_tokens import LinkTokens
from broker.passwords import Passwords
from broker.policy import Policies
from broker.rows import File, Share
from broker.share_registry import ShareRegistry
from broker.throttle import PasswordThrottle

log = logging.getLogger(__name__)


class SharedLinks:
    """Look at and fetch what a link leads to.

    All raise NotFound, ShareExpired, ShareUsedUp, ShareLocked, TooManySignIns, SignInBusy,
    RegistryUnavailable.
    """

    def __init__(
        self,
        *,
        registry: ShareRegistry,
        files: Files,
        folders: Folders,
        policies: Policies,
        passwords: Passwords,
        tokens: LinkTokens,
    ) -> None:
        self._registry = registry
        self._files = files
        self._folders = folders
        self._policies = policies
        self._passwords = passwords
        self._throttle = PasswordThrottle()
        self._tokens = tokens

    async def open(
        self, opening: schemas.OpenShare, *, address: str, at: datetime
    ) -> schemas.SharedFile | schemas.SharedFolder | schemas.ReceivingFolder:
        """Show what a link leads to."""
        share = await self.find(opening, address=address, at=at)
        if share.kind == "receive":
            return self._describe_receiving(share)
        if share.file_id is None:
            return schemas.SharedFolder(
                name=share.name,
                expires_at=share.expires_at,
                downloads_left=_left(share.max_downloads, share.downloads),
            )
        file = await self._find_file(share, share.file_id)
        return schemas.SharedFile(
            name=file.name,
            size=file.size,
            type=file.type,
            checksum=file.checksum,
            part_size=file.part_size,
            expires_at=share.expires_at,
            downloads_left=_left(share.max_downloads, share.downloads),
        )

    def _describe_receiving(self, share: Share) -> schemas.ReceivingFolder:
        limits = self._policies.of(share.policy or "")
        return schemas.ReceivingFolder(
            title=share.title or "",
            message=share.message or "",
            expires_at=share.expires_at,
            files_left=_left(share.max_files, share.received_files),
            bytes_left=_left(share.max_bytes, share.received_bytes),
            policy=limits.name,
            types=limits.types,
            extensions=limits.extensions,
            min_size=limits.min_size,
            max_size=limits.max_size,
            single_put_max=limits.single_put_max,
            url_expires_in=limits.url_expires_in,
            checksum_algorithm=limits.checksum_algorithm,
            checksum_required=limits.checksum_required,
            part_concurrency=limits.part_concurrency,
        )

    async def list_folders(
        self, listing: schemas.ListSharedFolders, *, address: str, at: datetime
    ) -> schemas.Page[schemas.Folder]:
        """Return one page of the folders right below one. Raises InvalidName."""
        share = await self.find(listing, address=address, at=at)
        query = schemas.ListFolders(
            parent=_inside(share, listing.parent),
            limit=listing.limit,
            cursor=listing.cursor and _inside(share, listing.cursor),
        )
        page = await self._folders.list(_owner_of(share), query)
        return schemas.Page(
            items=tuple(schemas.Folder(path=_outside(share, each.path)) for each in page.items),
            next_cursor=page.next_cursor and _outside(share, page.next_cursor),
        )

    async def list_files(
        self, listing: schemas.ListSharedFiles, *, address: str, at: datetime
    ) -> schemas.Page[schemas.SharedEntry]:
        """Return one page of the files in a folder. Raises InvalidName, InvalidField."""
        share = await self.find(listing, address=address, at=at)
        query = schemas.ListFiles(
            folder=_inside(share, listing.folder), sort="name", limit=listing.limit, cursor=listing.cursor
        )
        page = await self._files.list(_owner_of(share), query)
        return schemas.Page(
            items=tuple(
                schemas.SharedEntry(
                    id=file.id, name=file.name, size=file.size, type=file.type, modified_at=file.modified_at
                )
                for file in page.items
            ),
            next_cursor=page.next_cursor,
        )

    async def download(
        self, opening: schemas.DownloadShare, *, address: str, at: datetime
    ) -> tuple[Share, schemas.Download]:
        """Count a download and presign its GET. Raises FileQuarantined, and InvalidField without a file."""
        share = await self.find(opening, address=address, at=at)
        if share.kind == "receive":
            raise NotFound("The link takes files, and gives none.")
        file_id = opening.file or share.file_id
        if file_id is None:
            raise InvalidField("The link leads to a folder: say which file of it.", field="file")
        file = await self._find_file(share, file_id)
        left = int((share.expires_at - at).total_seconds())
        download = self._files.sign(file, opening.disposition, longest=max(1, left), at=at)
        if not await self._registry.count_download(share, at=at):
            raise ShareUsedUp("The link has been used as often as it may be.")
        log.info("Share used", extra={"share": share.id, "file": file.id})
        return share, download

    async def find(self, opening: schemas.OpenShare, *, address: str, at: datetime) -> Share:
        """Return the share of a link that is good still, and whose password is right where it has one.

        One that takes files ends with its policy.
        """
        share_id = self._tokens.read(opening.token)
        share = await self._registry.find(share_id) if share_id else None
        if share is None:
            raise NotFound("There is no such link, or it was taken back.")
        if at >= share.expires_at:
            raise ShareExpired("The link has expired.")
        if share.password_hash:
            await self._check_password(share, share.password_hash, opening.password, address=address)
        if _left(share.max_downloads, share.downloads) == 0:
            raise ShareUsedUp("The link has been used as often as it may be.")
        # no other policy takes its place: its owner has chosen what strangers may send
        if share.policy is not None and not self._policies.has(share.policy):
            raise ShareExpired("The link takes no files any more.")
        return share

    async def _find_file(self, share: Share, file_id: str) -> File:
        file = await self._registry.find_file(share, file_id) if keys.is_id(file_id) else None
        if file is None:
            raise NotFound("There is no such file, or it was taken back.")
        return file

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


def _owner_of(share: Share) -> Claims:
    return Claims(subject=share.owner, tenant=share.tenant, scopes=frozenset())


def _inside(share: Share, path: str) -> str:
    """Return the owner's path of a stranger's. Raises InvalidName, and NotFound unless a folder is shared."""
    if share.folder is None or share.kind != "folder":
        raise NotFound("The link leads to no folder that could be looked through.")
    return f"{share.folder}/{keys.check_folder(path)}" if path else share.folder


def _outside(share: Share, path: str) -> str:
    """Return the stranger's path of an owner's."""
    return path.removeprefix(f"{share.folder}/")


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
