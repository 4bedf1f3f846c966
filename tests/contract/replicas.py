"""Brokers in this process, which share a registry and die or lose the store at any step we like."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

import httpx
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from broker.app import create_app
from broker.auth import Claims
from broker.auth import Scope as Permission
from broker.edge import Edge
from broker.errors import StoreUnavailable
from broker.reconciler import Visit
from broker.settings import Settings
from broker.web import Services


class Clock:
    """The brokers' clock. It stands still until it is turned, so that a model knows every instant."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.now = datetime.now(UTC)

    def read(self) -> datetime:
        return self.now

    def turn(self, ahead: timedelta) -> None:
        self.now += ahead


class Died(BaseException):
    """The broker is gone, as after SIGKILL: no `except Exception` of its own sees that."""


@dataclass(frozen=True)
class Fault:
    """What befalls a broker at its next steps, counted from 0: calls of the store and registry changes.

    At `step` it dies, or loses the store from there on. If `done`, the step has its effect all the same:
    only the answer is lost.
    """

    kind: Literal["die", "lose the store"]
    step: int
    done: bool


class Fate:
    """Lets a fault happen to the steps of one broker."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.has_struck = False
        self._steps = 0
        self._is_dead = False

    def await_fault(self, fault: Fault | None) -> None:
        self.fault, self.has_struck, self._steps = fault, False, 0

    def govern(self, holder: object, method: str, *, is_of_store: bool) -> None:
        """Make a method of this object a step."""
        act: Callable[..., Awaitable[Any]] = getattr(holder, method)

        async def step(*args: object, **kwargs: object) -> object:
            return await self._step(lambda: act(*args, **kwargs), is_of_store=is_of_store)

        setattr(holder, method, step)

    async def _step(self, act: Callable[[], Awaitable[object]], *, is_of_store: bool) -> object:
        if self._is_dead:
            raise Died
        number, self._steps = self._steps, self._steps + 1
        if not self._strikes(number, is_of_store=is_of_store):
            result = await act()
            if self._is_dead:
                raise Died
            return result
        fault = cast(Fault, self.fault)
        self.has_struck = True
        self._is_dead = fault.kind == "die"
        if fault.done and number == fault.step:
            await act()
        raise Died if self._is_dead else StoreUnavailable("The store is lost to this broker.")

    def _strikes(self, number: int, *, is_of_store: bool) -> bool:
        if self.fault is None or number < self.fault.step:
            return False
        return is_of_store or self.fault.kind == "die"


class Replica:
    """One broker: the whole application, without a socket and without what it does by itself."""

    services: Services

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._resources = AsyncExitStack()

    async def start(self) -> None:
        edge = cast(Edge, create_app(self._settings))
        router = cast(Router, edge._app)
        state = await self._resources.enter_async_context(router.lifespan_context(router))
        self.services = cast(Services, cast(dict[str, object], state)["services"])
        self.fate = Fate()
        store = cast(Any, self.services.store)
        for lane in store._calls, store._assemblies:
            self.fate.govern(lane, "run", is_of_store=True)
        self.fate.govern(cast(Any, self.services.registry)._database, "write_each", is_of_store=False)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await edge({**scope, "state": state}, receive, send)

        self._http = await self._resources.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=self._settings.origins[0])
        )

    async def stop(self) -> None:
        await self._resources.aclose()

    async def restart(self) -> None:
        """Come back with nothing but the registry."""
        others = asyncio.all_tasks() - {cast(asyncio.Task[object], asyncio.current_task())}
        await asyncio.gather(*others, return_exceptions=True)  # a dead broker's tasks die at their next step
        await self.stop()
        await self.start()

    async def ask(
        self,
        claims: Claims,
        method: str,
        path: str,
        *,
        json: object = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """Send a request as its client does. Raises Died."""
        headers = {"authorization": f"Bearer {self._token(claims)}"}
        if idempotency_key:
            headers["idempotency-key"] = idempotency_key
        return await self._http.request(method, path, json=json, headers=headers)

    async def reconcile(self, *, at: datetime) -> list[Visit]:
        """Do what the service does now and again. Raises Died."""
        return [visit async for visit in self.services.reconciler.reconcile(at=at)]

    def _token(self, claims: Claims) -> str:
        # of one second for all time, so that the broker remembers it: it is not tokens that are tested here
        return self.services.tokens.issue(claims, expires_in=2**30, at=datetime(2026, 1, 1, tzinfo=UTC))


def claims_of(subject: str, *, tenant: str) -> Claims:
    return Claims(subject=subject, tenant=tenant, scopes=frozenset(Permission))
