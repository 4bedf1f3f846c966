"""The body of `broker doctor`."""

import asyncio
import shutil

import click

from broker import logs, settings
from broker.doctor import report
from broker.doctor.examination import examine, names
from broker.settings import Settings, SettingsError

_WIDTHS = (80, 100)


def run(*, as_json: bool, only: tuple[str, ...]) -> None:
    """Examine the store of the settings and print what was found; exit with 1 if something failed."""
    logs.configure("text", "WARNING")
    current = _load()
    if unknown := sorted(set(only) - set(names(current))):
        raise click.BadParameter(
            f"{', '.join(unknown)}; there are {', '.join(names(current))}.", param_hint="--only"
        )
    examination = asyncio.run(examine(current, only=only))
    if as_json:
        click.echo(report.as_json(examination))
    else:
        narrowest, widest = _WIDTHS
        width = min(max(shutil.get_terminal_size().columns, narrowest), widest)
        for line in report.as_table(examination, width=width):
            click.echo(line)
    raise SystemExit(0 if examination.is_good else 1)


def _load() -> Settings:
    """Read the settings; whatever is missing is named at once."""
    try:
        return settings.load()
    except SettingsError as error:
        missing = settings.missing()
        text = f"These variables are not set: {', '.join(missing)}." if missing else str(error)
        refusal = click.ClickException(f"{text} See the README, or .env.example.")
        refusal.exit_code = 2
        raise refusal from error
