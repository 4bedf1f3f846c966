"""What the broker remembers of share links."""

from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select, update

from broker.auth import Claims
from broker.database import Database
from broker.folder_rows import hold_folder, is_below
from broker.rows import File, Share, every, first
from broker.tables import files, shares

_NAMED = select(shares, files.c.name.label("file_name")).outerjoin(files, files.c.id == shares.c.file_id)
_OWN = _NAMED.where(shares.c.tenant == bindparam("tenant"), shares.c.owner == bindparam("owner"))

INSERT_SHARE = insert(shares)
FIND_SHARE = _NAMED.where(shares.c.id == bindparam("id"))
# locked, so that nothing goes while it gets a link; SQLite has one writer anyway
HOLD_FILE = (
    select(files.c.id).where(files.c.id == bindparam("id"), files.c.trashed_at.is_(None)).with_for_update()
)
LIST_SHARES = (
    _OWN.where(shares.c.id < bindparam("before")).order_by(shares.c.id.desc()).limit(bindparam("limit"))
)
COUNT_DOWNLOAD = (
    update(shares)
    .where(
        shares.c.id == bindparam("share_id"),
        shares.c.expires_at > bindparam("at"),
        or_(shares.c.max_downloads.is_(None), shares.c.downloads < shares.c.max_downloads),
    )
    .values(downloads=shares.c.downloads + 1)
)
REVOKE_SHARE = delete(shares).where(
    shares.c.id == bindparam("share_id"),
    shares.c.tenant == bindparam("of_tenant"),
    shares.c.owner == bindparam("of_owner"),
)
FORGET_SHARES = delete(shares).where(shares.c.expires_at <= bindparam("at"))


class ShareRegistry:
    """Share links. Every method raises RegistryUnavailable when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, share: Share) -> bool:
        """Say whether the share was added: not when its file or folder is gone."""

        def change(connection: Connection) -> bool:
            if not _hold(connection, share):
                return False
            values = asdict(share)
            del values["file_name"]
            connection.execute(INSERT_SHARE, values)
            return True

        return await self._database.write(change)

    async def find(self, share_id: str) -> Share | None:
        """Return a share, whoever made it."""
        return await self._database.read(lambda c: first(Share, c, FIND_SHARE, {"id": share_id}))

    async def find_file(self, share: Share, file_id: str) -> File | None:
        """Return a file the share leads to: its own, or one in its folder or below, none in the trash."""
        query = _reachable(share).where(files.c.id == file_id)
        return await self._database.read(lambda c: first(File, c, query, {}))

    async def list(
        self, claims: Claims, *, file: str | None, folder: str | None, before: str, limit: int
    ) -> list[Share]:
        """Return the caller's newest shares, of one file or folder or all, whose id sorts before `before`."""
        query = LIST_SHARES
        if file is not None:
            query = query.where(shares.c.file_id == file)
        if folder is not None:
            query = query.where(shares.c.folder == folder)
        values = {"tenant": claims.tenant, "owner": claims.subject, "before": before, "limit": limit}
        return await self._database.read(lambda c: every(Share, c, query, values))

    async def count_download(self, share: Share, *, at: datetime) -> bool:
        """Count a download, unless the share has none left or has ended meanwhile; say whether it did."""
        values = {"share_id": share.id, "at": at}
        return await self._database.write(lambda c: c.execute(COUNT_DOWNLOAD, values).rowcount == 1)

    async def revoke(self, claims: Claims, share_id: str) -> bool:
        """Say whether the caller had this share, which is gone now."""
        values = {"share_id": share_id, "of_tenant": claims.tenant, "of_owner": claims.subject}
        return await self._database.write(lambda c: c.execute(REVOKE_SHARE, values).rowcount == 1)

    async def forget(self, *, before: datetime) -> None:
        """Remove the shares that expired before that moment."""
        await self._database.write(lambda c: c.execute(FORGET_SHARES, {"at": before}))


def _hold(connection: Connection, share: Share) -> bool:
    """Keep what a share leads to from going until the change is made; say whether it is there."""
    if share.folder is None:
        return connection.execute(HOLD_FILE, {"id": share.file_id}).first() is not None
    return hold_folder(connection, share.tenant, share.owner, share.folder)


def _reachable(share: Share) -> Select[tuple[object, ...]]:
    is_reached = (
        files.c.id == share.file_id if share.folder is None else is_below(files.c.folder, share.folder)
    )
    return select(files).where(
        files.c.tenant == share.tenant,
        files.c.owner == share.owner,
        files.c.trashed_at.is_(None),
        is_reached,
    )
