"""Uploads go through whatever can happen to them, in any order, and a model says what must be true.

Clients create, send, complete and abort, again and at once; two brokers share the registry, die and lose the
store between any two steps; the reconciler comes early and late. `PROTOCOL_EXAMPLES=500` looks longer.
"""

import os
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal

import httpx
import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import asdict

from broker import app, errors, web
from broker.auth import Claims
from broker.parts import MIB
from broker.settings import Policy, Quota, StoreSettings
from tests.contract.expectations import (
    TYPE,
    Content,
    Declaration,
    Outcome,
    Status,
    Upload,
    usage_of,
)
from tests.contract.protocol_driver import Creation, Driver, assert_no_room, gather
from tests.contract.replicas import Clock, Fault, claims_of
from tests.objects import store_object
from tests.problems import assert_problem
from tests.transfers import checksum_of, named

EXAMPLES = int(os.environ.get("PROTOCOL_EXAMPLES", "20"))
STEPS = 30

POLICIES = {
    "default": Policy(),
    "parts": Policy(name="parts", single_put_max=0),
    "short": Policy(name="short", upload_expires_in=3600),
    "sniffed": Policy(name="sniffed", sniff=True),
    "sniffed parts": Policy(name="sniffed parts", sniff=True, single_put_max=0),
    "small": Policy(
        name="small",
        quota=Quota(bytes=60, files=3, pending=2),
        tenant_quota=Quota(bytes=100, files=4, pending=3),
    ),
    "small parts": Policy(name="small parts", single_put_max=0, quota=Quota(bytes=60, files=3, pending=2)),
}
LARGE = os.urandom(8 * MIB) + b"end"  # two parts
IN_ONE = (
    Declaration("empty", "default", b""),
    Declaration("plain", "default", b"plain"),
    Declaration("unchecked", "default", b"unchecked", has_checksum=False),
    Declaration("for an hour", "short", b"for an hour"),
    Declaration("html", "sniffed", b"<!DOCTYPE html><html>", is_contradicted=True),
    Declaration("text", "sniffed", b"just some text"),
    Declaration("5 of 60", "small", b"5 ..."),
    Declaration("30 of 60", "small", b"30" * 15),
    Declaration("40 of 60", "small", b"40" * 20, has_checksum=False),
)
IN_PARTS = (
    Declaration("one part", "parts", b"one part"),
    Declaration("one unchecked part", "parts", b"one unchecked part", has_checksum=False),
    Declaration("25 of 60 in parts", "small parts", b"25..." * 5, has_checksum=False),
    Declaration("two parts", "parts", LARGE, has_checksum=False),
    Declaration("html in parts", "sniffed parts", b"<!DOCTYPE html><html>", is_contradicted=True),
)
UNCHECKED = [declaration for declaration in IN_ONE if not declaration.has_checksum]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

# No draw depends on what came of the steps before, for that may differ between brokers that race: hence
# neither bundles nor preconditions
WHICH = st.integers(0, 31)
CALLERS = st.integers(0, 2)
BROKERS = st.integers(0, 1)
DECLARED = st.sampled_from(IN_ONE) | st.sampled_from(IN_PARTS)
DELIVERED = st.sampled_from([True, True, False])  # what was declared is sent first
KINDS: tuple[Literal["die", "lose the store"], ...] = ("die", "lose the store")
FAULTS = st.sampled_from(
    [None] * 30 + [Fault(kind, step, done) for kind in KINDS for step in range(5) for done in (False, True)]
)


class Protocol(Driver, RuleBasedStateMachine):
    """Everything that may happen."""

    def __init__(self, store: StoreSettings, directory: Path, clock: Clock) -> None:
        RuleBasedStateMachine.__init__(self)
        clock.restart()
        Driver.__init__(self, store, POLICIES, Path(tempfile.mkdtemp(prefix="", dir=directory)), clock)
        self.creations: list[Creation] = []
        self.turn = 0

    def pick(self, which: int) -> Upload:
        """Choose any upload, or every other time one that is pending: those are few after a while."""
        pending = [upload for upload in self.uploads if upload.status == "pending"]
        chosen = pending if which % 2 and pending else self.uploads
        return chosen[-1 - which // 2 % len(chosen)]

    def ask_for(self, caller: int, *wanted: Declaration, is_keyed: bool = True) -> Creation:
        number = len(self.creations)
        by_name = {f"{number}-{index}.txt": each for index, each in enumerate(wanted)}
        request = Creation(self.callers[caller], f"key {number}" if is_keyed else None, by_name, {})
        self.creations.append(request)
        return request

    def complete_one(
        self,
        upload: Upload,
        vouched: Mapping[int, bytes] | None,
        whole: bytes | None,
        *,
        on: int,
        fault: Fault | None,
    ) -> None:
        parts = dict(vouched) if vouched is not None and upload.is_in_parts else None
        checksum = None if whole is None else checksum_of(whole)
        expected = upload.completing(vouched=parts, checksum=checksum, at=self.clock.now)
        said = ({} if parts is None else named(parts)) | {"checksum": checksum}
        path = f"/v1/uploads/{upload.id}/complete"
        reply = self.tell(upload.caller, "POST", path, on=on, fault=fault, json=said)
        self.settle(upload, expected, reply, on=on)

    # what clients do

    @initialize(caller=CALLERS, wanted=DECLARED)
    def begin(self, caller: int, wanted: Declaration) -> None:
        self.create_all(self.ask_for(caller, wanted), on=0, fault=None)

    @rule(
        caller=CALLERS,
        wanted=st.lists(DECLARED, min_size=1, max_size=3),
        is_keyed=st.booleans(),
        delivered=DELIVERED,
        on=BROKERS,
        fault=FAULTS,
    )
    def create(
        self,
        caller: int,
        wanted: list[Declaration],
        is_keyed: bool,
        delivered: bool,
        on: int,
        fault: Fault | None,
    ) -> None:
        request = self.ask_for(caller, *wanted, is_keyed=is_keyed)
        self.create_all(request, on=on, fault=fault)
        for upload in request.uploads.values() if delivered else ():
            self.deliver(upload, on=on)

    @rule(which=WHICH, on=BROKERS, fault=FAULTS)
    def create_again(self, which: int, on: int, fault: Fault | None) -> None:
        request = self.creations[-1 - which % len(self.creations)]
        if request.key:
            self.create_all(request, on=on, fault=fault)

    @rule(which=WHICH, on=BROKERS)
    def create_otherwise_with_the_same_key(self, which: int, on: int) -> None:
        request = self.creations[-1 - which % len(self.creations)]
        (name, declaration), *others = request.wanted.items()
        known = request.uploads.get(name)
        if request.key and known and known.status != "forgotten" and not others:
            other = Declaration(
                "other", declaration.policy, declaration.body, has_checksum=not declaration.has_checksum
            )
            answer = self.run(self.creation(request._replace(wanted={name: other}), on=on))
            assert_problem(answer, errors.IdempotencyMismatch)

    @rule(caller=CALLERS, wanted=DECLARED, others=st.lists(BROKERS, min_size=1, max_size=2))
    def create_at_once(self, caller: int, wanted: Declaration, others: list[int]) -> None:
        """Send a request again before it is answered."""
        request = self.ask_for(caller, wanted)
        has_room = self.has_room(request.caller, wanted)
        answers = self.run(gather(self.creation(request, on=on) for on in [0, *others]))
        note(f"  -> {[answer.status_code for answer in answers]}")
        created = {each["id"]: each for each in (a.json() for a in answers if a.status_code == 201)}
        assert len(created) == has_room
        for answer in answers:
            if answer.status_code == 409:
                assert_problem(answer, errors.RequestInProgress)
            elif answer.status_code != 201:
                assert_no_room(answer.json())
        (name,) = request.wanted
        for each in created.values():
            self.add(request, name, each)

    @rule(which=WHICH, sent=st.sampled_from(["right", "right", "other", "longer"]), on=BROKERS)
    def put(self, which: int, sent: str, on: int) -> None:
        """Look how it stands, as one who resumes does, and send what goes in one piece."""
        upload = self.pick(which)
        self.look_up(upload, on=on)
        requests = [request for request in upload.requests if request.part is None]
        if requests:
            self.send(upload, requests[-1], sent)

    @rule(
        which=WHICH,
        chosen=st.sampled_from(["all", "all", "first", "last"]),
        are_right=st.booleans(),
        at_once=st.booleans(),
        on=BROKERS,
    )
    def sign_parts(self, which: int, chosen: str, are_right: bool, at_once: bool, on: int) -> None:
        """Have parts signed, for the declared bytes or for others, and send them now or later."""
        upload = self.pick(which)
        numbers = {"all": slice(None), "first": slice(1), "last": slice(-1, None)}[chosen]
        parts = list(upload.parts.items())[numbers] if upload.is_in_parts else [(1, b"x")]
        wanted = {number: part if are_right else part[::-1] for number, part in parts}
        for request in self.sign(upload, wanted, on=on):
            if at_once:
                self.send(upload, request, "right")

    @rule(which=WHICH, request=WHICH, sent=st.sampled_from(["right", "other", "longer"]))
    def send_again(self, which: int, request: int, sent: str) -> None:
        """Use any URL that there was."""
        upload = self.pick(which)
        if upload.requests:
            self.send(upload, upload.requests[-1 - request % len(upload.requests)], sent)

    @rule(
        which=WHICH,
        vouched=st.sampled_from(["nothing", "nothing", "declared", "held", "too little"]),
        whole=st.sampled_from(["nothing", "nothing", "declared", "held", "other"]),
        delivered=DELIVERED,
        on=BROKERS,
        fault=FAULTS,
    )
    def complete(
        self, which: int, vouched: str, whole: str, delivered: bool, on: int, fault: Fault | None
    ) -> None:
        """Complete, with what the client says of the parts and of the whole."""
        upload = self.pick(which)
        if delivered:
            self.deliver(upload, on=on)
        content = upload.content.body if upload.content else None
        bodies = {"declared": upload.declaration.body, "held": content, "other": b"other"}
        parts = {"declared": upload.parts, "held": upload.held, "too little": {1: b""}}
        self.complete_one(upload, parts.get(vouched), bodies.get(whole), on=on, fault=fault)

    @rule(
        caller=CALLERS,
        wanted=DECLARED,
        whole=st.sampled_from(["nothing", "declared", "other"]),
        on=BROKERS,
        fault=FAULTS,
    )
    def store_one(self, caller: int, wanted: Declaration, whole: str, on: int, fault: Fault | None) -> None:
        """Do the whole job at once, as most clients do."""
        bodies = {"declared": wanted.body, "other": b"other"}
        request = self.ask_for(caller, wanted)
        self.create_all(request, on=on, fault=None)
        for upload in request.uploads.values():
            self.deliver(upload, on=on)
            self.complete_one(upload, upload.parts, bodies.get(whole), on=on, fault=fault)

    @rule(which=st.lists(WHICH, min_size=1, max_size=3, unique=True), on=BROKERS, fault=FAULTS)
    def complete_batch(self, which: list[int], on: int, fault: Fault | None) -> None:
        caller = self.pick(which[0]).caller
        uploads = {upload.id: upload for upload in map(self.pick, which) if upload.caller == caller}
        body = {"uploads": [{"id": upload_id} for upload_id in uploads]}
        expected = [
            upload.completing(vouched=None, checksum=None, at=self.clock.now) for upload in uploads.values()
        ]
        path = "/v1/uploads/batch/complete"
        reply = self.tell(caller, "POST", path, on=on, fault=fault, json=body)
        items = reply.answer.raise_for_status().json()["items"] if reply.answer else [{}] * len(uploads)
        for upload, outcome, item in zip(uploads.values(), expected, items, strict=True):
            self.settle_item(upload, outcome, item, is_hurt=reply.is_hurt, on=on)

    @rule(which=WHICH, delivered=DELIVERED, on=BROKERS, fault=FAULTS)
    def abort(self, which: int, delivered: bool, on: int, fault: Fault | None) -> None:
        upload = self.pick(which)
        if delivered:
            self.deliver(upload, on=on)
        expected = {
            "pending": Outcome(None, "aborted"),
            "completed": Outcome(errors.UploadCompleted, "completed"),
            "deleted": Outcome(errors.NotFound, "deleted"),
            "forgotten": Outcome(errors.NotFound, "forgotten"),
        }.get(upload.status, Outcome(None, upload.status))
        path = f"/v1/uploads/{upload.id}"
        self.settle(upload, expected, self.tell(upload.caller, "DELETE", path, on=on, fault=fault), on=on)

    @rule(which=WHICH, on=BROKERS, fault=FAULTS)
    def delete_file(self, which: int, on: int, fault: Fault | None) -> None:
        files = [upload for upload in self.uploads if upload.file]
        upload = files[which % len(files)] if files else self.uploads[0]
        if upload.file:
            is_there = upload.status == "completed"
            expected = Outcome(None, "deleted") if is_there else Outcome(errors.NotFound, upload.status)
            path = f"/v1/files/{upload.file['id']}"
            self.settle(upload, expected, self.tell(upload.caller, "DELETE", path, on=on, fault=fault), on=on)

    @rule(which=WHICH, at_once=st.booleans(), on=BROKERS)
    def add_thumbnail(self, which: int, at_once: bool, on: int) -> None:
        """Have a thumbnail signed, and store it now or later, when its file may be deleted."""
        if files := [upload for upload in self.uploads if upload.file]:
            upload = files[which % len(files)]
            self.sign_thumbnail(upload, on=on)
            if at_once:
                self.send_thumbnail(upload)

    @rule(which=WHICH)
    def send_thumbnail_late(self, which: int) -> None:
        if signed := [upload for upload in self.uploads if upload.thumbnail]:
            self.send_thumbnail(signed[which % len(signed)])

    @rule(
        which=WHICH,
        caller=CALLERS,
        wanted=DECLARED,
        is_new=st.booleans(),
        what=st.lists(
            st.tuples(st.sampled_from(["complete", "complete", "abort", "delete", "reconcile"]), BROKERS),
            min_size=2,
            max_size=3,
        ),
        delivered=DELIVERED,
    )
    def at_once(
        self,
        which: int,
        caller: int,
        wanted: Declaration,
        is_new: bool,
        what: list[tuple[str, int]],
        delivered: bool,
    ) -> None:
        """Let several things happen at the same time: one of them wins."""
        if is_new:
            self.create_all(self.ask_for(caller, wanted), on=0, fault=None)
        upload, at = self.uploads[-1] if is_new else self.pick(which), self.clock.now
        if delivered:
            self.deliver(upload, on=0)
        before = upload.status
        possible: set[Status] = {before}
        path = f"/v1/uploads/{upload.id}"
        calls = []
        for action, on in what:
            ask = self.replicas[on].ask
            if action == "complete":
                possible.add(upload.completing(vouched=None, checksum=None, at=at).status)
                calls.append(ask(upload.caller, "POST", f"{path}/complete"))
            elif action == "abort":
                possible |= {"aborted"} if upload.status == "pending" else set()
                calls.append(ask(upload.caller, "DELETE", path))
            elif action == "delete" and upload.file:
                possible |= {"deleted"} if upload.status == "completed" else set()
                calls.append(ask(upload.caller, "DELETE", f"/v1/files/{upload.file['id']}"))
        reconcilers = [self.replicas[on] for action, on in what if action == "reconcile"]
        if reconcilers:
            possible |= upload.reconciling(at=at)
        answers = self.run(gather(calls, *(each.reconcile(at=at) for each in reconcilers)))
        note(f"  -> {[answer.status_code for answer in answers]}")
        upload.is_hurt = True  # who loses may have stored something that the winner could not remove
        self.adopt(upload, possible)
        if reconcilers:
            for each in self.uploads:
                self.adopt(each, {each.status} | each.reconciling(at=at))
        for answer in answers:
            check_told(answer, upload, {before, upload.status})

    @rule(which=WHICH, caller=CALLERS, on=BROKERS)
    def pry(self, which: int, caller: int, on: int) -> None:
        """Try everything on another's upload, and to read one's own before it is a file."""
        upload, stranger = self.pick(which), self.callers[caller]
        path = f"/v1/uploads/{upload.id}"
        if stranger != upload.caller:
            wanted = {"parts": [{"number": 1, "checksum": checksum_of(b"x")}]}
            self.sign(upload, upload.parts or {1: b"x"}, on=on)  # so that the broker remembers it
            self.refuse(stranger, "GET", path, on=on)
            self.refuse(stranger, "DELETE", path, on=on)
            self.refuse(stranger, "POST", f"{path}/complete", on=on, json={})
            self.refuse(stranger, "POST", f"{path}/parts", on=on, json=wanted)
        ids = {upload.id}
        if upload.file and (stranger != upload.caller or upload.status != "completed"):
            ids.add(upload.file["id"])
        for file_id in ids:
            self.refuse(stranger, "GET", f"/v1/files/{file_id}", on=on)
            self.refuse(stranger, "POST", f"/v1/files/{file_id}/download", on=on, json={})
            self.refuse(stranger, "DELETE", f"/v1/files/{file_id}", on=on)
        for request in upload.requests[-3:]:
            assert not self.try_to_read(request).is_success

    # what happens besides

    @rule(ahead=st.sampled_from([MINUTE, 6 * MINUTE, HOUR, 3 * HOUR, 13 * HOUR, 25 * HOUR]))
    def time_passes(self, ahead: timedelta) -> None:
        self.clock.turn(ahead)

    @rule(on=BROKERS, fault=FAULTS)
    def reconcile(self, on: int, fault: Fault | None) -> None:
        at = self.clock.now
        _, is_hurt = self.endure(self.replicas[on].reconcile(at=at), on=on, fault=fault)
        for upload in self.uploads:
            upload.is_hurt = upload.is_hurt or is_hurt
            possible = upload.reconciling(at=at)
            if not upload.must_be_reconciled(at=at):
                possible.add(upload.status)
            self.adopt(upload, possible)
            if upload.ended_at and upload.status != "completed" and at >= upload.ended_at + HOUR:
                assert upload.is_hurt or not upload.object

    @rule(on=BROKERS)
    def crash(self, on: int) -> None:
        self.run(self.replicas[on].restart())

    @rule(
        caller=CALLERS,
        wanted=st.sampled_from(UNCHECKED) | st.sampled_from(IN_ONE),
        how=st.sampled_from(["shorter", "other", "of another type", "as declared"]),
        is_completed=st.booleans(),
        on=BROKERS,
        fault=FAULTS,
    )
    def tamper(
        self,
        caller: int,
        wanted: Declaration,
        how: str,
        is_completed: bool,
        on: int,
        fault: Fault | None,
    ) -> None:
        """Store what no URL allows, as a store may hold that does not check what it is sent."""
        request = self.ask_for(caller, wanted)
        self.create_all(request, on=on, fault=None)
        for upload in request.uploads.values():
            body = {"shorter": wanted.body[1:], "other": wanted.body[::-1]}.get(how, wanted.body)
            upload.object = Content(body, "text/csv" if how == "of another type" else TYPE)
            store_object(self.store, self.key(upload), *upload.object[:2])
            if is_completed:
                self.complete_one(upload, None, None, on=on, fault=fault)

    # what must be true

    @invariant()
    def somebodys_lists_and_counters_are_right(self) -> None:
        self.turn += 1
        self.check_lists_and_counters(self.callers[self.turn % len(self.callers)])

    def check_lists_and_counters(self, caller: Claims) -> None:
        own = [upload for upload in self.uploads if upload.caller == caller]
        me = self.fetch(caller, "/v1/me")
        assert me["usage"] == usage_of(own)
        for policy in me["policies"]:
            assert policy["usage"] == usage_of(u for u in own if u.declaration.policy == policy["name"])
        files = self.fetch(caller, "/v1/files?limit=1000")["items"]
        assert sorted(file["id"] for file in files) == sorted(
            upload.file["id"] for upload in own if upload.file and upload.status == "completed"
        )
        pending = self.fetch(caller, "/v1/uploads?limit=1000")["items"]
        assert sorted(each["id"] for each in pending) == sorted(
            upload.id for upload in own if upload.shown(self.clock.now) == "pending"
        )

    @invariant()
    def tenants_are_counted_like_their_subjects(self) -> None:
        for tenant in self.tenants:
            find = self.replicas[0].services.registry.usage_of(claims_of("", tenant=tenant))
            own = [upload for upload in self.uploads if upload.caller.tenant == tenant]
            for policy, counters in self.run(find).items():
                assert asdict(counters) == usage_of(u for u in own if u.declaration.policy == policy)

    def teardown(self) -> None:
        try:
            for upload in self.uploads:
                self.look_up(upload, on=0)
            self.let_all_time_pass()
            self.see_that_only_files_are_left()
        finally:
            self.close()

    def let_all_time_pass(self) -> None:
        """Have the reconciler finish its work."""
        for ahead in timedelta(), 25 * HOUR, 27 * HOUR, HOUR:
            self.clock.turn(ahead)
            self.reconcile(on=0, fault=None)

    def see_that_only_files_are_left(self) -> None:
        for caller in self.callers:
            self.check_lists_and_counters(caller)
        self.tenants_are_counted_like_their_subjects()
        assert {upload.status for upload in self.uploads} <= {"completed", "forgotten"}
        files = [upload for upload in self.uploads if upload.status == "completed"]
        for upload in files:
            self.check_file(upload)
        folders = [f"{self.store.key_prefix}/{tenant}/" for tenant in self.tenants]
        thumbnails = {f"{self.key(upload)}.thumbnail" for upload in files if upload.has_thumbnail}
        stored = {key for folder in folders for key in self.stored(folder)}
        assert stored == {*map(self.key, files), *thumbnails}
        begun = [key for folder in folders for key in self.begun(folder)]
        assert len(begun) <= self.begun_in_vain
        assert not set(begun) & set(map(self.key, self.uploads))


def check_told(answer: httpx.Response, upload: Upload, statuses: set[Status]) -> None:
    """See that nobody was told what did not happen; the upload had these statuses before and after."""
    if answer.status_code == 204:
        of_file = "/files/" in str(answer.request.url)
        assert statuses & ({"deleted"} if of_file else {"aborted", "expired", "rejected"})
    elif answer.is_success:
        assert statuses & {"completed", "deleted"}
        assert answer.json()["file"] == upload.file
    else:
        possible: Mapping[str, set[Status]] = {
            "upload-completed": {"completed", "deleted"},
            "upload-aborted": {"aborted"},
            "upload-expired": {"expired"},
            "upload-rejected": {"rejected"},
            "upload-incomplete": {"pending", "aborted", "expired", "rejected"},
            "store-unavailable": {"aborted", "expired", "rejected"},  # the object went before it was read
            "not-found": {"deleted", "forgotten"},
        }
        assert statuses & possible[answer.json()["type"].rpartition(":")[2]]


@pytest.mark.timeout(600 + 10 * EXAMPLES)  # what it finds it makes small, and that takes its time
def test_no_order_of_events_loses_a_byte_or_leaks_any(
    embedded: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(web, "now", clock.read)
    monkeypatch.setattr(app, "_jobs", lambda *_: ())  # the reconciler comes when the machine says so

    class Machine(Protocol):
        def __init__(self) -> None:
            super().__init__(embedded, tmp_path, clock)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
