"""The commands as an operator meets them."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import httpx
import psutil
import pytest
from click.testing import CliRunner, Result

from broker import configuration, dev
from broker.accounts import USER_SCOPES
from broker.app import open_services
from broker.auth import Claims
from broker.cli import _Commands, main
from broker.errors import InvalidToken, WrongCredentials
from broker.settings import Settings, StoreSettings
from tests.running import SECRET_KEY
from tests.secret_lines import has_secret
from tests.test_configuration import GOOD
from tests.transfers import upload
from tests.waiting import wait_until

PASSWORD = "a good password"
BROKER = [sys.executable, "-m", "broker"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return GOOD | {"BROKER_DATABASE_URL": f"sqlite:///{tmp_path / 'broker.db'}"}


def run(*arguments: str, environ: dict[str, str] | None = None, stdin: str = "") -> Result:
    return CliRunner().invoke(main, arguments, env=environ, input=stdin)


def test_each_command_is_called_as_it_is_listed() -> None:
    context = click.Context(main)
    names = main.list_commands(context)
    called = [main.resolve_command(context, [name, "--help"]) for name in names]

    assert [(name, command and command.name, rest) for name, command, rest in called] == [
        (name, name, ["--help"]) for name in names
    ]
    assert len(names) > 20
    assert main.get_command(context, "nothing") is None


def test_the_list_of_commands_tells_what_each_does_in_one_line() -> None:
    listed = run("--help").output.partition("Commands:\n")[2]

    assert len(listed.splitlines()) == len(main.list_commands(click.Context(main)))
    assert "..." not in listed


@pytest.mark.parametrize("command", ["", "ls", "upload", "download", "share", "login", "completion"])
def test_a_command_does_not_load_the_service_that_it_does_without(command: str) -> None:
    """Who lists a few files, or has a shell complete their names, does not wait for databases and servers."""
    code = f"""
import sys
from broker.cli import _Commands, main
main("{command} --help".split(), standalone_mode=False)
print(sorted({{"sqlalchemy", "starlette", "uvicorn", "minio", "jwt"}} & set(sys.modules)), file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stderr == "[]\n"
    assert "Usage:" in run.stdout


def test_a_command_that_is_not_there_is_told_what_was_meant() -> None:
    result = run("uplod")

    assert result.exit_code == 2
    assert "Did you mean" in result.output
    assert "upload" in result.output


@pytest.mark.parametrize(("wish", "is_coloured"), [("", True), ("1", False)])
def test_who_wants_no_colours_gets_none(wish: str, is_coloured: bool) -> None:
    listed = CliRunner().invoke(main, ["policy", "ls"], env={"NO_COLOR": wish}, color=True)

    assert ("\x1b[" in listed.output) is is_coloured


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "files.example.com"])
def test_dev_listens_on_nothing_but_loopback(host: str, tmp_path: Path) -> None:
    result = run("dev", "--host", host, "--data-dir", str(tmp_path / "data"))

    assert result.exit_code == 2
    assert "loopback only" in result.output
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        result = run("dev", "--port", port, "--data-dir", str(tmp_path))

    assert result.exit_code == 1
    assert f"port {port}" in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("path", ["file/data", "taken"])
def test_data_that_cannot_be_there_is_a_sentence(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken/secret_key").mkdir(parents=True)

    result = run("dev", "--port", "0", "--data-dir", str(tmp_path / path))

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: The data cannot be in {tmp_path / path}: ")
    assert len(result.output.splitlines()) == 1


def test_dev_refuses_a_policy_whose_files_nobody_would_ever_scan(tmp_path: Path) -> None:
    environ = {"BROKER_POLICIES_AVATARS_SCAN": "true"}

    result = run("dev", "--port", "0", "--data-dir", str(tmp_path / "data"), environ=environ)

    assert result.exit_code == 1
    assert result.output.startswith("Error: The policy avatars has its files scanned")


def test_serve_without_a_store_says_what_is_missing() -> None:
    environ = {name: value for name, value in GOOD.items() if name != "BROKER_STORE_URL"}

    result = run("serve", environ=environ)

    assert result.exit_code == 1
    assert result.output == "Error: BROKER_STORE_URL is not set\n"


def test_a_bucket_that_cannot_be_a_subdomain_is_a_sentence(environ: dict[str, str]) -> None:
    changes = {"BROKER_STORE_ADDRESSING": "virtual", "BROKER_STORE_PUBLIC_URL": "http://127.0.0.1:9000"}

    result = run("serve", environ=environ | changes)

    assert result.exit_code == 1
    assert "BROKER_STORE_PUBLIC_URL: A bucket cannot be a subdomain of an IP address" in result.output


def test_c61_serve_refuses_a_sample_secret(environ: dict[str, str]) -> None:
    result = run("serve", environ=environ | {"BROKER_SECRET_KEY": "change-me-" + "x" * 32})

    assert result.exit_code == 1
    assert "BROKER_SECRET_KEY is a sample value" in result.output


def test_c61_serve_refuses_a_registry_with_the_demo_user(environ: dict[str, str]) -> None:
    asyncio.run(dev.add_demo_user(configuration.load(environ)))

    result = run("serve", "--port", "0", environ=environ)

    assert result.exit_code == 1
    assert "BROKER_DATABASE_URL" in result.output
    assert "demo" in result.output


def test_a_user_who_is_added_can_sign_in(environ: dict[str, str]) -> None:
    result = run("user", "add", "carol", environ=environ, stdin="a good password\n")

    assert result.output == "Added carol.\n"
    assert asyncio.run(can_sign_in(configuration.load(environ), "carol", "a good password"))


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        ("carol", "short", "8 to 1000 characters"),
        ("carol", "x" * 1001, "8 to 1000 characters"),
        ("demo", "a good password", "for `broker dev` alone"),
        (" ", "a good password", "1 to 200 characters"),
        ("x" * 201, "a good password", "1 to 200 characters"),
    ],
)
def test_a_user_or_password_that_will_not_do_is_refused(
    environ: dict[str, str], name: str, password: str, reason: str
) -> None:
    result = run("user", "add", name, environ=environ, stdin=password + "\n")

    assert result.exit_code == 2
    assert reason in result.output


def test_a_name_that_is_taken_keeps_its_password(environ: dict[str, str]) -> None:
    run("user", "add", "carol", environ=environ, stdin="a good password\n")

    result = run("user", "add", "carol", environ=environ, stdin="another password\n")

    assert result.exit_code == 1
    assert result.output == "Error: There is a user carol already.\n"
    assert asyncio.run(can_sign_in(configuration.load(environ), "carol", "a good password"))


def test_bootstrap_prints_its_steps_and_may_be_repeated(embedded: StoreSettings) -> None:
    environ = environ_of(embedded) | {
        "BROKER_BOOTSTRAP_ACCESS_KEY": embedded.control.access_key,
        "BROKER_BOOTSTRAP_SECRET_KEY": embedded.control.secret_key,
    }

    results = [run("bootstrap", environ=environ) for _ in range(2)]

    steps = ["store", "bucket", "cors", "lifecycle"]
    for result in results:
        assert result.exit_code == 0, result.output
        assert re.findall(r"^\w+ +(\w+)", result.output, re.MULTILINE) == steps
        assert embedded.control.secret_key not in result.output


def test_the_service_runs_in_production_and_stops_when_told(embedded: StoreSettings, tmp_path: Path) -> None:
    environ = environ_of(embedded) | {
        "BROKER_SECRET_KEY": SECRET_KEY,
        "BROKER_DATABASE_URL": f"sqlite:///{tmp_path / 'broker.db'}",
    }

    command = [*BROKER, "serve", "--port", "0"]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            message = ""
            while not message.startswith("Listening on 127.0.0.1 port"):
                message = json.loads(process.stderr.readline())["message"]
            url = f"http://127.0.0.1:{message.split()[-1]}"
            wait_until(lambda: httpx.get(f"{url}/readyz").json() == {"status": "ready"})
            httpx.get(f"{url}/v1/me", params={"access_token": "not-to-be-logged"})
            process.send_signal(signal.SIGTERM)
            rest = [json.loads(line) for line in process.communicate(timeout=30)[1].splitlines()]
        finally:
            process.kill()

    assert process.returncode == 0
    assert [line["message"] for line in rest][-1] == "Stopped"
    assert "not-to-be-logged" not in str(rest)
    assert not any(has_secret(json.dumps(line)) for line in rest)
    assert not any("exception" in line for line in rest)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_dev_keeps_the_files_and_leaves_no_process(stop: signal.Signals, tmp_path: Path) -> None:
    tmp_path /= "what? 100%25, ü"  # all that is special in a URL is allowed in a path
    with running_dev(tmp_path, stop) as (page, client):
        assert page.startswith("http://localhost:")
        objects = tmp_path / "data" / "store" / "objects"  # what weed makes in here is as it likes it
        entries = [path for path in tmp_path.rglob("*") if objects not in path.parents]
        assert [path for path in entries if path.stat().st_mode & 0o077] == []
        file = upload(client, b"kept over a restart")

    with running_dev(tmp_path, stop) as (_, client):
        assert client.get("/v1/files").json()["items"] == [file]
        url = client.post(f"/v1/files/{file['id']}/download").json()["url"]
        assert httpx.get(url).content == b"kept over a restart"
    assert list(tmp_path.parent.iterdir()) == [tmp_path]
    assert (tmp_path / "data" / "broker.db").exists()


@contextmanager
def running_dev(directory: Path, stop: signal.Signals) -> Iterator[tuple[str, httpx.Client]]:
    """Run `broker dev`, sign in as demo; at the end stop it and see that all its processes are gone."""
    command = [*BROKER, "dev", "--port", "0", "--data-dir", str(directory / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout
            greeting = ""
            while "Ctrl-C" not in greeting:
                line = process.stdout.readline()
                assert line, greeting
                greeting += line
            page = re.findall(r"http://localhost:\d+", greeting)[0]
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            assert any("weed" in member.name() for member in family)
            credentials = {"username": "demo", "password": "demo"}
            token = httpx.post(f"{page}/v1/session", json=credentials).json()["access_token"]
            with httpx.Client(base_url=page, headers={"authorization": f"Bearer {token}"}) as client:
                yield page, client
            process.send_signal(stop)
            farewell = process.communicate(timeout=30)[0]
            _, alive = psutil.wait_procs(family[1:], timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Stopped." in farewell
    assert not has_secret(greeting + farewell)
    assert alive == []


def environ_of(store: StoreSettings) -> dict[str, str]:
    environ = {
        name: value for name, value in GOOD.items() if "DATABASE" not in name and "SECRET_KEY" not in name
    }
    environ |= {
        "BROKER_DRAIN_SECONDS": "0",
        "BROKER_STORE_URL": store.url,
        "BROKER_STORE_PUBLIC_URL": store.public_url,
        "BROKER_STORE_BUCKET": store.bucket,
    }
    for name in "put_signer", "get_signer", "control":
        identity = getattr(store, name)
        environ[f"BROKER_STORE_{name.upper()}_ACCESS_KEY"] = identity.access_key
        environ[f"BROKER_STORE_{name.upper()}_SECRET_KEY"] = identity.secret_key
    return environ


def test_users_are_listed_for_people_and_for_programs(environ: dict[str, str]) -> None:
    assert run("user", "ls", environ=environ).output == "There are no users yet.\n"
    run("user", "add", "carol", "--tenant", "acme", "--scope", "files:read", environ=environ, stdin=PASSWORD)
    run("user", "add", "bob", environ=environ, stdin=PASSWORD)
    run("user", "disable", "bob", environ=environ)

    shown = run("user", "ls", environ=environ).output.splitlines()
    listed = [json.loads(line) for line in run("user", "ls", "--json", environ=environ).output.splitlines()]

    assert [line.split() for line in shown] == [
        ["NAME", "TENANT", "STATE", "SCOPES"],
        ["bob", "default", "disabled", *sorted(USER_SCOPES)],
        ["carol", "acme", "files:read"],
    ]
    assert [(user["name"], user["tenant"], bool(user["disabled_at"])) for user in listed] == [
        ("bob", "default", True),
        ("carol", "acme", False),
    ]
    assert listed[1]["scopes"] == ["files:read"]


def test_a_user_is_shut_out_and_let_in_again_with_a_new_password(environ: dict[str, str]) -> None:
    run("user", "add", "carol", environ=environ, stdin=PASSWORD)
    current = configuration.load(environ)

    assert run("user", "disable", "carol", environ=environ).exit_code == 0
    assert not asyncio.run(can_sign_in(current, "carol", PASSWORD))
    assert run("user", "enable", "carol", environ=environ).output == "Enabled carol.\n"
    assert run("user", "passwd", "carol", environ=environ, stdin="another password\n").exit_code == 0

    assert not asyncio.run(can_sign_in(current, "carol", PASSWORD))
    assert asyncio.run(can_sign_in(current, "carol", "another password"))


@pytest.mark.parametrize("command", ["passwd", "disable"])
def test_tokens_that_go_with_a_users_sessions_are_not_listed_as_good(
    environ: dict[str, str], command: str
) -> None:
    run("user", "add", "carol", environ=environ, stdin=PASSWORD)
    for subject, tenant in ("carol", "default"), ("carol", "other"), ("dave", "default"):
        who = ("--subject", subject, "--tenant", tenant)
        run("token", "issue", *who, "--scope", "files:read", environ=environ)

    assert run("user", command, "carol", environ=environ, stdin="another password\n").exit_code == 0

    listed = [json.loads(line) for line in run("token", "ls", "--json", environ=environ).output.splitlines()]
    assert [(each["subject"], each["tenant"]) for each in listed] == [
        ("carol", "other"),
        ("dave", "default"),
    ]


@pytest.mark.parametrize("command", ["passwd", "disable", "enable"])
def test_a_user_that_there_is_not_is_named(environ: dict[str, str], command: str) -> None:
    result = run("user", command, "nobody", environ=environ, stdin=PASSWORD)

    assert (result.exit_code, result.output) == (1, "Error: There is no user nobody.\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "carol", "--tenant", "a/b"), "1 to 64 letters, digits, _ and -"),
        (("add", "carol", "--scope", "everything"), "'everything' is not one of"),
        (("add", "ca\nrol"), "all printable"),
        (("passwd", "carol"), "8 to 1000 characters"),
    ],
)
def test_a_user_command_that_cannot_be_followed_says_why(
    environ: dict[str, str], arguments: tuple[str, ...], reason: str
) -> None:
    result = run("user", *arguments, environ=environ, stdin="short\n")

    assert result.exit_code == 2
    assert reason in result.output


def test_a_program_gets_a_token_that_is_good_until_it_is_revoked(environ: dict[str, str]) -> None:
    issue = ("token", "issue", "--subject", "backup", "--scope", "files:read", "--expires", "12h")
    assert run("token", "ls", environ=environ).output == "There are no tokens.\n"

    token = run(*issue, environ=environ).output

    assert asyncio.run(whose(configuration.load(environ), token.strip())) == Claims(
        subject="backup", tenant="default", scopes=frozenset({"files:read"})
    )
    [listed] = [
        json.loads(line) for line in run("token", "ls", "--json", environ=environ).output.splitlines()
    ]
    life = datetime.fromisoformat(listed["expires_at"]) - datetime.fromisoformat(listed["created_at"])
    assert (listed["subject"], listed["scopes"], life.total_seconds()) == (
        "backup",
        ["files:read"],
        12 * 3600,
    )
    assert token.strip() not in run("token", "ls", environ=environ).output
    assert run("token", "revoke", listed["id"], environ=environ).output == f"Revoked {listed['id']}.\n"
    with pytest.raises(InvalidToken):
        asyncio.run(whose(configuration.load(environ), token.strip()))
    assert run("token", "revoke", listed["id"], environ=environ).exit_code == 1
    assert run("token", "revoke", "nonsense", environ=environ).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--expires", "400d"), "up to 366d"),
        (("--expires", "soon"), "is not like 15m, 12h or 30d"),
        (("--scope", "everything"), "is not one of"),
        (("--tenant", "a/b"), "1 to 64 letters, digits, _ and -"),
        (("--subject", " "), "1 to 200 characters"),
    ],
)
def test_a_token_that_cannot_be_issued_is_refused_with_the_reason(
    environ: dict[str, str], arguments: tuple[str, ...], reason: str
) -> None:
    issue = ("token", "issue", "--subject", "backup", "--scope", "files:read")

    result = run(*issue, *arguments, environ=environ)

    assert result.exit_code == 2
    assert reason in result.output


async def whose(current: Settings, token: str) -> Claims:
    with open_services(current) as services:
        await services.accounts.learn_revocations(at=datetime.now(UTC))
        return services.tokens.verify(token, at=datetime.now(UTC))


def test_keys_in_files_are_rotated_and_nobody_is_signed_out(environ: dict[str, str], tmp_path: Path) -> None:
    newest, previous = tmp_path / "secret_key", tmp_path / "secret_key_previous"
    newest.write_text("o" * 40)
    previous.write_text("")
    del environ["BROKER_SECRET_KEY"]
    environ |= {
        "BROKER_SECRET_KEY_FILE": str(newest),
        "BROKER_SECRET_KEY_PREVIOUS_FILE": str(previous),
    }
    token = run(
        "token", "issue", "--subject", "backup", "--scope", "files:read", environ=environ
    ).output.strip()

    result = run("keys", "rotate", environ=environ)

    assert result.output == f"Wrote {newest} and {previous}: start the services anew.\n"
    assert previous.read_text().strip() == "o" * 40
    assert len(newest.read_text().strip()) == 64
    assert {path.stat().st_mode & 0o777 for path in (newest, previous)} == {0o600}
    assert asyncio.run(whose(configuration.load(environ), token)).subject == "backup"
    listed = [line.split() for line in run("keys", "ls", environ=environ).output.splitlines()]
    assert [line[1] for line in listed] == ["USE", "signs", "verifies"]
    assert newest.read_text().strip() not in run("keys", "ls", environ=environ).output


def test_keys_in_variables_are_rotated_by_hand(environ: dict[str, str]) -> None:
    result = run("keys", "rotate", environ=environ)

    lines = result.stdout.splitlines()
    assert re.fullmatch(r"BROKER_SECRET_KEY=[0-9a-f]{64}", lines[0])
    assert lines[1:] == [f"BROKER_SECRET_KEY_PREVIOUS={environ['BROKER_SECRET_KEY']}"]
    assert "start the services anew" in result.stderr


def test_keys_that_cannot_be_written_are_left_as_they_are(environ: dict[str, str], tmp_path: Path) -> None:
    key = tmp_path / "secret_key"
    key.write_text("o" * 40)
    del environ["BROKER_SECRET_KEY"]
    missing = tmp_path / "nowhere" / "previous"
    environ |= {"BROKER_SECRET_KEY_FILE": str(key)}

    result = run("keys", "rotate", environ=environ | {"BROKER_SECRET_KEY_PREVIOUS_FILE": str(missing)})

    assert result.exit_code == 1
    assert key.read_text() == "o" * 40


async def can_sign_in(current: Settings, name: str, password: str) -> bool:
    with open_services(current) as services:
        try:
            await services.accounts.sign_in(name, password, address="192.0.2.1", at=datetime.now(UTC))
        except WrongCredentials:
            return False
    return True


@pytest.mark.parametrize("ending", [KeyboardInterrupt, click.Abort])
def test_a_command_that_is_given_up_ends_as_by_a_signal(ending: type[BaseException]) -> None:
    def give_up() -> None:
        raise ending

    commands = _Commands(commands=[click.Command("ask", callback=give_up)])

    result = CliRunner().invoke(commands, ["ask"])

    assert (result.exit_code, result.stderr) == (130, "\nAborted!\n")
