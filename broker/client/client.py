"""The client for back ends and scripts."""

import errno
import mimetypes
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx
from msgspec import structs

from broker.client.address import check_address
from broker.client.calls import Calls
from broker.client.downloading import Downloading
from broker.client.failures import TransferError
from broker.client.lanes import Lanes
from broker.client.many import Outcome, SmallFiles
from broker.client.progress import OnProgress, Progress
from broker.client.resources import Files, Folders, Shares, Uploads
from broker.client.retry import persist
from broker.client.session import Login, PasswordLogin, TokenSource, asked, fixed
from broker.client.sources import Source, open_source
from broker.client.store import StoreCalls
from broker.client.uploading import Uploading
from broker.errors import BrokerError, InvalidField
from broker.schemas import Collision, File, Me, NewUpload, PolicyLimits

_MOST_LANES = 8
_TIMEOUT = 30  # seconds; also for signing in, which hashes a password on a machine that may be busy
_ANY_TYPE = "application/octet-stream"

Answer = TypeVar("Answer")
Sendable = bytes | str | os.PathLike[str]
Placed = str | os.PathLike[str] | tuple[str | os.PathLike[str], str]


class Client:
    """Puts files into the object store and gets them out, through a broker that never touches their bytes.

    Give a token, or something that returns the newest one or renews it, or a built-in user's name and
    password. It may be used from several threads. Methods raise the broker's own errors (`broker.errors`, by
    the same classes) and those of `broker.client.failures`. Raises ValueError for what is no address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | Callable[[], str] | Login | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        address = check_address(base_url)
        self._broker_http = httpx.Client(follow_redirects=False, timeout=_TIMEOUT)
        self._store_http = httpx.Client(
            follow_redirects=False, limits=httpx.Limits(max_connections=2 * _MOST_LANES)
        )
        source: TokenSource
        if isinstance(token, Login):
            source = token.token
        elif token is not None:
            source = fixed(token) if isinstance(token, str) else asked(token)
        elif username is not None and password is not None:
            source = PasswordLogin(address, username, password, self._broker_http).token
        else:
            raise ValueError("Give a token, or a username and a password.")
        self._calls = Calls(address, token=source, http=self._broker_http)
        self._store = StoreCalls(self._store_http)
        self._lanes = Lanes(_MOST_LANES)
        self.uploads = Uploads(self._calls)
        self.files = Files(self._calls)
        self.folders = Folders(self._calls)
        self.shares = Shares(self._calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._broker_http.close()
        self._store_http.close()

    def me(self) -> Me:
        """Tell who one is, which policies apply, and how much is used."""
        return self._calls.me()

    def upload(
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
        """Store a file, or bytes with a name; return it once the broker has verified it.

        An upload in parts of the same file that was left unfinished, here or by another client, is gone on
        with. `collision` says what is to become of a file of the same name in the folder (docs/protocol.md).
        `on_progress` is told the bytes sent and their total, from any thread.
        """
        wanted = NewUpload(
            name="", size=0, type=type or "", folder=folder, policy=policy, collision=collision
        )
        opened = open_source(source, name)
        return self._uploading(opened, wanted, self._limits(policy), on_progress).run()

    def upload_many(
        self,
        sources: Iterable[Placed],
        *,
        folder: str = "",
        policy: str = "default",
        collision: Collision = "allow",
        on_progress: OnProgress | None = None,
    ) -> list[Outcome]:
        """Store files; return for each what became of it, in the same order: the file or an exception.

        What comes as a pair of a path and a folder goes into that one. Small ones are created and completed
        together. Raises OSError before any is sent.
        """
        limits = self._limits(policy)
        placed = (each if isinstance(each, tuple) else (each, folder) for each in sources)
        opened = [(open_source(source, None), target) for source, target in placed]
        progress = Progress(sum(each.size for each, _ in opened), on_progress)
        uploads = [
            self._uploading(
                each,
                NewUpload(name="", size=0, type="", folder=target, policy=policy, collision=collision),
                limits,
                progress.share(),
            )
            for each, target in opened
        ]
        outcomes = self._send(uploads)
        if outdated := [each for each in uploads if _is_outdated(outcomes[each])]:
            with suppress(BrokerError, TransferError):  # else the refusals stand
                limits = self._limits(policy)
                for each in outdated:
                    each.heed(limits)
                outcomes |= self._send(outdated)
        return [outcomes[each] for each in uploads]

    def download(
        self, file_id: str, path: str | os.PathLike[str], *, on_progress: OnProgress | None = None
    ) -> Path:
        """Fetch a file to a path; into a directory it goes under its own name. Returns where it is.

        What was fetched is verified before it gets that name, and is kept beside it when the work is cut
        short: the same call goes on from there. Nothing is fetched of what is there already. Raises
        ChecksumMismatch and OSError.
        """
        target = Path(path)
        if target.is_dir():
            target /= Path(_patiently(lambda: self._calls.read_file(file_id)).name).name
        elif os.fspath(path).endswith(os.sep):
            raise NotADirectoryError(errno.ENOTDIR, "There is no such directory", os.fspath(path))
        return self._downloading(file_id, target, on_progress).run()

    def download_many(
        self,
        wanted: Iterable[tuple[File, str | os.PathLike[str]]],
        *,
        on_progress: OnProgress | None = None,
    ) -> list[Path | Exception]:
        """Fetch files, each to a path; return what became of each, in the same order: that, or an exception.

        They are fetched side by side, as `download` does it. Directories that are not there are made.
        """
        targets = [(file, Path(path)) for file, path in wanted]
        progress = Progress(sum(file.size for file, _ in targets), on_progress)
        work = [self._downloading(file.id, path, progress.share()) for file, path in targets]

        def fetch(path: Path, downloading: Downloading) -> Path:
            path.parent.mkdir(parents=True, exist_ok=True)
            return downloading.run()

        with ThreadPoolExecutor(_MOST_LANES, "download") as pool:
            try:
                fetching = [
                    pool.submit(_outcome, partial(fetch, path, each))
                    for (_, path), each in zip(targets, work, strict=True)
                ]
                return [each.result() for each in fetching]
            except BaseException:
                for each in work:
                    each.stop()
                pool.shutdown(cancel_futures=True)
                raise

    def _downloading(self, file_id: str, path: Path, on_progress: OnProgress | None) -> Downloading:
        return Downloading(
            calls=self._calls,
            store=self._store,
            file_id=file_id,
            path=path,
            lanes=self._lanes,
            on_progress=on_progress,
        )

    def _send(self, uploads: Sequence[Uploading]) -> dict[Uploading, Outcome]:
        small = [each for each in uploads if each.is_small]
        together = SmallFiles(self._calls)
        with ThreadPoolExecutor(1, "small") as pool:  # so that a large file does not hold them up
            try:
                sending = pool.submit(together.send, small)
                outcomes = {each: _outcome(each.run) for each in uploads if not each.is_small}
                return outcomes | dict(zip(small, sending.result(), strict=True))
            except BaseException:
                together.stop()
                raise

    def _uploading(
        self,
        source: Source,
        wanted: NewUpload,
        limits: PolicyLimits,
        on_progress: OnProgress | None,
    ) -> Uploading:
        guessed = mimetypes.guess_type(source.name)[0] or _ANY_TYPE
        return Uploading(
            calls=self._calls,
            store=self._store,
            source=source,
            wanted=structs.replace(wanted, name=source.name, size=source.size, type=wanted.type or guessed),
            limits=limits,
            lanes=self._lanes,
            progress=Progress(source.size, on_progress),
        )

    def _limits(self, policy: str) -> PolicyLimits:
        for limits in _patiently(self._calls.me).policies:
            if limits.name == policy:
                return limits
        raise InvalidField(f"There is no policy {policy} for you.", field="policy")


def _is_outdated(outcome: Outcome) -> bool:
    """Say whether a file was refused for how it was hashed: the policy has been changed since it was read."""
    return isinstance(outcome, InvalidField) and outcome.members.get("field") == "checksum"


def _patiently(action: Callable[[], Answer]) -> Answer:
    """Bear with the broker: a transfer that has to wait for it has not failed."""
    return persist(action, stop=threading.Event())


def _outcome(action: Callable[[], Answer]) -> Answer | Exception:
    try:
        return action()
    except Exception as error:  # noqa: BLE001 - told to the caller, as the outcome of this file
        return error
