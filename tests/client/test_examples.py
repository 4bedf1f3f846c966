"""The example back ends, run as their README says."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from broker.client import Client
from tests.client.conftest import ROOT
from tests.running import RunningBroker

EXAMPLES = ROOT / "examples"


@contextmanager
def back_end(command: list[str], directory: Path, environ: dict[str, str]) -> Iterator[str]:
    """Run a back end on a free port; yield its address, once it says that it listens."""
    process = subprocess.Popen(
        command,
        cwd=directory,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"(?:listening|running) on (?:http://[\d.]+:)?(\d+)", line):
                yield f"http://127.0.0.1:{found[1]}"
                break
        else:
            pytest.fail("The back end does not start.")
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(params=["node", "python"])
def example(
    request: pytest.FixtureRequest, remote: RunningBroker, script: Path, tmp_path: Path, token: str
) -> Iterator[str]:
    environ = {"BROKER_URL": remote.url, "BROKER_TOKEN": token, "PORT": "0"}
    if request.param == "node":
        shutil.copy(EXAMPLES / "node-backend" / "server.mjs", script.parent)
        with back_end(["node", "server.mjs"], script.parent, environ) as url:
            yield url
    else:
        command = [sys.executable, "-m", "uvicorn", "app:app", "--port", "0"]
        with back_end(command, EXAMPLES / "python-backend", environ) as url:
            yield url


def test_a_back_end_takes_a_file_and_stores_what_it_made_of_it(
    example: str, client: Client, large: Path, tmp_path: Path
) -> None:
    file = client.upload(large)

    made = httpx.post(f"{example}/digests", json={"file": file.id}, timeout=60).raise_for_status().json()

    digest = hashlib.sha256(large.read_bytes()).hexdigest()
    assert made["digest"] == digest
    assert client.download(made["file"], tmp_path / "digest").read_text() == f"{digest}  film.mp4\n"


def test_a_file_that_is_not_there_is_told_on(example: str, client: Client) -> None:
    refused = httpx.post(f"{example}/digests", json={"file": "none"}, timeout=60)

    assert (refused.status_code, refused.json()) == (404, {"error": "There is no such file."})
