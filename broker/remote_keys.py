"""The public keys of an identity provider: fetched, kept, and fetched anew when they change.

Only a token can make the broker fetch, so what a token says is never an address, and however many unknown key
ids come, there is one fetch in a while. When the provider does not answer, the keys known so far stay good
for a day.
"""

import asyncio
import ipaddress
import json
import logging
import re
import time
from collections.abc import Mapping
from typing import Any, TypeGuard
from urllib.parse import urlsplit

import jwt
from msgspec import Struct

from broker.errors import IssuerUnavailable

log = logging.getLogger(__name__)

COOLDOWN = 30  # seconds between two fetches for unknown key ids
_FRESH = 600  # after which keys are fetched anew, while the old ones are used
_STALE = 86_400  # after which keys are not used any more
_PATIENCE = 5
_MAX_BYTES = 256 * 1024
_clock = time.monotonic
_DISCOVERY = "/.well-known/openid-configuration"
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")


class RemoteKey(Struct, frozen=True):
    """A public key; `algorithm` is the only one that it is for, None if it does not say."""

    id: str | None
    algorithm: str | None
    key: Any


class RemoteKeys:
    """The keys of `issuer`; without `jwks_url`, its discovery document says where they are."""

    def __init__(self, *, issuer: str, jwks_url: str = "") -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._keys: list[RemoteKey] = []
        self._fetched_at = -_STALE * 1.0
        self._tried_at = -_STALE * 1.0
        self._fetching: asyncio.Task[None] | None = None
        self._discovered: dict[str, Any] = {}

    async def find(self, key_id: str | None) -> list[RemoteKey]:
        """Return the keys of this id, or all of them for None. Raises IssuerUnavailable without any key."""
        now = _clock()
        if now - self._fetched_at >= _STALE:
            self._keys = []
        if not self._keys or (not self._matching(key_id) and now - self._tried_at >= COOLDOWN):
            await self._refresh()
        elif now - self._fetched_at >= _FRESH and now - self._tried_at >= COOLDOWN:
            self._begin_refresh()  # nobody waits for it
        if not self._keys:
            raise IssuerUnavailable("The identity provider does not answer; try again.")
        return self._matching(key_id)

    async def discover(self) -> Mapping[str, Any]:
        """Return the provider's discovery document. Raises IssuerUnavailable."""
        if not self._discovered:
            await self._refresh()
        if not self._discovered:
            raise IssuerUnavailable("The identity provider does not answer; try again.")
        return self._discovered

    @property
    def token_origin(self) -> str:
        """The origin with which the page exchanges codes for tokens: the issuer's until that is known."""
        endpoint = self._discovered.get("token_endpoint")
        parts = urlsplit(endpoint if is_endpoint(endpoint) else self._issuer)
        return f"{parts.scheme}://{parts.netloc}"

    async def warm_up(self) -> None:
        """Fetch ahead of the first token; what fails is tried again when one comes."""
        await self._refresh()

    def _matching(self, key_id: str | None) -> list[RemoteKey]:
        return [key for key in self._keys if key_id is None or key.id == key_id]

    async def _refresh(self) -> None:
        """Fetch, or wait for who does so already; not again so soon after a failure."""
        if self._fetching is None and _clock() - self._tried_at < COOLDOWN:
            return
        await asyncio.shield(self._begin_refresh())

    def _begin_refresh(self) -> "asyncio.Task[None]":
        if self._fetching is None:
            self._tried_at = _clock()
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                if not self._jwks_url or not self._discovered:
                    await self._fetch_discovery()
                document = await fetch_json(self._jwks_url or str(self._discovered["jwks_uri"]))
            self._keys = _usable(document)
            self._fetched_at = _clock()
        except Exception as error:  # noqa: BLE001 - whatever a provider and the way to it may do
            log.warning("Keys of the identity provider could not be fetched: %s", _reason(error))
        finally:
            self._fetching = None

    async def _fetch_discovery(self) -> None:
        try:
            found = await fetch_json(self._issuer.rstrip("/") + _DISCOVERY)
        except Exception:
            if self._jwks_url:
                return  # it is needed for the sign-in of the page alone
            raise
        if found.get("issuer") != self._issuer:
            raise ValueError("its discovery document names another issuer")
        self._discovered = found


async def fetch_json(url: str) -> dict[str, Any]:
    """GET a JSON object: https alone but on this machine, no redirects, no link-local address, bounded.

    Raises whatever goes wrong.
    """
    import httpx  # takes a while to load, and few need it

    await _refuse_link_local(url)
    async with (
        httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=_PATIENCE) as client,
        client.stream("GET", url, headers={"accept": "application/json"}) as answer,
    ):
        if answer.status_code != 200:
            raise ValueError(f"it answered with {answer.status_code}")
        body = b""
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _MAX_BYTES:
                raise ValueError("its answer is too long")
    found = json.loads(body)
    if not isinstance(found, dict):
        raise TypeError("its answer is not a JSON object")
    return found


def is_fetchable(url: str) -> bool:
    """Say whether the scheme is https, or http to this machine.

    >>> [is_fetchable(u) for u in ("https://id.example.com", "http://localhost:9", "http://id.example.com")]
    [True, True, False]
    """
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and (
        parts.hostname == "localhost" or _is(parts.hostname or "", "is_loopback")
    )


def is_endpoint(named: object) -> TypeGuard[str]:
    """Say whether a provider has named an address that the page may call, and its CSP may name.

    >>> [is_endpoint(u) for u in ("https://id.example.com/token", "https://a;b/", "https://[/", None)]
    [True, False, False, False]
    """
    try:
        return (
            isinstance(named, str) and is_fetchable(named) and bool(_HOST.fullmatch(urlsplit(named).netloc))
        )
    except ValueError:
        return False


async def _refuse_link_local(url: str) -> None:
    """Where clouds keep the secrets of their machines, no identity provider is."""
    if not is_fetchable(url):
        raise ValueError("its address is not https")
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port)
    if any(_is(str(address[4][0]), "is_link_local") for address in found):
        raise ValueError("its address is link-local")


def _is(host: str, quality: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    # as an IPv6 address an IPv4 one is connected to all the same
    return bool(getattr(getattr(address, "ipv4_mapped", None) or address, quality))


def _usable(document: Mapping[str, Any]) -> list[RemoteKey]:
    """Return the public keys that sign; a provider may have others too, and secrets are none of ours."""
    listed = document.get("keys")
    keys = []
    for each in listed if isinstance(listed, list) else []:
        is_public = isinstance(each, dict) and each.get("kty") != "oct" and "d" not in each
        if is_public and each.get("use", "sig") == "sig":
            try:
                keys.append(RemoteKey(each.get("kid"), each.get("alg"), jwt.PyJWK.from_dict(each).key))
            except Exception:  # noqa: BLE001, S112 - of a kind that nobody knows; the others are good all the same
                continue
    if not keys:
        raise ValueError("its key set has no key that signs")
    return keys


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
