"""`broker login` and `broker logout`: who the file commands act as."""

import os

import click

from broker.client import Client
from broker.client.address import check_address
from broker.client.saved_login import SavedLogin, default_path
from broker.client_session import client_sentences
from broker.terminal import read_secret


@click.command("login")
@click.argument("url")
@click.option("--username", help="A built-in user; asked for if it is not given.")
@click.option("--token", "is_token", is_flag=True, help="Sign in with an access token instead.")
def login_command(url: str, username: str | None, is_token: bool) -> None:
    """Sign in at the broker at URL, for the commands that follow.

    The login is kept in a file that you alone can read. Without a terminal, the password or token is one line
    of standard input.
    """
    try:
        address = check_address(url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    saved = SavedLogin(default_path())
    with client_sentences():
        token = read_secret("Token") if is_token else None
        if token is None:
            name = username or click.prompt("User name", err=True)
            saved.sign_in(address, name, read_secret("Password"))
        # not open_client: variables go before what is saved
        with Client(address, token=saved if token is None else token) as client:
            subject = client.me().subject
        if token is not None:  # only now: one that is no good takes no other login's place
            saved.keep_token(address, token)
        click.echo(f"Signed in as {subject}.")
    if os.environ.get("BROKER_URL") or os.environ.get("BROKER_TOKEN"):
        click.echo("Unset BROKER_URL and BROKER_TOKEN: they take the place of this login.", err=True)


@click.command("logout")
def logout_command() -> None:
    """Sign out, and forget the login."""
    with client_sentences():
        SavedLogin(default_path()).forget()
    click.echo("Signed out.")
