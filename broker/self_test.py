"""The service's own look at its store: can presigned URLs be abused there, and do the clocks agree?"""

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module

from broker.doctor.findings import Finding, Inconclusive
from broker.errors import StoreUnavailable, StoreUnsafe
from broker.settings import StoreSettings

log = logging.getLogger(__name__)

MAX_CLOCK_SKEW = 60  # seconds

_GOOD_FOR = 3600  # seconds for which a good verdict is believed
_PAUSE = 60  # from one look to the next: at the clock alone, if nothing else is due
_RETRY = 5  # the same without a verdict
_FIRST = 3  # how long who asks waits for a verdict
_LOOK = 60  # how long a look may take

_OFF = "BROKER_STORE_SELF_TEST is off: whether presigned URLs of this store can be abused is not looked at"


class SelfTest:
    """Examines the store in the background, while `run` runs; `require_safe` says what came of it.

    `clock_skew` is by how many seconds the store's clock is ahead of ours, None while that is not known.
    `findings` are of the last examination with a verdict, which ended at `examined_at`.
    """

    def __init__(self, store: StoreSettings) -> None:
        self.clock_skew: float | None = None
        self.findings: tuple[Finding, ...] = ()
        self.examined_at: datetime | None = None
        self._store = store
        self._due_at = 0.0  # on the monotonic clock
        self._has_verdict = asyncio.Event()
        self._is_wanted = asyncio.Event()
        self._readiness = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong, and yet no reason to refuse requests: sentences."""
        skew = self.clock_skew
        if skew is None or abs(skew) <= MAX_CLOCK_SKEW:
            return ()
        direction = "ahead of" if skew > 0 else "behind"
        return (f"The store's clock is {abs(skew):.0f} s {direction} the broker's: set both by NTP.",)

    async def require_safe(self) -> None:
        """Return if presigned URLs cannot be abused. Raises StoreUnsafe, StoreUnavailable."""
        if not self._store.self_test:
            return
        if not self._has_verdict.is_set():
            self._is_wanted.set()
        try:
            async with asyncio.timeout(_FIRST):
                await self._has_verdict.wait()
        except TimeoutError as error:
            raise StoreUnavailable("The object store could not be tested yet; the log says why.") from error
        if any(finding.is_hole for finding in self.findings):
            raise StoreUnsafe(
                "The object store lets presigned URLs be abused: `broker doctor` says how to mend it."
            )

    def note(self, readiness: str) -> None:
        """Hear what `/readyz` answers, in one word.

        A store that was away may come back as another one. A self-test that is off is recalled to mind.
        """
        if readiness == StoreUnavailable.slug:
            self._has_verdict.clear()
            self._due_at = 0
        if readiness != self._readiness and not self._store.self_test:
            log.warning("The service is now: %s. %s", readiness, _OFF)
        self._readiness = readiness

    async def run(self) -> None:
        """Look at the store now and again, for ever."""
        if not self._store.self_test:
            log.warning(_OFF)
            return
        # with its HTTP client it takes as long to load as half the service: not in the loop's own thread
        await asyncio.to_thread(import_module, "broker.doctor.examination")
        while True:
            try:
                async with asyncio.timeout(_LOOK):
                    await self._look()
            except (Inconclusive, TimeoutError) as error:
                log.warning("Store self-test had no result: %s", str(error) or "it took too long")
                self._due_at = 0
            except Exception:
                log.exception("Store self-test crashed")
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE if self._has_verdict.is_set() else _RETRY):
                    await self._is_wanted.wait()
            self._is_wanted.clear()

    async def _look(self) -> None:
        """Examine the store, or between two examinations its clock. Raises Inconclusive."""
        from broker.doctor.examination import examine_briefly, read_clock

        if time.monotonic() < self._due_at:
            self._learn_clock(await read_clock(self._store))
            return
        examination = await examine_briefly(self._store)
        self._learn_clock(examination.clock_skew)
        holes = [finding for finding in examination.findings if finding.is_hole]
        undecided = [finding for finding in examination.findings if finding.is_undecided]
        if undecided and not holes:
            raise Inconclusive(f"{undecided[0].name}: {undecided[0].detail}")
        self.findings = examination.findings
        self.examined_at = datetime.now(UTC)
        self._due_at = 0 if holes else time.monotonic() + _GOOD_FOR
        self._has_verdict.set()
        for hole in holes:
            log.error("Store is unsafe: %s %s", hole.detail, hole.fix, extra={"probe": hole.name})
        log.info("Store self-test done", extra={"holes": len(holes), "server": examination.server})

    def _learn_clock(self, skew: float | None) -> None:
        before = self.warnings
        self.clock_skew = skew
        if self.warnings and not before:
            log.warning("%s", *self.warnings)
