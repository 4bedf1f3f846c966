"""`broker policy` as an operator meets it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broker.cli import main

FILE = """
[policies.default]
single_put_max = "16 MiB"

[policies.avatars]
types = ["image/png"]
max_size = "5 MiB"
folders = "avatars/{subject}"
scope = "avatars"
quota = { bytes = "1 GiB" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "broker.toml"
    file.write_text(FILE)
    return file


def run(config: Path, *arguments: str) -> Result:
    environ = {"BROKER_CONFIG": str(config), "BROKER_POLICIES_AVATARS_QUOTA_FILES": "10"}
    return CliRunner().invoke(main, ["policy", *arguments], env=environ)


def test_what_was_set_is_listed_with_its_place(config: Path) -> None:
    result = run(config, "ls")

    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines == [
        "default",
        f"single_put_max 16 MiB {config}: policies.default.single_put_max",
        "avatars",
        f"types image/png {config}: policies.avatars.types",
        f"max_size 5 MiB {config}: policies.avatars.max_size",
        f"scope avatars {config}: policies.avatars.scope",
        f"folders avatars/{{subject}} {config}: policies.avatars.folders",
        f"quota.bytes 1 GiB {config}: policies.avatars.quota.bytes",
        "quota.files 10 BROKER_POLICIES_AVATARS_QUOTA_FILES",
    ]


def test_a_list_for_programs_has_every_setting(config: Path) -> None:
    listed = json.loads(run(config, "ls", "--json").output)

    assert [each["name"] for each in listed] == ["default", "avatars"]
    assert listed[1]["quota"] == {"bytes": 2**30, "files": 10, "pending": None}


def test_a_file_that_is_refused_is_explained_rule_by_rule(config: Path) -> None:
    result = run(config, "explain", "--policy", "avatars", "--name", "a.png", "--size", "6MiB")

    refused = [line.split()[1] for line in result.output.splitlines() if line.startswith("NO ")]
    assert refused == ["policies.avatars.scope", "policies.avatars.max_size", "policies.avatars.folders"]
    assert f"max_size 5 MiB {config}: policies.avatars.max_size" in " ".join(result.output.split())
    assert result.output.endswith("\nThe file is refused.\n")
    assert result.exit_code == 1


def test_a_file_that_is_taken_is_explained_for_programs_too(config: Path) -> None:
    file = ["--name", "a.png", "--size", "5 MiB", "--folder", "avatars/alice"]
    caller = ["--subject", "alice", "--scope", "avatars"]

    result = run(config, "explain", "--policy", "avatars", *file, *caller, "--json")

    explained = json.loads(result.output)
    assert result.exit_code == 0
    assert explained["is_taken"] is True
    assert explained["plan"] == {"method": "single", "part_size": None, "part_count": None}
    assert [rule for rule in explained["rules"] if rule["rule"].endswith("max_size")] == [
        {
            "rule": "policies.avatars.max_size",
            "limit": 5 * 2**20,
            "is_met": True,
            "detail": "5242880 bytes are at most 5242880.",
            "place": f"{config}: policies.avatars.max_size",
        }
    ]


def test_a_large_file_is_shown_its_parts(config: Path) -> None:
    result = run(config, "explain", "--name", "film.mp4", "--size", "20 GiB")

    assert result.output.splitlines()[-1] == "The file is taken and sent in 976 parts of 21 MiB."


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--policy", "films", "--name", "a", "--size", "1"], 1, "There is no policy films"),
        (["--name", "a", "--size", "5M"], 2, "expected a number of bytes"),
        (["--name", "a"], 2, "--size"),
    ],
)
def test_what_is_asked_wrongly_is_a_sentence(
    config: Path, arguments: list[str], code: int, complaint: str
) -> None:
    result = run(config, "explain", *arguments)

    assert (result.exit_code, complaint in result.output) == (code, True)


def test_a_typo_in_the_file_is_named(config: Path) -> None:
    config.write_text("[policies.avatars]\nmaxsize = 5")

    result = run(config, "ls")

    assert result.exit_code == 1
    assert result.output == f"Error: {config}: policies.avatars.maxsize is not a setting\n"
