import logging
from pathlib import Path

import pytest

from broker import settings
from broker.settings import SettingsError

README = Path(__file__).parent.parent / "README.md"

GOOD = {
    "BROKER_ORIGINS": "https://files.example.com, http://broker:8000",
    "BROKER_SECRET_KEY": "s" * 32,
    "BROKER_DATABASE_URL": "sqlite:////var/lib/broker/broker.db",
    "BROKER_STORE_URL": "http://store:9000",
    "BROKER_STORE_PUBLIC_URL": "https://s3.example.com",
    "BROKER_STORE_BUCKET": "files",
    "BROKER_STORE_PUT_SIGNER_ACCESS_KEY": "put",
    "BROKER_STORE_PUT_SIGNER_SECRET_KEY": "put-key-0123456789",
    "BROKER_STORE_GET_SIGNER_ACCESS_KEY": "get",
    "BROKER_STORE_GET_SIGNER_SECRET_KEY": "get-key-0123456789",
    "BROKER_STORE_CONTROL_ACCESS_KEY": "control",
    "BROKER_STORE_CONTROL_SECRET_KEY": "control-key-0123456789",
}
REQUIRED = sorted(GOOD)


def test_what_is_not_given_has_a_safe_default() -> None:
    loaded = settings.load(GOOD)

    assert loaded.origins == ("https://files.example.com", "http://broker:8000")
    assert loaded.hosts == {"files.example.com", "broker:8000"}
    assert loaded.store.control.access_key == "control"
    assert (loaded.url_expires_in, loaded.upload_expires_in, loaded.access_token_expires_in) == (
        300,
        86400,
        900,
    )
    assert loaded.log_format == "json"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        settings.load({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("name", REQUIRED)
def test_a_setting_that_is_empty_is_missing(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        settings.load(GOOD | {name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BROKER_ORIGINS", "https://files.example.com/app"),
        ("BROKER_ORIGINS", "*"),
        ("BROKER_ORIGINS", "https://files.example.com:443"),
        ("BROKER_ORIGINS", "https://Files.example.com"),
        ("BROKER_ORIGINS", "https://a.example,,"),
        ("BROKER_SECRET_KEY", "s" * 31),
        ("BROKER_DATABASE_URL", "mysql://x"),
        ("BROKER_STORE_URL", "store:9000"),
        ("BROKER_STORE_PUBLIC_URL", "https://s3.example.com/prefix"),
        ("BROKER_STORE_BUCKET", "No"),
        ("BROKER_STORE_KEY_PREFIX", "../up"),
        ("BROKER_STORE_ADDRESSING", "host"),
        ("BROKER_URL_EXPIRES_IN", "3601"),
        ("BROKER_URL_EXPIRES_IN", "0"),
        ("BROKER_URL_EXPIRES_IN", "five"),
        ("BROKER_MAX_SIZE", "-1"),
        ("BROKER_LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: ") as caught:
        settings.load(GOOD | {name: value})

    assert "regex" not in str(caught.value)


def test_an_origin_with_a_path_is_answered_with_the_form_to_use() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load(GOOD | {"BROKER_ORIGINS": "https://files.example.com/"})

    assert str(caught.value) == (
        "BROKER_ORIGINS: expected something like https://files.example.com: "
        "lower case, without a path and without the scheme's own port"
    )


@pytest.mark.parametrize("name", [name for name in REQUIRED if name.endswith("_KEY")])
@pytest.mark.parametrize("value", ["minioadmin", "changeme", "change-me-" + "0" * 32])
def test_c61_sample_secrets_are_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is a sample value"):
        settings.load(GOOD | {name: value})


def test_c11_a_short_secret_key_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load(GOOD | {"BROKER_SECRET_KEY": "tooshort"})

    assert "tooshort" not in str(caught.value)


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("f" * 40 + "\n")
    environ = {key: value for key, value in GOOD.items() if key != "BROKER_SECRET_KEY"}

    loaded = settings.load(environ | {"BROKER_SECRET_KEY_FILE": str(secret)})

    assert loaded.secret_key == "f" * 40


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    environ = {key: value for key, value in GOOD.items() if key != "BROKER_SECRET_KEY"}

    with pytest.raises(SettingsError, match=r"^BROKER_SECRET_KEY_FILE: .*nowhere"):
        settings.load(environ | {"BROKER_SECRET_KEY_FILE": str(tmp_path / "nowhere")})


def test_an_empty_file_variable_counts_for_nothing() -> None:
    assert settings.load(GOOD | {"BROKER_SECRET_KEY_FILE": ""}) == settings.load(GOOD)


def test_a_value_and_a_file_for_it_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match="both set"):
        settings.load(GOOD | {"BROKER_SECRET_KEY_FILE": "/x"})


def test_no_secret_is_in_a_settings_text() -> None:
    text = repr(settings.load(GOOD))

    assert "s" * 32 not in text
    assert "-key-0123456789" not in text


def test_a_variable_that_is_no_setting_is_pointed_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        settings.load(GOOD | {"BROKER_URL_EXPIRE_IN": "5"})

    assert caplog.messages == ["BROKER_URL_EXPIRE_IN is not a setting"]


def test_bootstrap_needs_the_store_and_its_owner_alone() -> None:
    environ = {name: value for name, value in GOOD.items() if "STORE" in name or "ORIGINS" in name}

    loaded = settings.load_bootstrap(
        environ | {"BROKER_BOOTSTRAP_ACCESS_KEY": "root", "BROKER_BOOTSTRAP_SECRET_KEY": "r" * 20}
    )

    assert loaded.bootstrap.access_key == "root"
    assert loaded.store == settings.load(GOOD).store


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = [line for line in README.read_text().splitlines() if line.startswith("| `BROKER_")]

    documented = [tuple(cell.strip(" `") for cell in row.split("|")[1:3]) for row in rows]

    assert documented == [(name, "" if value is ... else str(value)) for name, value in settings.variables()]
