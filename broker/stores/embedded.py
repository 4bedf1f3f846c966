"""The embedded store: SeaweedFS's `weed` as a child process on loopback, for development and tests.

    broker ──(pipe)── supervisor ── weed mini

The pipe is a life line. Only the broker holds its writing end, so it closes when the broker stops the store
and when the broker dies, SIGKILL included; the supervisor then ends weed. Stopping and dying are one path.

The data directory holds `objects` (weed's own files), `secret` (the identities' keys derive from it),
`store.log` (this run's warnings and errors), `log` (weed's own, rotated) and two locks: `broker.lock` is held
by the broker, `store.lock` by weed itself, which may outlive its broker by some seconds.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from broker import secret_file
from broker.settings import StoreSettings
from broker.stores.weed import (
    HOST,
    SOCKETS,
    StoreStartError,
    environment,
    find_weed,
    flags,
    grpc_sockets,
    identities,
    is_free,
    reserve_ports,
    settings_of,
)

READY_SECONDS = 30

# weed cuts its clients off at once and closes its files after a second; then it may wait for connections of
# its own that nobody uses, up to 30 s. What it acknowledged survives a SIGKILL.
STOP_SECONDS = 3

SUPERVISOR = f"""
import os, pathlib, shutil, signal, subprocess, sys, threading, time

run_dir, sockets, *command = sys.argv[1:]

def end_with_the_broker():
    os.read(0, 1)
    weed.terminate()
    time.sleep({STOP_SECONDS})
    weed.kill()

try:
    weed = subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=False)
    signal.signal(signal.SIGTERM, lambda *_: weed.terminate())
    threading.Thread(target=end_with_the_broker, daemon=True).start()
    code = weed.wait()
finally:
    shutil.rmtree(run_dir)
    for path in pathlib.Path({str(SOCKETS)!r}).glob(sockets):
        path.unlink()
sys.exit(code if code >= 0 else 128 - code)
"""


# weed exits over a taken HTTP port, whether it sees that before it starts or only as it listens; over a taken
# gRPC port it moves, which its own worker misses
_PORT_TAKEN = re.compile(r"port \d+ for .+ is not available|listen tcp .+: bind: address already in use")


class _PortsTaken(Exception):
    """Another program took a port between our look and weed's."""


class EmbeddedStore:
    """Run a store on `data_dir` for the length of a `with` block. Entering it raises StoreStartError.

    Inside, `settings` says how to reach the store; its bucket is still to be made (`bootstrap`). `origins`
    are the web pages that may read answers where no CORS rule of a bucket applies. `port` is the S3 port.
    """

    settings: StoreSettings

    def __init__(self, data_dir: Path, *, origins: tuple[str, ...], port: int | None = None) -> None:
        self._data_dir = data_dir.absolute()
        self._log_path = self._data_dir / "store.log"
        self._origins = origins
        self._port = port

    def __enter__(self) -> Self:
        weed = find_weed()
        try:
            self._enter(weed)
        except OSError as error:  # a file is somebody else's, the disk is full, memory is short
            reason = f"{error.strerror} ({error.filename})" if error.filename else error.strerror
            raise StoreStartError(f"No store can be started on {self._data_dir}: {reason}.") from error
        return self

    def _enter(self, weed: Path) -> None:
        for name in ("objects", "log"):
            (self._data_dir / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._broker_lock = _lock(self._data_dir / "broker.lock", patience=0)
        try:
            # the store of a broker that was killed may still be stopping
            with _lock(self._data_dir / "store.lock", patience=20) as store_lock:
                self._start(weed, store_lock.fileno())
        except BaseException:
            self._broker_lock.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._broker_lock.close()  # from here on, the next broker waits instead of giving up
        _stop(self._process)

    @property
    def is_running(self) -> bool:
        """Whether weed lives. It may die by itself; leaving the block is still needed then."""
        return self._process.poll() is None

    def _start(self, weed: Path, lock: int) -> None:
        """Start weed on free ports, and on others while another program is faster to take them."""
        for _ in range(5):
            with reserve_ports(self._port) as (base, reservation):
                port = self._port or base + 4
                if not is_free(port):
                    raise StoreStartError(f"Port {port} on {HOST} is taken; give the store another one.")
                self.settings = settings_of(port, secret_file.read_or_make(self._data_dir / "secret"))
                self._process = self._spawn(weed, base, held=(lock, reservation))
            try:
                self._await_ready()
            except BaseException as error:
                _stop(self._process)
                if not isinstance(error, _PortsTaken):
                    raise
            else:
                return
        raise StoreStartError(f"Other programs take the store's ports again and again. {self._log_tail()}")

    def _spawn(self, weed: Path, base: int, *, held: tuple[int, ...]) -> subprocess.Popen[bytes]:
        # weed would take flags of the last run from the one; the others are raft state, one per master port
        (self._data_dir / "objects/mini.options").unlink(missing_ok=True)
        for stale in self._data_dir.glob("objects/m[0-9]*/"):
            shutil.rmtree(stale)
        with self._log_path.open("wb") as output:
            # a socket's path has at most 103 bytes (macOS), so the sockets cannot live in the data directory
            run_dir = Path(tempfile.mkdtemp(prefix="broker-store-"))
            (run_dir / "identities.json").touch(mode=0o600)
            (run_dir / "identities.json").write_text(identities(self.settings))
            supervisor = (sys.executable, "-I", "-S", "-c", SUPERVISOR, str(run_dir), grpc_sockets(base))
            return subprocess.Popen(  # noqa: S603 -- its parts are ours
                [*supervisor, str(weed), *flags(self.settings, self._origins, base=base, run_dir=run_dir)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self._data_dir,
                env=environment(run_dir),
                pass_fds=held,
                start_new_session=True,  # Ctrl-C is for the broker, which stops the store when it is done
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while self.is_running and not _answers(self.settings):
            if time.monotonic() > deadline:
                raise StoreStartError(f"The store gave no answer in {READY_SECONDS} s. {self._log_tail()}")
            time.sleep(0.02)
        if _PORT_TAKEN.search(self._log_path.read_text(errors="replace")):
            raise _PortsTaken
        if not self.is_running:
            raise StoreStartError(f"The store stopped while it started. {self._log_tail()}")

    def _log_tail(self) -> str:
        lines = self._log_path.read_text(errors="replace").splitlines()
        return "\n".join((f"{self._log_path} ends with:", *lines[-20:]))


def _lock(path: Path, *, patience: float) -> IO[bytes]:
    """Lock the file until it is closed here and in every process that inherits it."""
    file = path.open("wb")
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            file.close()
            raise StoreStartError(
                f"Another store runs on {path.parent}; stop it first, or choose another directory."
            ) from None
        return file


def _answers(store: StoreSettings) -> bool:
    with PoolManager(timeout=5, retries=False) as pool:
        control = Minio(
            store.url.removeprefix("http://"),
            access_key=store.control.access_key,
            secret_key=store.control.secret_key,
            secure=False,
            region=store.region,
            http_client=pool,
        )
        try:
            control.list_buckets()
        except (MinioException, HTTPError):
            return False
    return True


def _stop(supervisor: subprocess.Popen[bytes]) -> None:
    """Let go of the life line, and wait until weed and its supervisor are gone."""
    try:
        with suppress(subprocess.TimeoutExpired):
            supervisor.communicate(timeout=STOP_SECONDS + 5)
    finally:
        # the whole session, should somebody have killed the supervisor and left weed alone; macOS has
        # PermissionError for one of which only zombies are left
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(supervisor.pid, signal.SIGKILL)
        supervisor.wait()
