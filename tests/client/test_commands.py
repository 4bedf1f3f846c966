"""The file commands, as they are used in a terminal."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from broker.cli import main
from broker.client import Client
from broker.client.resources import Files
from broker.client.saved_login import SavedLogin
from broker.client.sources import FileSource
from broker.errors import OperatorError
from broker.schemas import File
from tests.faulty_store import Exchange, FaultyStore, error
from tests.running import RunningBroker

PASSWORD = "a good password"
FULL = Path("/dev/full")


class Terminal:
    """Somebody at a terminal, with a home of their own."""

    def __init__(self, home: Path) -> None:
        self.environ = {"XDG_CONFIG_HOME": str(home), "BROKER_URL": "", "BROKER_TOKEN": ""}

    def run(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, arguments, env=self.environ, input=stdin)

    def process(self, *arguments: str, stdout: IO[bytes]) -> subprocess.CompletedProcess[str]:
        """Run a command whose output goes where a test cannot have it go in its own process."""
        command = [sys.executable, "-m", "broker", *arguments]
        env = os.environ | self.environ
        return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=env, check=False)

    def process_without(self, descriptor: int, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command with its standard input (0) or output (1) closed."""
        closing = ["sh", "-c", f'exec "$@" {descriptor}>&-', "sh"]
        command = [*closing, sys.executable, "-m", "broker", *arguments]
        return subprocess.run(command, capture_output=True, env=os.environ | self.environ, check=False)

    def ok(self, *arguments: str, stdin: str | bytes | None = None) -> str:
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def terminal(remote: RunningBroker, line: FaultyStore, tmp_path: Path, token: str) -> Terminal:
    """Return a terminal at which a user of this test is signed in."""
    line.mend()
    terminal = Terminal(tmp_path / "home")
    terminal.ok("login", remote.url, "--token", stdin=f"{token}\n")
    return terminal


def test_a_user_signs_in_and_out(remote: RunningBroker, tmp_path: Path) -> None:
    remote.add_user("eve", PASSWORD)
    terminal = Terminal(tmp_path)
    saved = tmp_path / "presigned-url-broker" / "login.json"

    said = terminal.ok("login", remote.url, "--username", "eve", stdin=f"{PASSWORD}\n")
    mode = saved.stat().st_mode & 0o777
    kept = json.loads(saved.read_text())
    saved.write_text(json.dumps(kept | {"token": "no longer good"}))
    listed = terminal.run("ls")
    terminal.ok("logout")

    assert (said, mode) == ("Signed in as eve.\n", 0o600)
    assert PASSWORD not in str(kept)
    assert listed.exit_code == 0, listed.output
    assert not saved.exists()
    assert "Sign in first" in terminal.run("ls").output
    assert terminal.run("logout").stderr == "Error: Nobody is signed in.\n"


def test_whose_session_has_ended_hears_how_to_begin_another(remote: RunningBroker, tmp_path: Path) -> None:
    remote.add_user("trent", PASSWORD)
    terminal = Terminal(tmp_path)
    saved = tmp_path / "presigned-url-broker" / "login.json"
    terminal.ok("login", remote.url, "--username", "trent", stdin=f"{PASSWORD}\n")
    kept = json.loads(saved.read_text())
    terminal.ok("logout")
    saved.write_text(json.dumps(kept))

    assert terminal.run("ls").stderr == "Error: The session has ended. Sign in again: broker login URL.\n"


def test_a_token_that_is_no_good_takes_no_logins_place(terminal: Terminal, remote: RunningBroker) -> None:
    refused = terminal.run("login", remote.url, "--token", stdin="no good\n")

    assert (refused.exit_code, terminal.run("ls").exit_code) == (1, 0)


def test_a_command_that_runs_for_long_shares_its_session_with_others(
    remote: RunningBroker, tmp_path: Path
) -> None:
    remote.add_user("mallory", PASSWORD)
    long, short = SavedLogin(tmp_path / "login.json"), SavedLogin(tmp_path / "login.json")
    long.sign_in(remote.url, "mallory", PASSWORD)

    for _ in range(2):  # the broker takes the last cookie but one for some seconds
        short.token(True)
    renewed = long.token(True)

    assert renewed == SavedLogin(tmp_path / "login.json").token(False)
    with Client(remote.url, token=renewed) as client:
        assert client.me().subject == "mallory"


def test_a_command_that_runs_for_long_does_not_follow_its_user_to_another_broker(
    remote: RunningBroker, tmp_path: Path
) -> None:
    remote.add_user("trent", PASSWORD)
    long = SavedLogin(tmp_path / "login.json")
    long.sign_in(remote.url, "trent", PASSWORD)
    token = long.token(False)

    SavedLogin(tmp_path / "login.json").keep_token("http://127.0.0.1:1", "of another broker")

    with pytest.raises(OperatorError, match="Sign in again"):
        long.token(True)
    assert long.token(False) == token


@pytest.mark.parametrize("with_url", [True, False], ids=["both", "the token alone"])
def test_who_signs_in_is_greeted_and_not_who_the_variables_name(
    remote: RunningBroker, tmp_path: Path, with_url: bool
) -> None:
    remote.add_user(user := f"peggy-{with_url}", PASSWORD)
    terminal = Terminal(tmp_path)
    terminal.environ |= {"BROKER_URL": remote.url if with_url else "", "BROKER_TOKEN": remote.token("victor")}

    greeted = terminal.run("login", remote.url, "--username", user, stdin=f"{PASSWORD}\n")

    assert (greeted.exit_code, greeted.stdout) == (0, f"Signed in as {user}.\n")
    assert greeted.stderr == "Unset BROKER_URL and BROKER_TOKEN: they take the place of this login.\n"


def test_a_wrong_password_is_refused_in_a_sentence(remote: RunningBroker, tmp_path: Path) -> None:
    refused = Terminal(tmp_path).run("login", remote.url, "--username", "nobody", stdin="wrong\n")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: ")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("stdin", ["", "\n"])
def test_who_gives_no_password_is_told_how(terminal: Terminal, remote: RunningBroker, stdin: str) -> None:
    refused = terminal.run("login", remote.url, "--username", "alice", stdin=stdin)

    assert (refused.exit_code, refused.stderr) == (
        1,
        "Error: Password expected: one line of standard input.\n",
    )


@pytest.mark.parametrize("url", ["files.example.org", "http://[::1"])
def test_what_is_no_address_is_told_in_a_sentence(tmp_path: Path, url: str) -> None:
    terminal = Terminal(tmp_path)
    signing_in = terminal.run("login", url, "--token", stdin="t")
    terminal.environ |= {"BROKER_URL": url, "BROKER_TOKEN": "t"}

    assert (signing_in.exit_code, terminal.run("ls").exit_code) == (2, 1)
    assert f"Error: {url} is not an address" in signing_in.stderr
    assert f"Error: BROKER_URL: {url} is not an address" in terminal.run("ls").stderr


def test_what_is_no_broker_is_told_in_a_sentence(remote: RunningBroker, tmp_path: Path) -> None:
    store = remote.settings.store.url

    refused = Terminal(tmp_path).run("login", store, "--username", "alice", stdin="secret")

    assert (refused.exit_code, refused.stderr) == (1, f"Error: {store} is no broker (HTTP 405).\n")


def test_who_gives_up_at_a_question_ends_the_command(tmp_path: Path, remote: RunningBroker) -> None:
    given_up = Terminal(tmp_path).run("login", remote.url, stdin="")

    assert given_up.exit_code == 130


@pytest.mark.parametrize("arguments", [("ls", "\udcff"), ("share", "a/", "--receive", "--title", "\udcff")])
def test_what_is_not_utf_8_is_told_in_a_sentence(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    refused = terminal.run(*arguments)

    assert (refused.exit_code, refused.stderr) == (1, "Error: What was given is not UTF-8.\n")


def test_a_refusal_says_what_it_is_about(terminal: Terminal) -> None:
    refused = terminal.run("share", "a/", "--receive", "--max-bytes", "0")

    assert refused.stderr == "Error: max_bytes: Expected `int` >= 1.\n"


@pytest.mark.parametrize(("name", "value"), [("BROKER_URL", "http://127.0.0.1:1"), ("BROKER_TOKEN", "t")])
def test_a_saved_token_is_not_sent_to_another_address_nor_in_place_of_another(
    terminal: Terminal, name: str, value: str
) -> None:
    terminal.environ[name] = value

    assert "Set both BROKER_URL and BROKER_TOKEN" in terminal.run("ls").output


def test_files_go_in_are_listed_come_out_and_go(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("hello")

    uploaded = json.loads(terminal.ok("upload", str(tmp_path / "hello.txt"), "--folder", "a/b/", "--json"))
    listed = terminal.ok("ls")
    by_name = terminal.ok("download", "hello.txt", "-o", "-")
    path = terminal.ok("download", uploaded["id"], "-o", str(tmp_path / "copy.txt")).strip()
    terminal.ok("rm", "--for-good", uploaded["id"])

    assert "a/b/hello.txt" in listed
    assert (by_name, Path(path).read_text()) == ("hello", "hello")
    assert terminal.ok("ls") == ""
    assert terminal.run("rm", "--for-good", uploaded["id"]).exit_code == 1
    assert "There is no file hello.txt." in terminal.run("download", "hello.txt", "-o", "-").output


@pytest.mark.parametrize("by", ["id", "name", "path"])
def test_a_file_goes_into_the_trash_and_comes_out(terminal: Terminal, tmp_path: Path, by: str) -> None:
    (tmp_path / "hello.txt").write_text("hello")
    terminal.ok("upload", str(tmp_path / "hello.txt"))  # of the same name, and older
    file = json.loads(terminal.ok("upload", str(tmp_path / "hello.txt"), "--folder", "a", "--json"))
    wanted = {"id": file["id"], "name": "hello.txt", "path": "a/hello.txt"}[by]

    terminal.ok("rm", wanted)
    kept, trashed = terminal.ok("ls"), terminal.ok("ls", "--trash")
    terminal.ok("restore", wanted)

    assert (file["id"] in kept, file["id"] in trashed) == (False, True)
    assert len(kept.splitlines()) == len(trashed.splitlines())
    assert file["id"] in terminal.ok("ls")
    assert terminal.ok("ls", "--trash") == ""


def test_a_name_that_is_given_twice_is_one_file(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("hello")
    for folder in "a", "b":
        terminal.ok("upload", str(tmp_path / "hello.txt"), "--folder", folder)

    removed = terminal.ok("rm", "hello.txt", "hello.txt")

    assert removed == "b/hello.txt\nb/hello.txt\n"
    assert "a/hello.txt" in terminal.ok("ls")
    assert terminal.ok("restore", "b/hello.txt") == "b/hello.txt\n"


@pytest.mark.parametrize("name", ["download", "shares", "thumbnail"])
def test_a_file_may_be_called_as_a_part_of_the_api(terminal: Terminal, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("hello")
    terminal.ok("upload", str(tmp_path / name), "--folder", "a")

    assert terminal.ok("download", f"a/{name}", "-o", "-") == "hello"
    assert terminal.ok("rm", f"a/{name}") == f"a/{name}\n"


def test_what_is_not_there_keeps_no_other_file_out_of_the_trash(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("hello")
    terminal.ok("upload", str(tmp_path / "hello.txt"))

    removed = terminal.run("rm", "a/hello.txt", "hello.txt")
    restored = terminal.run("restore", "other.txt", "hello.txt")

    assert (removed.exit_code, restored.exit_code) == (1, 1)
    assert removed.stderr == "a/hello.txt: There is no such file.\n"
    assert restored.stderr == "other.txt: There is no such file in the trash.\n"
    assert "hello.txt" in terminal.ok("ls")


def test_files_are_listed_by_folder_and_by_name(terminal: Terminal, tmp_path: Path) -> None:
    for folder in "", "a", "a/b":
        path = tmp_path / f"In {folder.replace('/', ' ')}.txt"
        path.write_text(folder)
        terminal.ok("upload", str(path), "--folder", folder)

    def listed(*arguments: str) -> list[str]:
        lines = terminal.ok("ls", "--json", *arguments).splitlines()
        return [json.loads(line)["name"] for line in lines]

    assert listed() == ["In a b.txt", "In a.txt", "In .txt"]
    assert listed("/") == ["In .txt"]
    assert listed("a/") == ["In a.txt"]
    assert listed("a/b", "--search", "IN") == ["In a b.txt"]
    assert listed("--search", "b.t") == ["In a b.txt"]
    assert listed("--limit", "1") == ["In a b.txt"]


@pytest.mark.parametrize(
    "wanted", ["", "a\tb", "../me", ".", "..", "100%", "?", os.fsdecode(b"\xff")], ids=ascii
)
def test_what_is_no_id_is_a_file_that_is_not_there(terminal: Terminal, wanted: str) -> None:
    fetched, removed = terminal.run("download", wanted), terminal.run("rm", wanted)

    assert (fetched.exit_code, "Error: There is no file" in fetched.stderr) == (1, True)
    assert (removed.exit_code, removed.exception.__class__) == (1, SystemExit)


@pytest.mark.parametrize("what", ["ls", "openapi"])
@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no /dev/full")
def test_output_that_has_no_room_is_told_in_a_sentence(terminal: Terminal, tmp_path: Path, what: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    terminal.ok("upload", str(tmp_path / "a.txt"))

    with FULL.open("wb") as full:
        done = terminal.process(what, stdout=full)

    assert (done.returncode, done.stderr) == (1, f"Error: {os.strerror(errno.ENOSPC)}\n")


def test_output_that_nobody_reads_on_ends_the_command_without_a_word(terminal: Terminal, large: Path) -> None:
    terminal.ok("upload", str(large))
    reading, writing = os.pipe()
    os.close(reading)

    with open(writing, "wb") as pipe:  # noqa: PTH123 - a descriptor
        done = terminal.process("download", large.name, "-o", "-", stdout=pipe)

    assert (done.returncode, done.stderr) == (1, "")


def test_a_file_whose_name_is_taken_is_refused_or_numbered(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1")
    terminal.ok("upload", str(path))

    refused = terminal.run("upload", str(path), "--collision", "refuse")
    numbered = terminal.ok("upload", str(path), "--collision", "rename", "--json")

    assert (refused.exit_code, "There is a file of this name in the folder." in refused.stderr) == (1, True)
    assert json.loads(numbered)["name"] == "a (2).txt"


def test_a_folder_is_gone_on_with_where_files_that_are_there_are_skipped(
    terminal: Terminal, line: FaultyStore, stored: Path
) -> None:
    (stored / "photos" / "new.jpg").write_text("new")
    line.requests.clear()

    said = terminal.ok("upload", str(stored / "photos"), "--collision", "skip", "--json")
    alone = terminal.ok("upload", str(stored / "notes.txt"), "--name", "notes.txt", "--collision", "skip")

    [uploaded] = [json.loads(each) for each in said.splitlines()]
    assert (uploaded["folder"], uploaded["name"], alone) == ("photos", "new.jpg", "")
    assert len(line.requests) == 1
    assert len(terminal.ok("ls", "--json").splitlines()) == 5


def test_a_folder_keeps_its_shape_and_links_are_left_out(terminal: Terminal, tmp_path: Path) -> None:
    inside = tmp_path / "photos" / "2026"
    inside.mkdir(parents=True)
    (inside / "a.txt").write_text("a")
    (tmp_path / "photos" / "b.txt").write_text("b")
    (tmp_path / "photos" / "link").symlink_to("/etc/hostname")
    (tmp_path / "photos").rename(tmp_path / "disk")
    (tmp_path / "photos").symlink_to(tmp_path / "disk")  # what is named may be a link itself

    told = terminal.ok("upload", str(tmp_path / "photos"), "--folder", "home").splitlines()

    assert [line.split()[-1] for line in told] == ["NAME", "home/photos/2026/a.txt", "home/photos/b.txt"]
    files = [json.loads(each) for each in terminal.ok("ls", "--json").splitlines()]
    assert {(each["folder"], each["name"]) for each in files} == {
        ("home/photos/2026", "a.txt"),
        ("home/photos", "b.txt"),
    }


def test_a_folder_that_cannot_be_read_is_told_and_not_taken_for_an_empty_one(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "photos" / "locked"
    locked.mkdir(parents=True)
    (tmp_path / "photos" / "a.txt").write_text("a")
    scan = os.scandir

    def scandir(path: str) -> Any:  # noqa: ANN401 - whatever os.scandir returns
        if str(path) == str(locked):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)  # root may read everything
    refused = terminal.run("upload", str(tmp_path / "photos"))

    assert (refused.exit_code, refused.stderr) == (1, f"Error: {locked}: Permission denied\n")
    assert terminal.ok("ls") == ""


def test_a_file_is_meant_by_its_path_as_it_is_listed(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for folder in ("", "photos", "photos/2026"):
        path.write_text(f"in {folder}")
        terminal.ok("upload", str(path), "--folder", folder)

    fetched = [
        terminal.ok("download", each, "-o", "-")
        for each in ("photos/a.txt", "/photos/a.txt", "/a.txt", "a.txt")
    ]

    assert fetched == ["in photos", "in photos", "in ", "in photos/2026"]
    assert terminal.run("download", "2026/a.txt").stderr == (
        "Error: There is no file 2026/a.txt, and none in a folder of that name.\n"
    )


@pytest.fixture
def stored(terminal: Terminal, tmp_path: Path) -> Path:
    """Return a directory of which all is stored too: two files, and a folder with one of its own."""
    directory = tmp_path / "stored"
    for name in ("notes.txt", "other.txt", "photos/beach.jpg", "photos/2026/beach.jpg"):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    terminal.ok("upload", *(str(path) for path in sorted(directory.iterdir())))
    return directory


def tree(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): path.read_text()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("notes.txt", "photos"), {"notes.txt", "photos/beach.jpg", "photos/2026/beach.jpg"}),
        (("photos/2026/",), {"2026/beach.jpg"}),
        (("/",), {"notes.txt", "other.txt", "photos/beach.jpg", "photos/2026/beach.jpg"}),
        (("notes.txt", "notes.txt", "/notes.txt"), {"notes.txt"}),
    ],
)
def test_files_and_folders_come_out_as_they_went_in(
    terminal: Terminal, stored: Path, tmp_path: Path, wanted: tuple[str, ...], expected: set[str]
) -> None:
    target = tmp_path / "new" / "out"

    said = terminal.ok("download", *wanted, "-o", f"{target}/")

    fetched = tree(target)
    assert {Path(line) for line in said.splitlines()} == {target / name for name in fetched}
    assert fetched.keys() == expected
    assert all(name.endswith(content.rpartition("/")[2]) for name, content in fetched.items())
    assert fetched.items() <= tree(stored).items() or wanted == ("photos/2026/",)


def test_what_is_there_already_is_not_fetched_again(
    terminal: Terminal, line: FaultyStore, stored: Path
) -> None:
    (stored / "notes.txt").write_text("NOTES.txt")  # as long as what is stored
    (stored / "photos" / "beach.jpg").unlink()
    line.requests.clear()

    terminal.ok("download", "/", "-o", str(stored))

    assert len(line.requests) == 2
    assert (stored / "notes.txt").read_text() == "notes.txt"
    assert (stored / "photos" / "beach.jpg").read_text() == "photos/beach.jpg"


def test_names_that_are_there_twice_are_numbered(terminal: Terminal, tmp_path: Path) -> None:
    for number, name in enumerate(["a.txt", "a.txt", "A.txt"]):
        path = tmp_path / name
        path.write_text(str(number))
        terminal.ok("upload", str(path), "--folder", "\xe9t\xe9/twice")

    terminal.ok("download", "e\u0301te\u0301/twice", "-o", str(tmp_path / "out"))  # as macOS writes it

    assert tree(tmp_path / "out" / "twice") == {"A.txt": "2", "a (2).txt": "1", "a (3).txt": "0"}


def test_a_file_that_is_called_like_a_folder_beside_it_is_numbered(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "same"
    path.write_text("file")
    terminal.ok("upload", str(path), "--folder", "top")
    terminal.ok("upload", str(path), "--folder", "top/Same")

    terminal.ok("download", "top", "-o", str(tmp_path / "out"))

    assert tree(tmp_path / "out") == {"top/same (2)": "file", "top/Same/same": "file"}


def test_one_that_cannot_be_saved_keeps_no_other_back(
    terminal: Terminal, stored: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    (target / "notes.txt").mkdir(parents=True)
    (target / "photos").write_text("in the way")

    done = terminal.run("download", "/", "-o", str(target), "--json")

    assert done.exit_code == 1
    [saved] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (saved["path"], saved["file"]["name"]) == (str(target / "other.txt"), "other.txt")
    assert f"{target}/notes.txt: Not a regular file\n" in done.stderr
    assert f"{target}/photos/2026/beach.jpg: " in done.stderr


def test_several_go_into_a_directory(terminal: Terminal, stored: Path) -> None:
    one = str(stored / "notes.txt")

    assert terminal.run("download", "notes.txt", "other.txt", "-o", "-").exit_code == 2
    assert terminal.run("download", "", "-o", str(stored / "nothing")).exit_code == 1
    for wanted in (["notes.txt", "other.txt"], ["photos"]):
        refused = terminal.run("download", *wanted, "-o", one)
        assert (refused.exit_code, refused.stderr) == (1, f"Error: {one} is not a directory.\n")
    assert Path(one).read_text() == "notes.txt"


@pytest.mark.parametrize("hostile", [{"name": "../escaped"}, {"folder": "photos/../.."}])
def test_a_broker_cannot_have_files_saved_elsewhere(
    terminal: Terminal,
    stored: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hostile: dict[str, str],
) -> None:
    find = Files.find

    def find_hostile(files: Files, **wanted: Any) -> Iterator[File]:  # noqa: ANN401 - as Files.find takes them
        return (replace(each, **hostile) for each in find(files, **wanted))

    monkeypatch.setattr(Files, "find", find_hostile)

    refused = terminal.run("download", "photos/", "-o", str(tmp_path / "out" / "in"))

    assert (refused.exit_code, refused.stderr.startswith("Error: ")) == (1, True)
    assert not (tmp_path / "out").exists()


def test_a_file_may_have_the_name_that_stands_for_standard_input(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-").write_text("dashing")

    terminal.ok("upload", "./-", stdin=b"piped")

    assert terminal.ok("download", "/-", "-o", "./out") == "out\n"
    assert Path("out").read_text() == "dashing"


def test_standard_input_is_uploaded_under_a_name(terminal: Terminal) -> None:
    terminal.ok("upload", "-", "--name", "piped.bin", stdin=b"\x00\xff")

    fetched = terminal.run("download", "piped.bin", "-o", "-")
    assert fetched.stdout_bytes == b"\x00\xff"
    assert terminal.run("upload", "-").exit_code == 2


@pytest.mark.parametrize(
    ("descriptor", "arguments", "code"),
    [
        (0, ["upload", "-", "--name", "a"], 2),
        (0, ["login", "http://localhost:1", "--token"], 1),
        (1, ["download", "a", "-o", "-"], 2),
    ],
)
def test_what_is_closed_is_told_in_a_sentence(
    terminal: Terminal, descriptor: int, arguments: list[str], code: int
) -> None:
    done = terminal.process_without(descriptor, *arguments)

    assert (done.returncode, b"tandard " in done.stderr, b"Traceback" in done.stderr) == (
        code,
        True,
        False,
    )


def test_bytes_and_json_are_not_mixed(terminal: Terminal) -> None:
    assert terminal.run("download", "a.txt", "-o", "-", "--json").exit_code == 2


def test_an_empty_variable_is_not_taken_for_nothing(terminal: Terminal, large: Path) -> None:
    unnamed = terminal.run("upload", str(large), "--name", "")
    undiscarded = terminal.run("uploads", "--discard", "")

    assert (unnamed.exit_code, undiscarded.exit_code) == (2, 1)


def test_a_pipe_is_refused_by_its_name(terminal: Terminal, pipe: Path) -> None:
    refused = terminal.run("upload", str(pipe))

    assert (refused.exit_code, refused.stderr) == (1, f"Error: {pipe}: Not a regular file\n")


def test_one_that_fails_is_named_and_the_others_go_through(terminal: Terminal, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "tab\t.txt"
    good.write_text("good")
    bad.write_text("bad")

    result = terminal.run("upload", str(good), str(bad))

    assert result.exit_code == 1
    assert "good.txt" in result.stdout
    assert r"tab\t.txt: A file name must not" in result.stderr


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_through(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "in" / name).write_text(name)
    read = FileSource.chunks

    def chunks(self: FileSource, start: int, length: int) -> Iterator[bytes]:
        if self.name == "a.txt":
            raise PermissionError(errno.EACCES, "Permission denied", self.name)
        return read(self, start, length)

    monkeypatch.setattr(FileSource, "chunks", chunks)
    result = terminal.run("upload", str(tmp_path / "in"))

    assert (result.exit_code, result.stderr) == (1, f"{tmp_path}/in/a.txt: Permission denied\n")
    assert "b.txt" in result.stdout


def test_an_unfinished_upload_is_listed_and_discarded(
    terminal: Terminal, line: FaultyStore, large: Path
) -> None:
    line.otherwise = error(400, "InvalidArgument")
    failed = terminal.run("upload", str(large))
    (pending,) = [json.loads(each) for each in terminal.ok("uploads", "--json").splitlines()]

    terminal.ok("uploads", "--discard", pending["id"])

    assert failed.exit_code == 1
    assert "The store answered 400 InvalidArgument." in failed.stderr
    assert pending["name"] == "film.mp4"
    assert terminal.ok("uploads") == ""


def test_after_ctrl_c_the_same_command_goes_on(terminal: Terminal, line: FaultyStore, large: Path) -> None:
    reached = threading.Event()

    def hold_the_second(exchange: Exchange) -> None:
        if "partNumber=2&" in exchange.path:
            reached.set()
            exchange.store.released.wait(0.2)
            error(503, "SlowDown")(exchange)
        else:
            exchange.answer(*exchange.forward())

    line.otherwise = hold_the_second
    command = [sys.executable, "-m", "broker", "upload", str(large)]
    process = subprocess.Popen(command, env=os.environ | terminal.environ, stderr=subprocess.PIPE, text=True)
    assert reached.wait(30)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    line.otherwise = None
    line.requests.clear()

    terminal.ok("upload", str(large))

    assert (process.returncode, said) == (130, "Interrupted. The same command goes on where it was.\n")
    assert any("partNumber=2&" in each for each in line.requests)
    assert len(line.requests) < 4
    assert terminal.ok("uploads") == ""


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_soon_though_the_store_stands_still(
    terminal: Terminal, line: FaultyStore, large: Path, times: int
) -> None:
    reached = threading.Event()

    def stand_still(exchange: Exchange) -> None:
        reached.set()
        exchange.store.released.wait(60)
        exchange.disconnect()

    line.otherwise = stand_still
    command = [sys.executable, "-m", "broker", "upload", str(large)]
    process = subprocess.Popen(command, env=os.environ | terminal.environ, stderr=subprocess.PIPE, text=True)
    assert reached.wait(30)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)

    assert (process.returncode, said) == (130, "Interrupted. The same command goes on where it was.\n")


_INTERRUPTED_TWICE = """
import signal, threading
from broker.client_session import client_sentences

threading.Timer.start = lambda _timer: signal.raise_signal(signal.SIGINT)  # while the first is being answered
with client_sentences():
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        threading.Event().wait()  # as for the network
"""


@pytest.mark.parametrize("on_terminal", [False, True])
def test_a_second_ctrl_c_ends_at_once(on_terminal: bool) -> None:
    reader, writer = os.openpty() if on_terminal else os.pipe()
    process = subprocess.Popen([sys.executable, "-c", _INTERRUPTED_TWICE], stderr=writer)
    try:
        assert process.wait(20) == 130
    finally:
        process.kill()
    said = os.read(reader, 4096).decode()
    os.close(reader)
    os.close(writer)

    assert said.endswith(
        "Interrupted. The same command goes on where it was.\r\n" if on_terminal else "was.\n"
    )
    assert ("\x1b[?25h" in said) is on_terminal  # a progress bar hides the cursor


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands(shell: str) -> None:
    assert "_BROKER_COMPLETE" in CliRunner().invoke(main, ["completion", shell]).stdout


def test_a_link_is_made_listed_and_taken_back(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    terminal.ok("upload", str(path))

    link = terminal.ok("share", "a.txt", "--expires", "2d", "--max-downloads", "3").strip()
    fetched = httpx.get(f"{link}/content", follow_redirects=True, verify=False)
    (listed,) = (json.loads(each) for each in terminal.ok("shares", "--json").splitlines())
    table = terminal.ok("shares")
    terminal.ok("unshare", listed["id"])

    assert fetched.content == b"hello"
    assert (listed["url"], listed["downloads"], listed["max_downloads"]) == (link, 1, 3)
    assert "1/3" in table
    assert terminal.ok("shares") == ""
    assert httpx.get(f"{link}/content", verify=False).status_code == 404


def test_a_link_that_is_gone_keeps_no_other_from_being_taken_back(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    terminal.ok("upload", str(path))
    terminal.ok("share", "a.txt")
    link = json.loads(terminal.ok("shares", "--json"))["id"]

    result = terminal.run("unshare", "gone", link)

    assert (result.exit_code, result.stderr) == (1, "gone: There is no such link.\n")
    assert terminal.ok("shares") == ""


def test_a_folder_is_shared_and_takes_files_by_links(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    terminal.ok("upload", str(path), "--folder", "photos/2026")

    terminal.ok("share", "photos", "--max-downloads", "3")
    terminal.ok("share", "photos/2026/")
    limits = ("--title", "Yours", "--message", "Thanks", "--max-files", "2", "--max-bytes", "1GB")
    terminal.ok("share", "photos", "--receive", *limits)
    made = [json.loads(each) for each in terminal.ok("shares", "--json").splitlines()][::-1]

    assert [(each["kind"], each["folder"]) for each in made] == [
        ("folder", "photos"),
        ("folder", "photos/2026"),
        ("receive", "photos"),
    ]
    assert made[0]["max_downloads"] == 3
    assert {name: made[2][name] for name in ("title", "message", "max_files", "max_bytes")} == {
        "title": "Yours",
        "message": "Thanks",
        "max_files": 2,
        "max_bytes": 10**9,
    }
    assert "0/2" in terminal.ok("shares")
    assert "UNTIL (UTC)" in terminal.ok("shares")
    assert "CREATED (UTC)" in terminal.ok("ls")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["nothing"], 1),
        (["nothing/"], 1),
        (["nothing", "--receive"], 1),
        (["photos", "--receive", "--max-downloads", "1"], 2),
        (["photos", "--max-files", "1"], 2),
        (["photos", "--receive", "--max-bytes", "many"], 2),
    ],
)
def test_a_link_to_a_folder_that_cannot_be_is_refused(
    terminal: Terminal, arguments: list[str], status: int
) -> None:
    assert terminal.run("share", *arguments).exit_code == status


def test_who_would_take_files_into_no_folder_hears_how_to_make_it(terminal: Terminal) -> None:
    refused = terminal.run("share", "inbox/", "--receive")

    assert refused.stderr.startswith("Error: There is no folder inbox: make it")


def test_a_link_may_ask_for_a_password(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    terminal.ok("upload", str(path))

    shared = json.loads(terminal.ok("share", "a.txt", "--password", "--json", stdin="open\nopen\n"))

    assert shared["has_password"]
    refused = terminal.run("share", "a.txt", "--expires", "400d")
    assert (refused.exit_code, "up to 366d" in refused.output) == (2, True)
    assert terminal.run("share", "nothing.txt").exit_code == 1
    assert terminal.run("unshare", "0" * 26).exit_code == 1
