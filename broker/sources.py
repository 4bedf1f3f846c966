"""Where settings stand: in variables of the environment, and in a TOML file nested as the dataclasses are.

A nested setting is joined by underscores: `store.control.secret_key` is `BROKER_STORE_CONTROL_SECRET_KEY`.
Each may be given as `<name>_file` instead, in either place: the path of a file that holds the value.
"""

import dataclasses
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from broker.errors import OperatorError
from broker.sizes import parse_size

SAMPLE_SECRETS = frozenset(
    {"changeme", "minioadmin", "minio123", "password", "secret", "wjalrxutnfemi/k7mdeng/bpxrficyexamplekey"}
)

IN_BYTES = Meta(extra={"unit": "bytes"})  # marks a number that may be written as 16 MiB

Key = tuple[str, ...]
T = TypeVar("T")


class SettingsError(OperatorError):
    """A setting is missing or bad; the text names where it stands and is meant for the operator."""


class Given(NamedTuple):
    """A value as somebody wrote it; `place` is what to name when it is bad."""

    value: object
    place: str
    is_text: bool = False  # all that a variable holds is
    is_path: bool = False

    def read(self) -> object:
        """Return the value, or what the file holds whose path it is. Raises SettingsError."""
        if not self.is_path:
            return self.value
        try:
            return Path(str(self.value)).read_text().strip()
        except OSError as error:
            raise SettingsError(f"{self.place}: {self.value} cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"{self.place}: {self.value} is not a text in UTF-8") from error


def leaves(cls: type, above: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yield each setting of a dataclass, the nested ones included, with its default; `...` for none."""
    hints = get_type_hints(cls)
    for spec in dataclasses.fields(cls):
        key = (*above, spec.name)
        if dataclasses.is_dataclass(hints[spec.name]):
            yield from leaves(hints[spec.name], key)
        else:
            yield key, ... if spec.default is dataclasses.MISSING else spec.default


def variable(key: Key) -> str:
    """Name the variable of a setting.

    >>> variable(("policies", "profile-pictures", "max_size"))
    'BROKER_POLICIES_PROFILE_PICTURES_MAX_SIZE'
    """
    return "_".join(("BROKER", *key)).upper().replace("-", "_")


def from_environment(environ: Mapping[str, str], known: Iterable[Key]) -> dict[Key, Given]:
    """Gather what variables say; an empty one says nothing. Raises SettingsError."""
    found: dict[Key, Given] = {}
    for key in known:
        name, name_of_file = variable(key), f"{variable(key)}_FILE"
        if environ.get(name) and environ.get(name_of_file):
            raise SettingsError(f"{name} and {name_of_file} are both set")
        if environ.get(name):
            found[key] = Given(environ[name], name, is_text=True)
        elif environ.get(name_of_file):
            found[key] = Given(environ[name_of_file], name_of_file, is_text=True, is_path=True)
    return found


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises SettingsError."""
    try:
        return tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: it cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: it is not TOML ({error})") from error


def from_table(table: Mapping[str, object], known: Iterable[Key], *, file: str) -> dict[Key, Given]:
    """Gather what a TOML file says, empty tables included. Raises SettingsError for what is no setting."""
    known = set(known)
    tables = {key[:depth] for key in known for depth in range(1, len(key))}
    found: dict[Key, Given] = {}
    for written, value in _flatten(table):
        key = (*written[:-1], written[-1].removesuffix("_file"))
        is_path = written not in known and key in known
        key = key if is_path else written
        place = f"{file}: {'.'.join(written)}"
        if key not in known and not (value == {} and key in tables):
            raise SettingsError(f"{place} is not a setting")
        if key in found:
            raise SettingsError(f"{file}: {'.'.join(key)} and {'.'.join(key)}_file are both set")
        found[key] = Given(value, place, is_text=is_path, is_path=is_path)
    return found


def _flatten(table: Mapping[str, object], above: Key = ()) -> Iterator[tuple[Key, object]]:
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, (*above, name))
        else:
            yield (*above, name), value


def build(cls: type[T], found: Mapping[Key, Given], above: Key = ()) -> T:
    """Make a dataclass of what was found and of defaults. Raises SettingsError on the first bad value."""
    hints = get_type_hints(cls, include_extras=True)
    values: dict[str, Any] = {}
    for spec in dataclasses.fields(cls):  # type: ignore[arg-type]  # T cannot be bound to "a dataclass"
        key = (*above, spec.name)
        if dataclasses.is_dataclass(hints[spec.name]):
            values[spec.name] = build(hints[spec.name], found, key)
        elif key in found:
            values[spec.name] = _convert(found[key], hints[spec.name])
        elif spec.default is spec.default_factory is dataclasses.MISSING:
            raise SettingsError(f"{variable(key)} is not set")
    return cls(**values)


def _convert(given: Given, hint: object) -> object:
    value = given.read()
    _refuse_samples(value, given.place)
    if isinstance(value, str) and given.is_text and _is_list(hint):
        value = [item.strip() for item in value.split(",")]
    metas = tuple(_metas(hint))
    try:
        if isinstance(value, str) and IN_BYTES in metas:
            value = parse_size(value)
        return msgspec.convert(value, hint, strict=not given.is_text)
    except msgspec.ValidationError as error:
        reason = str(error).partition(" - at `$")[0]
        for meta in metas:
            reason = reason.replace(f"`str` matching regex {meta.pattern!r}", f"something {meta.description}")
        raise SettingsError(f"{given.place}: {reason[0].lower()}{reason[1:]}") from error
    except ValueError as error:
        raise SettingsError(f"{given.place}: {error}") from error


def _refuse_samples(value: object, place: str) -> None:
    """Refuse what stands in examples and tutorials; anybody can look it up."""
    is_secret = (
        place.lower()
        .removesuffix("_file")
        .endswith(("_key", "_token", "_previous", "jwt_secret", "jwt.secret"))
    )
    text = str(value).lower()
    if password := re.match(r"(?:postgresql|rediss?)://[^/@]*:([^/@]*)@", text):
        is_secret, text = True, password[1]
    if is_secret and (text in SAMPLE_SECRETS or "change-me" in text):
        raise SettingsError(f"{place} is a sample value; choose one of your own (openssl rand -hex 32)")


def _is_list(hint: object) -> bool:
    return get_origin(get_args(hint)[0] if get_origin(hint) is Annotated else hint) is tuple


def _metas(hint: object) -> Iterator[Meta]:
    """Yield what is noted on a type and on those that it is made of."""
    if isinstance(hint, Meta):
        yield hint
    for part in get_args(hint):
        yield from _metas(part)
