"""The store's health as an administrator sees it: one examination at a time, and none that never ends."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from broker import schemas, store_health
from broker.configuration import load
from broker.doctor import examination
from broker.doctor.examination import Examination
from broker.doctor.findings import Finding
from broker.errors import StoreUnavailable
from broker.self_test import SelfTest
from broker.settings import Settings
from broker.store_health import StoreHealth
from tests.test_configuration import GOOD

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
GOOD_FINDING = Finding(name="signature", outcome="ok", detail="It is verified.")
HOLE = Finding(name="copy-source", outcome="failed", detail="It is not.", fix="Update it.", is_abuse=True)
FOUND = (
    schemas.StoreFinding(name="signature", outcome="ok", detail="It is verified.", fix=""),
    schemas.StoreFinding(name="copy-source", outcome="failed", detail="It is not.", fix="Update it."),
)


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> StoreHealth:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    settings = load()
    return StoreHealth(settings, SelfTest(settings.store))


def test_before_anybody_asks_the_services_own_findings_are_shown(health: StoreHealth) -> None:
    assert health.show().examined_at is None

    health._self_test.findings = (GOOD_FINDING, HOLE)
    health._self_test.examined_at = AT
    health._self_test.clock_skew = -7.5

    assert health.show() == schemas.StoreHealth(
        examined_at=AT,
        server="",
        clock_skew_seconds=-7.5,
        is_good=False,
        findings=FOUND,
    )


def test_who_comes_while_the_store_is_examined_gets_what_is_found(
    health: StoreHealth, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def examine(_: Settings) -> Examination:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.05)
        return Examination(findings=(GOOD_FINDING, HOLE), server=f"run {begun}", clock_skew=begun)

    monkeypatch.setattr(examination, "examine", examine)

    async def story() -> None:
        together = await asyncio.gather(*(health.examine(at=AT) for _ in range(5)))
        assert [each.server for each in together] == ["run 1"] * 5
        again = await health.examine(at=AT + timedelta(minutes=1))
        assert again == schemas.StoreHealth(
            examined_at=AT + timedelta(minutes=1),
            server="run 2",
            clock_skew_seconds=2,
            is_good=False,
            findings=FOUND,
        )
        assert health.show() == again

    asyncio.run(story())


def test_an_examination_that_takes_too_long_is_given_up_and_can_be_repeated(
    health: StoreHealth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: Settings) -> Examination:
        await asyncio.sleep(60)
        raise AssertionError

    async def examine(_: Settings) -> Examination:
        return Examination(findings=(GOOD_FINDING,), server="MinIO", clock_skew=0)

    async def run(answer: Callable[[Settings], Awaitable[Examination]]) -> schemas.StoreHealth:
        monkeypatch.setattr(examination, "examine", answer)
        return await health.examine(at=AT)

    async def story() -> None:
        monkeypatch.setattr(store_health, "_LOOK", 0.05)
        with pytest.raises(StoreUnavailable):
            await run(hang)
        assert health.show().examined_at is None
        assert (await run(examine)).is_good

    asyncio.run(story())
