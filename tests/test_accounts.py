"""Built-in users, their sessions and tokens for machines, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from limits import RateLimitItemPerSecond

from broker import throttle
from broker.account_registry import AccountRegistry
from broker.accounts import DEFAULT_TENANT, MAX_TOKEN_LIFE, USER_SCOPES, Accounts, SignedIn
from broker.auth import Claims, Scope, Tokens
from broker.database import Database
from broker.errors import (
    BrokerError,
    ExpiredToken,
    InvalidToken,
    SessionEnded,
    TooManySignIns,
    WrongCredentials,
)
from broker.passwords import DECOY_HASH, Passwords
from broker.revocations import Revocations
from broker.sessions import GRACE, Sessions

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HERE, THERE = "192.0.2.1", "192.0.2.2"
PASSWORD = "correct horse"
KEY, OLD_KEY = "k" * 32, "o" * 32
IDLE, WHOLE = 7 * 86400, 30 * 86400
CAROL = Claims(subject="carol", tenant=DEFAULT_TENANT, scopes=frozenset(USER_SCOPES))


class Replica:
    """One process's accounts, on a database that several may share."""

    def __init__(self, database: Database, *, keys: tuple[str, ...] = (KEY,)) -> None:
        revocations = Revocations()
        registry = AccountRegistry(database)
        self.tokens = Tokens(secret_keys=keys, issuer="https://a.example", revocations=revocations)
        self.accounts = Accounts(
            registry=registry,
            tokens=self.tokens,
            sessions=Sessions(
                registry=registry,
                revocations=revocations,
                secret_keys=keys,
                idle_expires_in=IDLE,
                expires_in=WHOLE,
            ),
            revocations=revocations,
            passwords=Passwords(),
            token_expires_in=900,
        )

    async def sign_in(
        self, password: str = PASSWORD, *, name: str = "carol", address: str = HERE, at: datetime = AT
    ) -> SignedIn:
        return await self.accounts.sign_in(name, password, address=address, at=at)

    def whose(self, signed_in: SignedIn, *, at: datetime = AT) -> Claims:
        return self.tokens.verify(signed_in.session.access_token, at=at)


@asynccontextmanager
async def carol(replica: Replica) -> AsyncIterator[SignedIn]:
    """Have a user Carol, who is signed in."""
    assert await replica.accounts.add("carol", PASSWORD, at=AT)
    yield await replica.sign_in()


@pytest.fixture
def replica(database: Database) -> Replica:
    return Replica(database)


def refused(kind: type[BrokerError]) -> "pytest.RaisesExc[BrokerError]":
    return pytest.raises(kind)


def test_a_user_signs_in_and_may_do_all_but_administer(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica) as signed_in:
            assert replica.whose(signed_in) == CAROL
            assert signed_in.session.expires_in == 900
            assert signed_in.expires_at == AT + timedelta(seconds=WHOLE)

    asyncio.run(story())


def test_a_user_has_the_tenant_and_the_scopes_of_being_added(replica: Replica) -> None:
    async def story() -> None:
        scopes = {Scope.FILES_READ, Scope.ADMIN}
        await replica.accounts.add("carol", PASSWORD, tenant="acme", scopes=scopes, at=AT)

        expected = Claims(subject="carol", tenant="acme", scopes=frozenset(scopes))
        assert replica.whose(await replica.sign_in()) == expected

    asyncio.run(story())


def test_a_name_is_given_once(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica):
            assert not await replica.accounts.add("carol", "another one", at=AT)
            await replica.sign_in()

    asyncio.run(story())


@pytest.mark.parametrize("name", ["carol", "nobody", "al\0ice", ""])
def test_c14_whatever_is_wrong_is_answered_alike_after_the_same_work(
    replica: Replica, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    hashes = []
    verify = PasswordHasher.verify

    def count(self: PasswordHasher, password_hash: str, password: str) -> bool:
        hashes.append(password_hash.split("$")[:4])
        return bool(verify(self, password_hash, password))

    monkeypatch.setattr(replica.accounts._passwords, "_hasher", PasswordHasher())

    async def story() -> None:
        async with carol(replica):
            monkeypatch.setattr(PasswordHasher, "verify", count)
            with refused(WrongCredentials) as caught:
                await replica.sign_in("wrong", name=name)
            assert caught.value.detail == "The user name or the password is wrong."

    asyncio.run(story())

    assert hashes == [DECOY_HASH.split("$")[:4]]


def test_the_users_of_a_tenant_are_listed_by_name_and_read_on_from_there(replica: Replica) -> None:
    async def story() -> None:
        for name, tenant in ("bob", "acme"), ("ada", "acme"), ("adam", "other"), ("cyd", "acme"):
            assert await replica.accounts.add(name, PASSWORD, tenant=tenant, at=AT)
        registry = replica.accounts._registry

        async def names(after: str, limit: int = 10) -> list[str]:
            return [user.name for user in await registry.list_users_of("acme", "", after=after, limit=limit)]

        assert await names("") == ["ada", "bob", "cyd"]
        assert await names("", limit=2) == ["ada", "bob"]
        assert await names("bob") == ["cyd"]

    asyncio.run(story())


def test_users_are_found_by_what_their_name_holds_whatever_its_case(replica: Replica) -> None:
    async def story() -> None:
        for name in "Änne_1", "änne 2", "anne%\\", "bob":
            assert await replica.accounts.add(name, PASSWORD, tenant="acme", at=AT)
        assert await replica.accounts.add("Änne 9", PASSWORD, tenant="other", at=AT)
        registry = replica.accounts._registry

        async def found(q: str) -> list[str]:
            return sorted(user.name for user in await registry.list_users_of("acme", q, after="", limit=10))

        assert await found("ÄNNE") == ["Änne_1", "änne 2"]
        assert [await found(q) for q in ("E_", "%\\", "_%", "nobody\0")] == [["Änne_1"], ["anne%\\"], [], []]

    asyncio.run(story())


def test_c14_a_user_who_is_shut_out_is_answered_like_one_that_there_is_not(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica):
            assert await replica.accounts.disable("carol", at=AT)
            with refused(WrongCredentials):
                await replica.sign_in()

            assert await replica.accounts.enable("carol")
            await replica.sign_in(at=AT + SECOND)

    asyncio.run(story())


def test_c14_ten_wrong_passwords_shut_an_account_to_their_address_alone(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica):
            for _ in range(10):
                with refused(WrongCredentials):
                    await replica.sign_in("wrong")

            with refused(TooManySignIns) as caught:
                await replica.sign_in()  # the right one would tell that it is right
            assert 0 < int(caught.value.headers["retry-after"]) <= 900
            await replica.sign_in(address=THERE)

    asyncio.run(story())


def test_c14_the_right_password_begins_the_count_anew(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica):
            for _ in range(2):
                for _ in range(9):
                    with refused(WrongCredentials):
                        await replica.sign_in("wrong")
                await replica.sign_in()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("limit", "guesses"),
    [
        ("_OF_ACCOUNT", [("carol", f"192.0.2.{n}") for n in range(4)]),
        ("_FROM_ADDRESS", [(f"user {n}", HERE) for n in range(4)]),
    ],
)
def test_c14_many_guesses_are_stopped_however_they_are_spread(
    replica: Replica, monkeypatch: pytest.MonkeyPatch, limit: str, guesses: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr(throttle, limit, RateLimitItemPerSecond(3, 900, limit))

    async def story() -> None:
        *some, (name, address) = guesses
        for guess in some:
            with refused(WrongCredentials):
                await replica.sign_in("wrong", name=guess[0], address=guess[1])
        with refused(TooManySignIns):
            await replica.sign_in("wrong", name=name, address=address)

    asyncio.run(story())


def test_a_password_is_hashed_anew_when_the_parameters_have_changed(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        await replica.accounts.add("carol", PASSWORD, at=AT)
        monkeypatch.setattr("broker.passwords.PasswordHasher", PasswordHasher)
        monkeypatch.setattr(replica.accounts, "_passwords", Passwords())

        await replica.sign_in()

        [user] = await replica.accounts.list_users()
        assert user.password_hash.split("$")[:4] == DECOY_HASH.split("$")[:4]
        await replica.sign_in()

    asyncio.run(story())


class SlowPasswords(Passwords):
    """Looks at a password, and then has something happen before it says what it saw."""

    def __init__(self, *happenings: Callable[[], Coroutine[None, None, object]]) -> None:
        super().__init__()
        self._happenings = list(happenings)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        is_right = await super().verify(password_hash, password)
        if self._happenings:
            await self._happenings.pop()()
        return is_right


@pytest.mark.parametrize("is_disabled", [False, True])
def test_c19_who_is_shut_out_while_signing_in_does_not_come_in(database: Database, is_disabled: bool) -> None:
    async def story() -> None:
        here, there = Replica(database), Replica(database)

        async def shut_out() -> None:
            if is_disabled:
                await there.accounts.disable("carol", at=AT + SECOND)
            else:
                await there.accounts.set_password("carol", "another one", at=AT + SECOND)

        async with carol(here):
            here.accounts._passwords = SlowPasswords(shut_out)
            with refused(WrongCredentials):
                await here.sign_in()

    asyncio.run(story())


def test_two_sign_ins_at_once_may_both_hash_the_password_anew(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica):

            async def sign_in_elsewhere() -> None:
                await replica.sign_in()

            replica.accounts._passwords = SlowPasswords(sign_in_elsewhere)
            replica.accounts._passwords._hasher = PasswordHasher()

            assert replica.whose(await replica.sign_in()) == CAROL

    asyncio.run(story())


def test_c13_each_refresh_token_makes_the_next_one(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica) as first:
            seen = {first.refresh_token}
            token = first.refresh_token
            for n in range(1, 4):
                at = AT + n * timedelta(days=1)
                renewed = await replica.accounts.renew(token, at=at)
                assert replica.whose(renewed, at=at) == CAROL
                token = renewed.refresh_token
                seen.add(token)
            assert len(seen) == 4

    asyncio.run(story())


def test_c13_a_refresh_token_that_was_used_before_ends_the_whole_session(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica) as first:
            second = await replica.accounts.renew(first.refresh_token, at=AT)
            late = AT + GRACE

            with refused(SessionEnded):
                await replica.accounts.renew(first.refresh_token, at=late)

            with refused(SessionEnded):
                await replica.accounts.renew(second.refresh_token, at=late)
            for each in first, second:
                with refused(InvalidToken):
                    replica.whose(each, at=late)

    asyncio.run(story())


def test_c13_the_last_but_two_ends_the_session_however_soon_it_comes(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica) as first:
            second = await replica.accounts.renew(first.refresh_token, at=AT)
            third = await replica.accounts.renew(second.refresh_token, at=AT)

            for each in first, third:
                with refused(SessionEnded):
                    await replica.accounts.renew(each.refresh_token, at=AT)

    asyncio.run(story())


def test_c13_two_tabs_that_renew_at_once_both_go_on_with_the_newest_token(database: Database) -> None:
    async def story() -> None:
        tabs = [Replica(database) for _ in range(2)]
        async with carol(tabs[0]) as first:
            renewed = await asyncio.gather(
                *(tab.accounts.renew(first.refresh_token, at=AT) for tab in tabs * 4)
            )

            assert len({each.refresh_token for each in renewed}) == 1
            await tabs[0].accounts.renew(renewed[0].refresh_token, at=AT + GRACE)

    asyncio.run(story())


def test_c13_a_session_ends_when_it_is_not_used_and_at_its_end_whatever_is_done(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica) as idle:
            with refused(SessionEnded):
                await replica.accounts.renew(idle.refresh_token, at=AT + timedelta(seconds=IDLE))

        token, at = (await replica.sign_in()).refresh_token, AT
        while at + timedelta(days=6) < AT + timedelta(seconds=WHOLE):
            at += timedelta(days=6)
            token = (await replica.accounts.renew(token, at=at)).refresh_token
        with refused(SessionEnded):
            await replica.accounts.renew(token, at=AT + timedelta(seconds=WHOLE))

    asyncio.run(story())


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:0],
        lambda token: token[:26],
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace(".1.", ".2."),
        lambda token: token.replace(".1.", ".٢."),
        lambda token: token.replace(".1.", "." + "1" * 5000 + "."),
        lambda token: "0" * 26 + token[26:],
        lambda token: token + "é",
    ],
)
def test_c13_a_forged_refresh_token_is_refused_and_ends_nothing(
    replica: Replica, change: Callable[[str], str]
) -> None:
    async def story() -> None:
        async with carol(replica) as signed_in:
            with refused(SessionEnded):
                await replica.accounts.renew(change(signed_in.refresh_token), at=AT)

            await replica.accounts.renew(signed_in.refresh_token, at=AT)

    asyncio.run(story())


def test_signing_out_ends_one_session_at_once_and_no_other(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica) as before:
            here = await replica.accounts.renew(before.refresh_token, at=AT)
            there = await replica.sign_in()

            await replica.accounts.sign_out(here.refresh_token, at=AT)
            await replica.accounts.sign_out(here.refresh_token, at=AT)
            await replica.accounts.sign_out("nonsense", at=AT)

            for each in before, here:  # also the last but one, which is taken for a while otherwise
                with refused(SessionEnded):
                    await replica.accounts.renew(each.refresh_token, at=AT)
                with refused(InvalidToken):
                    replica.whose(each)
            assert replica.whose(await replica.accounts.renew(there.refresh_token, at=AT)) == CAROL

    asyncio.run(story())


async def sign_out_everywhere(accounts: Accounts, at: datetime) -> None:
    await accounts.sign_out_everywhere(CAROL, at=at)


async def change_password(accounts: Accounts, at: datetime) -> None:
    assert await accounts.set_password("carol", PASSWORD, at=at)


async def disable_and_enable(accounts: Accounts, at: datetime) -> None:
    assert await accounts.disable("carol", at=at)
    assert await accounts.enable("carol")


@pytest.mark.parametrize("act", [sign_out_everywhere, change_password, disable_and_enable])
def test_c19_all_that_a_user_has_ends_at_once_here_and_soon_on_other_replicas(
    database: Database, act: Callable[[Accounts, datetime], Coroutine[None, None, None]]
) -> None:
    async def story() -> None:
        here, there = Replica(database), Replica(database)
        async with carol(here) as signed_in:
            await there.accounts.learn_revocations(at=AT)
            at = AT + SECOND
            machine = await here.accounts.issue_token(CAROL, expires_in=timedelta(days=30), at=at)

            await act(here.accounts, at)

            with refused(SessionEnded):
                await there.accounts.renew(signed_in.refresh_token, at=at)
            for replica in here, there:
                await there.accounts.learn_revocations(at=at)
                for token in signed_in.session.access_token, machine:
                    with refused(InvalidToken):
                        replica.tokens.verify(token, at=at)
            again = await here.sign_in(at=at + SECOND)
            assert there.whose(again, at=at + SECOND) == CAROL

    asyncio.run(story())


def test_c19_who_has_a_users_name_in_another_tenant_ends_nothing_of_the_user(replica: Replica) -> None:
    async def story() -> None:
        async with carol(replica) as signed_in:
            other = Claims(subject="carol", tenant="external", scopes=frozenset())

            await replica.accounts.sign_out_everywhere(other, at=AT + SECOND)

            assert replica.whose(signed_in) == CAROL
            await replica.accounts.renew(signed_in.refresh_token, at=AT + SECOND)

    asyncio.run(story())


def test_a_user_who_is_not_there_cannot_be_changed(replica: Replica) -> None:
    async def story() -> None:
        assert not await replica.accounts.set_password("nobody", PASSWORD, at=AT)
        assert not await replica.accounts.disable("nobody", at=AT)
        assert not await replica.accounts.enable("nobody")
        assert not await replica.accounts.has_user("nobody")

    asyncio.run(story())


def test_a_machine_has_a_token_that_is_listed_until_it_is_revoked(database: Database) -> None:
    async def story() -> None:
        here, there = Replica(database), Replica(database)
        claims = Claims(subject="backup", tenant="acme", scopes=frozenset({Scope.FILES_READ}))
        token = await here.accounts.issue_token(claims, expires_in=timedelta(days=30), at=AT)
        other = await here.accounts.issue_token(claims, expires_in=timedelta(days=30), at=AT)
        assert there.tokens.verify(token, at=AT + timedelta(days=29)) == claims
        listed = await there.accounts.list_tokens(at=AT)

        assert await there.accounts.revoke_token(listed[0].id, at=AT)

        assert not await here.accounts.revoke_token(listed[0].id, at=AT)
        assert not await here.accounts.revoke_token("0" * 26, at=AT)
        await here.accounts.learn_revocations(at=AT)
        for replica in here, there:
            good = []
            for each in token, other:
                try:
                    replica.tokens.verify(each, at=AT)
                except InvalidToken:
                    continue
                good.append(each)
            assert len(good) == 1
        assert await here.accounts.list_tokens(at=AT) == listed[1:]

    asyncio.run(story())


def test_a_machines_token_lives_no_longer_than_a_year(replica: Replica) -> None:
    async def story() -> None:
        token = await replica.accounts.issue_token(CAROL, expires_in=timedelta(days=4000), at=AT)

        with refused(ExpiredToken):
            replica.tokens.verify(token, at=AT + MAX_TOKEN_LIFE + timedelta(minutes=1))

    asyncio.run(story())


def test_what_is_over_is_forgotten_and_what_is_not_is_kept(replica: Replica, database: Database) -> None:
    async def story() -> None:
        async with carol(replica) as signed_in:
            await replica.accounts.sign_out(signed_in.refresh_token, at=AT)
            kept = await replica.sign_in(at=AT + timedelta(days=10))
            await replica.accounts.issue_token(CAROL, expires_in=timedelta(days=1), at=AT)

            await replica.accounts.forget(at=AT + timedelta(seconds=WHOLE))

            registry = AccountRegistry(database)
            later = AT - timedelta(days=1)
            assert await registry.list_revocations(since=later, at=later) == []
            assert await registry.list_tokens(at=later) == []
            assert await registry.find_session(signed_in.refresh_token[:26]) is None
            assert await registry.find_session(kept.refresh_token[:26])

    asyncio.run(story())


def test_tokens_of_the_key_before_are_good_and_those_of_no_key_are_not(database: Database) -> None:
    async def story() -> None:
        old, both, new = (Replica(database, keys=keys) for keys in ((OLD_KEY,), (KEY, OLD_KEY), (KEY,)))
        async with carol(old) as signed_in:
            assert both.whose(signed_in) == CAROL
            with refused(InvalidToken):
                new.whose(signed_in)
            with refused(SessionEnded):
                await new.accounts.renew(signed_in.refresh_token, at=AT)

            renewed = await both.accounts.renew(signed_in.refresh_token, at=AT)

            assert new.whose(renewed) == CAROL
            await new.accounts.renew(renewed.refresh_token, at=AT)

    asyncio.run(story())
