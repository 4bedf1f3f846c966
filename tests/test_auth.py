import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from broker.auth import Claims, Tokens, key_id
from broker.errors import ExpiredToken, InvalidToken

KEY = "k" * 32
AT = datetime(2026, 11, 22, tzinfo=UTC)
ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset({"files:read"}))


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(secret_keys=[KEY], issuer="https://a.example")


def forge(
    key: str = KEY, *, headers: dict[str, Any] | None = None, without: str = "", **changes: object
) -> str:
    """Make a token that is right but for the changes."""
    payload: dict[str, Any] = {
        "iss": "https://a.example",
        "aud": "broker",
        "sub": "alice",
        "tenant": "acme",
        "scope": "files:read",
        "iat": AT,
        "exp": AT + timedelta(minutes=5),
    } | changes
    payload.pop(without, None)
    return jwt.encode(
        payload, key, algorithm="HS256", headers={"typ": "at+jwt", "kid": key_id(KEY)} | (headers or {})
    )


def test_a_token_says_who_calls(tokens: Tokens) -> None:
    token = tokens.issue(ALICE, expires_in=60, at=AT)

    assert tokens.verify(token, at=AT) == ALICE
    assert tokens.verify(token, at=AT) == ALICE  # remembered


def test_the_forger_of_these_tests_makes_good_tokens(tokens: Tokens) -> None:
    assert tokens.verify(forge(), at=AT) == ALICE


def test_c09_a_token_expires_also_when_it_was_remembered(tokens: Tokens) -> None:
    token = tokens.issue(ALICE, expires_in=60, at=AT)
    tokens.verify(token, at=AT)

    tokens.verify(token, at=AT + timedelta(seconds=60 + 29))
    with pytest.raises(ExpiredToken):
        tokens.verify(token, at=AT + timedelta(seconds=60 + 30))
    with pytest.raises(ExpiredToken):
        tokens.verify(token, at=AT + timedelta(seconds=60 + 30))


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "iss", "aud", "tenant", "scope"])
def test_c09_a_token_without_one_of_its_claims_is_refused(tokens: Tokens, claim: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(forge(without=claim), at=AT)


@pytest.mark.parametrize(
    "changes",
    [{"aud": "other"}, {"iss": "https://b.example"}, {"nbf": AT + timedelta(minutes=5)},
     {"iat": AT + timedelta(minutes=5)}, {"sub": 7}, {"scope": 7}, {"exp": "soon"}],
)  # fmt: skip
def test_c10_a_token_for_another_or_with_odd_claims_is_refused(
    tokens: Tokens, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(forge(**changes), at=AT)


@pytest.mark.parametrize("typ", ["JWT", "refresh+jwt", None])
def test_c10_a_token_of_another_kind_is_refused(tokens: Tokens, typ: str | None) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(forge(headers={"typ": typ}), at=AT)


def test_a_token_signed_with_another_key_is_refused(tokens: Tokens) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(forge("x" * 32), at=AT)


@pytest.mark.parametrize("alg", ["none", "HS384", "RS256"])
def test_c02_another_algorithm_is_refused(tokens: Tokens, alg: str) -> None:
    header, payload, signature = forge().split(".")
    fields = json.loads(base64.urlsafe_b64decode(header + "==")) | {"alg": alg}
    header = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    for token in f"{header}.{payload}.{signature}", f"{header}.{payload}.":
        with pytest.raises(InvalidToken):
            tokens.verify(token, at=AT)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "....", "é" * 10, "a" * 10_000])
def test_what_is_no_token_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(text, at=AT)


def test_only_so_many_tokens_are_remembered(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.auth._REMEMBERED_TOKENS", 2)

    for n in range(5):
        tokens.verify(forge(sub=f"user {n}"), at=AT)

    assert len(tokens._remembered) == 2
