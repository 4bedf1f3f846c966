"""How much one caller may ask for."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from broker import errors, rate_limits
from broker.errors import TooManyRequests
from broker.rate_limits import _CALLERS, RateLimits
from broker.settings import RateLimitSettings, SettingsError
from tests.problems import assert_problem
from tests.running import RunningBroker, run_broker
from tests.test_api import NO_STORE

OF_THE_STORE = "what the store sends with its events: 0123456789"


async def take(limits: RateLimits, count: int, caller: str = "acme/alice", kind: str = "subject") -> int:
    """Ask so many times; return how often it was granted."""
    granted = 0
    for _ in range(count):
        try:
            await limits.take(kind, caller)
        except TooManyRequests:
            continue
        granted += 1
    return granted


@pytest.mark.parametrize("limit", [1, 7, 99, 100, 250, 1000])
def test_c53_a_caller_gets_just_as_much_as_the_limit_says(limit: int) -> None:
    limits = RateLimits(RateLimitSettings(subject=f"{limit}/hour"))

    assert asyncio.run(take(limits, limit + 5)) == limit


def test_c53_who_asks_for_too_much_is_told_when_to_come_back() -> None:
    async def story() -> TooManyRequests:
        limits = RateLimits(RateLimitSettings(subject="3/minute"))
        await take(limits, 3)
        with pytest.raises(TooManyRequests) as caught:
            await limits.take("subject", "acme/alice")
        return caught.value

    error = asyncio.run(story())

    assert 1 <= int(error.headers["retry-after"]) <= 60
    assert error.members == {"limit": 3}
    assert error.detail == "At most 3 requests are taken in 60 seconds."


def test_c53_callers_and_kinds_are_counted_apart() -> None:
    async def story() -> None:
        limits = RateLimits(RateLimitSettings(subject="3/hour", address="2/hour"))
        assert await take(limits, 9) == 3
        assert await take(limits, 9, "acme/bob") == 3
        assert await take(limits, 9, "192.0.2.1", kind="address") == 2

    asyncio.run(story())


def test_what_was_bought_lapses_with_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        limits = RateLimits(RateLimitSettings(subject="500/hour"))
        await limits.take("subject", "acme/alice")
        [bought] = limits._bought.values()
        bought.until = 0

        assert await take(limits, 600) == 495

    asyncio.run(story())


def test_only_so_many_callers_are_remembered() -> None:
    async def story() -> None:
        limits = RateLimits(RateLimitSettings(subject="1000/hour"))
        for n in range(_CALLERS + 10):
            await limits.take("subject", f"acme/{n}")
        assert len(limits._bought) == _CALLERS

    asyncio.run(story())


def test_who_bought_last_is_remembered_longest() -> None:
    async def story() -> list[bool]:
        limits = RateLimits(RateLimitSettings(subject="100/hour"))
        for n in [*range(_CALLERS), 0, _CALLERS]:
            await limits.take("subject", f"acme/{n}")
        return [("subject", f"acme/{n}") in limits._bought for n in (0, 1, _CALLERS)]

    assert asyncio.run(story()) == [True, False, True]


@pytest.mark.parametrize("storage", ["redis://127.0.0.1:9/0", "redis://:secret@127.0.0.1:9/0"])
def test_a_redis_that_does_not_answer_refuses_nobody(caplog: pytest.LogCaptureFixture, storage: str) -> None:
    async def story() -> int:
        return await take(RateLimits(RateLimitSettings(subject="3/hour", storage=storage)), 3)

    assert asyncio.run(story()) == 3

    [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith("Rate limits are not counted: ")
    assert "secret" not in caplog.text


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a server that speaks Redis's protocol, and its scripts, and wait for it; return its URL."""
    from fakeredis import TcpFakeServer

    monkeypatch.setattr(rate_limits, "_PATIENCE", 30)
    with TcpFakeServer(("127.0.0.1", 0), server_type="redis") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        finally:
            server.shutdown()
            thread.join()


def test_c53_replicas_that_share_a_redis_count_together(redis: str) -> None:
    async def story() -> list[int]:
        replicas = [RateLimits(RateLimitSettings(subject="300/hour", storage=redis)) for _ in range(2)]
        granted = [await take(replica, 400) for replica in replicas]
        for replica in replicas:
            await replica.close()
        return granted

    assert asyncio.run(story()) == [300, 0]


def test_c53_requests_at_the_same_time_get_just_as_much_as_the_limit_says(redis: str) -> None:
    async def story() -> int:
        limits = RateLimits(RateLimitSettings(subject="300/hour", storage=redis))
        granted = sum(await asyncio.gather(*(take(limits, 1) for _ in range(50))))
        granted += await take(limits, 400)
        await limits.close()
        return granted

    assert asyncio.run(story()) == 300


def test_c53_only_so_many_requests_are_worked_on_at_once() -> None:
    limits = RateLimits(RateLimitSettings(at_once=2))
    limits.enter("acme/alice")
    limits.enter("acme/alice")

    with pytest.raises(TooManyRequests) as caught:
        limits.enter("acme/alice")
    limits.enter("acme/bob")

    assert caught.value.members == {"limit": 2}
    assert caught.value.headers == {"retry-after": "1"}
    limits.leave("acme/alice")
    limits.enter("acme/alice")
    for caller in "acme/alice", "acme/alice", "acme/bob":
        limits.leave(caller)
    assert not limits._in_flight


@pytest.mark.parametrize("storage", ["redis://cache:port/0", "redis://[::1/0", "redis://cache?db=x"])
def test_an_address_that_is_none_of_redis_is_refused_at_start(storage: str) -> None:
    with pytest.raises(SettingsError, match=r"^BROKER_RATE_LIMITS_STORAGE: expected .* redis://cache:6379/0"):
        RateLimits(RateLimitSettings(storage=storage))


def test_a_limit_that_is_none_is_refused_at_start() -> None:
    with pytest.raises(
        SettingsError, match=r"^BROKER_RATE_LIMITS_SUBJECT: expected something like 600/minute"
    ):
        RateLimits(RateLimitSettings(subject="nonsense"))


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    limits = RateLimitSettings(subject="5/hour", address="5/hour")
    settings = {"rate_limits": limits, "events_token": OF_THE_STORE}
    with run_broker(NO_STORE, f"sqlite:///{database}", **settings) as running:
        yield running


def test_c53_each_subject_is_limited_by_itself_and_strangers_by_their_address(broker: RunningBroker) -> None:
    with broker.client() as alice, broker.client("bob") as bob, httpx.Client(base_url=broker.url) as stranger:
        for client, status in (alice, 200), (bob, 200), (stranger, 401):
            assert [client.get("/v1/me").status_code for _ in range(5)] == [status] * 5
            answer = client.get("/v1/me")

            assert_problem(answer, errors.TooManyRequests, limit=5)
            assert 1 <= int(answer.headers["retry-after"]) <= 3600
        assert_problem(stranger.post("/v1/session", json={}), errors.TooManyRequests)
        assert_problem(stranger.get("/v1/sign-in"), errors.TooManyRequests)
        assert_problem(stranger.post("/v1/events/store", json={}), errors.TooManyRequests)
        headers = {"authorization": f"Bearer {OF_THE_STORE}"}
        assert stranger.post("/v1/events/store", json={}, headers=headers).status_code == 204
        assert stranger.get("/livez").status_code == 200


def test_c53_a_request_that_has_ended_makes_room_whatever_its_end(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    limits = RateLimitSettings(at_once=1)
    with (
        run_broker(NO_STORE, f"sqlite:///{database}", rate_limits=limits) as running,
        running.client() as client,
    ):
        answers = [client.get(path).status_code for path in ("/v1/me", "/v1/uploads/x", "/v1/me", "/v1/me")]

    assert answers == [200, 404, 200, 200]


def test_c53_strangers_are_worked_for_only_so_many_at_once_by_address(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path_factory.mktemp("registry") / "broker.db"
    has_begun, may_end = threading.Event(), threading.Event()

    def verify(*_: object) -> bool:
        has_begun.set()
        assert may_end.wait(20)
        return False

    monkeypatch.setattr("argon2.PasswordHasher.verify", verify)
    limits = RateLimitSettings(at_once=1)
    credentials = {"username": "nobody", "password": "nothing at all"}
    with (
        run_broker(NO_STORE, f"sqlite:///{database}", rate_limits=limits) as running,
        ThreadPoolExecutor(1) as thread,
    ):
        url = f"{running.url}/v1/session"
        first = thread.submit(httpx.post, url, json=credentials, timeout=30)
        assert has_begun.wait(20)

        refused = httpx.post(url, json=credentials)
        may_end.set()

        assert_problem(first.result(), errors.WrongCredentials)
        assert_problem(refused, errors.TooManyRequests, limit=1)
        assert_problem(httpx.post(url, json=credentials), errors.WrongCredentials)
