"""The only SQL: what the broker remembers of users, uploads and files."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from broker.auth import Claims
from broker.database import Database
from broker.schemas import UploadStatus
from broker.tables import files, uploads, users


class User(Struct, frozen=True, kw_only=True):
    """A built-in user; `password_hash` is argon2's encoded form."""

    name: str
    tenant: str
    password_hash: str
    created_at: datetime


class Upload(Struct, frozen=True, kw_only=True):
    """One attempt to store one file."""

    id: str
    tenant: str
    owner: str
    key: str
    name: str
    size: int
    type: str
    checksum: str | None
    status: UploadStatus
    created_at: datetime
    expires_at: datetime


class File(Struct, frozen=True, kw_only=True):
    """A completed, verified upload."""

    id: str
    tenant: str
    owner: str
    upload_id: str
    key: str
    name: str
    size: int
    type: str
    checksum: str | None
    etag: str
    created_at: datetime


Row = TypeVar("Row", User, Upload, File)

_OWNER: dict[str, BindParameter[str]] = {"tenant": bindparam("tenant"), "owner": bindparam("owner")}
_OWN_UPLOADS = select(uploads).filter_by(**_OWNER)
_OWN_FILES = select(files).filter_by(**_OWNER)

FIND_USER = select(users).where(users.c.name == bindparam("name"))
INSERT_USER = insert(users)
INSERT_UPLOAD = insert(uploads)
INSERT_FILE = insert(files)
FIND_UPLOAD = _OWN_UPLOADS.where(uploads.c.id == bindparam("id"))
FIND_FILE = _OWN_FILES.where(files.c.id == bindparam("id"))
FIND_FILE_OF_UPLOAD = select(files).where(files.c.upload_id == bindparam("upload_id"))
LIST_FILES = (
    _OWN_FILES.where(files.c.id < bindparam("before")).order_by(files.c.id.desc()).limit(bindparam("limit"))
)
SUM_FILES = (
    select(func.count(), func.coalesce(func.sum(files.c.size), 0)).select_from(files).filter_by(**_OWNER)
)
SETTLE_UPLOAD = (
    update(uploads)
    .where(uploads.c.id == bindparam("upload_id"), uploads.c.status == "pending")
    .values(status=bindparam("new_status"))
)
DELETE_FILE = delete(files).where(files.c.id == bindparam("id"))


class Registry:
    """Users, uploads and files. Every method raises RegistryUnavailable when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> None:
        """Return when the database answers."""
        await self._database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())

    def close(self) -> None:
        """Finish what was begun and close the database."""
        self._database.close()

    async def find_user(self, name: str) -> User | None:
        return await self._database.read(lambda c: _first(User, c, FIND_USER, {"name": name}))

    async def add_user(self, user: User) -> bool:
        """Say whether the user was added: False when the name is taken."""

        def change(connection: Connection) -> bool:
            if _first(User, connection, FIND_USER, {"name": user.name}):
                return False
            connection.execute(INSERT_USER, asdict(user))
            return True

        return await self._database.write(change)

    async def add_upload(self, upload: Upload) -> None:
        row = asdict(upload)
        await self._database.write(lambda c: c.execute(INSERT_UPLOAD, row))

    async def find_upload(self, claims: Claims, upload_id: str) -> Upload | None:
        values = _of(claims) | {"id": upload_id}
        return await self._database.read(lambda c: _first(Upload, c, FIND_UPLOAD, values))

    async def settle_upload(self, upload_id: str, status: UploadStatus) -> bool:
        """Move a pending upload to a final status; say whether it was still pending."""
        values = {"upload_id": upload_id, "new_status": status}
        return await self._database.write(lambda c: c.execute(SETTLE_UPLOAD, values).rowcount == 1)

    async def publish(self, file: File) -> File | None:
        """Turn a pending upload into this file, once: the file that it is now, or None if it is none."""

        def change(connection: Connection) -> File | None:
            values = {"upload_id": file.upload_id, "new_status": "completed"}
            if connection.execute(SETTLE_UPLOAD, values).rowcount == 1:
                connection.execute(INSERT_FILE, asdict(file))
                return file
            return _first(File, connection, FIND_FILE_OF_UPLOAD, {"upload_id": file.upload_id})

        return await self._database.write(change)

    async def find_file_of_upload(self, upload_id: str) -> File | None:
        values = {"upload_id": upload_id}
        return await self._database.read(lambda c: _first(File, c, FIND_FILE_OF_UPLOAD, values))

    async def find_file(self, claims: Claims, file_id: str) -> File | None:
        values = _of(claims) | {"id": file_id}
        return await self._database.read(lambda c: _first(File, c, FIND_FILE, values))

    async def list_files(self, claims: Claims, *, before: str, limit: int) -> list[File]:
        """Return the caller's newest files first, only those whose id sorts before `before`."""
        values = _of(claims) | {"before": before, "limit": limit}
        return await self._database.read(
            lambda c: [File(**row) for row in c.execute(LIST_FILES, values).mappings()]
        )

    async def sum_files(self, claims: Claims) -> tuple[int, int]:
        """Return how many files the caller has, and how many bytes they are."""
        return await self._database.read(lambda c: tuple(c.execute(SUM_FILES, _of(claims)).one()))

    async def delete_file(self, file_id: str) -> None:
        await self._database.write(lambda c: c.execute(DELETE_FILE, {"id": file_id}))


def _of(claims: Claims) -> dict[str, str | int]:
    return {"tenant": claims.tenant, "owner": claims.subject}


def _first(
    kind: type[Row], connection: Connection, query: Select[Any], values: Mapping[str, object]
) -> Row | None:
    row = connection.execute(query, values).mappings().first()
    return None if row is None else kind(**row)
