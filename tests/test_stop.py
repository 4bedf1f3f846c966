"""How the service stops: `broker serve` as a process, on the real store, with requests in flight."""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from broker.errors import ShuttingDown
from broker.settings import StoreSettings
from tests.problems import assert_problem
from tests.running import SECRET_KEY
from tests.secret_lines import has_secret
from tests.test_cli import BROKER, environ_of
from tests.waiting import wait_until

LONG = "300"
SECONDS = 30  # any wait that takes so long has failed
CREDENTIALS = json.dumps({"username": "nobody", "password": "nothing"}).encode()


@pytest.fixture
def environ(embedded: StoreSettings, tmp_path: Path) -> dict[str, str]:
    return environ_of(embedded) | {
        "BROKER_SECRET_KEY": SECRET_KEY,
        "BROKER_DATABASE_URL": f"sqlite:///{tmp_path / 'broker.db'}",
    }


def test_c60_a_service_that_is_to_stop_is_not_ready_and_still_answers(environ: dict[str, str]) -> None:
    with serving(environ | {"BROKER_DRAIN_SECONDS": LONG}) as (process, port):
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: httpx.get(f"{url}/readyz").status_code == 200)
        with begun_request(port) as request:
            process.send_signal(signal.SIGTERM)
            wait_until_stopping(url)

            assert httpx.get(f"{url}/livez").status_code == 200
            assert httpx.get(f"{url}/v1/me", headers=host()).status_code == 401
            assert finish(request) == 401


def test_c60_what_is_in_flight_is_answered_after_the_listener_has_closed(environ: dict[str, str]) -> None:
    with serving(environ | {"BROKER_DRAIN_SECONDS": "0"}) as (process, port):
        with begun_request(port) as request:
            process.send_signal(signal.SIGTERM)
            wait_until_closed(port)

            assert finish(request) == 401
        assert messages_until_the_end(process)[-1] == "Stopped"
        assert process.returncode == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_a_second_signal_ends_the_drain_at_once(environ: dict[str, str], second: signal.Signals) -> None:
    with serving(environ | {"BROKER_DRAIN_SECONDS": LONG}) as (process, port):
        with begun_request(port) as request:
            process.send_signal(signal.SIGTERM)
            wait_until_stopping(f"http://127.0.0.1:{port}")

            process.send_signal(second)

            assert is_cut(request)
        assert messages_until_the_end(process)[-1] == "Stopped"
        assert process.returncode == 0


def test_a_second_signal_cuts_what_is_in_flight_once_the_listener_has_closed(environ: dict[str, str]) -> None:
    with serving(environ | {"BROKER_DRAIN_SECONDS": "0"}) as (process, port):
        with begun_request(port) as request:
            process.send_signal(signal.SIGTERM)
            wait_until_closed(port)

            process.send_signal(signal.SIGTERM)

            assert is_cut(request)
        assert messages_until_the_end(process)[-1] == "Stopped"
        assert process.returncode == 0


def test_a_person_who_presses_ctrl_c_does_not_wait_for_the_drain(environ: dict[str, str]) -> None:
    with serving(environ | {"BROKER_DRAIN_SECONDS": LONG}) as (process, _):
        process.send_signal(signal.SIGINT)

        assert messages_until_the_end(process)[-1] == "Stopped"
        assert process.returncode == 0


def test_c60_a_drain_ends_by_itself(environ: dict[str, str]) -> None:
    with serving(environ | {"BROKER_DRAIN_SECONDS": "1"}) as (process, _):
        process.send_signal(signal.SIGTERM)

        assert messages_until_the_end(process)[-1] == "Stopped"
        assert process.returncode == 0


@contextmanager
def serving(environ: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run `broker serve` until it listens; yield the process and its port."""
    command = [*BROKER, "serve", "--port", "0"]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = ""
            while not (listening := re.search(r"Listening on 127\.0\.0\.1 port (\d+)", said)):
                line = process.stderr.readline()
                assert line, said
                said += line
            port = int(listening[1])
            assert httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
            yield process, port
        finally:
            process.kill()


def host() -> dict[str, str]:
    """Name the service as `BROKER_ORIGINS` does."""
    return {"host": "files.example.com"}


@contextmanager
def begun_request(port: int) -> Iterator[socket.socket]:
    """Send a request up to the middle of its body, and see that it is being read."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(
            b"POST /v1/session HTTP/1.1\r\nhost: files.example.com\r\ncontent-type: application/json\r\n"
            b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(CREDENTIALS)
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(CREDENTIALS[:10])
        yield connection


def finish(request: socket.socket) -> int:
    """Send the rest of the body; return the status of the answer."""
    request.sendall(CREDENTIALS[10:])
    return int(request.recv(1000).split()[1])


def is_cut(request: socket.socket) -> bool:
    """Say whether the service gives the connection up without an answer."""
    try:
        return request.recv(1000) == b""
    except ConnectionResetError:
        return True


def wait_until_stopping(url: str) -> None:
    """Ask, each time on a new connection, until the signal has arrived."""
    wait_until(lambda: httpx.get(f"{url}/readyz").status_code != 200)
    assert_problem(httpx.get(f"{url}/readyz"), ShuttingDown)


def wait_until_closed(port: int) -> None:
    def is_closed() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=SECONDS).close()
        except OSError:
            return True
        return False

    wait_until(is_closed)


def messages_until_the_end(process: "subprocess.Popen[str]") -> list[str]:
    lines = process.communicate(timeout=SECONDS)[1].splitlines()
    assert not any("exception" in json.loads(line) for line in lines), lines
    assert not any(map(has_secret, lines))
    return [json.loads(line)["message"] for line in lines]
