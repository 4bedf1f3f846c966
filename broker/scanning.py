"""Files that somebody else has to find clean before anybody gets them.

The scanner is the operator's: a hook that is told where to fetch a file and answers with its verdict. Until
that is `clean` the file is in quarantine. A hook that does not answer, or not as agreed, leaves it there: it
is asked again, for as long as it takes.
"""

import asyncio
import logging
import random
import time
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from broker import schemas
from broker.errors import StoreUnavailable
from broker.policy import MAX_URL_EXPIRES_IN
from broker.registry import Registry
from broker.rows import File, owner_of
from broker.settings import ScanSettings
from broker.stores.base import Store

log = logging.getLogger(__name__)

_random = random.SystemRandom()  # as in background.py

_BATCH = 20
AT_ONCE = 4  # how often `scan_due` is to run beside itself
_SOONEST = timedelta(seconds=30)
_LATEST = timedelta(hours=1)
_MAX_ANSWER = 64 * 1024
_encode = msgspec.json.Encoder().encode

Verdict = Literal["clean", "infected"]


class _Answer(msgspec.Struct, frozen=True):
    """What a hook answers; it may say more."""

    verdict: Verdict


class Scanner:
    """Has the files in quarantine looked at."""

    def __init__(self, *, registry: Registry, store: Store, settings: ScanSettings) -> None:
        self._registry = registry
        self._store = store
        self._settings = settings

    async def scan_due(self, *, at: datetime) -> None:
        """Ask about the files that are due, one after the other, and remove those that are infected.

        It may run several times at once: a file for which the hook hangs then holds up no other. Raises
        RegistryUnavailable.
        """
        due = await self._registry.list_to_scan(at=at, limit=_BATCH)
        _random.shuffle(due)  # those who look at the same time begin with different ones
        began = time.monotonic()
        for file in due:  # by when its turn comes, a URL of before may have expired
            await self._scan(file, at=at + timedelta(seconds=time.monotonic() - began))

    async def _scan(self, file: File, *, at: datetime) -> None:
        """Ask about one file, unless another process does so."""
        waited = at - file.created_at
        again_at = at + timedelta(seconds=self._settings.timeout) + min(max(waited, _SOONEST), _LATEST)
        if not await self._registry.claim_scan(file, again_at=again_at):
            return
        try:
            async with asyncio.timeout(self._settings.timeout):
                verdict = await self._ask(file, at=at)
        except Exception as error:  # noqa: BLE001 - whatever a hook and the way to it may do
            log.warning("Scan failed: %s", str(error) or type(error).__name__, extra={"file": file.id})
            return
        if verdict == "clean":
            await self._registry.release(file)
            log.info("File found clean", extra={"file": file.id})
        else:
            await self._remove(file, at=at)

    async def _ask(self, file: File, *, at: datetime) -> Verdict:
        import httpx  # takes a while to load, and few scan

        seconds = self._settings.timeout
        request = self._store.presign_get(
            file.key,
            media_type="application/octet-stream",
            disposition="attachment",
            expires_in=min(seconds + 60, MAX_URL_EXPIRES_IN),
            at=at,
        )
        body = schemas.ScanRequest(
            file=file.id, size=file.size, type=file.type, checksum=file.checksum, request=request
        )
        headers = {"content-type": "application/json"}
        if self._settings.token:
            headers["authorization"] = f"Bearer {self._settings.token}"
        async with (
            httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=seconds) as client,
            client.stream("POST", self._settings.url, content=_encode(body), headers=headers) as answer,
        ):
            if answer.status_code != 200:
                raise ValueError(f"the hook answered with {answer.status_code}")
            text = b""
            async for piece in answer.aiter_bytes():
                text += piece
                if len(text) > _MAX_ANSWER:
                    raise ValueError("the hook's answer is too long")
        return msgspec.json.decode(text, type=_Answer).verdict

    async def _remove(self, file: File, *, at: datetime) -> None:
        """Forget the file; its object goes now, or when the reconciler gets to it."""
        entry = owner_of(file).did("file.infected", file.id, at=at)
        visit_at = at + timedelta(seconds=MAX_URL_EXPIRES_IN)
        await self._registry.delete_file(file, entry, at=at, visit_at=visit_at)
        log.warning("File found infected and removed", extra={"file": file.id})
        try:
            for key in file.stored_keys:
                await self._store.delete(key)
        except StoreUnavailable:
            log.warning("Object could not be removed yet", extra={"file": file.id})
