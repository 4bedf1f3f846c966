"""Who calls: by a token of the broker's own, or of an issuer that it trusts."""

from collections.abc import Mapping
from datetime import datetime

from broker.auth import Claims, Tokens, VerifiedTokens
from broker.errors import InvalidToken, Unauthenticated
from broker.issuers import Issuer, issuer_of


class Authenticator:
    """Verifies access tokens; `issuers` are the others, by the name that their tokens carry."""

    def __init__(self, tokens: Tokens, issuers: Mapping[str, Issuer]) -> None:
        self._tokens = tokens
        self._issuers = issuers
        self._verified = VerifiedTokens()

    def recall(self, token: str, *, at: datetime) -> Claims | None:
        """Return the claims of a token that was verified lately and is good still, or None."""
        try:
            if self._tokens.remembers(token):
                return self._tokens.verify(token, at=at)
            if verified := self._verified.find(token):
                self._verified.check_times(token, verified, at=at)
                return verified.claims
        except InvalidToken:
            pass  # why is for `authenticate` to say
        return None

    async def authenticate(self, token: str, *, at: datetime) -> Claims:
        """Return the claims of a valid token.

        Raises Unauthenticated without one, InvalidToken, ExpiredToken, IssuerUnavailable.
        """
        if not token:
            raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
        issuer = self._issuers.get(issuer_of(token) or "") if self._issuers else None
        if issuer is None:
            return self._tokens.verify(token, at=at)
        verified = self._verified.find(token) or await issuer.decode(token)
        self._verified.check_times(token, verified, at=at)  # before it takes room
        return self._verified.add(token, verified).claims
