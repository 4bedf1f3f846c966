"""The settings, read once at start from `BROKER_*` variables. Nothing else reads the environment.

A nested field is joined by underscores: `store.control.secret_key` is `BROKER_STORE_CONTROL_SECRET_KEY`.
Each variable may be given as `<NAME>_FILE` instead: the path of a file that holds the value.
"""

import dataclasses
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_origin, get_type_hints

import msgspec
from msgspec import Meta

log = logging.getLogger(__name__)

GIB = 1024**3
SAMPLE_SECRETS = frozenset(
    {"changeme", "minioadmin", "minio123", "password", "secret", "wjalrxutnfemi/k7mdeng/bpxrficyexamplekey"}
)

# browsers write origins in lower case, without the scheme's own port
_ORIGIN = r"^(?!http://.*:80$|https://.*:443$)https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[1-9][0-9]{0,4})?$"
_BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
_KEY_PREFIX = r"^[a-z0-9-]{1,32}$"
_DATABASE = r"^sqlite:///.+$"
_FORMS = {
    _ORIGIN: "like https://files.example.com: lower case, without a path and without the scheme's own port",
    _BUCKET: "the name of a bucket: 3 to 63 of a-z, 0-9, - and .",
    _KEY_PREFIX: "1 to 32 of a-z, 0-9 and -",
    _DATABASE: "like sqlite:////var/lib/broker/broker.db",
}

Origin = Annotated[str, Meta(pattern=_ORIGIN)]
Required = Annotated[str, Meta(min_length=1)]


class SettingsError(Exception):
    """A setting is missing or bad; the text names the variable and is meant for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One of the store's users."""

    access_key: Required
    secret_key: Required = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """`url` is dialled by the broker; `public_url` is signed into URLs for clients and never dialled."""

    url: Origin
    public_url: Origin
    bucket: Annotated[str, Meta(pattern=_BUCKET)]
    put_signer: Identity
    get_signer: Identity
    control: Identity
    region: Required = "us-east-1"
    addressing: Literal["path", "virtual"] = "path"
    key_prefix: Annotated[str, Meta(pattern=_KEY_PREFIX)] = "uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Durations are seconds, sizes bytes. The first of `origins` is the broker's own address."""

    origins: Annotated[tuple[Origin, ...], Meta(min_length=1)]
    secret_key: Annotated[str, Meta(min_length=32)] = field(repr=False)
    database_url: Annotated[str, Meta(pattern=_DATABASE)] = field(repr=False)
    store: StoreSettings
    max_size: Annotated[int, Meta(ge=1, le=5 * GIB)] = 5 * GIB
    url_expires_in: Annotated[int, Meta(ge=1, le=3600)] = 300
    upload_expires_in: Annotated[int, Meta(ge=60, le=7 * 86400)] = 86400
    access_token_expires_in: Annotated[int, Meta(ge=60, le=86400)] = 900
    log_format: Literal["json", "text"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def hosts(self) -> frozenset[str]:
        """The values of the Host header that are meant for the broker."""
        return frozenset(origin.split("://")[1].lower() for origin in self.origins)


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapSettings:
    """What `broker bootstrap` needs; `bootstrap` is the store's owner, whom the service never knows."""

    origins: Annotated[tuple[Origin, ...], Meta(min_length=1)]
    store: StoreSettings
    bootstrap: Identity


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Build the settings of the production service. Raises SettingsError on the first bad value."""
    settings = _convert(environ, Settings, "BROKER")
    known = {name for name, _ in variables()}
    for name in sorted(environ):
        if name.startswith("BROKER_") and name.removesuffix("_FILE") not in known:
            log.warning("%s is not a setting", name)
    return settings


def load_bootstrap(environ: Mapping[str, str] = os.environ) -> BootstrapSettings:
    """Build the settings of `broker bootstrap`. Raises SettingsError on the first bad value."""
    return _convert(environ, BootstrapSettings, "BROKER")


def variables(cls: type = Settings, prefix: str = "BROKER") -> Iterator[tuple[str, Any]]:
    """Yield each variable with its default, `...` when it has none, in the order of the fields."""
    hints = get_type_hints(cls)
    for spec in dataclasses.fields(cls):
        name = f"{prefix}_{spec.name.upper()}"
        if dataclasses.is_dataclass(hints[spec.name]):
            yield from variables(hints[spec.name], name)
        else:
            yield name, ... if spec.default is dataclasses.MISSING else spec.default


T = TypeVar("T")


def _convert(environ: Mapping[str, str], cls: type[T], prefix: str) -> T:
    try:
        settings = msgspec.convert(_collect(environ, cls, prefix), cls, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        for pattern, form in _FORMS.items():
            reason = reason.replace(f"`str` matching regex {pattern!r}", f"something {form}")
        name = re.sub(r"\[.*", "", path.rstrip("`")).replace(".", "_").upper()
        raise SettingsError(f"{prefix}_{name}: {reason[0].lower()}{reason[1:]}") from error
    return settings


def _collect(environ: Mapping[str, str], cls: type, prefix: str) -> dict[str, Any]:
    """Gather what is set, nested as the dataclass is."""
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for spec in dataclasses.fields(cls):
        name = f"{prefix}_{spec.name.upper()}"
        if dataclasses.is_dataclass(hints[spec.name]):
            values[spec.name] = _collect(environ, hints[spec.name], name)
        elif (value := _read(environ, name)) is not None:
            _refuse_samples(name, value)
            is_list = get_origin(hints[spec.name]) is tuple
            values[spec.name] = [item.strip() for item in value.split(",")] if is_list else value
        elif spec.default is dataclasses.MISSING:
            raise SettingsError(f"{name} is not set")
    return values


def _read(environ: Mapping[str, str], name: str) -> str | None:
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name) or None
    if environ.get(name):
        raise SettingsError(f"{name} and {name}_FILE are both set")
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE: {path} cannot be read ({error})") from error


def _refuse_samples(name: str, value: str) -> None:
    """Refuse what stands in examples and tutorials; anybody can look it up."""
    is_secret = name.endswith("_KEY")
    if is_secret and (value.lower() in SAMPLE_SECRETS or "change-me" in value.lower()):
        raise SettingsError(f"{name} is a sample value; choose one of your own (openssl rand -hex 32)")
