"""docker-compose.yml, .env.example, Dockerfile and .dockerignore say what is true."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import psycopg
import pytest
import yaml

from broker import cli, configuration
from broker.settings import BootstrapSettings, Policy, Quota, Settings, SettingsError
from tests.postgres import PostgresServer
from tests.running import RunningBroker
from tests.test_configuration import written

ROOT = Path(__file__).parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
EXAMPLE = (ROOT / ".env.example").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]

GIVEN = dict(re.findall(r"^(\w+)=(.+)$", EXAMPLE, re.MULTILINE))
OPTIONAL = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
CHOSEN = {name: value.replace("change-me", "0123456789abcdef" * 2) for name, value in GIVEN.items()}
SAMPLES = [name for name, value in GIVEN.items() if "change-me" in value]

_VARIABLE = re.compile(r"\$\{(\w+):([-?+])([^}]*)\}")


def interpolate(text: str, env: Mapping[str, str]) -> str:
    """Do as compose does with `${NAME:-default}`, `${NAME:?complaint}` and `${NAME:+if it is set}`."""

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        if operator == "+":
            return rest.replace(f"${name}", env[name]) if env.get(name) else ""
        assert env.get(name) or operator == "-", f"{name}: {rest}"
        return env.get(name) or rest

    return _VARIABLE.sub(value, text)


def environment(service: str, env: Mapping[str, str]) -> dict[str, str]:
    return {name: interpolate(value, env) for name, value in SERVICES[service]["environment"].items()}


def load(env: Mapping[str, str]) -> Settings:
    """Read the settings as bootstrap and broker do when this is the .env."""
    configuration.load_bootstrap(environment("bootstrap", env))
    return configuration.load(environment("broker", env) | {"BROKER_CONFIG": str(config(env))})


def config(env: Mapping[str, str]) -> Path:
    """Find the file of this machine that the broker reads in its container."""
    mounts = [volume for volume in SERVICES["broker"]["volumes"] if isinstance(volume, dict)]
    (mount,) = (each for each in mounts if each["target"] == environment("broker", env)["BROKER_CONFIG"])
    return ROOT / interpolate(mount["source"], env)


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def sources() -> set[str]:
    """What the Dockerfile copies from the repository."""
    copies = [words.split() for words in instructions("COPY") if not words.startswith("--from")]
    return {source for *some, _ in copies for source in some}


def test_a_person_has_to_choose_secrets_and_nothing_else() -> None:
    loaded = load(CHOSEN)

    assert loaded.origins == ("http://localhost:8000",)
    assert (loaded.store.url, loaded.store.public_url) == ("http://store:9000", "http://localhost:9000")
    assert loaded.database_url == f"postgresql://broker:{CHOSEN['POSTGRES_PASSWORD']}@postgres/broker"


@pytest.mark.parametrize("name", SAMPLES)
def test_c61_a_secret_that_was_not_chosen_is_refused(name: str) -> None:
    place = {"POSTGRES_PASSWORD": "BROKER_DATABASE_URL"}.get(name, name)
    with pytest.raises(SettingsError, match=f"^{place} is a sample value"):
        load(CHOSEN | {name: GIVEN[name]})


def test_every_secret_in_the_example_is_a_sample() -> None:
    secrets = [name for name in GIVEN if name.endswith(("_SECRET_KEY", "_PASSWORD"))]

    assert secrets == SAMPLES
    assert len(secrets) == 6


def test_the_services_get_all_settings_and_no_others() -> None:
    not_for_minio = {"BROKER_STORE_ADDRESSING"}
    in_the_file = {name for name, _ in configuration.variables() if name.startswith("BROKER_POLICIES_")}

    for service, cls, others in (
        ("broker", Settings, not_for_minio | in_the_file),
        ("bootstrap", BootstrapSettings, not_for_minio | {"BROKER_CONFIG"}),
    ):
        known = {name for name, _ in configuration.variables(cls)}
        assert set(SERVICES[service]["environment"]) == known - others


def test_the_policies_in_compose_are_those_of_the_file_that_one_chooses(tmp_path: Path) -> None:
    chosen = tmp_path / "broker.toml"
    chosen.write_text("[policies.default]\nmax_size = '1 GiB'")

    assert load(CHOSEN).policies == {"default": Policy()}
    assert load(CHOSEN | {"BROKER_CONFIG": str(chosen)}).policies == {"default": Policy(max_size=2**30)}


def test_the_example_of_policies_has_every_setting_and_shows_the_defaults(tmp_path: Path) -> None:
    lines = re.sub(r"^# (?=\[|\w+ = )", "", (ROOT / "broker.example.toml").read_text(), flags=re.MULTILINE)
    said = tmp_path / "broker.toml"
    said.write_text(lines)

    policies, places = configuration.load_policies({"BROKER_CONFIG": str(said)})

    variables = {
        name.replace("<NAME>", "DEFAULT") for name, _ in configuration.variables() if "<NAME>" in name
    }
    assert {f"BROKER_{place.replace('.', '_').upper()}" for place in places} == variables
    without_default = {"scope": None, "quota": Quota(), "tenant_quota": Quota()}
    assert replace(policies["default"], **without_default) == Policy()  # type: ignore[arg-type]  # real fields


def test_the_example_has_every_variable_and_no_others() -> None:
    used = {name for name, _, _ in _VARIABLE.findall(COMPOSE)}

    assert used == {*GIVEN, *OPTIONAL}
    assert COMPOSE.count("${") == len(_VARIABLE.findall(COMPOSE))


def test_the_example_shows_the_defaults() -> None:
    defaults = {name: written(value) for name, value in configuration.variables() if value is not ...}
    del defaults["BROKER_CONFIG"]  # a file in the container; in .env it is one of this machine
    in_compose = {name: rest for name, operator, rest in _VARIABLE.findall(COMPOSE) if operator == "-"}

    for name, shown in OPTIONAL.items():
        if shown:  # else the default is too long to be shown
            assert shown == (in_compose[name] or defaults[name])
            assert shown == defaults.get(name, shown)


def test_only_the_store_and_its_bootstrap_know_the_root_user() -> None:
    knowing = {name for name, service in SERVICES.items() if "BROKER_BOOTSTRAP_" in json.dumps(service)}

    assert knowing == {"store", "bootstrap"}


def test_no_secret_stands_in_the_compose_file() -> None:
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if re.search(r"KEY$|PASSWORD$", name):
                assert re.fullmatch(r"\$\{\w+:(\?copy \.env\.example to \.env|-)\}", value)


def test_the_store_is_pinned_to_what_was_reviewed() -> None:
    image = interpolate(SERVICES["store"]["image"], {})

    assert re.fullmatch(r"pgsty/silo:RELEASE\.[0-9TZ-]+@sha256:[0-9a-f]{64}", image)


def test_the_database_is_the_release_that_the_tests_run_on(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url_of("postgres")) as connection:
        version = connection.execute("SHOW server_version").fetchone()

    assert version
    assert interpolate(SERVICES["postgres"]["image"], {}) == f"postgres:{version[0]}-bookworm"


def test_nobody_but_the_broker_reaches_the_database() -> None:
    networks = {name: service.get("networks", ["default"]) for name, service in SERVICES.items()}

    assert yaml.safe_load(COMPOSE)["networks"] == {"registry": {"internal": True}}
    assert networks == {
        "store": ["default"],
        "bootstrap": ["default"],
        "postgres": ["registry"],
        "broker": ["default", "registry"],
    }


def test_the_database_makes_the_user_and_the_database_that_the_broker_asks_for() -> None:
    made = environment("postgres", CHOSEN)
    asked = urlsplit(load(CHOSEN).database_url)

    assert (asked.username, asked.password) == (made["POSTGRES_USER"], made["POSTGRES_PASSWORD"])
    assert (asked.hostname, asked.path) == ("postgres", f"/{made['POSTGRES_DB']}")


def test_pages_of_other_origins_cannot_read_from_the_store() -> None:
    origins = CHOSEN | {"BROKER_ORIGINS": "https://a.example,https://b.example"}

    store = environment("store", origins)

    assert store["MINIO_API_CORS_ALLOW_ORIGIN"] == "https://a.example,https://b.example"


@pytest.mark.parametrize("service", ["broker", "bootstrap"])
def test_our_containers_can_do_no_more_than_they_must(service: str) -> None:
    hardening = {
        "user": "10001:10001",
        "read_only": True,
        "tmpfs": ["/tmp:mode=1777,size=16m"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }

    assert {name: SERVICES[service][name] for name in hardening} == hardening
    assert instructions("USER") == [hardening["user"]]


def test_nothing_is_published_beyond_this_machine() -> None:
    published = {
        name: [interpolate(port, {}) for port in service.get("ports", [])]
        for name, service in SERVICES.items()
    }

    assert published == {
        "store": ["127.0.0.1:9000:9000"],
        "bootstrap": [],
        "postgres": [],
        "broker": ["127.0.0.1:8000:8000"],
    }


def test_the_broker_starts_when_the_store_and_the_database_are_ready() -> None:
    assert SERVICES["bootstrap"]["depends_on"] == {"store": {"condition": "service_healthy"}}
    assert SERVICES["bootstrap"]["restart"] == "no"
    assert SERVICES["broker"]["depends_on"] == {
        "bootstrap": {"condition": "service_completed_successfully"},
        "postgres": {"condition": "service_healthy"},
    }


@pytest.mark.parametrize(
    "command",
    [
        SERVICES["broker"]["command"],
        SERVICES["bootstrap"]["command"],
        json.loads(instructions("CMD")[0]),
        re.findall(r"run --rm broker (user add NAME)", COMPOSE)[0].split(),
    ],
)
def test_the_commands_are_the_brokers(command: list[str]) -> None:
    group: click.Command | None = cli.main
    while isinstance(group, click.Group):
        _, group, command = group.resolve_command(click.Context(group), command)

    assert group
    group.make_context("broker", command)  # raises UsageError for what it does not take


def test_the_health_checks_are_programs_of_their_images() -> None:
    assert SERVICES["store"]["healthcheck"]["test"] == ["CMD", "silo", "healthcheck", "ready"]
    assert SERVICES["postgres"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert SERVICES["broker"]["healthcheck"]["test"][:3] == ["CMD", "python", "-c"]


def test_the_brokers_health_check_tells_a_live_broker_from_a_dead_one(broker: RunningBroker) -> None:
    code = SERVICES["broker"]["healthcheck"]["test"][3]

    def check(port: str) -> int:
        command = [sys.executable, "-c", code.replace("8000", port)]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode

    assert check(broker.url.rpartition(":")[2]) == 0
    assert check("1") == 1


def test_the_image_is_built_from_what_is_there() -> None:
    allowed = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}

    for source in sources():
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in allowed, source


def test_the_image_can_talk_to_all_that_the_settings_name() -> None:
    """The database is PostgreSQL; requests may be counted in a Redis."""
    assert '"$(echo dist/*.whl)[postgres,redis]"' in DOCKERFILE


def test_the_base_images_have_tags() -> None:
    for image in instructions("FROM"):
        assert re.match(r"(node|python):[0-9.]+-slim\b", image)
