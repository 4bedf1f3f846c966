"""Log lines: JSON in production, text for people; each with its request id, none with a secret."""

import functools
import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_RECORD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# What must never be read in a log (CHECKLIST 54): the value of each goes
_SECRETS = re.compile(
    r"""(?ix)
    ( (?: X-Amz-(?:Signature|Credential|Security-Token)
        | \b(?:sig|signature|password|access_token|refresh_token|secret_key|token) )
      (?: \\*["']?\s*[=:]\s*\\*["']? | %3D )      # as a query, in JSON, in JSON in JSON
    | \b(?:Bearer|Basic|AWS4-HMAC-SHA256)\s+ )
    [^&\s"',}\\]+
    """
)
# One of these is in every text that the pattern matches. Looking for them takes a tenth of the time, and
# next to no line has one.
_HINTS = ("x-amz-", "sig", "password", "token", "secret_key", "bearer", "basic", "aws4-")

# What a terminal obeys: C0, DEL and C1
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_CONTROLS |= {10: "\\n", 13: "\\r", 27: "\\e"}
_CONTROLS_BUT_LINE_ENDS = {code: shown for code, shown in _CONTROLS.items() if code != 10}

_encode = json.JSONEncoder().encode


def redact(text: str) -> str:
    """Blank out signatures, tokens and passwords.

    >>> redact("GET /k?X-Amz-Expires=300&X-Amz-Signature=abc123&x=1")
    'GET /k?X-Amz-Expires=300&X-Amz-Signature=[redacted]&x=1'
    >>> redact('{"password": "hunter2"}')
    '{"password": "[redacted]"}'
    """
    folded = text.casefold()
    for hint in _HINTS:
        if hint in folded:
            return _SECRETS.sub(r"\1[redacted]", text)
    return text


class _Formatter(logging.Formatter):
    """Join an event with what it carries: its request id and the `extra` fields."""

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        extra = {name: value for name, value in vars(record).items() if name not in _RECORD_FIELDS}
        return {"request_id": request_id.get()} | extra


class JsonFormatter(_Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        said = {"message": record.getMessage()} | self.fields(record)
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        line: dict[str, object] = {
            "time": f"{_second(int(record.created))}.{int(record.msecs):03}+00:00",
            "level": record.levelname,
            "logger": record.name,
        }
        for name, value in said.items():
            # before it is JSON: a secret may end in an escape
            line[name] = value if isinstance(value, int | float) else redact(str(value))
        return _encode(line)


class TextFormatter(_Formatter):
    """One line for a person; what a client sent cannot begin a second one, or tell a terminal what to do."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        rest = " ".join(f"{name}={value}" for name, value in self.fields(record).items() if value != "-")
        line = f"{time} {record.levelname:<7} {record.getMessage()}  {rest}".rstrip()
        line = line.translate(_CONTROLS)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info).translate(_CONTROLS_BUT_LINE_ENDS)
        return redact(line)


@functools.lru_cache(maxsize=1)
def _second(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def configure(log_format: Literal["json", "text"], level: str) -> None:
    """Send every log line of the process to standard error in this format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)  # what Python warns of is a line like any other
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # else it logs each URL, its query included
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # a call that fails is logged where it is made
