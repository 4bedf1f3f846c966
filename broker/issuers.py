"""Who else may issue access tokens: an identity provider, or a back end that shares a secret.

An issuer has either public keys or a secret, never both: else a token could be made with the public key as
if it were the secret (RFC 8725 §3.1). What a token's header says chooses among the issuer's own keys, and
never adds one.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import jwt

from broker.auth import Claims, Verified
from broker.errors import InvalidToken
from broker.keys import is_tenant
from broker.remote_keys import RemoteKeys
from broker.settings import ClaimSettings

_MAX_KEY_ID = 200
_MAX_SUBJECT = 200
_REQUIRED = ["exp", "iat", "sub", "iss"]
_OPTIONS: Any = {
    "require": _REQUIRED,
    "verify_aud": False,  # see _check_audience
    # the times are compared with the request's own, see VerifiedTokens
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
# what identity providers mark their other tokens with
_NOT_ACCESS = frozenset({"id", "refresh", "offline", "logout", "logout+jwt", "refresh+jwt", "secevent+jwt"})


class Issuer(Protocol):
    """Decides about tokens that name it as theirs."""

    async def decode(self, token: str) -> Verified:
        """Return what a token says whose signature is good. Raises InvalidToken, IssuerUnavailable."""


class ProviderIssuer:
    """An identity provider, whose public keys are fetched."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        algorithms: tuple[str, ...],
        keys: RemoteKeys,
        claims: ClaimSettings,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._algorithms = frozenset(algorithms)
        self._keys = keys
        self._claims = claims

    async def decode(self, token: str) -> Verified:
        header = _header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self._algorithms:
            raise InvalidToken("The access token is signed with an algorithm that is not taken.")
        if key_id is not None and (not isinstance(key_id, str) or len(key_id) > _MAX_KEY_ID):
            raise InvalidToken("The access token names a key that cannot be.")
        keys = [key for key in await self._keys.find(key_id) if key.algorithm in {algorithm, None}]
        if len(keys) != 1:
            raise InvalidToken("The access token is signed with an unknown key.")
        return _decode(token, keys[0].key, algorithm, self._issuer, self._audience, self._claims)


class SharedSecretIssuer:
    """A back end that signs with HS256 and a secret that the broker knows too."""

    def __init__(self, *, issuer: str, audience: str, secret: str, claims: ClaimSettings) -> None:
        self._issuer = issuer
        self._audience = audience
        self._secret = secret.encode()
        self._claims = claims

    async def decode(self, token: str) -> Verified:
        return _decode(token, self._secret, "HS256", self._issuer, self._audience, self._claims)


def issuer_of(token: str) -> str | None:
    """Return whom an unverified token names as its issuer, if it names anybody."""
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    return issuer if isinstance(issuer, str) else None


def _header(token: str) -> Mapping[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise InvalidToken("The access token is not valid.") from error


def _decode(
    token: str,
    key: Any,  # noqa: ANN401 - of any kind
    algorithm: str,
    issuer: str,
    audience: str,
    claims: ClaimSettings,
) -> Verified:
    try:
        decoded = jwt.decode_complete(token, key, algorithms=[algorithm], issuer=issuer, options=_OPTIONS)
        payload = decoded["payload"]
        _check_kind(decoded["header"], payload)
        _check_audience(payload, audience)
        issued_at = _instant(payload["iat"])
        return Verified(
            _map(payload, claims),
            begins_at=max(issued_at, _instant(payload.get("nbf", 0))),
            expires_at=_instant(payload["exp"]),
            issued_at=issued_at,
        )
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError) as error:
        raise InvalidToken("The access token is not valid.") from error


def _instant(value: object) -> float:
    """Read a NumericDate (RFC 7519 §2). Raises ValueError: Python's JSON knows Infinity too."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"Not an instant: {value!r}")
    return float(value)


def _check_kind(header: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
    """Refuse ID and refresh tokens: they may have the right audience, and are for others to see."""
    marks = {str(each).lower() for each in (header.get("typ"), payload.get("typ"), payload.get("token_use"))}
    if not marks.isdisjoint(_NOT_ACCESS) or "at_hash" in payload or "nonce" in payload:
        raise InvalidToken("The token is not an access token.")


def _check_audience(payload: Mapping[str, Any], audience: str) -> None:
    """Compare `aud`; Amazon Cognito's access tokens have none, and name the client in its place."""
    found = payload.get("aud")
    if found is None and payload.get("token_use") == "access":
        found = payload.get("client_id")
    if audience not in (found if isinstance(found, list) else [found]):
        raise InvalidToken("The access token is for another service.")


def _map(payload: Mapping[str, Any], claims: ClaimSettings) -> Claims:
    """Say who calls, in our words."""
    subject = _find(payload, claims.subject)
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
        raise InvalidToken(f"The access token has no subject in its claim {claims.subject}.")
    tenant = _find(payload, claims.tenant) if claims.tenant else claims.default_tenant
    if not isinstance(tenant, str) or not is_tenant(tenant):
        raise InvalidToken(
            f"The access token has no tenant of 1 to 64 letters, digits, _ and - in {claims.tenant}."
        )
    return Claims(
        subject=subject, tenant=tenant, scopes=frozenset(claims.granted_scopes) | _scopes(payload, claims)
    )


def _scopes(payload: Mapping[str, Any], claims: ClaimSettings) -> frozenset[str]:
    found = _find(payload, claims.scopes)
    texts = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    prefix = claims.scope_prefix
    return frozenset(
        text.removeprefix(prefix) for text in texts if isinstance(text, str) and text.startswith(prefix)
    )


def _find(payload: Mapping[str, Any], name: str) -> object:
    """Return a claim: by its very name, which may be a URL, or by a path such as realm_access.roles."""
    if name in payload:
        return payload[name]
    value: object = payload
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
