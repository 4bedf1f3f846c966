"""Who is signed in at the command line: kept in a file that its user alone can read."""

import os
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec

from broker.client.failures import BrokerUnreachable, UnknownProblem, read_problem, reason
from broker.errors import OperatorError, SessionEnded
from broker.schemas import Session, SignIn

_TIMEOUT = 30  # seconds
_SIGN_IN_FIRST = "Sign in first: broker login URL, or set BROKER_URL and BROKER_TOKEN."


class Login(msgspec.Struct, frozen=True):
    """Where one is signed in, and as whom. Without a cookie the token cannot be renewed."""

    url: str
    token: str
    cookie: str | None = None


class SavedLogin:
    """The login in the file at `path`; it follows the tokens that are renewed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._login: Login | None = None

    @property
    def url(self) -> str:
        return self._read().url

    def token(self, renew: bool) -> str:
        """Return the access token, a new one if that is wanted and can be had. Raises OperatorError."""
        return (self._renewed() if renew else self._read()).token

    def sign_in(self, url: str, username: str, password: str) -> None:
        """Sign a built-in user in. Raises the broker's errors and BrokerUnreachable."""
        body = SignIn(username=username, password=password)
        self._save(_ask(url, "/v1/session", msgspec.json.encode(body), cookie=None))

    def keep_token(self, url: str, token: str) -> None:
        self._save(Login(url=url, token=token))

    def forget(self) -> None:
        """Sign out, at the broker as well if it answers. Raises OperatorError."""
        if not self._path.exists():
            raise OperatorError("Nobody is signed in.")
        login = self._read()
        if login.cookie is not None:
            headers = _headers(login.url, login.cookie)
            try:
                httpx.delete(f"{login.url}/v1/session", headers=headers, timeout=_TIMEOUT)
            except httpx.TransportError as error:
                raise BrokerUnreachable("The broker does not answer: the session lives on there.") from error
            finally:
                self._path.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)

    def _renewed(self) -> Login:
        """Renew what is saved now: a cookie that another process has used already would end the session."""
        latest = self._load()
        if latest.cookie is None or latest.url != self.url:
            raise OperatorError("The access token is no longer good. Sign in again: broker login URL.")
        try:
            return self._save(_renew(latest))
        except SessionEnded as error:
            raise OperatorError("The session has ended. Sign in again: broker login URL.") from error

    def _read(self) -> Login:
        if self._login is None:
            self._login = self._load()
        return self._login

    def _load(self) -> Login:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Login)
        except FileNotFoundError as error:
            raise OperatorError(_SIGN_IN_FIRST) from error
        except (OSError, msgspec.DecodeError) as error:
            raise OperatorError(f"{self._path} cannot be read: {error}") from error

    def _save(self, login: Login) -> Login:
        """Write it whole or not at all; another process may read it at any moment."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_bytes(msgspec.json.encode(login))
            fresh.replace(self._path)
        except OSError as error:
            raise OperatorError(f"{self._path} cannot be written: {error.strerror}") from error
        self._login = login
        return login


def default_path() -> Path:
    """Return where the login is kept: below XDG_CONFIG_HOME, or ~/.config."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "presigned-url-broker" / "login.json"


def _renew(login: Login) -> Login:
    return _ask(login.url, "/v1/session/refresh", b"", cookie=login.cookie)


def _ask(url: str, path: str, body: bytes, *, cookie: str | None) -> Login:
    headers = {"content-type": "application/json"} if body else _headers(url, cookie or "")
    try:
        answer = httpx.post(f"{url}{path}", content=body, headers=headers, timeout=_TIMEOUT)
    except httpx.TransportError as error:
        raise BrokerUnreachable(f"{url} does not answer ({reason(error)}).") from error
    if not answer.is_success:
        problem = read_problem(answer.status_code, answer.content, answer.headers)
        if isinstance(problem, UnknownProblem) and answer.status_code in {404, 405}:
            raise BrokerUnreachable(f"{url} is no broker (HTTP {answer.status_code}).")
        raise problem
    try:
        session = msgspec.json.decode(answer.content, type=Session)
    except msgspec.DecodeError as error:
        raise BrokerUnreachable(f"{url} is no broker.") from error
    jar = SimpleCookie(answer.headers.get("set-cookie", ""))
    kept = next((f"{name}={morsel.value}" for name, morsel in jar.items()), cookie)
    return Login(url=url, token=session.access_token, cookie=kept)


def _headers(url: str, cookie: str) -> dict[str, str]:
    """Say what the broker's own page would, by which it knows that no other site has the cookie sent."""
    parts = urlsplit(url)
    return {"cookie": cookie, "origin": f"{parts.scheme}://{parts.netloc}", "x-broker-csrf": "1"}
