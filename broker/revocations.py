"""Access tokens that are refused although they have not expired.

A token is good by its signature alone, and no database is asked at each call. So what was revoked is kept in
memory: it is read when it changes here, and every few seconds for what other replicas revoked.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct


class Revocation(Struct, frozen=True, kw_only=True):
    """Refuse the token or the session's tokens of this `handle`; without one, all that the subject had then.

    From `until` on no such token is left, and the revocation may be forgotten.
    """

    id: str
    tenant: str
    subject: str
    handle: str | None
    created_at: datetime
    until: datetime


class Revocations:
    """What is revoked, as far as this process knows."""

    def __init__(self) -> None:
        self._known: dict[str, Revocation] = {}
        self._handles: frozenset[str | None] = frozenset()
        self._subjects: dict[tuple[str, str], float] = {}

    def learn(self, revocations: Iterable[Revocation], *, at: datetime) -> None:
        """Add what was revoked, and forget what is over."""
        known = self._known | {each.id: each for each in revocations}
        self._known = {name: each for name, each in known.items() if each.until > at}
        self._handles = frozenset(each.handle for each in self._known.values() if each.handle)
        self._subjects = {}
        for each in self._known.values():
            if each.handle is None:
                subject = each.tenant, each.subject
                before = max(each.created_at.timestamp(), self._subjects.get(subject, 0))
                self._subjects[subject] = before

    def cover(self, *, tenant: str, subject: str, handle: str | None, issued_at: float) -> bool:
        """Say whether a token is refused; `issued_at` counts seconds as JWTs do."""
        if not self._known:
            return False
        return handle in self._handles or issued_at <= self._subjects.get((tenant, subject), 0)
