import builtins
import logging
from pathlib import Path

import pytest

from broker import configuration
from broker.settings import Policy, Quota, SettingsError

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
    loaded = configuration.load(GOOD)

    assert loaded.origins == ("https://files.example.com", "http://broker:8000")
    assert loaded.hosts == {"files.example.com", "broker:8000"}
    assert loaded.store.control.access_key == "control"
    assert loaded.access_token_expires_in == 900
    assert loaded.log_format == "json"
    assert loaded.policies == {"default": Policy()}


@pytest.mark.parametrize("name", REQUIRED)
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        configuration.load({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("name", REQUIRED)
def test_a_setting_that_is_empty_is_missing(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        configuration.load(GOOD | {name: ""})


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
        ("BROKER_DATABASE_URL", "postgresql://broker:p@ss@db/broker"),
        ("BROKER_DATABASE_URL", "postgresql://broker:p/ss@db/broker"),
        ("BROKER_DATABASE_URL", "postgresql://broker:p#ss@db/broker"),
        ("BROKER_DATABASE_URL", "postgresql://broker:p%ss@db/broker"),
        ("BROKER_DATABASE_URL", "postgresql://broker:p%00ss@db/broker"),
        ("BROKER_DATABASE_URL", "postgresql://broker:p ss@db/broker"),
        ("BROKER_DATABASE_URL", "postgresql://db/broker?password=p%ss"),
        ("BROKER_DATABASE_URL", "postgresql://db/"),
        ("BROKER_STORE_URL", "store:9000"),
        ("BROKER_STORE_PUBLIC_URL", "https://s3.example.com/prefix"),
        ("BROKER_STORE_BUCKET", "No"),
        ("BROKER_STORE_KEY_PREFIX", "../up"),
        ("BROKER_STORE_ADDRESSING", "host"),
        ("BROKER_LOG_FORMAT", "xml"),
        ("BROKER_POLICIES_DEFAULT_URL_EXPIRES_IN", "3601"),
        ("BROKER_POLICIES_DEFAULT_URL_EXPIRES_IN", "0"),
        ("BROKER_POLICIES_DEFAULT_URL_EXPIRES_IN", "five"),
        ("BROKER_POLICIES_DEFAULT_UPLOAD_EXPIRES_IN", "60"),  # less than a URL lives
        ("BROKER_POLICIES_DEFAULT_UPLOAD_EXPIRES_IN", "604801"),
        ("BROKER_POLICIES_DEFAULT_MAX_SIZE", "-1"),
        ("BROKER_POLICIES_DEFAULT_MAX_SIZE", "0"),
        ("BROKER_POLICIES_DEFAULT_MAX_SIZE", "5497558138881"),  # a byte more than 5 TiB
        ("BROKER_POLICIES_DEFAULT_MAX_SIZE", "1.5GiB"),
        ("BROKER_POLICIES_DEFAULT_MAX_SIZE", "5G"),
        ("BROKER_POLICIES_DEFAULT_MIN_SIZE", "6 TiB"),
        ("BROKER_POLICIES_DEFAULT_SINGLE_PUT_MAX", "5368709121"),  # a byte more than 5 GiB
        ("BROKER_POLICIES_DEFAULT_TYPES", "image"),
        ("BROKER_POLICIES_DEFAULT_TYPES", "image/png,"),
        ("BROKER_POLICIES_DEFAULT_TYPES", "*/*"),
        ("BROKER_POLICIES_DEFAULT_TYPES", "Image/PNG"),
        ("BROKER_POLICIES_DEFAULT_EXTENSIONS", "png"),
        ("BROKER_POLICIES_DEFAULT_EXTENSIONS", ".PNG"),
        ("BROKER_POLICIES_DEFAULT_EXTENSIONS", "."),
        ("BROKER_SECRET_KEY_PREVIOUS", "s" * 31),
        ("BROKER_JWT_SECRET", "s" * 31),
        ("BROKER_EVENTS_TOKEN", "s" * 31),
        ("BROKER_SCAN_TOKEN", "s" * 31),
        ("BROKER_CORS_ORIGINS", "*"),
        ("BROKER_CORS_ORIGINS", "null"),
        ("BROKER_CORS_ORIGINS", "https://*.example.com"),
        ("BROKER_RATE_LIMITS_SUBJECT", "0/minute"),
        ("BROKER_RATE_LIMITS_ADDRESS", "many"),
        ("BROKER_RATE_LIMITS_AT_ONCE", "0"),
        ("BROKER_RATE_LIMITS_STORAGE", "memcached://cache"),
        ("BROKER_STORE_PUBLIC_URL", "https://files.example.com"),  # one of BROKER_ORIGINS
        ("BROKER_TRUSTED_PROXIES", "proxy.example.com"),
        ("BROKER_TRUSTED_PROXIES", "10.0.0.0/8,*"),
        ("BROKER_POLICIES_DEFAULT_SCOPE", "two scopes"),
        ("BROKER_POLICIES_DEFAULT_SCOPE", 'a"b'),
        ("BROKER_POLICIES_DEFAULT_FOLDERS", "/photos"),
        ("BROKER_POLICIES_DEFAULT_FOLDERS", "photos/"),
        ("BROKER_POLICIES_DEFAULT_FOLDERS", "photos//x"),
        ("BROKER_POLICIES_DEFAULT_FOLDERS", "photos/../x"),
        ("BROKER_POLICIES_DEFAULT_FOLDERS", "photos/*.png"),
        ("BROKER_POLICIES_DEFAULT_FOLDERS", "{owner}"),
        ("BROKER_POLICIES_DEFAULT_FOLDERS", "u\u0308ber"),
        ("BROKER_POLICIES_DEFAULT_CHECKSUM_ALGORITHM", "md5"),
        ("BROKER_POLICIES_DEFAULT_CHECKSUM_REQUIRED", "perhaps"),
        ("BROKER_POLICIES_DEFAULT_PART_CONCURRENCY", "17"),
        ("BROKER_POLICIES_DEFAULT_QUOTA_BYTES", "plenty"),
        ("BROKER_POLICIES_AVATARS_TENANT_QUOTA_FILES", "-1"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: ") as caught:
        configuration.load(GOOD | {name: value})

    assert "regex" not in str(caught.value)


OIDC = {"BROKER_OIDC_ISSUER": "https://id.example.com/realms/a", "BROKER_OIDC_AUDIENCE": "broker"}
SHARED = {"BROKER_JWT_SECRET": "j" * 32, "BROKER_JWT_ISSUER": "https://shop.example.com"}


def test_others_may_issue_tokens_too() -> None:
    loaded = configuration.load(GOOD | OIDC | SHARED | {"BROKER_OIDC_CLAIMS_GRANTED_SCOPES": "files:read"})

    assert loaded.oidc.issuer == "https://id.example.com/realms/a"
    assert loaded.oidc.claims.granted_scopes == ("files:read",)
    assert loaded.jwt.issuer == "https://shop.example.com"
    assert "j" * 32 not in repr(loaded)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"BROKER_OIDC_AUDIENCE": ""}, "BROKER_OIDC_AUDIENCE is not set"),
        ({"BROKER_OIDC_ISSUER": ""}, "BROKER_OIDC_ISSUER is not set"),
        ({"BROKER_OIDC_ISSUER": "http://id.example.com"}, "BROKER_OIDC_ISSUER: "),
        ({"BROKER_OIDC_ISSUER": "https://files.example.com"}, "BROKER_OIDC_ISSUER: "),
        ({"BROKER_OIDC_ALGORITHMS": "RS256,HS256"}, "BROKER_OIDC_ALGORITHMS: "),
        ({"BROKER_OIDC_ALGORITHMS": "none"}, "BROKER_OIDC_ALGORITHMS: "),
        ({"BROKER_JWKS_URL": "http://id.example.com/jwks"}, "BROKER_JWKS_URL: "),
        ({"BROKER_JWT_SECRET": "j" * 31}, "BROKER_JWT_SECRET: "),
        ({"BROKER_JWT_SECRET": "change-me" + "j" * 32}, "BROKER_JWT_SECRET is a sample value"),
        ({"BROKER_JWT_SECRET": ""}, "BROKER_JWT_SECRET is not set"),
        ({"BROKER_JWT_ISSUER": ""}, "BROKER_JWT_ISSUER is not set"),
        ({"BROKER_JWT_ISSUER": OIDC["BROKER_OIDC_ISSUER"]}, "BROKER_JWT_ISSUER: one issuer signs with"),
        ({"BROKER_JWT_ISSUER": "https://files.example.com"}, "BROKER_JWT_ISSUER: "),
    ],
)
def test_c04_issuers_that_could_be_confused_or_tricked_are_refused_at_start(
    changes: dict[str, str], name: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{name}"):
        configuration.load(GOOD | OIDC | SHARED | changes)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///broker.db",
        "postgresql://db/broker",
        "postgresql://broker:p%40ss%2F@db.example.com:5432/broker?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgresql://broker@[::1]:5432/broker",
        "postgresql://broker@%2Frun%2Fpostgresql/broker",
        "postgresql://broker:x@one:5432,other:5432/broker?target_session_attrs=read-write",
    ],
)
def test_databases_are_named_by_their_urls(url: str) -> None:
    assert configuration.load(GOOD | {"BROKER_DATABASE_URL": url}).database_url == url


def test_a_bad_url_of_a_database_is_named_without_its_password() -> None:
    with pytest.raises(SettingsError, match="percent-encoded") as caught:
        configuration.load(GOOD | {"BROKER_DATABASE_URL": "postgresql://broker:hun%ter2@db/broker"})

    assert "ter2" not in str(caught.value)


@pytest.mark.parametrize("password", ["password", "Secret", "change-me-postgres"])
@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("BROKER_DATABASE_URL", "postgresql://broker:{}@db/broker"),
        ("BROKER_RATE_LIMITS_STORAGE", "redis://:{}@cache:6379/0"),
        ("BROKER_RATE_LIMITS_STORAGE", "rediss://broker:{}@cache:6379/0"),
    ],
)
def test_c61_a_sample_password_in_a_url_is_refused(name: str, url: str, password: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is a sample value"):
        configuration.load(GOOD | {name: url.format(password)})


def test_an_origin_with_a_path_is_answered_with_the_form_to_use() -> None:
    with pytest.raises(SettingsError) as caught:
        configuration.load(GOOD | {"BROKER_ORIGINS": "https://files.example.com/"})

    assert str(caught.value) == (
        "BROKER_ORIGINS: expected something like https://files.example.com: "
        "lower case, without a path and without the scheme's own port"
    )


@pytest.mark.parametrize(
    "name",
    [
        *(name for name in REQUIRED if name.endswith("_KEY")),
        "BROKER_SECRET_KEY_PREVIOUS",
        "BROKER_RECEIPT_KEY",
        "BROKER_RECEIPT_KEY_PREVIOUS",
        "BROKER_JWT_SECRET",
        "BROKER_EVENTS_TOKEN",
        "BROKER_SCAN_TOKEN",
    ],
)
@pytest.mark.parametrize("value", ["minioadmin", "changeme", "change-me-" + "0" * 32])
def test_c61_sample_secrets_are_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is a sample value"):
        configuration.load(GOOD | {name: value})


def test_c11_a_short_secret_key_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError) as caught:
        configuration.load(GOOD | {"BROKER_SECRET_KEY": "tooshort"})

    assert "tooshort" not in str(caught.value)


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("f" * 40 + "\n")
    environ = {key: value for key, value in GOOD.items() if key != "BROKER_SECRET_KEY"}

    loaded = configuration.load(environ | {"BROKER_SECRET_KEY_FILE": str(secret)})

    assert loaded.secret_key == "f" * 40


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    environ = {key: value for key, value in GOOD.items() if key != "BROKER_SECRET_KEY"}

    with pytest.raises(SettingsError, match=r"^BROKER_SECRET_KEY_FILE: .*nowhere"):
        configuration.load(environ | {"BROKER_SECRET_KEY_FILE": str(tmp_path / "nowhere")})


def test_an_empty_file_variable_counts_for_nothing() -> None:
    assert configuration.load(GOOD | {"BROKER_SECRET_KEY_FILE": ""}) == configuration.load(GOOD)


def test_a_value_and_a_file_for_it_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match="both set"):
        configuration.load(GOOD | {"BROKER_SECRET_KEY_FILE": "/x"})


def test_no_secret_is_in_a_settings_text() -> None:
    text = repr(configuration.load(GOOD))

    assert "s" * 32 not in text
    assert "-key-0123456789" not in text


def test_a_variable_that_is_no_setting_is_pointed_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        of_client = {"BROKER_URL": "https://files.example.org", "BROKER_TOKEN": "t"}
        configuration.load(
            GOOD | of_client | {"BROKER_LOG_LEVL": "INFO", "BROKER_POLICIES_DEFAULT_MAX_SIZE": "1"}
        )

    assert caplog.messages == ["BROKER_LOG_LEVL is not a setting"]


@pytest.mark.parametrize(
    "name",
    [
        "BROKER_POLICIES_DEFAULT_MAXSIZE",
        "BROKER_POLICIES_MAX_SIZE",
        "BROKER_POLICIES_DEFAULT_NAME",
        "BROKER_POLICIES__MAX_SIZE",
        "BROKER_POLICIES_2_MAX_SIZE",
        "BROKER_POLICIES_DEFAULT_QUOTA",
        f"BROKER_POLICIES_{'A' * 65}_MAX_SIZE",
    ],
)
def test_a_variable_of_a_policy_with_a_typo_is_refused_because_a_limit_would_be_lost(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not a setting$"):
        configuration.load(GOOD | {name: "1"})


def test_policies_stand_in_variables() -> None:
    loaded = configuration.load(
        GOOD
        | {
            "BROKER_POLICIES_DEFAULT_MAX_SIZE": "5TiB",
            "BROKER_POLICIES_DEFAULT_SINGLE_PUT_MAX": "5GiB",
            "BROKER_POLICIES_PROFILE_PICTURES_TYPES": "image/png, image/*",
            "BROKER_POLICIES_PROFILE_PICTURES_TENANT_QUOTA_BYTES": "2 TB",
            "BROKER_POLICIES_PROFILE_PICTURES_QUOTA_FILES": "10",
            "BROKER_POLICIES_PROFILE_PICTURES_SNIFF": "true",
            "BROKER_POLICIES_TENANT_QUOTA_FILES": "3",  # of a policy `tenant`
            "BROKER_POLICIES_UNUSED_MAX_SIZE": "",
        }
    )

    assert loaded.policies == {
        "default": Policy(max_size=5 * 2**40, single_put_max=5 * 2**30),
        "profile-pictures": Policy(
            name="profile-pictures",
            types=("image/png", "image/*"),
            sniff=True,
            quota=Quota(files=10),
            tenant_quota=Quota(bytes=2 * 10**12),
        ),
        "tenant": Policy(name="tenant", quota=Quota(files=3)),
    }


FILE = """
origins = ["https://files.example.com"]
secret_key = "ffffffffffffffffffffffffffffffff"
database_url = "sqlite:////srv/broker.db"
log_level = "DEBUG"

[store]
url = "http://store:9000"
public_url = "https://s3.example.com"
bucket = "files"
put_signer = { access_key = "put", secret_key = "put-key-0123456789" }
get_signer = { access_key = "get", secret_key = "get-key-0123456789" }

[store.control]
access_key = "control"
secret_key_file = "KEY"

[policies.default]
max_size = "5 GiB"

[policies.empty]

[policies.avatars]
types = ["image/png", "image/jpeg"]
max_size = 1048576
folders = "avatars/{subject}"
scope = "avatars"
checksum_required = true
quota = { files = 10 }
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    key = tmp_path / "key"
    key.write_text("control-key-0123456789\n")
    file = tmp_path / "broker.toml"
    file.write_text(FILE.replace("KEY", str(key)))
    return file


def test_all_settings_may_stand_in_a_file(config: Path) -> None:
    loaded = configuration.load({"BROKER_CONFIG": str(config)})

    assert (loaded.origins, loaded.log_level) == (("https://files.example.com",), "DEBUG")
    assert loaded.store.control.secret_key == "control-key-0123456789"
    assert loaded.policies == {
        "default": Policy(max_size=5 * 2**30),
        "avatars": Policy(
            name="avatars",
            types=("image/png", "image/jpeg"),
            max_size=2**20,
            folders="avatars/{subject}",
            scope="avatars",
            checksum_required=True,
            quota=Quota(files=10),
        ),
        "empty": Policy(name="empty"),
    }


def test_a_variable_wins_over_the_file(config: Path) -> None:
    environ = {
        "BROKER_CONFIG": str(config),
        "BROKER_LOG_LEVEL": "ERROR",
        "BROKER_STORE_CONTROL_SECRET_KEY": "another-key-0123456789",
        "BROKER_POLICIES_AVATARS_QUOTA_FILES": "20",
        "BROKER_POLICIES_AVATARS_SCOPE": "",
    }

    loaded = configuration.load(environ)

    assert loaded.log_level == "ERROR"
    assert loaded.store.control.secret_key == "another-key-0123456789"
    assert loaded.policies["avatars"].quota == Quota(files=20)
    assert loaded.policies["avatars"].scope == "avatars"


def test_a_file_in_the_working_directory_is_read(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(config.parent)

    assert configuration.load({}) == configuration.load({"BROKER_CONFIG": str(config)})
    assert configuration.load({}).policies["avatars"].quota == Quota(files=10)


def test_without_a_file_there_are_variables_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert configuration.load(GOOD).policies == {"default": Policy()}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("log_levl = 'INFO'", "log_levl is not a setting"),
        ("max_size = 5", "max_size is not a setting"),
        ("store = 5", "store is not a setting"),
        ("policies = 5", "policies is not a setting"),
        ("[polices.avatars]", "polices.avatars is not a setting"),
        ("[policies]\navatars = 5", "policies.avatars is not a setting"),
        ("[policies.avatars]\nmaxsize = 5", "policies.avatars.maxsize is not a setting"),
        ("[policies.avatars]\nname = 'x'", "policies.avatars.name is not a setting"),
        ("[policies.avatars.quota]\nsize = 5", "policies.avatars.quota.size is not a setting"),
        ("[policies.Avatars]", "policies.Avatars: a policy's name is a letter, then a-z, 0-9 and -"),
        (f"[policies.{'a' * 65}]", f"policies.{'a' * 65}: a policy's name is"),  # no column has room
        ("[bootstrap]\naccess_key = 'x'", "bootstrap.access_key is not a setting"),
        ("policies.avatars.max_size = '5 GB and more'", "policies.avatars.max_size: expected a number"),
        ("policies.avatars.max_size = 1e9", "policies.avatars.max_size: expected `int`, got `float`"),
        ("policies.avatars.max_size = true", "policies.avatars.max_size: expected `int`, got `bool`"),
        ("policies.avatars.max_size = []", "policies.avatars.max_size: expected `int`, got `array`"),
        ("policies.avatars.max_size = {}", "policies.avatars.max_size: expected `int`, got `object`"),
        ("policies.avatars.types = 'image/png'", "policies.avatars.types: expected `array`, got `str`"),
        ("policies.avatars.types = ['png']", "policies.avatars.types: expected something like image/png"),
        ("policies.avatars.sniff = 1", "policies.avatars.sniff: expected `bool`, got `int`"),
        ("policies.avatars.part_concurrency = '4'", "policies.avatars.part_concurrency: expected `int`"),
        (
            "policies.avatars.min_size = '6TiB'",
            r"policies.avatars.min_size: min_size \(6597069766656\) is over",
        ),
        (
            "policies.avatars.upload_expires_in = 60",
            r"policies.avatars.upload_expires_in: url_expires_in \(300\)",
        ),
        ("origins = ['https://x.example/']", "origins: expected something like https://files.example.com"),
        ("origins = ['https://x.example\\n']", "origins: expected something like https://files.example.com"),
        ("secret_key = 'short'", "secret_key: expected `str` of length >= 32"),
        ("secret_key = 'change-me-" + "0" * 32 + "'", "secret_key is a sample value"),
        ("secret_key_file = '/nowhere'", "secret_key_file: /nowhere cannot be read"),
        ("secret_key = 'x'\nsecret_key_file = 'x'", "secret_key and secret_key_file are both set"),
        ("log_level", "it is not TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "broker.toml"
    file.write_text(text)
    environ = {
        name: value for name, value in GOOD.items() if name.lower().removeprefix("broker_") not in text
    }

    with pytest.raises(SettingsError, match=f"^{file}:? (and )?({complaint})") as caught:
        configuration.load(environ | {"BROKER_CONFIG": str(file)})

    assert "short" not in str(caught.value)


def test_c61_a_sample_secret_in_a_file_that_a_setting_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("change-me-0123456789012345678901234567890\n")
    environ = {name: value for name, value in GOOD.items() if name != "BROKER_SECRET_KEY"}

    with pytest.raises(SettingsError, match=r"^BROKER_SECRET_KEY_FILE is a sample value"):
        configuration.load(environ | {"BROKER_SECRET_KEY_FILE": str(tmp_path / "key")})


def test_c61_a_sample_secret_in_the_file_of_settings_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "broker.toml"
    file.write_text('[jwt]\nissuer = "https://shop.example.com"\nsecret = "' + "change-me-" * 4 + '"\n')

    with pytest.raises(SettingsError, match=r"jwt\.secret is a sample value"):
        configuration.load(GOOD | {"BROKER_CONFIG": str(file)})


def test_a_file_of_settings_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml: it cannot be read"):
        configuration.load(GOOD | {"BROKER_CONFIG": str(tmp_path / "nowhere.toml")})


def test_policies_are_read_without_secrets_and_with_the_places_of_their_settings(config: Path) -> None:
    environ = {
        "BROKER_CONFIG": str(config),
        "BROKER_SECRET_KEY_FILE": "/nowhere",
        "BROKER_POLICIES_AVATARS_QUOTA_FILES": "20",
    }
    (config.parent / "key").unlink()

    policies, places = configuration.load_policies(environ)

    assert policies["avatars"].quota == Quota(files=20)
    assert places["policies.avatars.max_size"] == f"{config}: policies.avatars.max_size"
    assert places["policies.avatars.quota.files"] == "BROKER_POLICIES_AVATARS_QUOTA_FILES"
    assert "policies.avatars.min_size" not in places


def test_bootstrap_needs_the_store_and_its_owner_alone() -> None:
    environ = {name: value for name, value in GOOD.items() if "STORE" in name or "ORIGINS" in name}

    loaded = configuration.load_bootstrap(
        environ | {"BROKER_BOOTSTRAP_ACCESS_KEY": "root", "BROKER_BOOTSTRAP_SECRET_KEY": "r" * 20}
    )

    assert loaded.bootstrap.access_key == "root"
    assert loaded.store == configuration.load(GOOD).store


def test_bootstrap_reads_the_services_file_and_finds_the_owner_elsewhere(config: Path) -> None:
    owner = {"BROKER_BOOTSTRAP_ACCESS_KEY": "root", "BROKER_BOOTSTRAP_SECRET_KEY": "r" * 20}

    loaded = configuration.load_bootstrap({"BROKER_CONFIG": str(config)} | owner)

    assert loaded.store == configuration.load({"BROKER_CONFIG": str(config)}).store
    assert loaded.bootstrap.access_key == "root"


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = [line for line in README.read_text().splitlines() if line.startswith("| `BROKER_")]

    documented = [tuple(cell.strip(" `") for cell in row.split("|")[1:3]) for row in rows]

    assert documented == [(name, written(value)) for name, value in configuration.variables()]


def written(default: object) -> str:
    match default:
        case builtins.Ellipsis | None | ():
            return ""
        case bool():
            return str(default).lower()
        case tuple():
            return ",".join(default)
    return str(default)
