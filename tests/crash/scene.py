"""One client's upload on a registry of its own, while brokers die and come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncio
import httpx

from broker import errors
from broker.app import open_services
from broker.auth import Claims
from broker.registry import Counters
from broker.server import listen
from broker.settings import Policy, Settings, StoreSettings
from broker.stores.s3 import connect
from tests.crash.crashing_broker import Crashing, Trap, reconciling, serving
from tests.problems import assert_problem
from tests.reconciling import reconcile
from tests.running import SECRET_KEY, RunningBroker, origin_of, run_broker_on
from tests.transfers import checksum_of, complete, create, cut, named, put, sign

HOUR = timedelta(hours=1)
BYTES = b"<!DOCTYPE html><p>the bytes that were declared"
POLICIES = {
    "default": Policy(sniff=True),
    "parts": Policy(name="parts", single_put_max=0, sniff=True),
}
# after the last of these an upload that is no file has expired, been removed, and been forgotten
PASSES = (HOUR / 6, 25 * HOUR, 27 * HOUR, 52 * HOUR)
ENDED = {404, 412}  # what the store says of a URL that has been used, or whose upload has ended


class Scene:
    """What the client does and remembers; `tenant` is its alone, so that what is in the store is too."""

    client: httpx.Client
    created: dict[str, Any]
    file: dict[str, Any]

    def __init__(self, store: StoreSettings, database_url: str, *, tenant: str, **declared: str) -> None:
        self._listener = listen("127.0.0.1", 0)
        self.settings = Settings(
            origins=(origin_of(self._listener),),
            secret_key=SECRET_KEY,
            database_url=database_url,
            store=store,
            policies=POLICIES,
        )
        self._tenant = tenant
        self._declared = declared
        self._requests: list[dict[str, Any]] = []

    @contextmanager
    def broker(self) -> Iterator[None]:
        """Run an ordinary broker; this is done once, at last."""
        settings = self.settings
        with (
            run_broker_on(
                self._listener, settings.store, settings.database_url, policies=settings.policies
            ) as broker,
            self._dialling(broker),
        ):
            yield

    @contextmanager
    def crashing_broker(self, trap: Trap | None) -> Iterator[Crashing]:
        """Run a broker that may kill itself."""
        with (
            serving(self.settings, self._listener, trap=trap) as process,
            self._dialling(RunningBroker(origin_of(self._listener), self.settings)),
        ):
            yield process

    @contextmanager
    def crashing_reconciler(self, trap: Trap | None, *, after: timedelta) -> Iterator[Crashing]:
        """Run a reconciler that may kill itself, as if it were so much later."""
        with reconciling(self.settings, at=datetime.now(UTC) + after, trap=trap) as process:
            yield process

    @contextmanager
    def _dialling(self, broker: RunningBroker) -> Iterator[None]:
        with broker.client(tenant=self._tenant) as self.client:
            yield

    # what a client does

    def create(self) -> None:
        self.client.headers["idempotency-key"] = "the same each time"
        self.created = create(self.client, BYTES, **self._declared)

    def send(self) -> None:
        """Send the bytes, by the URLs that the client got when it did so first."""
        if "request" in self.created:
            self._requests = self._requests or [self.created["request"]]
        else:
            self._requests = self._requests or sign(self.client, self.created, self._parts)
        for request in self._requests:
            answer = put({"request": request}, BYTES)
            assert answer.is_success or answer.status_code in ENDED, answer.text

    def complete(self) -> None:
        self.file = self._complete().raise_for_status().json()["file"]

    def complete_in_vain(self) -> None:
        assert_problem(self._complete(), errors.UploadRejected)

    def abort(self) -> None:
        self.client.delete(f"/v1/uploads/{self.created['id']}").raise_for_status()

    def delete(self) -> None:
        answer = self.client.delete(f"/v1/files/{self.file['id']}")
        assert answer.status_code in {204, 404}

    def come_too_late(self) -> None:
        """Try what can be tried by one who does not know what has happened meanwhile."""
        self.send()
        answer = self._complete()
        assert answer.status_code in {200, 404, 410, 422}, answer.text

    def _complete(self) -> httpx.Response:
        return complete(self.client, self.created, named(self._parts) if self._is_in_parts else None)

    @property
    def _is_in_parts(self) -> bool:
        return self._declared.get("policy") == "parts"

    @property
    def _parts(self) -> dict[int, bytes]:
        return cut(self.created, BYTES)

    # what happens meanwhile

    def assemble(self) -> None:
        """Make an object of the parts, as a broker does that dies before it can record the file."""
        if not self._is_in_parts:
            return

        async def call() -> None:
            upload = await services.registry.find_upload(self._claims, self.created["id"])
            assert upload
            assert upload.store_upload_id
            held = await services.store.list_parts(upload.key, upload.store_upload_id, after=0, limit=1)
            assert held
            await services.store.complete_multipart(upload.key, upload.store_upload_id, held, checksum=None)

        with open_services(self.settings) as services:
            asyncio.run(call())

    def clear(self) -> None:
        """Have the reconciler remove what a settled upload may have stored since."""
        assert [visit.action for visit in reconcile(self.settings, after=2 * HOUR)] == ["remove"]

    def let_days_pass(self) -> None:
        for after in PASSES:
            reconcile(self.settings, after=after)

    # what must be true

    def files(self) -> int:
        """Count the files; each of them is whole."""
        files = self.client.get("/v1/files").raise_for_status().json()["items"]
        for file in files:
            request = self.client.post(f"/v1/files/{file['id']}/download", json={}).raise_for_status().json()
            assert httpx.get(request["url"]).raise_for_status().content == BYTES
            assert (file["size"], file["checksum"]) == (len(BYTES), checksum_of(BYTES))
        return len(files)

    def left_behind(self) -> dict[str, object]:
        """Say what there is that nobody owns, and what is counted that there is not."""
        usage, counted, owned, due = asyncio.run(self._recorded())
        return {
            "objects": set(self._objects()) - owned,
            "parts": self._parts_without_object(),
            "counted": [
                each for each in (*usage.values(), *counted.values()) if each != self._counters(len(owned))
            ],
            "shown": self.client.get("/v1/me").json()["usage"]["pending"],
            "due": due,
        }
