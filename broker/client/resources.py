"""What a client lists, looks at and changes: its uploads, files, folders and links."""

from collections.abc import Callable, Iterator
from datetime import datetime

from msgspec import structs

from broker.client.calls import Calls
from broker.schemas import (
    ChangeFile,
    Collision,
    File,
    FileOrder,
    Folder,
    Item,
    ListFiles,
    ListFolders,
    NewFolderShare,
    NewReceivingShare,
    NewShare,
    Page,
    RestoreFolder,
    Share,
    Upload,
)

_PAGE = 1000


class Uploads:
    """The caller's uploads that are not files yet."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def pending(self) -> Iterator[Upload]:
        """Yield those that are unfinished, newest first."""
        return _pages(self._calls.list_pending)

    def abort(self, upload_id: str) -> None:
        self._calls.abort(upload_id)


class Files:
    """The caller's files."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def __iter__(self) -> Iterator[File]:
        """Yield all files, newest first."""
        return self.find()

    def find(
        self,
        *,
        folder: str | None = None,
        q: str | None = None,
        trashed: bool = False,
        sort: FileOrder = "-created",
    ) -> Iterator[File]:
        """Yield the files of a folder, or of all; `q` is what their names must hold, whatever its case."""
        wanted = ListFiles(folder=folder, q=q, trashed=trashed, sort=sort, limit=_PAGE)
        return _pages(lambda cursor: self._calls.list_files(structs.replace(wanted, cursor=cursor)))

    def get(self, file_id: str) -> File:
        return self._calls.read_file(file_id)

    def change(
        self,
        file_id: str,
        *,
        name: str | None = None,
        folder: str | None = None,
        trashed: bool | None = None,
        collision: Collision = "allow",
    ) -> File:
        """Rename a file, move it, put it into the trash or take it out; return it as it is then."""
        wanted = ChangeFile(name=name, folder=folder, trashed=trashed, collision=collision)
        return self._calls.change_file(file_id, wanted)

    def delete(self, file_id: str) -> None:
        """Delete a file for good."""
        self._calls.delete_file(file_id)


class Folders:
    """The caller's folders."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def within(self, parent: str = "") -> Iterator[Folder]:
        """Yield the folders right below one, by name; below an empty path, those at the top."""
        return _pages(lambda cursor: self._calls.list_folders(ListFolders(parent=parent, cursor=cursor)))

    def create(self, path: str) -> Folder:
        """Make a folder, which need not have files."""
        return self._calls.create_folder(path)

    def move(self, path: str, to: str) -> Folder:
        """Move or rename a folder with all that is in it."""
        return self._calls.move_folder(path, to)

    def trash(self, path: str) -> datetime:
        """Put all that is in a folder into the trash; return when that was, by which it is restored."""
        return self._calls.trash_folder(path).trashed_at

    def restore(self, path: str, trashed_at: datetime) -> int:
        """Take out of the trash what was put there with its folder at that moment; return how many files."""
        return self._calls.restore_folder(RestoreFolder(path=path, trashed_at=trashed_at)).files


class Shares:
    """The caller's links, by which anybody may fetch files, or send some."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(
        self,
        file_id: str,
        *,
        expires_in: int = 7 * 86400,
        password: str | None = None,
        max_downloads: int | None = None,
    ) -> Share:
        """Make a link to a file that is good for `expires_in` seconds."""
        new = NewShare(expires_in=expires_in, password=password, max_downloads=max_downloads)
        return self._calls.share_file(file_id, new)

    def create_for_folder(
        self,
        path: str,
        *,
        expires_in: int = 7 * 86400,
        password: str | None = None,
        max_downloads: int | None = None,
    ) -> Share:
        """Make a link to a folder with all that is below it whenever somebody looks."""
        new = NewFolderShare(path=path, expires_in=expires_in, password=password, max_downloads=max_downloads)
        return self._calls.share_folder(new)

    def receive(
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
        """Make a link by which anybody may send files into a folder; title and message are shown there."""
        new = NewReceivingShare(
            path=path,
            expires_in=expires_in,
            password=password,
            title=title,
            message=message,
            policy=policy,
            max_files=max_files,
            max_bytes=max_bytes,
        )
        return self._calls.receive_into_folder(new)

    def __iter__(self) -> Iterator[Share]:
        """Yield all links, newest first."""
        return self.of(None)

    def of(self, file_id: str | None) -> Iterator[Share]:
        """Yield the links to one file, newest first."""
        return _pages(lambda cursor: self._calls.list_shares(file_id, cursor))

    def revoke(self, share_id: str) -> None:
        """Take a link back."""
        self._calls.revoke_share(share_id)


def _pages(ask: Callable[[str | None], Page[Item]]) -> Iterator[Item]:
    """Yield what all pages of a list hold."""
    cursor = None
    while True:
        page = ask(cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
