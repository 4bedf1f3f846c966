"""What clients do to an upload, each time with the model of it moved along."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx
from hypothesis import note

from broker import errors
from broker.auth import Claims
from broker.errors import BrokerError
from broker.settings import Policy, Settings, StoreSettings
from broker.stores.sdk import connect
from tests.contract.expectations import Content, Declaration, Outcome, Request, Status, Upload, admit
from tests.contract.replicas import Clock, Died, Fault, Replica, claims_of
from tests.problems import assert_problem, assert_problem_body
from tests.running import SECRET_KEY
from tests.transfers import checksum_of

T = TypeVar("T")

THUMBNAIL = b"a thumbnail"


class Creation(NamedTuple):
    """A request for uploads, by name, and what came of it. With a key it can be repeated."""

    caller: Claims
    key: str | None
    wanted: Mapping[str, Declaration]
    uploads: dict[str, Upload]


class Reply(NamedTuple):
    """An answer, or None from a broker that died. `is_hurt`: a fault struck first."""

    answer: httpx.Response | None
    is_hurt: bool


class Driver:
    """Two brokers on one registry of their own, three callers of two tenants, and their uploads."""

    def __init__(
        self, store: StoreSettings, policies: Mapping[str, Policy], directory: Path, clock: Clock
    ) -> None:
        self.store = store
        self.clock = clock
        self.tenants = (f"t-{directory.name}", f"o-{directory.name}")
        self.callers = (
            claims_of("alice", tenant=self.tenants[0]),
            claims_of("bob", tenant=self.tenants[0]),
            claims_of("alice", tenant=self.tenants[1]),
        )
        settings = Settings(
            origins=("http://broker.test",),
            secret_key=SECRET_KEY,
            database_url=f"sqlite:///{directory / 'broker.db'}",
            store=store,
            policies=policies,
        )
        self.policies = policies
        self.replicas = (Replica(settings), Replica(settings))
        self.uploads: list[Upload] = []
        self.begun_in_vain = 0  # uploads in parts of which the store may know, but no registry
        self._runner = asyncio.Runner()
        self._outside = httpx.Client()
        self._control = connect(store, store.control)
        for replica in self.replicas:
            self.run(replica.start())

    def close(self) -> None:
        for replica in self.replicas:
            self.run(replica.stop())
        self._outside.close()
        self._runner.close()

    def run(self, action: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(action)

    def key(self, upload: Upload) -> str:
        return f"{self.store.key_prefix}/{upload.caller.tenant}/{upload.id}"

    # asking the brokers

    def tell(
        self,
        caller: Claims,
        method: str,
        path: str,
        *,
        on: int,
        fault: Fault | None = None,
        json: object = None,
        key: str | None = None,
    ) -> Reply:
        """Send a request, while a fault may strike."""
        action = self.replicas[on].ask(caller, method, path, json=json, idempotency_key=key)
        return Reply(*self.endure(action, on=on, fault=fault))

    def endure(
        self, action: Coroutine[Any, Any, T], *, on: int, fault: Fault | None
    ) -> tuple[T | None, bool]:
        """Do something to a broker, None if that dies, and say whether the fault struck."""
        replica = self.replicas[on]
        replica.fate.await_fault(fault)
        result = None
        try:
            result = self.run(action)
        except Died:
            note("  the broker died")
        is_hurt = replica.fate.has_struck
        replica.fate.await_fault(None)
        if result is None:
            self.run(replica.restart())
        return result, is_hurt

    def fetch(self, caller: Claims, path: str, *, on: int = 0) -> Any:  # noqa: ANN401 - JSON
        answer = self.run(self.replicas[on].ask(caller, "GET", path))
        return answer.raise_for_status().json()

    def refuse(self, caller: Claims, method: str, path: str, *, on: int, json: object = None) -> None:
        """See that there is nothing for this caller."""
        assert_problem(self.run(self.replicas[on].ask(caller, method, path, json=json)), errors.NotFound)

    # creating

    def creation(self, request: Creation, *, on: int) -> Coroutine[Any, Any, httpx.Response]:
        declared = [declaration.json(name) for name, declaration in request.wanted.items()]
        path, json = (
            ("/v1/uploads", declared[0])
            if len(declared) == 1
            else ("/v1/uploads/batch", {"uploads": declared})
        )
        return self.replicas[on].ask(request.caller, "POST", path, json=json, idempotency_key=request.key)

    def create_all(self, request: Creation, *, on: int, fault: Fault | None) -> None:
        answer, is_hurt = self.endure(self.creation(request, on=on), on=on, fault=fault)
        if is_hurt:
            self._find_created(request, on=on)
            told = [] if answer is None else _items(answer)
            known_ids = {upload.id for upload in self.uploads}
            assert known_ids >= {item["upload"]["id"] for item in told if "upload" in item}
            return
        assert answer is not None
        known = {name: each for name, each in request.uploads.items() if each.status != "forgotten"}
        new = [name for name in request.wanted if name not in known]
        wanted = [request.wanted[name] for name in new]
        admitted = dict(zip(new, admit(request.caller, wanted, self.policies, self.uploads), strict=True))
        for name, item in zip(request.wanted, _items(answer), strict=True):
            if name in known:
                self._check_repeated(known[name], item["upload"])
            elif admitted[name]:
                self.add(request, name, item["upload"])
            else:
                assert_no_room(item["problem"])

    def _find_created(self, request: Creation, *, on: int) -> None:
        """Learn from the list of unfinished uploads what came of a request that a fault struck."""
        known = {upload.id for upload in self.uploads}
        for created in self.fetch(request.caller, "/v1/uploads?limit=1000", on=on)["items"]:
            if created["id"] not in known:
                upload = self.add(request, created["name"], created)
                upload.is_hurt = True
        # the store may have begun what the registry did not come to know
        self.begun_in_vain += sum(
            len(each.body) > self.policies[each.policy].single_put_max for each in request.wanted.values()
        )

    def has_room(self, caller: Claims, declaration: Declaration) -> bool:
        (has_room,) = admit(caller, [declaration], self.policies, self.uploads)
        return has_room

    def add(self, request: Creation, name: str, created: dict[str, Any]) -> Upload:
        declaration = request.wanted[name]
        known = request.uploads.get(name)
        assert known is None or known.status == "forgotten", "the key has made a second upload"
        assert created["status"] == "pending"
        assert {field: created[field] for field in declaration.json(name)} == declaration.json(name)
        upload = Upload(created, request.caller, declaration)
        self.uploads.append(upload)
        request.uploads[name] = upload
        self._take_request(upload, created)
        note(f"  created {upload.id}: {declaration.label}")
        return upload

    def _check_repeated(self, upload: Upload, again: dict[str, Any]) -> None:
        shown = upload.shown(self.clock.now)
        assert again["id"] == upload.id
        assert again["status"] == ("completed" if shown == "deleted" else shown)
        self._take_request(upload, again)

    def _take_request(self, upload: Upload, described: dict[str, Any]) -> None:
        if "request" in described:
            assert upload.shown(self.clock.now) == "pending"
            upload.requests.append(Request(described["request"], upload.declaration.body))

    # sending

    def look_up(self, upload: Upload, *, on: int) -> None:
        """Ask how it stands, as one who resumes does."""
        if upload.status in {"deleted", "forgotten"}:
            self.refuse(upload.caller, "GET", f"/v1/uploads/{upload.id}", on=on)
            return
        found = self.fetch(upload.caller, f"/v1/uploads/{upload.id}", on=on)
        assert found["status"] == upload.shown(self.clock.now)
        assert found.get("file") == (upload.file if upload.status == "completed" else None)
        self._take_request(upload, found)
        if found["status"] == "pending" and upload.is_in_parts:
            held = {part["number"]: part["size"] for part in found["parts"]}
            assert held == {number: len(part) for number, part in upload.held.items()}

    def sign(self, upload: Upload, wanted: Mapping[int, bytes], *, on: int) -> list[Request]:
        """Have parts signed, if there is anything to sign."""
        parts = [{"number": number, "checksum": checksum_of(body)} for number, body in wanted.items()]
        path = f"/v1/uploads/{upload.id}/parts"
        answer = self.run(self.replicas[on].ask(upload.caller, "POST", path, json={"parts": parts}))
        if answer.status_code == 200:
            # a broker that has not heard of the end may still sign: the store refuses
            assert upload.is_in_parts
            assert on not in upload.forgotten_by
            assert self.clock.now < upload.expires_at
            signed = [
                Request(each, wanted[each["number"]], each["number"]) for each in answer.json()["parts"]
            ]
            upload.requests += signed
            return signed
        if answer.status_code == 404:
            assert upload.shown(self.clock.now) != "pending"
            assert_problem(answer, errors.NotFound)
        else:
            assert not upload.is_in_parts
            assert on not in upload.forgotten_by
            assert_problem(answer, errors.InvalidField, field="parts")
        return []

    def send(self, upload: Upload, request: Request, sent: str) -> None:
        """Send the right bytes, other ones or more to the store, and see that it takes what it should.

        A URL that has expired is not tried: the store has a clock of its own, which stands where it stood.
        """
        if self.clock.now >= request.expires_at:
            return
        body = {"other": request.body[::-1], "longer": request.body + b"!"}.get(sent, request.body)
        headers = request.presigned["headers"] | {"content-length": str(len(body))}
        answer = self._outside.put(request.presigned["url"], headers=headers, content=body)
        note(f"  the store answered {answer.status_code}")
        if request.part is None:
            has_checksum = upload.declaration.has_checksum
            is_right = body == request.body or (not has_checksum and len(body) == len(request.body))
            assert answer.is_success == (is_right and upload.object is None)
            if answer.is_success:
                upload.object = Content(body, has_checksum=has_checksum)
        elif upload.status == "pending" or not upload.is_hurt:
            is_open = upload.status == "pending" and not upload.is_assembled
            assert answer.is_success == (is_open and body == request.body)
            if answer.is_success:
                upload.held[request.part] = body
        self.check_file(upload)

    def deliver(self, upload: Upload, *, on: int) -> None:
        """Send what is missing of the declared bytes, as a client does that is in order."""
        if upload.shown(self.clock.now) != "pending" or upload.object:
            return
        if upload.is_in_parts:
            signed = self.sign(upload, upload.parts, on=on)
            requests = [each for each in signed if upload.held.get(each.part or 0) != each.body]
        else:
            self.look_up(upload, on=on)
            requests = upload.requests[-1:]
        for request in requests:
            self.send(upload, request, "right")

    def sign_thumbnail(self, upload: Upload, *, on: int) -> None:
        """Have a thumbnail signed, if it is of a file that there is."""
        assert upload.file
        path = f"/v1/files/{upload.file['id']}/thumbnail"
        new = {"size": len(THUMBNAIL), "checksum": checksum_of(THUMBNAIL)}
        if upload.status == "completed":
            answer = self.run(self.replicas[on].ask(upload.caller, "POST", path, json=new))
            upload.thumbnail = Request(answer.raise_for_status().json(), THUMBNAIL)
        else:
            self.refuse(upload.caller, "POST", path, on=on, json=new)

    def send_thumbnail(self, upload: Upload) -> None:
        """Send the thumbnail that was signed last, even if its file is none any more."""
        request = upload.thumbnail
        if request is None or self.clock.now >= request.expires_at:
            return
        presigned = request.presigned
        answer = self._outside.put(presigned["url"], headers=presigned["headers"], content=request.body)
        if upload.status == "completed":
            assert answer.is_success == (not upload.has_thumbnail)
            upload.has_thumbnail = True

    # what becomes of it

    def settle(self, upload: Upload, expected: Outcome, reply: Reply, *, on: int) -> None:
        """Move an upload to what a request must have made of it, or may have if a fault struck."""
        said = {} if reply.answer is None else _item(reply.answer)
        self.settle_item(upload, expected, said, is_hurt=reply.is_hurt, on=on)

    def settle_item(
        self, upload: Upload, expected: Outcome, said: Mapping[str, Any], *, is_hurt: bool, on: int
    ) -> None:
        """Do so for one item of a batch; nothing is said by a broker that died."""
        note(f"  {upload.id} -> {dict(said)}, expected {expected}")
        if is_hurt:
            upload.is_hurt = True
            self.adopt(upload, {upload.status, expected.status})
            assert "problem" in said or not said or upload.status == expected.status
        elif expected.problem:
            assert_problem_body(said["problem"], expected.problem)
            self.move(upload, expected.status, on=on)
        else:
            assert "problem" not in said
            self.move(upload, expected.status, on=on)
            if "file" in said:
                self._take_file(upload, said["file"])

    def move(self, upload: Upload, status: Status, *, on: int) -> None:
        """Move an upload as this broker said it did."""
        if status != upload.status:
            upload.end(status, at=self.clock.now)
            if status != "completed":
                assert not self.stored(self.key(upload))  # nor a thumbnail, whose key begins so
                assert not self.begun(self.key(upload))
        if status in {"completed", "aborted", "expired", "rejected"}:
            upload.forgotten_by.add(on)
            assert not self.sign(upload, {1: b"too late"}, on=on)

    def _take_file(self, upload: Upload, file: dict[str, Any]) -> None:
        assert upload.file in (None, file), "the upload has made a second file"
        upload.file = file
        self.check_file(upload)

    def adopt(self, upload: Upload, possible: set[Status]) -> None:
        """Move an upload to what it has become, as long as it may have become that."""
        find = self.replicas[0].services.registry.find_upload_of_key(self.key(upload))
        row = self.run(find)
        status: Status = row.status if row else "forgotten"
        assert status in possible
        content, has_moved = upload.content, status != upload.status
        if has_moved:
            note(f"  {upload.id} is {status}")
            upload.end(status, at=self.clock.now)
        if has_moved or upload.is_hurt or upload.object:
            is_stored = self.is_stored(upload)
            upload.object = content if is_stored else None
            upload.is_assembled = upload.is_in_parts and is_stored
            upload.held = {} if is_stored else upload.held
        if status == "completed":
            self._take_file(upload, self.fetch(upload.caller, f"/v1/uploads/{upload.id}")["file"])

    def check_file(self, upload: Upload) -> None:
        """See that a file holds what was sent."""
        if upload.status != "completed":
            return
        assert upload.file
        assert upload.object
        path = f"/v1/files/{upload.file['id']}/download"
        answer = self.run(self.replicas[0].ask(upload.caller, "POST", path, json={})).raise_for_status()
        offered = answer.json()
        body = self._outside.get(offered["url"]).raise_for_status().content
        assert body == upload.object.body
        assert offered["size"] == upload.file["size"] == len(body)
        assert offered["checksum"] == upload.file["checksum"]
        assert offered["checksum"] == (checksum_of(body) if upload.object.has_checksum else None)

    # looking into the store

    def is_stored(self, upload: Upload) -> bool:
        return self.key(upload) in self.stored(self.key(upload))

    def stored(self, prefix: str) -> set[str]:
        found = self._control.list_objects(self.store.bucket, prefix=prefix, recursive=True)
        return {str(each.object_name) for each in found}

    def begun(self, prefix: str) -> set[str]:
        """List the keys of uploads in parts that the store keeps."""
        found = self._control._list_multipart_uploads(self.store.bucket, prefix=prefix)
        return {str(upload.object_name) for upload in found.uploads}

    def try_to_read(self, request: Request) -> httpx.Response:
        return self._outside.get(request.presigned["url"])


def _item(answer: httpx.Response) -> dict[str, Any]:
    """Read an answer like an item of a batch."""
    body: dict[str, Any] = answer.json() if answer.content else {"done": True}
    return body if answer.is_success else {"problem": body}


def _items(answer: httpx.Response) -> list[dict[str, Any]]:
    """Read the answer to the creation of one upload like that to several."""
    item = _item(answer)
    return list(item["items"]) if "items" in item else [item if "problem" in item else {"upload": item}]


def assert_no_room(problem: dict[str, Any]) -> None:
    kind: type[BrokerError] = errors.QuotaExceeded if problem["status"] == 403 else errors.TooManyUploads
    assert_problem_body(problem, kind)


async def gather(
    actions: Iterable[Coroutine[Any, Any, httpx.Response]], *others: Coroutine[Any, Any, object]
) -> list[httpx.Response]:
    """Do everything at once; return the answers."""
    background = [asyncio.ensure_future(other) for other in others]
    answers = await asyncio.gather(*actions)
    await asyncio.gather(*background)
    return list(answers)
