"""`broker doctor`: examine the configured store, and say how to mend what is wrong."""

import asyncio
import shutil

import click

from broker import configuration, logs
from broker.settings import Settings, SettingsError

_NARROWEST, _WIDEST = 80, 100  # characters


class _BadSettings(click.ClickException):
    exit_code = 2


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--only", multiple=True, metavar="NAME", help="Look at this alone; may be repeated.")
def doctor_command(*, as_json: bool, only: tuple[str, ...]) -> None:
    """Examine the store, and say how to mend what is wrong.

    It sends presigned requests as clients do, good ones and forged ones, and removes what it stored. The exit
    code is 0 if all is well, 1 if something failed, 2 if the settings are incomplete.
    """
    from broker.doctor import examination, report  # with its HTTP client, which no other command needs

    logs.configure("text", "WARNING")
    current = _load_settings()
    names = examination.names(current)
    if unknown := sorted(set(only) - set(names)):
        raise click.BadParameter(f"{', '.join(unknown)}; there are {', '.join(names)}.", param_hint="--only")
    result = asyncio.run(examination.examine(current, only=only))
    if as_json:
        click.echo(report.as_json(result))
    else:
        width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
        click.echo("\n".join(report.as_table(result, width=width)))
    raise SystemExit(0 if result.is_good else 1)


def _load_settings() -> Settings:
    """Read the settings as `serve` does; whatever is missing is named at once."""
    try:
        return configuration.load()
    except SettingsError as error:
        missing = configuration.missing()
        if len(missing) > 1:
            raise _BadSettings(f"These settings are missing: {', '.join(missing)}.") from error
        raise _BadSettings(str(error)) from error
