"""What a revocation covers, and until when."""

from datetime import UTC, datetime, timedelta

from broker.revocations import Revocation, Revocations

AT = datetime(2026, 5, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def revocation(*, handle: str | None = None) -> Revocation:
    return Revocation(id="1", tenant="acme", subject="alice", handle=handle, created_at=AT, until=AT + MINUTE)


def covers(revocations: Revocations, *, subject: str, handle: str | None, issued_at: datetime = AT) -> bool:
    return revocations.cover(tenant="acme", subject=subject, handle=handle, issued_at=issued_at.timestamp())


def test_without_a_handle_it_covers_what_its_subject_had_until_then_and_nobody_else() -> None:
    revocations = Revocations()
    revocations.learn([revocation()], at=AT)

    assert covers(revocations, subject="alice", handle=None)
    assert covers(revocations, subject="alice", handle="a session's")
    assert not covers(revocations, subject="alice", handle=None, issued_at=AT + MINUTE)
    assert not covers(revocations, subject="bob", handle=None)


def test_with_a_handle_it_covers_the_tokens_of_that_handle_alone() -> None:
    revocations = Revocations()
    revocations.learn([revocation(handle="a session's")], at=AT)

    assert covers(revocations, subject="alice", handle="a session's", issued_at=AT + MINUTE)
    assert not covers(revocations, subject="alice", handle="another's")
    assert not covers(revocations, subject="alice", handle=None)


def test_it_is_forgotten_when_no_such_token_is_left() -> None:
    revocations = Revocations()
    revocations.learn([revocation()], at=AT)

    revocations.learn([], at=AT + MINUTE - timedelta(microseconds=1))
    assert covers(revocations, subject="alice", handle=None)

    revocations.learn([], at=AT + MINUTE)
    assert not covers(revocations, subject="alice", handle=None)
