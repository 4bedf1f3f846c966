"""Access tokens: who a caller is and what he may do."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

import jwt
from msgspec import Struct

from broker.errors import ExpiredToken, InvalidToken
from broker.revocations import Revocations

AUDIENCE = "broker"
LEEWAY_SECONDS = 30
_REMEMBERED_TOKENS = 10_000
_REQUIRED = ["exp", "iat", "sub", "iss", "aud"]


class Scope(StrEnum):
    """What a token may allow (RFC 6749 §3.3)."""

    UPLOADS_WRITE = "uploads:write"
    FILES_READ = "files:read"
    FILES_WRITE = "files:write"
    FILES_DELETE = "files:delete"
    SHARES_WRITE = "shares:write"
    ADMIN = "admin"


class Link(Struct, frozen=True):
    """The link by which a stranger sends files into a folder of its owner's, under one of his policies.

    A token says its id alone: what more there is, the registry knows (receiving.py).
    """

    id: str
    folder: str = ""
    policy: str = ""


class Claims(Struct, frozen=True, kw_only=True):
    """Who calls, as the token says; with a `link`, for whom a stranger acts."""

    subject: str
    tenant: str
    scopes: frozenset[str]
    link: Link | None = None

    @property
    def actor(self) -> str:
        """Who it really is."""
        return f"share:{self.link.id}" if self.link else self.subject


class Verified(Struct, frozen=True):
    """What a good signature says; the times are seconds since 1970.

    `handle` is the id of the session, or of the machine's token, by which one of ours can be revoked.
    """

    claims: Claims
    begins_at: float
    expires_at: float
    issued_at: float
    handle: str | None = None


class VerifiedTokens:
    """Tokens whose signature was found good, so that each is verified once: that takes 40 to 140 µs."""

    def __init__(self) -> None:
        self._verified: OrderedDict[str, Verified] = OrderedDict()

    def __len__(self) -> int:
        return len(self._verified)

    def find(self, token: str) -> Verified | None:
        return self._verified.get(token)

    def add(self, token: str, verified: Verified) -> Verified:
        """Remember a token; when there are too many, the oldest goes."""
        self._verified[token] = verified
        if len(self._verified) > _REMEMBERED_TOKENS:
            self._verified.popitem(last=False)
        return verified

    def check_times(self, token: str, verified: Verified, *, at: datetime) -> None:
        """Raise InvalidToken before the token's time, ExpiredToken after it."""
        now = at.timestamp()
        if now < verified.begins_at - LEEWAY_SECONDS:
            raise InvalidToken("The access token is not valid yet.")
        if now >= verified.expires_at + LEEWAY_SECONDS:
            self._verified.pop(token, None)
            raise ExpiredToken("The access token has expired; sign in again.")


class Tokens:
    """Issue and verify the broker's own access tokens: HS256 JWTs of RFC 9068's type.

    The first of `secret_keys` signs; with the others older tokens are verified until they expire.
    """

    def __init__(
        self, *, secret_keys: Sequence[str], issuer: str, revocations: Revocations | None = None
    ) -> None:
        self._keys = {key_id(key): key.encode() for key in secret_keys}
        self._issuer = issuer
        self._revocations = revocations or Revocations()
        self._remembered = VerifiedTokens()

    def issue(self, claims: Claims, *, expires_in: int, handle: str | None = None, at: datetime) -> str:
        """Sign a token that is valid for `expires_in` seconds; by its handle it can be revoked."""
        name, key = next(iter(self._keys.items()))
        payload: dict[str, object] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": claims.subject,
            "tenant": claims.tenant,
            "scope": " ".join(sorted(claims.scopes)),
            "iat": at.timestamp(),  # not in whole seconds: what was issued before a revocation goes
            "exp": at + timedelta(seconds=expires_in),
        }
        if handle:
            payload["sid"] = handle
        if claims.link:
            payload["link"] = claims.link.id
        return jwt.encode(payload, key, algorithm="HS256", headers={"typ": "at+jwt", "kid": name})

    def remembers(self, token: str) -> bool:
        """Say whether the token is one of ours that was verified lately."""
        return self._remembered.find(token) is not None

    def verify(self, token: str, *, at: datetime) -> Claims:
        """Return the claims of a valid token. Raises InvalidToken, ExpiredToken."""
        remembered = self._remembered.find(token) or self._remembered.add(token, self._decode(token))
        self._remembered.check_times(token, remembered, at=at)
        if self._revocations.cover(
            tenant=remembered.claims.tenant,
            subject=remembered.claims.subject,
            handle=remembered.handle,
            issued_at=remembered.issued_at,
        ):
            raise InvalidToken("The access token was revoked; sign in again.")
        return remembered.claims

    def _decode(self, token: str) -> Verified:
        try:
            name = jwt.get_unverified_header(token)["kid"]
            decoded = jwt.decode_complete(
                token,
                self._keys[name],
                algorithms=["HS256"],
                audience=AUDIENCE,
                issuer=self._issuer,
                # verify() compares the times with its own `at`
                options={
                    "require": _REQUIRED,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            if decoded["header"].get("typ") != "at+jwt":
                raise InvalidToken("The token is not an access token.")
            payload = decoded["payload"]
            claims = Claims(
                subject=payload["sub"],
                tenant=payload["tenant"],
                scopes=frozenset(payload["scope"].split()),
                link=Link(payload["link"]) if "link" in payload else None,
            )
            issued_at = float(payload["iat"])
            return Verified(
                claims,
                begins_at=max(issued_at, float(payload.get("nbf", 0))),
                expires_at=float(payload["exp"]),
                issued_at=issued_at,
                handle=payload.get("sid"),
            )
        except (jwt.InvalidTokenError, KeyError, AttributeError, TypeError, ValueError) as error:
            raise InvalidToken("The access token is not valid.") from error


def key_id(secret_key: str) -> str:
    """Name a key without telling it."""
    return sha256(b"presigned-url-broker: id of a key\0" + secret_key.encode()).hexdigest()[:16]
