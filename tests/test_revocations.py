"""What a revocation covers, and until when."""

from datetime import UTC, datetime, timedelta

from broker.revocations import Revocation, Revocations

AT = datetime(2026, 5, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def revocation(*, handle: str | None = None, created_at: datetime = AT) -> Revocation:
    return Revocation(
        id=f"{handle} {created_at}",
        tenant="acme",
        subject="alice",
        handle=handle,
        created_at=created_at,
        until=created_at + MINUTE,
    )


def covers(revocations: Revocations, *, subject: str, handle: str | None, issued_at: datetime = AT) -> bool:
    return revocations.cover(tenant="acme", subject=subject, handle=handle, issued_at=issued_at.timestamp())


def test_without_a_handle_it_covers_what_its_subject_had_until_then_and_nobody_else() -> None:
    revocations = Revocations()
    revocations.learn([revocation()], at=AT)

    assert covers(revocations, subject="alice", handle=None)
    assert covers(revocations, subject="alice", handle="a session's")
    assert not covers(revocations, subject="alice", handle=None, issued_at=AT + MINUTE)
    assert not covers(revocations, subject="bob", handle=None)


def test_of_two_the_later_one_says_until_when() -> None:
    revocations = Revocations()
    revocations.learn([revocation(created_at=AT + MINUTE), revocation()], at=AT)

    assert covers(revocations, subject="alice", handle=None, issued_at=AT + MINUTE)


def test_with_a_handle_it_covers_the_tokens_of_that_handle_alone() -> None:
    revocations = Revocations()
    revocations.learn([revocation(handle="a session's"), revocation(handle="a token's")], at=AT)

    for handle in ("a token's", "a session's") * 2:
        assert covers(revocations, subject="alice", handle=handle, issued_at=AT + MINUTE)
    assert not covers(revocations, subject="alice", handle="another's")
    assert not covers(revocations, subject="alice", handle=None)


def test_it_is_forgotten_when_no_such_token_is_left() -> None:
    revocations = Revocations()
    revocations.learn([revocation(), revocation(handle="a later one's", created_at=AT + MINUTE)], at=AT)

    revocations.learn([], at=AT + MINUTE - timedelta(microseconds=1))
    assert covers(revocations, subject="alice", handle=None)

    revocations.learn([], at=AT + MINUTE)
    assert not covers(revocations, subject="alice", handle=None)
