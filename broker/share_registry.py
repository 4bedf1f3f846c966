"""What the broker remembers of share links."""

from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from broker.auth import Claims
from broker.database import Database
from broker.rows import File, Share, every, first
from broker.tables import files, shares

_NAMED = select(shares, files.c.name.label("file_name")).join(files, files.c.id == shares.c.file_id)
_OWN = _NAMED.where(shares.c.tenant == bindparam("tenant"), shares.c.owner == bindparam("owner"))

INSERT_SHARE = insert(shares)
FIND_SHARE = _NAMED.where(shares.c.id == bindparam("id"))
FIND_FILE = select(files).where(files.c.id == bindparam("id"), files.c.trashed_at.is_(None))
# locked, so that no file goes while it gets a link; SQLite has one writer anyway
HOLD_FILE = FIND_FILE.with_for_update()
_PAGE = _OWN.where(shares.c.id < bindparam("before")).order_by(shares.c.id.desc()).limit(bindparam("limit"))
LIST_SHARES = _PAGE
LIST_SHARES_OF_FILE = _PAGE.where(shares.c.file_id == bindparam("file_id"))
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
        """Say whether the share was added: not when its file is gone."""

        def change(connection: Connection) -> bool:
            if first(File, connection, HOLD_FILE, {"id": share.file_id}) is None:
                return False
            values = asdict(share)
            del values["file_name"]
            connection.execute(INSERT_SHARE, values)
            return True

        return await self._database.write(change)

    async def find(self, share_id: str) -> tuple[Share, File] | None:
        """Return a share, whoever made it, and its file."""

        def look(connection: Connection) -> tuple[Share, File] | None:
            share = first(Share, connection, FIND_SHARE, {"id": share_id})
            file = share and first(File, connection, FIND_FILE, {"id": share.file_id})
            return (share, file) if share and file else None

        return await self._database.read(look)

    async def list(
        self, claims: Claims, *, file_id: str | None = None, before: str, limit: int
    ) -> list[Share]:
        """Return the caller's newest shares, of one file or of all, whose id sorts before `before`."""
        query = LIST_SHARES_OF_FILE if file_id else LIST_SHARES
        values: dict[str, object] = {"tenant": claims.tenant, "owner": claims.subject}
        values |= {"before": before, "limit": limit} | ({"file_id": file_id} if file_id else {})
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
