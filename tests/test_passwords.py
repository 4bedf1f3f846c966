"""How many passwords are looked at, and what is no password of anybody."""

import asyncio

import pytest

from broker.errors import SignInBusy
from broker.passwords import DECOY_HASH, Passwords


def test_two_are_looked_at_at_once_and_of_those_that_wait_only_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[str] = []
    may_end = asyncio.Event()

    async def look(_: object, *given: str) -> None:
        looked_at.append(given[-1])
        await may_end.wait()

    monkeypatch.setattr("asyncio.to_thread", look)

    async def story() -> None:
        passwords = Passwords()
        asked = [
            asyncio.create_task(passwords.hash(f"{n}") if n % 2 else passwords.verify(DECOY_HASH, f"{n}"))
            for n in range(17)
        ]
        await asyncio.sleep(0)

        assert looked_at == ["0", "1"]
        assert isinstance(asked.pop().exception(), SignInBusy)
        may_end.set()
        assert await asyncio.gather(*asked) == [True, None] * 8
        assert await passwords.verify(DECOY_HASH, "a later one")

    asyncio.run(story())


def test_who_has_no_password_is_not_let_in_by_that_of_the_decoy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def find_it_right(*_: object) -> None: ...

    monkeypatch.setattr("asyncio.to_thread", find_it_right)

    assert asyncio.run(Passwords().verify(DECOY_HASH, "the decoy's"))
    assert not asyncio.run(Passwords().verify(None, "the decoy's"))


@pytest.mark.parametrize("password_hash", ["", "a password", DECOY_HASH[:-1], DECOY_HASH])
def test_no_password_is_that_of_what_is_no_hash_of_it(password_hash: str) -> None:
    assert not asyncio.run(Passwords().verify(password_hash, "a password"))
