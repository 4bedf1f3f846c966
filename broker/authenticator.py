"""Who calls: by a token of the broker's own, or of an issuer that it trusts."""

from collections.abc import Mapping
from datetime import datetime

from broker.auth import Claims, Tokens, VerifiedTokens
from broker.issuers import Issuer, issuer_of


class Authenticator:
    """Verifies access tokens; `issuers` are the others, by the name that their tokens carry."""

    def __init__(self, tokens: Tokens, issuers: Mapping[str, Issuer]) -> None:
        self._tokens = tokens
        self._issuers = issuers
        self._verified = VerifiedTokens()

    async def authenticate(self, token: str, *, at: datetime) -> Claims:
        """Return the claims of a valid token. Raises InvalidToken, ExpiredToken, IssuerUnavailable."""
        if not self._issuers or self._tokens.remembers(token):
            return self._tokens.verify(token, at=at)
        verified = self._verified.find(token)
        if verified is None:
            issuer = self._issuers.get(issuer_of(token) or "")
            if issuer is None:
                return self._tokens.verify(token, at=at)
            verified = await issuer.decode(token)
            self._verified.check_times(token, verified, at=at)  # before it takes room
            self._verified.add(token, verified)
        self._verified.check_times(token, verified, at=at)
        return verified.claims
