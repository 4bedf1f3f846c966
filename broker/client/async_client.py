"""The client for asyncio."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from broker.client.client import Client, Placed, Sendable
from broker.client.many import Outcome
from broker.client.progress import OnProgress
from broker.client.session import Login
from broker.schemas import Collision, File, FileOrder, Folder, Me, Share, Upload


class AsyncClient:
    """The same as Client, without holding the event loop up: files are read and sent by threads anyway.

    A cancelled call ends at once; what it had begun is not awaited, and may be gone on with. What returns the
    token, and `on_progress`, are plain functions that are called in threads.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | Callable[[], str] | Login | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        self._client = Client(base_url, token=token, username=username, password=password)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        await asyncio.to_thread(self._client.close)

    async def me(self) -> Me:
        return await asyncio.to_thread(self._client.me)

    async def upload(
        self,
        source: Sendable,
        *,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the API
        folder: str = "",
        policy: str = "default",
        collision: Collision = "allow",
        on_progress: OnProgress | None = None,
    ) -> File:
        return await asyncio.to_thread(
            self._client.upload,
            source,
            name=name,
            type=type,
            folder=folder,
            policy=policy,
            collision=collision,
            on_progress=on_progress,
        )

    async def upload_many(
        self,
        sources: Iterable[Placed],
        *,
        folder: str = "",
        policy: str = "default",
        collision: Collision = "allow",
        on_progress: OnProgress | None = None,
    ) -> list[Outcome]:
        return await asyncio.to_thread(
            self._client.upload_many,
            sources,
            folder=folder,
            policy=policy,
            collision=collision,
            on_progress=on_progress,
        )

    async def download(
        self, file_id: str, path: str | os.PathLike[str], *, on_progress: OnProgress | None = None
    ) -> Path:
        return await asyncio.to_thread(self._client.download, file_id, path, on_progress=on_progress)

    async def download_many(
        self,
        wanted: Iterable[tuple[File, str | os.PathLike[str]]],
        *,
        on_progress: OnProgress | None = None,
    ) -> list[Path | Exception]:
        return await asyncio.to_thread(self._client.download_many, wanted, on_progress=on_progress)

    async def pending_uploads(self) -> list[Upload]:
        return await asyncio.to_thread(lambda: list(self._client.uploads.pending()))

    async def abort_upload(self, upload_id: str) -> None:
        await asyncio.to_thread(self._client.uploads.abort, upload_id)

    async def iterate_files(
        self,
        *,
        folder: str | None = None,
        q: str | None = None,
        trashed: bool = False,
        sort: FileOrder = "-created",
    ) -> AsyncIterator[File]:
        """Yield the files of a folder, or of all; `q` is what their names must hold, whatever its case."""
        files = self._client.files.find(folder=folder, q=q, trashed=trashed, sort=sort)
        while (file := await asyncio.to_thread(next, files, None)) is not None:
            yield file

    async def get_file(self, file_id: str) -> File:
        return await asyncio.to_thread(self._client.files.get, file_id)

    async def change_file(
        self,
        file_id: str,
        *,
        name: str | None = None,
        folder: str | None = None,
        trashed: bool | None = None,
        collision: Collision = "allow",
    ) -> File:
        """Rename a file, move it, put it into the trash or take it out; return it as it is then."""
        return await asyncio.to_thread(
            self._client.files.change,
            file_id,
            name=name,
            folder=folder,
            trashed=trashed,
            collision=collision,
        )

    async def delete_file(self, file_id: str) -> None:
        await asyncio.to_thread(self._client.files.delete, file_id)

    async def list_folders(self, parent: str = "") -> list[Folder]:
        return await asyncio.to_thread(lambda: list(self._client.folders.within(parent)))

    async def create_folder(self, path: str) -> Folder:
        return await asyncio.to_thread(self._client.folders.create, path)

    async def move_folder(self, path: str, to: str) -> Folder:
        return await asyncio.to_thread(self._client.folders.move, path, to)

    async def trash_folder(self, path: str) -> datetime:
        """Put all that is in a folder into the trash; return when that was, by which it is restored."""
        return await asyncio.to_thread(self._client.folders.trash, path)

    async def restore_folder(self, path: str, trashed_at: datetime) -> int:
        """Take out of the trash what was put there with its folder at that moment; return how many files."""
        return await asyncio.to_thread(self._client.folders.restore, path, trashed_at)

    async def create_share(
        self,
        file_id: str,
        *,
        expires_in: int = 7 * 86400,
        password: str | None = None,
        max_downloads: int | None = None,
    ) -> Share:
        return await asyncio.to_thread(
            self._client.shares.create,
            file_id,
            expires_in=expires_in,
            password=password,
            max_downloads=max_downloads,
        )

    async def create_folder_share(
        self,
        path: str,
        *,
        expires_in: int = 7 * 86400,
        password: str | None = None,
        max_downloads: int | None = None,
    ) -> Share:
        return await asyncio.to_thread(
            self._client.shares.create_for_folder,
            path,
            expires_in=expires_in,
            password=password,
            max_downloads=max_downloads,
        )

    async def create_receiving_share(
        self,
        path: str,
        *,
        expires_in: int = 7 * 86400,
        password: str | None = None,
        title: str = "",
        message: str = "",
        policy: str = "default",
        max_files: int | None = None,
        max_bytes: int | None = None,
    ) -> Share:
        return await asyncio.to_thread(
            self._client.shares.receive,
            path,
            expires_in=expires_in,
            password=password,
            title=title,
            message=message,
            policy=policy,
            max_files=max_files,
            max_bytes=max_bytes,
        )

    async def list_shares(self, file_id: str | None = None) -> list[Share]:
        return await asyncio.to_thread(lambda: list(self._client.shares.of(file_id)))

    async def revoke_share(self, share_id: str) -> None:
        await asyncio.to_thread(self._client.shares.revoke, share_id)
