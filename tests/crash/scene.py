"""One client's upload on a registry of its own, while brokers die and come back."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from broker import errors
from broker.app import open_services
from broker.auth import Claims
from broker.rows import Counters
from broker.server import listen
from broker.settings import Policy, Settings, StoreSettings
from broker.web import Services
from tests.crash.crashing_broker import Crashing, Trap, reconciling, serving
from tests.crash.inventory import Recorded, Stored, recorded, stored
from tests.problems import assert_problem
from tests.reconciling import reconcile
from tests.running import SECRET_KEY, RunningBroker, origin_of
from tests.transfers import checksum_of, complete, create, cut, named, put, sign

HOUR = timedelta(hours=1)
BYTES = b"<!DOCTYPE html><p>the bytes that were declared"
POLICIES = {
    "default": Policy(sniff=True),
    "parts": Policy(name="parts", single_put_max=0, sniff=True),  # so that an upload in parts may be small
}
# after the last of these an upload that is no file has expired, been removed, and been forgotten
PASSES = (HOUR / 6, 25 * HOUR, 27 * HOUR, 52 * HOUR)
USED_UP = {404, 412}  # the store's answers to a URL that was used before, or whose upload has ended


class Scene:
    """What the client does and remembers; nobody else is of its tenant."""

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

    def close(self) -> None:
        self._listener.close()

    @contextmanager
    def broker(self, trap: Trap | None = None) -> Iterator[Crashing]:
        """Run a broker that may kill itself, and is killed in the end."""
        here = RunningBroker(origin_of(self._listener), self.settings)
        with (
            serving(self.settings, self._listener, trap=trap) as process,
            here.client(tenant=self._tenant) as self.client,
        ):
            yield process

    @contextmanager
    def reconciler(self, trap: Trap | None = None, *, after: timedelta) -> Iterator[Crashing]:
        """Run a reconciler that may kill itself, as if it were so much later."""
        with reconciling(self.settings, at=datetime.now(UTC) + after, trap=trap) as process:
            yield process

    def create(self) -> None:
        self.client.headers["idempotency-key"] = "the same each time"
        self.created = create(self.client, BYTES, **self._declared)

    def send(self) -> None:
        """Send the bytes; the second time by the URLs of the first."""
        if not self._requests:
            request = self.created.get("request")
            self._requests = [request] if request else sign(self.client, self.created, self._parts)
        for request in self._requests:
            answer = put({"request": request}, BYTES)
            assert answer.is_success or answer.status_code in USED_UP, answer.text

    def complete(self) -> None:
        self.file = self._complete().raise_for_status().json()["file"]

    def complete_in_vain(self) -> None:
        assert_problem(self._complete(), errors.UploadRejected)

    def abort(self) -> None:
        self.client.delete(f"/v1/uploads/{self.created['id']}").raise_for_status()

    def delete(self) -> None:
        answer = self.client.delete(f"/v1/files/{self.file['id']}")
        assert answer.status_code in {204, 404}, answer.text

    def come_late(self) -> None:
        """Complete, days after."""
        answer = self._complete()
        assert answer.status_code in {200, 404, 410, 422}, answer.text

    def assemble(self) -> None:
        """Make an object of the parts, as a broker does that dies before it can record the file."""

        async def call(services: Services) -> None:
            claims = Claims(subject="alice", tenant=self._tenant, scopes=frozenset())
            upload = await services.registry.find_upload(claims, self.created["id"])
            assert upload
            if upload.store_upload_id:
                at = (upload.key, upload.store_upload_id)
                held = await services.store.list_parts(*at, after=0, limit=1)
                assert await services.store.complete_multipart(*at, held or [], checksum=None) == "completed"

        with open_services(self.settings) as services:
            asyncio.run(call(services))

    def clear(self) -> None:
        """Have the reconciler remove what a settled upload may have stored since."""
        assert [visit.action for visit in reconcile(self.settings, after=2 * HOUR)] == ["remove"]

    def let_days_pass(self, *, since: timedelta = timedelta()) -> None:
        for time in PASSES:
            reconcile(self.settings, after=since + time)

    def count_files(self) -> int:
        """Count the files; each must be whole."""
        files = self.client.get("/v1/files").raise_for_status().json()["items"]
        for file in files:
            download = self.client.post(f"/v1/files/{file['id']}/download", json={}).raise_for_status().json()
            assert httpx.get(download["url"], verify=False).raise_for_status().content == BYTES
            assert (file["size"], file["checksum"]) == (len(BYTES), checksum_of(BYTES))
        return len(files)

    def assert_nothing_is_left(self, *, files: int) -> Stored:
        """Check that registry and store hold these files and no more; return what is stored."""
        counted = Counters(files=files, bytes=files * len(BYTES))
        in_registry = recorded(self.settings, tenant=self._tenant)
        in_store = stored(self.settings.store, tenant=self._tenant)
        keys = in_registry.keys

        assert in_registry == Recorded(keys, of_subject=counted, of_tenant=counted, to_visit=[])
        assert in_store == Stored(keys, in_parts=[], empty=in_store.empty)
        assert len(keys) == files
        usage = {"files": files, "bytes": counted.bytes, "pending": 0, "pending_bytes": 0}
        assert self.client.get("/v1/me").raise_for_status().json()["usage"] == usage
        return in_store

    @property
    def _parts(self) -> dict[int, bytes]:
        return cut(self.created, BYTES)

    def _complete(self) -> httpx.Response:
        is_in_parts = self.created["method"] == "multipart"
        return complete(self.client, self.created, named(self._parts) if is_in_parts else None)
