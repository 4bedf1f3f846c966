"""`broker policy`: what the policies say, and what one thinks of a file. It needs no secret and no store."""

import dataclasses
import sys
from collections.abc import Iterable, Mapping

import click
import msgspec

from broker import configuration, parts, policy
from broker.accounts import DEFAULT_TENANT
from broker.auth import Claims, Scope
from broker.media_types import guess_type
from broker.rules import Verdict, is_multipart
from broker.schemas import NewUpload
from broker.settings import Policy
from broker.sizes import parse_size, show_size
from broker.terminal import sentences

_SIZES = frozenset({"min_size", "max_size", "single_put_max", "bytes"})


class _Size(click.ParamType[int]):
    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_size(value)
        except ValueError as error:
            self.fail(f"{value!r}: {error}.", param, ctx)


@click.group("policy")
def policy_group() -> None:
    """Look at the policies: what may be uploaded."""


@policy_group.command("ls")
@click.option("--json", "as_json", is_flag=True, help="Print every setting of every policy as JSON.")
def list_policies(as_json: bool) -> None:
    """List the policies, with what was set in them and where."""
    policies, places = _load()
    if as_json:
        click.echo(msgspec.json.encode(list(policies.values())))
        return
    for name, chosen in policies.items():
        click.secho(name, bold=True)
        rows = [
            (setting, show_limit(setting, value), places[f"policies.{name}.{setting}"])
            for setting, value in _settings_of(chosen)
            if f"policies.{name}.{setting}" in places
        ]
        for line in _align(rows or [("all as by default", "", "")]):
            click.echo(f"  {line}")


@policy_group.command("explain")
@click.option("--policy", "name", default="default", show_default=True, help="Name of the policy.")
@click.option("--name", "file_name", required=True, help="Name of the file.")
@click.option("--size", required=True, type=_Size(), help="Its size: bytes, or a text like '12 MiB'.")
@click.option("--type", "media_type", help="Its media type; guessed from the name if not given.")
@click.option("--folder", default="", help="Folder to store it into; the top one if not given.")
@click.option("--checksum", help="Its checksum, like crc32c:<base64>.")
@click.option("--subject", default="somebody", show_default=True, help="Who uploads it.")
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose tenant it is.")
@click.option("--scope", "scopes", multiple=True, help="A scope of the token, besides uploads:write.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(
    name: str,
    file_name: str,
    size: int,
    media_type: str | None,
    folder: str,
    checksum: str | None,
    subject: str,
    tenant: str,
    scopes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what each rule of a policy thinks of a file.

    If the policy takes it, the last line says how it is sent. The exit code is 0 only then. Quotas are not
    looked at: they depend on what is stored.
    """
    policies, places = _load()
    if name not in policies:
        raise click.ClickException(f"There is no policy {name}; there are {', '.join(policies)}.")
    new = NewUpload(
        name=file_name,
        size=size,
        type=media_type or guess_type(file_name),
        folder=folder,
        policy=name,
        checksum=checksum,
    )
    claims = Claims(subject=subject, tenant=tenant, scopes=frozenset({*scopes, str(Scope.UPLOADS_WRITE)}))
    verdicts = policy.explain(policies[name], new, claims)
    is_taken = all(verdict.is_met for verdict in verdicts)
    plan = _plan(policies[name], size) if is_taken else None
    click.echo(_json(verdicts, places, plan) if as_json else _text(verdicts, places, plan), color=None)
    sys.exit(0 if is_taken else 1)


def _load() -> tuple[dict[str, Policy], dict[str, str]]:
    with sentences():
        return configuration.load_policies()


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is sent; `part_size` is in bytes."""

    method: str
    part_size: int | None = None
    part_count: int | None = None

    def __str__(self) -> str:
        if self.part_size is None:
            return "sent in one piece"
        return f"sent in {self.part_count} parts of {show_size(self.part_size)}"


def _plan(chosen: Policy, size: int) -> _Plan:
    if not is_multipart(chosen, size):
        return _Plan(method="single")
    plan = parts.plan(size)
    return _Plan(method="multipart", part_size=plan.part_size, part_count=plan.count)


def _json(verdicts: Iterable[Verdict], places: Mapping[str, str], plan: _Plan | None) -> bytes:
    return msgspec.json.encode(
        {
            "is_taken": plan is not None,
            "plan": plan,
            "rules": [
                {**msgspec.to_builtins(verdict), "place": _place(verdict, places)} for verdict in verdicts
            ],
        }
    )


def _text(verdicts: Iterable[Verdict], places: Mapping[str, str], plan: _Plan | None) -> str:
    rows = [
        (
            "yes" if verdict.is_met else "NO",
            verdict.rule,
            show_limit(verdict.rule, verdict.limit),
            _place(verdict, places),
            verdict.detail,
        )
        for verdict in verdicts
    ]
    return "\n".join(
        [*_align(rows), "", f"The file is taken and {plan}." if plan else "The file is refused."]
    )


def _place(verdict: Verdict, places: Mapping[str, str]) -> str:
    """Say where the limit was set."""
    return places.get(verdict.rule, "default" if verdict.rule.startswith("policies.") else "always")


def show_limit(setting: str, value: object) -> str:
    """Write a setting's value for a person."""
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case int() if setting.rpartition(".")[2] in _SIZES:
            return show_size(value)
        case tuple():
            return ", ".join(value) or "any"
    return str(value)


def _settings_of(chosen: Policy) -> Iterable[tuple[str, object]]:
    """Yield each setting of a policy by its name in broker.toml."""
    for spec in dataclasses.fields(chosen):
        value = getattr(chosen, spec.name)
        if dataclasses.is_dataclass(value):
            yield from (
                (f"{spec.name}.{inner.name}", getattr(value, inner.name))
                for inner in dataclasses.fields(value)
            )
        else:
            yield spec.name, value


def _align(rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    """Write rows as lines whose columns begin at the same place."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
