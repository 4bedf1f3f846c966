"""The settings, read once at start from `broker.toml` and `BROKER_*` variables; a variable wins.

Nothing else reads the environment. How a setting is written in either place: see sources.py.
"""

import logging
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from broker import sources
from broker.settings import BootstrapSettings, Policy, Settings
from broker.sources import Given, Key, SettingsError

log = logging.getLogger(__name__)

_CONFIG = "BROKER_CONFIG"
_CONFIG_DEFAULT = "broker.toml"
_OF_CLIENT = {"BROKER_URL", "BROKER_TOKEN"}  # of the commands that reach a broker (client_session.py)
_POLICIES = ("policies",)
_OF_SETTINGS = [key for key, _ in sources.leaves(Settings) if key != _POLICIES]
_OF_POLICY = {key: default for key, default in sources.leaves(Policy) if key != ("name",)}

_POLICY_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
# the name is as short as can be, so that the setting is the longest one that fits
_POLICY_VARIABLE = re.compile(
    r"BROKER_POLICIES_([A-Z][A-Z0-9_]{{0,63}}?)_({})(_FILE)?".format(
        "|".join("_".join(k).upper() for k in _OF_POLICY)
    )
)


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Build the settings of the production service. Raises SettingsError on the first bad value."""
    found = _find(environ)
    known = {sources.variable(key) for key in _keys(_names_in(environ))} | {_CONFIG} | _OF_CLIENT
    for name in sorted(environ):
        if name.startswith("BROKER_") and name.removesuffix("_FILE") not in known:
            log.warning("%s is not a setting", name)
    settings = replace(sources.build(Settings, found), policies=_policies(found))
    if settings.store.public_url in settings.origins:
        raise SettingsError(
            "BROKER_STORE_PUBLIC_URL: the store needs an origin of its own, which is none of BROKER_ORIGINS: "
            "what people store could act as the broker's page there"
        )
    if not settings.scan.url and (scanned := [p.name for p in settings.policies.values() if p.scan]):
        raise SettingsError(f"BROKER_SCAN_URL is not set, but the policy {scanned[0]} has its files scanned")
    if complaint := _complaint_about_issuers(settings):
        raise SettingsError(complaint)
    return settings


def _complaint_about_issuers(settings: Settings) -> str | None:
    """Say what is wrong with who may issue tokens, if anything is."""
    oidc, jwt, own = settings.oidc, settings.jwt, settings.origins[0]
    if oidc.issuer and not oidc.audience:
        return "BROKER_OIDC_AUDIENCE is not set: without it, tokens for other services would be taken too"
    if (oidc.audience or oidc.client_id or settings.jwks_url) and not oidc.issuer:
        return "BROKER_OIDC_ISSUER is not set: it is the `iss` of the tokens"
    if bool(jwt.secret) != bool(jwt.issuer):
        return f"{'BROKER_JWT_ISSUER' if jwt.secret else 'BROKER_JWT_SECRET'} is not set"
    if oidc.issuer and oidc.issuer == jwt.issuer:
        return (
            "BROKER_JWT_ISSUER: one issuer signs with public keys (BROKER_OIDC_ISSUER) or with a shared "
            "secret, never with both: else the public key could pass for the secret"
        )
    if own in {oidc.issuer, jwt.issuer}:
        name = "BROKER_OIDC_ISSUER" if own == oidc.issuer else "BROKER_JWT_ISSUER"
        return f"{name}: {own} is the broker itself, which signs with BROKER_SECRET_KEY"
    return None


def load_bootstrap(environ: Mapping[str, str] = os.environ) -> BootstrapSettings:
    """Build the settings of `broker bootstrap`. Raises SettingsError on the first bad value.

    The store's owner is taken from variables alone: the file is the service's, which must not know him.
    """
    variables = sources.from_environment(environ, [key for key, _ in sources.leaves(BootstrapSettings)])
    return sources.build(BootstrapSettings, _find(environ) | variables)


def load_policies(environ: Mapping[str, str] = os.environ) -> tuple[dict[str, Policy], dict[str, str]]:
    """Build the policies alone, which needs no secret, and say where each setting that is given stands.

    The places are by the settings' full names, like `policies.default.max_size`. Raises SettingsError.
    """
    found = _find(environ)
    return _policies(found), {".".join(key): given.place for key, given in found.items()}


def secret_key_files(environ: Mapping[str, str] = os.environ) -> tuple[Path, Path] | None:
    """Return the files that hold the secret key and the one before, if both stand in files."""
    paths = [environ.get(f"BROKER_{name}_FILE") for name in ("SECRET_KEY", "SECRET_KEY_PREVIOUS")]
    return (Path(paths[0]), Path(paths[1])) if paths[0] and paths[1] else None


def missing(environ: Mapping[str, str] = os.environ) -> list[str]:
    """List the variables of settings that have no default and stand nowhere. Raises SettingsError."""
    found = _find(environ)
    required = [key for key, default in sources.leaves(Settings) if default is ... and key in _OF_SETTINGS]
    return [sources.variable(key) for key in required if key not in found]


def variables(cls: type = Settings) -> Iterator[tuple[str, Any]]:
    """Yield each variable with its default, `...` when it has none, in the order of the fields.

    Those of policies come once, with `<NAME>` where the policy's name stands.
    """
    yield _CONFIG, _CONFIG_DEFAULT
    for key, default in sources.leaves(cls):
        if key == _POLICIES:
            for below, default_of_policy in _OF_POLICY.items():
                yield f"BROKER_POLICIES_<NAME>_{'_'.join(below).upper()}", default_of_policy
        else:
            yield sources.variable(key), default


def _find(environ: Mapping[str, str]) -> dict[Key, Given]:
    """Gather all that is set; a variable takes the place of what the file says."""
    return _in_file(environ) | sources.from_environment(environ, _keys(_names_in(environ)))


def _keys(policies: Iterable[str]) -> list[Key]:
    """List all settings there are when these are the policies."""
    return _OF_SETTINGS + [(*_POLICIES, name, *below) for name in policies for below in _OF_POLICY]


def _in_file(environ: Mapping[str, str]) -> dict[Key, Given]:
    file = environ.get(_CONFIG) or _CONFIG_DEFAULT
    if not environ.get(_CONFIG) and not Path(file).exists():
        return {}
    table = sources.read_table(Path(file))
    policies = table.get("policies")
    names = list(policies) if isinstance(policies, dict) else []
    for name in names:
        if not _POLICY_NAME.fullmatch(name):
            raise SettingsError(
                f"{file}: policies.{name}: a policy's name is a letter, then a-z, 0-9 and -, up to 64 in all"
            )
    return sources.from_table(table, _keys(names), file=file)


def _names_in(environ: Mapping[str, str]) -> set[str]:
    """Find the policies that variables name. Raises SettingsError: a typo would be a limit less."""
    names = set()
    for name, value in environ.items():
        if name.startswith("BROKER_POLICIES_"):
            match = _POLICY_VARIABLE.fullmatch(name)
            if match is None:
                raise SettingsError(f"{name} is not a setting")
            if value:
                names.add(match[1].lower().replace("_", "-"))
    return names


def _policies(found: Mapping[Key, Given]) -> dict[str, Policy]:
    names = {key[1] for key in found if key[:1] == _POLICIES and len(key) > 1}
    return {name: _policy(name, found) for name in ("default", *sorted(names - {"default"}))}


def _policy(name: str, found: Mapping[Key, Given]) -> Policy:
    policy = replace(sources.build(Policy, found, (*_POLICIES, name)), name=name)
    if contradiction := _contradiction(policy):
        settings, reason = contradiction
        keys = [(*_POLICIES, name, setting) for setting in settings]
        place = next((found[key].place for key in keys if key in found), sources.variable(keys[0]))
        raise SettingsError(f"{place}: {reason}")
    return policy


def _contradiction(policy: Policy) -> tuple[tuple[str, ...], str] | None:
    """Say which settings of a policy do not go together, and why."""
    for low, high in (("min_size", "max_size"), ("url_expires_in", "upload_expires_in")):
        if getattr(policy, low) > getattr(policy, high):
            return (low, high), f"{low} ({getattr(policy, low)}) is over {high} ({getattr(policy, high)})"
    if not unicodedata.is_normalized("NFC", policy.folders):
        return ("folders",), "expected names in Unicode's composed form (NFC), which those of folders have"
    return None
