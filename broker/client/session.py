"""Where the access token comes from."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import httpx
import msgspec

from broker.client.failures import BrokerUnreachable, read_problem, reason
from broker.schemas import Session, SignIn

TokenSource = Callable[[bool], str]


@runtime_checkable
class Login(Protocol):
    """Something that renews its token."""

    def token(self, renew: bool, /) -> str:
        """Return the token; another one when `renew` says that it is no longer taken."""


def fixed(token: str) -> TokenSource:
    """Always the same; when the broker no longer takes it, it says so."""
    return lambda _renew: token


def asked(ask: Callable[[], str]) -> TokenSource:
    """Whatever `ask` returns now, such as an identity provider's newest token."""
    return lambda _renew: ask()


class PasswordLogin:
    """Signs a built-in user in, and in again whenever the token has expired."""

    def __init__(self, base_url: str, username: str, password: str, http: httpx.Client) -> None:
        self._url = f"{base_url}/v1/session"
        self._credentials = SignIn(username=username, password=password)
        self._http = http
        self._token: str | None = None

    def token(self, renew: bool) -> str:
        """Return the token; another one when `renew` says that it is no longer taken."""
        if renew or self._token is None:
            self._token = self._sign_in().access_token
        return self._token

    def _sign_in(self) -> Session:
        headers = {"content-type": "application/json"}
        try:
            answer = self._http.post(
                self._url, content=msgspec.json.encode(self._credentials), headers=headers
            )
        except httpx.TransportError as error:
            raise BrokerUnreachable(f"The broker does not answer ({reason(error)}).") from error
        if not answer.is_success:
            raise read_problem(answer.status_code, answer.content, answer.headers)
        try:
            return msgspec.json.decode(answer.content, type=Session)
        except msgspec.DecodeError as error:
            raise BrokerUnreachable("The answer is not the broker's.") from error
