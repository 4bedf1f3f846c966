"""Uploads go through whatever can happen to them, in any order; a model says what must be true after it.

Clients create, send, complete and abort, more than once and at once; two brokers share the registry, die
and lose the store between any two steps; the reconciler runs early and late. `PROTOCOL_EXAMPLES=500` looks
longer than `make test` does.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from broker import app, errors, web
from broker.auth import Claims
from broker.errors import BrokerError
from broker.parts import MIB
from broker.reconciler import KEEP
from broker.settings import Policy, Quota, Settings, StoreSettings
from broker.stores.s3 import connect
from tests.contract.expectations import (
    ENDED,
    TYPE,
    Content,
    Declaration,
    Outcome,
    Request,
    Status,
    Upload,
    is_admitted,
    usage_of,
)
from tests.contract.replicas import Clock, Fault, Replica, claims_of
from tests.objects import exists, key_of, parts_uploads, store_object
from tests.problems import assert_problem, assert_problem_body
from tests.running import SECRET_KEY
from tests.transfers import checksum_of

EXAMPLES = int(os.environ.get("PROTOCOL_EXAMPLES", "20"))
STEPS = 30

POLICIES = {
    "default": Policy(),
    "parts": Policy(name="parts", single_put_max=0),
    "short": Policy(name="short", upload_expires_in=3600),
    "sniffed": Policy(name="sniffed", sniff=True),
    "small": Policy(
        name="small",
        quota=Quota(bytes=60, files=3, pending=2),
        tenant_quota=Quota(bytes=100, files=4, pending=3),
    ),
    "small parts": Policy(name="small parts", single_put_max=0, quota=Quota(bytes=60, files=3, pending=2)),
}
LARGE = os.urandom(8 * MIB) + b"end"  # two parts
DECLARATIONS = (
    Declaration("empty", "default", b""),
    Declaration("plain", "default", b"plain"),
    Declaration("unchecked", "default", b"unchecked", has_checksum=False),
    Declaration("short", "short", b"not for long"),
    Declaration("html", "sniffed", b"<!DOCTYPE html><html>", is_contradicted=True),
    Declaration("text", "sniffed", b"just some text"),
    Declaration("5 of 60", "small", b"5 ..."),
    Declaration("30 of 60", "small", b"30" * 15),
    Declaration("40 of 60", "small", b"40" * 20, has_checksum=False),
    Declaration("one part", "parts", b"one part"),
    Declaration("one unchecked part", "parts", b"one unchecked part", has_checksum=False),
    Declaration("25 of 60 in parts", "small parts", b"25..." * 5, has_checksum=False),
    Declaration("two parts", "parts", LARGE, has_checksum=False),
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

T = TypeVar("T")

# Draws must not depend on what brokers that race made of the steps before: no bundles, no preconditions
WHICH = st.integers(0, 15)
CALLERS = st.integers(0, 2)
REPLICAS = st.integers(0, 1)
DECLARED = st.sampled_from(DECLARATIONS)
FAULTS = st.one_of(
    st.none(),
    st.none(),
    st.builds(
        Fault, kind=st.sampled_from(["die", "lose the store"]), step=st.integers(0, 4), done=st.booleans()
    ),
)


class Keyed(NamedTuple):
    """A request that can be repeated: what it asked for, by name, and what came of each."""

    caller: Claims
    key: str
    wanted: dict[str, Declaration]
    uploads: dict[str, Upload]


class Reply(NamedTuple):
    """An answer, None from a broker that died; `is_hurt`: a fault struck before it."""

    answer: httpx.Response | None
    is_hurt: bool


class Protocol(RuleBasedStateMachine):
    """Two brokers, the store, three clients, and what must be true."""

    def __init__(self, store: StoreSettings, directory: Path, clock: Clock) -> None:
        super().__init__()
        self.store = store
        self.clock = clock
        clock.restart()
        example = Path(tempfile.mkdtemp(dir=directory))
        self.tenant, self.other = f"t-{example.name}", f"o-{example.name}"
        self.settings = Settings(
            origins=("http://broker.test",),
            secret_key=SECRET_KEY,
            database_url=f"sqlite:///{example / 'broker.db'}",
            store=store,
            policies=POLICIES,
        )
        self.callers = (
            claims_of("alice", tenant=self.tenant),
            claims_of("bob", tenant=self.tenant),
            claims_of("alice", tenant=self.other),
        )
        self.runner = asyncio.Runner()
        self.replicas = (Replica(self.settings), Replica(self.settings))
        self.outside = httpx.Client()
        for replica in self.replicas:
            self.run(replica.start())
        self.uploads: list[Upload] = []
        self.keyed: list[Keyed] = []
        self.names = 0
        self.begun_in_vain = 0  # uploads in parts that the store may know, and no registry

    # what clients do

    @initialize(caller=CALLERS, wanted=DECLARED)
    def begin(self, caller: int, wanted: Declaration) -> None:
        self.create(caller=caller, wanted=[wanted], keyed=True, on=0, fault=None)

    @rule(
        caller=CALLERS,
        wanted=st.lists(DECLARED, min_size=1, max_size=3),
        keyed=st.booleans(),
        on=REPLICAS,
        fault=FAULTS,
    )
    def create(
        self, caller: int, wanted: list[Declaration], keyed: bool, on: int, fault: Fault | None
    ) -> None:
        self.names += 1
        request = Keyed(
            self.callers[caller],
            f"key {self.names}" if keyed else "",
            {f"{self.names}-{index}.txt": each for index, each in enumerate(wanted)},
            {},
        )
        if keyed:
            self.keyed.append(request)
        self.send_creation(request, on=on, fault=fault)

    @rule(which=WHICH, otherwise=st.booleans(), on=REPLICAS, fault=FAULTS)
    def create_again(self, which: int, otherwise: bool, on: int, fault: Fault | None) -> None:
        """Repeat a request with its key, or abuse the key for another one."""
        request = self.keyed[-1 - which % len(self.keyed)]
        if not otherwise:
            self.send_creation(request, on=on, fault=fault)
        elif all(self.is_known(request, name) for name in request.wanted):
            other = {
                name: Declaration("other", each.policy, each.body, not each.has_checksum)
                for name, each in request.wanted.items()
            }
            reply = self.ask_to_create(request._replace(wanted=other), on=on, fault=None)
            for item in reply:
                assert_problem_body(item["problem"], errors.IdempotencyMismatch)

    @rule(caller=CALLERS, wanted=DECLARED, others=st.lists(REPLICAS, min_size=1, max_size=2))
    def create_at_once(self, caller: int, wanted: Declaration, others: list[int]) -> None:
        """Send the same request several times before the first is answered."""
        self.names += 1
        name = f"{self.names}.txt"
        request = Keyed(self.callers[caller], f"key {self.names}", {name: wanted}, {})
        self.keyed.append(request)
        room = self.has_room(request.caller, wanted)
        answers = self.run_all(self.creation(request, on=on) for on in [0, *others])
        created = [answer.json() for answer in answers if answer.status_code == 201]
        note(f"  -> {[answer.status_code for answer in answers]}")
        assert len({each["id"] for each in created}) == room
        for each in created[:1]:
            self.add(request, name, each)
        for answer in answers:
            if answer.status_code == 409:
                assert_problem(answer, errors.RequestInProgress)
            elif answer.status_code != 201:
                assert not room
                assert_no_room(answer.json())

    @rule(which=WHICH, body=st.sampled_from(["right", "right", "other", "longer"]), on=REPLICAS)
    def put(self, which: int, body: str, on: int) -> None:
        """Ask for the upload again, as one who resumes does, and send it in one piece."""
        upload = self.pick(which)
        self.look_up(upload, on=on)
        requests = [request for request in upload.requests if request.part is None]
        if requests:
            self.send(upload, requests[-1], body)

    @rule(
        which=WHICH,
        chosen=st.sampled_from(["all", "all", "first", "last"]),
        body=st.sampled_from(["right", "right", "other"]),
        at_once=st.booleans(),
        on=REPLICAS,
    )
    def send_parts(self, which: int, chosen: str, body: str, at_once: bool, on: int) -> None:
        """Have parts signed for these bytes, and send them now or later."""
        upload = self.pick(which)
        numbers = {"all": slice(None), "first": slice(1), "last": slice(-1, None)}[chosen]
        if upload.is_in_parts:
            wanted = {number: upload.parts[number] for number in list(upload.parts)[numbers]}
        else:
            wanted = {1: b"x"}
        if body == "other":
            wanted = {number: part[::-1] for number, part in wanted.items()}
        for request in self.sign(upload, wanted, on=on):
            if at_once:
                self.send(upload, request, "right")

    @rule(which=WHICH, request=WHICH, body=st.sampled_from(["right", "other", "longer"]))
    def send_again(self, which: int, request: int, body: str) -> None:
        """Use any URL that there was once more."""
        upload = self.pick(which)
        if upload.requests:
            self.send(upload, upload.requests[-1 - request % len(upload.requests)], body)

    @rule(
        which=WHICH,
        vouching=st.sampled_from(["nothing", "nothing", "declared", "held", "too little"]),
        checksum=st.sampled_from([None, None, "declared", "other"]),
        on=REPLICAS,
        fault=FAULTS,
    )
    def complete(self, which: int, vouching: str, checksum: str | None, on: int, fault: Fault | None) -> None:
        upload = self.pick(which)
        vouched = vouched_by(upload, vouching)
        whole = None if checksum is None else checksum_of(upload.declaration.body + b"!" * (checksum == "other"))
        expected = upload.completing(vouched=vouched, checksum=whole, at=self.clock.now)
        reply = self.ask(upload, "POST", "/complete", on=on, fault=fault, json=completion(vouched, whole))
        self.settle(upload, expected, reply, on=on)

    @rule(which=st.lists(WHICH, min_size=1, max_size=3, unique=True), on=REPLICAS)
    def complete_batch(self, which: list[int], on: int) -> None:
        caller = self.pick(which[0]).caller
        uploads = {upload.id: upload for upload in map(self.pick, which) if upload.caller == caller}
        expected = {
            each.id: each.completing(vouched=None, checksum=None, at=self.clock.now)
            for each in uploads.values()
        }
        body = {"uploads": [{"id": upload_id} for upload_id in uploads]}
        answer = self.tell(caller, "POST", "/v1/uploads/batch/complete", on=on, json=body).answer
        assert answer is not None
        for upload, item in zip(uploads.values(), answer.raise_for_status().json()["items"], strict=True):
            outcome = expected[upload.id]
            if outcome.problem:
                assert_problem_body(item["problem"], outcome.problem)
                self.move(upload, outcome.status, on=on)
            else:
                self.publish(upload, item["file"], on=on)

    @rule(which=WHICH, on=REPLICAS, fault=FAULTS)
    def abort(self, which: int, on: int, fault: Fault | None) -> None:
        upload = self.pick(which)
        expected = {
            "pending": Outcome(None, "aborted"),
            "completed": Outcome(errors.UploadCompleted, "completed"),
            "deleted": Outcome(errors.NotFound, "deleted"),
            "forgotten": Outcome(errors.NotFound, "forgotten"),
        }.get(upload.status, Outcome(None, upload.status))
        reply = self.ask(upload, "DELETE", "", on=on, fault=fault)
        self.settle(upload, expected, reply, on=on)

    @rule(
        which=WHICH,
        what=st.lists(
            st.tuples(st.sampled_from(["complete", "complete", "abort", "reconcile", "delete"]), REPLICAS),
            min_size=2,
            max_size=3,
        ),
    )
    def at_once(self, which: int, what: list[tuple[str, int]]) -> None:
        """Let several things happen to an upload at the same time: one of them wins."""
        upload = self.pick(which)
        possible: set[Status] = {upload.status}
        content = self.content_after(upload)
        completing = upload.completing(vouched=None, checksum=None, at=self.clock.now)
        calls: list[Awaitable[httpx.Response]] = []
        for action, on in what:
            path = f"/v1/uploads/{upload.id}"
            if action == "complete":
                possible.add(completing.status)
                calls.append(self.replicas[on].ask(upload.caller, "POST", f"{path}/complete"))
            elif action == "abort":
                possible |= {"aborted"} if upload.status == "pending" else set()
                calls.append(self.replicas[on].ask(upload.caller, "DELETE", path))
            elif action == "delete" and upload.file:
                possible |= {"deleted"} if upload.status == "completed" else set()
                path = f"/v1/files/{upload.file['id']}"
                calls.append(self.replicas[on].ask(upload.caller, "DELETE", path))
        before = {each.id: each.status for each in self.uploads}
        others = [each for each in self.uploads if each is not upload]
        possible |= self.reconcilable(upload)
        reconciling = [
            self.replicas[on].services.reconciler.reconcile(at=self.clock.now)
            for action, on in what
            if action == "reconcile"
        ]
        answers, _ = self.run(_gather(calls, reconciling))
        note(f"  -> {[answer.status_code for answer in answers]}")
        if reconciling:
            for each in others:
                self.adopt(each, {before[each.id]} | self.reconcilable(each))
        self.adopt(upload, possible, content=content)
        upload.is_hurt = True  # the loser may have stored what the winner removed
        self.check_race(upload, answers)

    @rule(which=WHICH, on=REPLICAS, fault=FAULTS)
    def delete_file(self, which: int, on: int, fault: Fault | None) -> None:
        upload = self.pick(which)
        if upload.file is None:
            return
        if upload.status == "completed":
            expected = Outcome(None, "deleted")
        else:
            expected = Outcome(errors.NotFound, upload.status)
        reply = self.tell(upload.caller, "DELETE", f"/v1/files/{upload.file['id']}", on=on, fault=fault)
        self.settle(upload, expected, reply, on=on)

    @rule(which=WHICH, on=REPLICAS)
    def look(self, which: int, on: int) -> None:
        self.look_up(self.pick(which), on=on)

    @rule(which=WHICH, caller=CALLERS, on=REPLICAS)
    def pry(self, which: int, caller: int, on: int) -> None:
        """Try everything on another's upload, and to read one's own before it is a file."""
        upload = self.pick(which)
        stranger = self.callers[caller]
        own = f"/v1/uploads/{upload.id}"
        wanted = {"parts": [{"number": 1, "checksum": checksum_of(b"x")}]}
        if stranger != upload.caller:
            for method, path, body in (
                ("GET", own, None),
                ("DELETE", own, None),
                ("POST", f"{own}/complete", {}),
                ("POST", f"{own}/parts", wanted),
            ):
                self.refuse(stranger, method, path, on=on, json=body)
            if upload.file:
                self.refuse(stranger, "DELETE", f"/v1/files/{upload.file['id']}", on=on)
        for file_id in {upload.id} | ({upload.file["id"]} if upload.file else set()):
            if stranger != upload.caller or upload.status != "completed" or file_id == upload.id:
                self.refuse(stranger, "GET", f"/v1/files/{file_id}", on=on)
                self.refuse(stranger, "POST", f"/v1/files/{file_id}/download", on=on, json={})
        for request in upload.requests:
            assert self.outside.get(request.presigned["url"]).status_code >= 400

    # what happens besides

    @rule(
        ahead=st.sampled_from([MINUTE, 6 * MINUTE, HOUR, 3 * HOUR, 13 * HOUR, 25 * HOUR]),
    )
    def time_passes(self, ahead: timedelta) -> None:
        self.clock.turn(ahead)

    @rule(on=REPLICAS, fault=FAULTS)
    def reconcile(self, on: int, fault: Fault | None) -> None:
        replica = self.replicas[on]
        possible = {upload.id: {upload.status} | self.reconcilable(upload) for upload in self.uploads}
        replica.fate.await_fault(fault)
        died = self.run(_survives(replica.services.reconciler.reconcile(at=self.clock.now)))
        is_hurt = self.after(replica, has_died=not died)
        for upload in self.uploads:
            upload.is_hurt = upload.is_hurt or is_hurt
            if not is_hurt:
                possible[upload.id] -= self.impossible(upload)
            self.adopt(upload, possible[upload.id])

    @rule(on=REPLICAS)
    def crash(self, on: int) -> None:
        self.run(self.replicas[on].restart())

    @rule(which=WHICH, how=st.sampled_from(["shorter", "other", "of another type", "as declared"]))
    def tamper(self, which: int, how: str) -> None:
        """Store an object that no URL allows, as a store may hold that does not check what it is sent."""
        upload = self.pick(which)
        if upload.is_in_parts or upload.object or upload.status != "pending":
            return
        body = {"shorter": upload.declaration.body[1:], "other": upload.declaration.body[::-1]}
        content = Content(
            body.get(how, upload.declaration.body), "text/csv" if how == "of another type" else TYPE
        )
        key = key_of(self.store, upload.created, upload.caller.tenant)
        store_object(self.store, key, content.body, content.type)
        upload.object = content

    # what must be true

    @invariant()
    def lists_and_counters_are_right(self) -> None:
        for caller in self.callers:
            own = [upload for upload in self.uploads if upload.caller == caller]
            me = self.fetch(caller, "/v1/me")
            assert me["usage"] == usage_of(own)
            for policy in me["policies"]:
                alike = [upload for upload in own if upload.declaration.policy == policy["name"]]
                assert policy["usage"] == usage_of(alike)
            files = {item["id"]: item for item in self.fetch(caller, "/v1/files?limit=1000")["items"]}
            assert files == {u.file["id"]: u.file for u in own if u.file and u.status == "completed"}
            pending = [item["id"] for item in self.fetch(caller, "/v1/uploads?limit=1000")["items"]]
            assert len(pending) == len(set(pending))
            assert set(pending) == {u.id for u in own if u.shown(self.clock.now) == "pending"}

    @invariant()
    def tenants_are_counted_like_their_subjects(self) -> None:
        for tenant in self.tenant, self.other:
            counted = self.run(
                self.replicas[0].services.registry.usage_of(claims_of("", tenant=tenant))
            ).items()
            for name, counters in counted:
                alike = [
                    upload
                    for upload in self.uploads
                    if upload.caller.tenant == tenant and upload.declaration.policy == name
                ]
                expected = usage_of(alike)
                assert {field: getattr(counters, field) for field in expected} == expected

    def teardown(self) -> None:
        try:
            for upload in self.uploads:
                self.look_up(upload, on=0)
                self.check_file(upload)
            self.finish()
        finally:
            self.close()

    def finish(self) -> None:
        """Let all time pass, then look for what should not be left."""
        for ahead in timedelta(), 25 * HOUR, 27 * HOUR, HOUR:
            self.clock.turn(ahead)
            self.reconcile(on=0, fault=None)
        assert {upload.status for upload in self.uploads} <= {"completed", "forgotten"}
        self.lists_and_counters_are_right()
        self.tenants_are_counted_like_their_subjects()
        files = [upload for upload in self.uploads if upload.status == "completed"]
        for upload in files:
            self.check_file(upload)
        assert self.stored_keys() == {key_of(self.store, u.created, u.caller.tenant) for u in files}
        begun = self.begun()
        assert len(begun) <= self.begun_in_vain
        assert not begun & {key_of(self.store, u.created, u.caller.tenant) for u in self.uploads}

    def close(self) -> None:
        for replica in self.replicas:
            self.run(replica.stop())
        self.outside.close()
        self.runner.close()

    # how it is done

    def run(self, action: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(action)
