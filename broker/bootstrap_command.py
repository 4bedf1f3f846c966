"""`broker bootstrap`: prepare a store."""

import click

from broker import configuration
from broker.bootstrap import bootstrap
from broker.terminal import sentences

_COLOURS = {"done": None, "warning": "yellow"}


@click.command("bootstrap")
@click.option("--users", is_flag=True, help="Make the three users too (needs MinIO's admin API).")
def bootstrap_command(users: bool) -> None:
    """Prepare the store: bucket, CORS, lifecycle.

    It acts as the store's owner, whom BROKER_BOOTSTRAP_ACCESS_KEY and BROKER_BOOTSTRAP_SECRET_KEY name, and
    may be repeated at any time.
    """
    with sentences():
        current = configuration.load_bootstrap()
        steps = bootstrap(
            current.store,
            admin=current.bootstrap,
            origins=(*current.origins, *current.cors_origins),
            users=users,
        )
        for step in steps:
            click.secho(f"{step.outcome:<8} {step.what:<10} {step.detail}", fg=_COLOURS[step.outcome])
