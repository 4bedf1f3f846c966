"""`broker openapi`: the description of the API, for generators."""

import json

import click

from broker import openapi
from broker.app import list_routes


@click.command("openapi")
def openapi_command() -> None:
    """Print the description of the API, OpenAPI 3.1."""
    click.echo(json.dumps(openapi.describe(list_routes()), indent=2))
