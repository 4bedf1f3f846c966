"""What `broker doctor` finds, for an administrator who has no terminal."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from importlib import import_module

from broker import schemas
from broker.doctor.findings import Finding, are_good
from broker.errors import StoreUnavailable
from broker.self_test import SelfTest
from broker.settings import Settings

_LOOK = 25  # seconds that an examination may take: clients wait for 30


class StoreHealth:
    """Examines the store when it is asked to, one examination at a time, and remembers the last one."""

    def __init__(self, settings: Settings, self_test: SelfTest) -> None:
        self._settings = settings
        self._self_test = self_test
        self._turn = asyncio.Lock()
        self._shown: schemas.StoreHealth | None = None

    def show(self) -> schemas.StoreHealth:
        """Return what was found last; before anybody asked, by the service itself."""
        return self._shown or schemas.StoreHealth(
            examined_at=self._self_test.examined_at,
            server="",
            clock_skew_seconds=self._self_test.clock_skew,
            is_good=are_good(self._self_test.findings),
            findings=_describe(self._self_test.findings),
        )

    async def examine(self, *, at: datetime) -> schemas.StoreHealth:
        """Examine the store; who comes while that goes on gets what it finds. Raises StoreUnavailable."""
        before = self._shown
        async with self._turn:
            if self._shown is before:
                self._shown = await self._look(at=at)
            return self.show()

    async def _look(self, *, at: datetime) -> schemas.StoreHealth:
        # with its HTTP client it takes long to load: not in the loop's own thread
        await asyncio.to_thread(import_module, "broker.doctor.examination")
        from broker.doctor.examination import examine

        try:
            async with asyncio.timeout(_LOOK):
                found = await examine(self._settings)
        except TimeoutError as error:
            raise StoreUnavailable("The store took too long to answer all that it was asked.") from error
        return schemas.StoreHealth(
            examined_at=at,
            server=found.server,
            clock_skew_seconds=found.clock_skew,
            is_good=found.is_good,
            findings=_describe(found.findings),
        )


def _describe(findings: Iterable[Finding]) -> tuple[schemas.StoreFinding, ...]:
    return tuple(
        schemas.StoreFinding(name=each.name, outcome=each.outcome, detail=each.detail, fix=each.fix)
        for each in findings
    )
