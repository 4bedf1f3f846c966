"""`broker login` and `broker logout`: who the file commands act as."""

import os
import sys

import click

from broker.client import Client
from broker.client.address import check_address
from broker.client.saved_login import SavedLogin, default_path
from broker.client_session import client_sentences


@click.command("login")
@click.argument("url")
@click.option("--username", help="A built-in user; asked for if it is not given.")
@click.option("--token", "is_token", is_flag=True, help="Read an access token from standard input instead.")
def login_command(url: str, username: str | None, is_token: bool) -> None:
    """Sign in at the broker at URL, for the commands that follow.

    The login is kept in a file that you alone can read. Without a terminal, the password is one line of
    standard input.
    """
    try:
        address = check_address(url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    saved = SavedLogin(default_path())
    with client_sentences():
        if is_token:
            saved.keep_token(address, _read_line())
        else:
            name = username or click.prompt("User name", err=True)
            password = click.prompt("Password", hide_input=True) if sys.stdin.isatty() else _read_line()
            saved.sign_in(address, name, password)
        with Client(saved.url, token=saved) as client:  # not open_client: variables go before what is saved
            click.echo(f"Signed in as {client.me().subject}.")
    if os.environ.get("BROKER_URL") or os.environ.get("BROKER_TOKEN"):
        click.echo("Unset BROKER_URL and BROKER_TOKEN: they take the place of this login.", err=True)


@click.command("logout")
def logout_command() -> None:
    """Sign out, and forget the login."""
    with client_sentences():
        SavedLogin(default_path()).forget()
    click.echo("Signed out.")


def _read_line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
