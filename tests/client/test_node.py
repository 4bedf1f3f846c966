"""The Node.js client, as it is built and as a back end imports it, against a real broker and a real store."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from broker.client import Client, StoreRefused
from tests.client.conftest import PACKAGE, ROOT
from tests.faulty_store import (
    Exchange,
    Fault,
    FaultyStore,
    cut_short,
    disconnect,
    error,
    lose_answer,
)
from tests.running import RunningBroker


class Node:
    """A back end in Node.js that acts for a user."""

    def __init__(self, script: Path, url: str, token: str) -> None:
        self._script = script
        self._environ = os.environ | {"BROKER_URL": url, "BROKER_TOKEN": token}

    def run(self, *arguments: object) -> Any:  # noqa: ANN401 - whatever JSON it answers
        done = subprocess.run(
            ["node", str(self._script), *map(str, arguments)],
            env=self._environ,
            check=True,
            capture_output=True,
            text=True,
            timeout=100,
        )
        return json.loads(done.stdout)


@pytest.fixture
def node(
    remote: RunningBroker, line: FaultyStore, script: Path, request: pytest.FixtureRequest, client: Client
) -> Node:
    """Return the Node.js client of the user whose Python client is `client`."""
    return Node(script, remote.url, remote.token(request.node.name[:60]))


def fetch(client: Client, file: dict[str, Any], directory: Path) -> bytes:
    return client.download(file["id"], directory / "fetched").read_bytes()


def test_a_large_file_goes_in_and_comes_out(node: Node, client: Client, large: Path, tmp_path: Path) -> None:
    file = node.run("upload", large)

    assert node.run("download", file["id"], tmp_path / "copy.mp4")["rss"] < 300_000_000
    assert (tmp_path / "copy.mp4").read_bytes() == large.read_bytes()
    assert file["told"] == file["size"] == large.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.mp4", "film.mp4"]
    assert fetch(client, file, tmp_path) == large.read_bytes()


def test_a_file_whose_parts_have_sha256_is_verified(
    node: Node, client: Client, large: Path, tmp_path: Path
) -> None:
    file = client.upload(large, policy="sha256")

    node.run("download", file.id, tmp_path / "copy.mp4")

    assert (tmp_path / "copy.mp4").read_bytes() == large.read_bytes()


def test_bytes_in_memory_and_an_empty_file_go_in(node: Node, client: Client, tmp_path: Path) -> None:
    (tmp_path / "empty.bin").touch()

    text = node.run("memory", "größe.txt", "hello")
    empty = node.run("upload", tmp_path / "empty.bin")

    assert fetch(client, text, tmp_path) == b"hello"
    assert (text["name"], empty["size"]) == ("größe.txt", 0)


def test_many_files_go_together(node: Node, client: Client, tmp_path: Path) -> None:
    paths = [tmp_path / f"{index}.txt" for index in range(30)]
    for path in paths:
        path.write_text(path.name)

    files = node.run("many", *paths)

    assert [file["name"] for file in files] == [path.name for path in paths]
    assert len(list(client.files)) == 30


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([error(503, "SlowDown")] * 6, id="busy six times"),
        pytest.param([disconnect] * 6, id="reset six times"),
        pytest.param([error(400, "BadDigest")], id="damaged on the way"),
        pytest.param([error(403, "AccessDenied")], id="URL too old"),
        pytest.param([lose_answer], id="answer lost"),
        pytest.param([cut_short], id="answer cut short"),
    ],
)
def test_a_failing_line_loses_nothing(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path, faults: list[Fault]
) -> None:
    line.faults.extend(faults)

    file = node.run("upload", large)

    assert fetch(client, file, tmp_path) == large.read_bytes()


def refuse_the_second(exchange: Exchange) -> None:
    if "partNumber=2&" in exchange.path:
        error(400, "InvalidArgument")(exchange)
    else:
        exchange.answer(*exchange.forward())


def test_what_python_began_is_gone_on_with_and_the_other_way_round(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    line.otherwise = refuse_the_second
    with pytest.raises(StoreRefused):
        client.upload(large)
    (pending,) = node.run("pending")
    line.otherwise = None
    file = node.run("upload", large)
    assert list(client.uploads.pending()) == []

    client.files.delete(file["id"])
    line.otherwise = refuse_the_second
    refused = node.run("upload", large)
    line.otherwise = None
    (again,) = client.uploads.pending()
    late = client.upload(large)

    assert pending["fingerprint"] == again.fingerprint
    assert (refused["error"], refused["status"]) == ("StoreRefused", 400)
    assert client.download(late.id, tmp_path / "copy").read_bytes() == large.read_bytes()


def test_damaged_bytes_are_never_taken_for_the_file(
    node: Node, client: Client, line: FaultyStore, large: Path, tmp_path: Path
) -> None:
    def flip_a_byte(exchange: Exchange) -> None:
        status, headers, content = exchange.forward()
        exchange.answer(status, headers, content[:100] + bytes([content[100] ^ 1]) + content[101:])

    file = node.run("upload", large)
    line.faults.append(flip_a_byte)

    refused = node.run("download", file["id"], tmp_path / "copy.mp4")

    assert refused["error"] == "ChecksumMismatch"
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_refusal_has_the_problems_slug(node: Node, tmp_path: Path) -> None:
    refused = node.run("memory", "a/b", "x")

    assert (refused["error"], refused["slug"]) == ("Problem", "invalid-name")


def test_the_engine_takes_at_most_12_kb_of_a_page(tmp_path: Path) -> None:
    entry = tmp_path / "page.js"
    entry.write_text(f'export {{ createClient }} from "{PACKAGE / "src" / "index.ts"}";')
    command = ["node", str(ROOT / "tests" / "node" / "size.mjs"), str(ROOT / "frontend"), str(entry)]

    taken = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert 5_000 < int(taken) <= 12 * 1024


def test_a_link_is_made_listed_and_taken_back(node: Node, client: Client) -> None:
    file = client.upload(b"hello", name="a.txt")

    done = node.run("share", file.id)

    share = done["share"]
    assert (share["file"], share["max_downloads"], share["has_password"]) == (file.id, 2, True)
    assert (done["listed"], done["left"]) == ([share], [])
