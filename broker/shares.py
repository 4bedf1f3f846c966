"""Share links, as their owners make, list and revoke them.

A link's token names the share and is authenticated by a key of the broker's, like a refresh token: it is
stored nowhere, and its owner can copy it again (link_tokens.py). What strangers do with links is in
shared_links.py and receiving.py.
"""

import logging
from datetime import datetime, timedelta

from msgspec import structs

from broker import keys, policy, schemas
from broker.auth import Claims
from broker.errors import InvalidName, NotFound
from broker.files import Files
from broker.link_tokens import LinkTokens
from broker.passwords import Passwords
from broker.policy import Policies
from broker.rows import Share
from broker.share_registry import ShareRegistry

log = logging.getLogger(__name__)

_KEPT = timedelta(days=30)  # so long its owner still sees what has expired


class Shares:
    """The caller's links. All raise RegistryUnavailable."""

    def __init__(
        self,
        *,
        registry: ShareRegistry,
        files: Files,
        policies: Policies,
        passwords: Passwords,
        tokens: LinkTokens,
        origin: str,
    ) -> None:
        self._registry = registry
        self._files = files
        self._policies = policies
        self._passwords = passwords
        self._tokens = tokens
        self._origin = origin

    async def share_file(
        self, claims: Claims, file_id: str, new: schemas.NewShare, *, at: datetime
    ) -> schemas.Share:
        """Make a link to one of the caller's files. Raises NotFound, SignInBusy."""
        file = await self._files.get(claims, file_id)
        draft = await self._draft(claims, new, at=at)
        return await self._add(
            structs.replace(draft, file_id=file.id, file_name=file.name, max_downloads=new.max_downloads)
        )

    async def share_folder(
        self, claims: Claims, new: schemas.NewFolderShare, *, at: datetime
    ) -> schemas.Share:
        """Make a link to one of the caller's folders. Raises NotFound, InvalidName, SignInBusy."""
        folder = _check_folder(new.path)
        draft = await self._draft(claims, new, at=at)
        return await self._add(
            structs.replace(draft, kind="folder", folder=folder, max_downloads=new.max_downloads)
        )

    async def receive(self, claims: Claims, new: schemas.NewReceivingShare, *, at: datetime) -> schemas.Share:
        """Make a link by which strangers send files into one of the caller's folders, under his policy.

        Raises NotFound, InvalidName, InvalidField, InsufficientScope, PolicyViolation, SignInBusy.
        """
        folder = policy.check_move(self._policies.get(new.policy, claims), _check_folder(new.path), claims)
        draft = await self._draft(claims, new, at=at)
        return await self._add(
            structs.replace(
                draft,
                kind="receive",
                folder=folder,
                title=new.title,
                message=new.message,
                policy=new.policy,
                max_files=new.max_files,
                max_bytes=new.max_bytes,
            )
        )

    async def list(self, claims: Claims, query: schemas.ListShares) -> schemas.Page[schemas.Share]:
        """Return one page of the caller's links, newest first, the expired ones too.

        Raises InvalidField, InvalidName.
        """
        found = await self._registry.list(
            claims,
            file=query.file,
            folder=None if query.folder is None else keys.check_folder(query.folder),
            before=keys.check_cursor(query.cursor),
            limit=query.limit + 1,
        )
        items = tuple(self._describe(share) for share in found[: query.limit])
        return schemas.Page(items=items, next_cursor=items[-1].id if len(found) > query.limit else None)

    async def revoke(self, claims: Claims, share_id: str) -> None:
        """Take a link back: it ends now, the URLs that it gave out within minutes. Raises NotFound."""
        if not (keys.is_id(share_id) and await self._registry.revoke(claims, share_id)):
            raise NotFound("There is no such link.")
        log.info("Share revoked", extra={"share": share_id})

    async def forget(self, *, at: datetime) -> None:
        """Remove what expired long ago."""
        await self._registry.forget(before=at - _KEPT)

    async def _draft(
        self, claims: Claims, new: schemas.NewShare | schemas.NewReceivingShare, *, at: datetime
    ) -> Share:
        return Share(
            id=keys.new_id(at),
            tenant=claims.tenant,
            owner=claims.subject,
            kind="file",
            password_hash=await self._passwords.hash(new.password) if new.password else None,
            created_at=at,
            expires_at=at + timedelta(seconds=new.expires_in),
        )

    async def _add(self, share: Share) -> schemas.Share:
        if not await self._registry.add(share):
            raise NotFound(f"There is no such {'folder' if share.folder else 'file'}.")
        log.info("Share made", extra={"share": share.id, "kind": share.kind})
        return self._describe(share)

    def _describe(self, share: Share) -> schemas.Share:
        return schemas.Share(
            id=share.id,
            kind=share.kind,
            file=share.file_id,
            folder=share.folder,
            name=share.name,
            url=f"{self._origin}/s/{self._tokens.write(share.id)}",
            has_password=share.password_hash is not None,
            max_downloads=share.max_downloads,
            downloads=share.downloads,
            title=share.title,
            message=share.message,
            policy=share.policy,
            max_files=share.max_files,
            max_bytes=share.max_bytes,
            received_files=share.received_files,
            received_bytes=share.received_bytes,
            created_at=share.created_at,
            expires_at=share.expires_at,
        )


def _check_folder(path: str) -> str:
    folder = keys.check_folder(path)
    if not folder:
        raise InvalidName("A link leads to a folder, not to all that there is.", field="path")
    return folder
