import json
import logging
from collections.abc import Iterator
from typing import Literal

import httpx
import pytest

from broker import logs
from tests.running import RunningBroker

SIGNED = "http://s/k?X-Amz-Credential=AKIA%2Fx&X-Amz-Security-Token=tok123&X-Amz-Signature=abcdef0123"


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (SIGNED, "abcdef0123"),
        (SIGNED, "AKIA"),
        (SIGNED, "tok123"),
        ("Authorization: Bearer eyJhbGciOi.x.y", "eyJhbGciOi"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x", "AKIA"),
        ('{"username": "a", "password": "hunter2"}', "hunter2"),
        ("sig=0123456789", "0123456789"),
        ("{'X-Amz-Signature': 'abcdef'}", "abcdef"),
        ("?access_token=eyJx", "eyJx"),
        ("X-AMZ-SIGNATURE=abcdef", "abcdef"),
        ("PASSWORD=hunter2", "hunter2"),
        ("secret_key=s3cr3t", "s3cr3t"),
        ("Proxy-Authorization: basic YTpi", "YTpi"),
        ("proxy: BEARER eyJx", "eyJx"),
    ],
)
def test_c54_a_secret_never_reaches_a_line(
    log_format: Literal["json", "text"], text: str, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format, "INFO")

    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("x").exception("Failed with %s", text, extra={"url": text})

    line = capsys.readouterr().err
    assert "Failed with" in line
    assert secret not in line


def test_a_json_line_carries_the_request_id_and_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    token = logs.request_id.set("r1")

    logging.getLogger("x").info("Upload %s", "created", extra={"upload": "u1"})
    logs.request_id.reset(token)

    line = json.loads(capsys.readouterr().err)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO", "logger": "x", "message": "Upload created", "request_id": "r1", "upload": "u1"
    }  # fmt: skip


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_c55_what_a_client_sends_cannot_begin_a_line_of_its_own(
    log_format: Literal["json", "text"], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format, "INFO")

    logging.getLogger("x").info(
        "GET %s", "/token=\r\nINFO forged é", extra={"name_of_file": "token=é\nforged"}
    )

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    if log_format == "json":
        assert json.loads(lines[0])["name_of_file"] == "token=[redacted]\nforged"


def test_c55_what_a_client_sends_does_not_tell_a_terminal_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    controls = "".join(map(chr, (*range(32), *range(127, 160))))
    logs.configure("text", "INFO")

    try:
        raise ValueError(controls)
    except ValueError:
        logging.getLogger("x").exception("GET %s", controls, extra={"name_of_file": controls})

    shown = capsys.readouterr().err
    assert [character for character in shown if character in controls and character != "\n"] == []
    assert shown.count(r"\x9b") == 3


def test_nothing_is_written_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "DEBUG")

    logging.getLogger("x").warning("Here")

    assert capsys.readouterr().out == ""


def test_c54_the_http_client_does_not_log_the_urls_it_calls(
    broker: RunningBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("text", "INFO")

    httpx.get(f"{broker.url}/livez", params={"X-Amz-Signature": "abc"})

    assert "X-Amz-Signature" not in capsys.readouterr().err
