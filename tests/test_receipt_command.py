"""`broker receipt verify`, as a person runs it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from click.testing import CliRunner, Result

from broker import receipt_command
from broker.cli import main
from tests.test_receipts import CLAIMS, FORGED, ISSUER, KEY_SET, RECEIPT

JWKS = json.dumps(KEY_SET).encode()


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(KEY_SET))
    return path


def run(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["receipt", "verify", *map(str, arguments)], input=stdin)


def test_the_command_prints_what_a_receipt_proves(jwks: Path) -> None:
    result = run(RECEIPT, "--jwks", jwks, "--issuer", ISSUER)

    assert result.exit_code == 0
    assert result.output == (
        "The signature is good.\n"
        "  issuer     https://files.example.com\n"
        "  completed  2026-11-22T12:30:15+00:00\n"
        "  owner      alice of tenant acme\n"
        "  name       Übersicht “final”.pdf\n"
        "  size       5497558138880 bytes\n"
        "  type       application/pdf\n"
        "  checksum   crc32c:yZRlqg==\n"
        "  file       01kdvdna000000000000000001\n"
        "  upload     01kdvdna000000000000000000\n"
        "  policy     default\n"
        "  object     files/uploads/acme/01kdvdna000000000000000000\n"
        "  etag       5d41402abc4b2a76b9719d911017c592\n"
    )


@pytest.mark.parametrize("argument", [[], ["-"]], ids=["no argument", "a dash"])
def test_the_command_reads_a_receipt_from_standard_input(jwks: Path, argument: list[str]) -> None:
    result = run(*argument, "--jwks", jwks, "--json", stdin=RECEIPT + "\n")

    assert result.exit_code == 0
    assert json.loads(result.output) == CLAIMS


def test_the_command_says_why_a_receipt_proves_nothing(jwks: Path) -> None:
    result = run(FORGED["an altered payload"], "--jwks", jwks)

    assert result.exit_code == 1
    assert result.output == "Error: The signature is not good: the receipt was altered or forged.\n"


def test_the_command_says_who_issued_what_another_should_have(jwks: Path) -> None:
    result = run(RECEIPT, "--jwks", jwks, "--issuer", "https://other.example")

    assert result.exit_code == 1
    assert result.output == f"Error: The receipt was issued by {ISSUER}, not by https://other.example.\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "is not a JWK set"),
        (b'{"key": 1}', "is not a JWK set"),
        (b'"' + b"x" * 70_000 + b'"', "is too large for a key set"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_no_key_set_is_a_sentence(jwks: Path, content: bytes | None, reason: str) -> None:
    if content is None:
        jwks.unlink()
    else:
        jwks.write_bytes(content)

    result = run(RECEIPT, "--jwks", jwks)

    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert str(jwks) in result.output
    assert reason in result.output


@pytest.mark.parametrize(
    "url", ["http://files.example.com/k", "ftp://127.0.0.1/k", "http://[::1/k", "http:///k"]
)
def test_a_key_set_that_could_be_changed_on_its_way_is_not_fetched(url: str) -> None:
    result = run(RECEIPT, "--jwks", url)

    assert result.exit_code == 1
    assert result.output == f"Error: A key set is fetched over https only, not from {url}.\n"


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Run a server that answers every GET so; yield the address of its key set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        finally:
            server.shutdown()
            thread.join()


def sending(body: bytes, *, status: int = 200, headers: Mapping[str, str] = {}) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    with suppress(OSError):  # until the other side has had enough
        while True:
            request.wfile.write(b" " * 10_000)


def test_a_key_set_is_fetched_from_its_address() -> None:
    with answering(sending(JWKS)) as url:
        result = run(RECEIPT, "--jwks", url)

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (sending(b"", status=404), "answered with status 404, not with a key set"),
        (
            sending(JWKS, status=302, headers={"location": "https://files.example.com/"}),
            "answered with status 302",
        ),
        (sending(b"<html>"), "is not JSON"),
        (endless, "is too large for a key set"),
        (sending(JWKS, headers={"content-length": "9999"}), "cannot be fetched from"),
        (lambda _: None, "cannot be fetched from"),
    ],
    ids=["missing", "elsewhere", "a page", "endless", "cut short", "hung up"],
)
def test_an_address_without_a_key_set_is_a_sentence(answer: Answer, reason: str) -> None:
    with answering(answer) as url:
        result = run(RECEIPT, "--jwks", url)

    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert url in result.output
    assert reason in result.output


def test_an_address_where_nobody_listens_is_a_sentence() -> None:
    with answering(sending(JWKS)) as url:
        pass

    result = run(RECEIPT, "--jwks", url)

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: The key set cannot be fetched from {url}: ")


def test_an_address_that_answers_drop_by_drop_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipt_command, "_SECONDS", 0.3)
    is_over = Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
        while not is_over.wait(0.05):
            request.wfile.write(b"x")

    with answering(drip) as url:
        result = run(RECEIPT, "--jwks", url)
        is_over.set()

    assert result.exit_code == 1
    assert result.output == f"Error: {url} did not answer within 0.3 seconds.\n"
