"""Adding uploads as far as their quota goes, and counting what is stored and reserved.

Whatever moves an upload from one status to another moves these counters along, in the same transaction:
first those of subjects, then those of tenants, then those of links by which strangers send, each in their
order, so that no two changes wait for each other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct
from sqlalchemy import BindParameter, Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.rows import Counters, File, Share, Upload, add_all, every, first
from broker.settings import Quota
from broker.tables import shares, uploads, usage


class Reservation(Struct, frozen=True):
    """An upload that is to be added, and the quota of its policy for its subject and for its tenant."""

    upload: Upload
    quota: Quota
    tenant_quota: Quota


class Full(Struct, frozen=True):
    """Why an upload was not added.

    `rule` is the quota's name below the policy, such as `quota.bytes`; `link.files` and `link.bytes` are
    those of a link, `link` says that it has ended.
    """

    rule: str
    limit: int


class _Room(NamedTuple):
    """What is left of a limit, for uploads or for their bytes."""

    rule: str
    limit: int
    left: int
    is_bytes: bool = False


_COUNTED: dict[str, BindParameter[str]] = {
    "tenant": bindparam("of_tenant"),
    "owner": bindparam("of_owner"),
    "policy": bindparam("of_policy"),
}
FIND_USAGE = select(usage).filter_by(**_COUNTED)
COUNT = (
    update(usage)
    .filter_by(**_COUNTED)
    .values(
        files=usage.c.files + bindparam("more_files"),
        bytes=usage.c.bytes + bindparam("more_bytes"),
        pending=usage.c.pending + bindparam("more_pending"),
        pending_bytes=usage.c.pending_bytes + bindparam("more_pending_bytes"),
    )
)
RESERVE = COUNT.where(
    usage.c.files + usage.c.pending + bindparam("more_pending") <= bindparam("max_files"),
    usage.c.bytes + usage.c.pending_bytes + bindparam("more_pending_bytes") <= bindparam("max_bytes"),
    usage.c.pending + bindparam("more_pending") <= bindparam("max_pending"),
)
# by the name of the dialect: each has its own way to say the same
INSERT_UPLOADS = {
    "sqlite": sqlite.insert(uploads).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(uploads).on_conflict_do_nothing(),
}
INSERT_USAGE = {
    "sqlite": sqlite.insert(usage).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(usage).on_conflict_do_nothing(),
}
FIND_ADDED = select(uploads.c.id).where(uploads.c.id.in_(bindparam("ids", expanding=True)))
FIND_REPEATED = (
    select(uploads)
    .filter_by(tenant=bindparam("tenant"), owner=bindparam("owner"))
    .where(uploads.c.idempotency_key.in_(bindparam("idempotency_keys", expanding=True)))
)

_NO_LIMIT = 2**62

COUNT_RECEIVED = (
    update(shares)
    .where(shares.c.id == bindparam("share_id"))
    .values(
        received_files=shares.c.received_files + bindparam("more_files"),
        received_bytes=shares.c.received_bytes + bindparam("more_bytes"),
    )
)
RECEIVE = COUNT_RECEIVED.where(
    shares.c.expires_at > bindparam("at"),
    shares.c.received_files + bindparam("more_files") <= func.coalesce(shares.c.max_files, _NO_LIMIT),
    shares.c.received_bytes + bindparam("more_bytes") <= func.coalesce(shares.c.max_bytes, _NO_LIMIT),
)
FIND_LINK = select(shares).where(shares.c.id == bindparam("share_id"))

Group = TypeVar("Group", bound="tuple[Any, ...] | str")


class _Scope(NamedTuple):
    """Whose pending uploads and files are counted together; a tenant's scope has no owner."""

    tenant: str
    owner: str
    policy: str


def add_uploads(connection: Connection, reservations: Sequence[Reservation]) -> list[Upload | Full]:
    """Reserve and add; where there is no room for all, those that fit are added, in their order."""
    outcomes: dict[str, Upload | Full] = {wanted.upload.id: wanted.upload for wanted in reservations}
    outcomes |= _find_repeated(connection, [wanted.upload for wanted in reservations])
    new = [wanted for wanted in reservations if outcomes[wanted.upload.id] is wanted.upload]
    outcomes |= _fill(
        [((_scope_of(each.upload), each.quota), each.upload) for each in new],
        partial(_reserve_in, connection, "quota"),
    )
    new = [wanted for wanted in new if outcomes[wanted.upload.id] is wanted.upload]
    outcomes |= _fill_tenants(connection, new)
    uploads = [wanted.upload for wanted in new if outcomes[wanted.upload.id] is wanted.upload]
    outcomes |= _fill_links(connection, uploads)
    uploads = [upload for upload in uploads if outcomes[upload.id] is upload]
    outcomes |= _insert(connection, uploads)
    # another replica may have taken the last room just now, for the very same request
    full = [each.upload for each in reservations if isinstance(outcomes[each.upload.id], Full)]
    outcomes |= _find_repeated(connection, full)
    return [outcomes[wanted.upload.id] for wanted in reservations]


def _find_repeated(connection: Connection, wanted: Iterable[Upload]) -> dict[str, Upload]:
    """Return the uploads that have the idempotency keys already, by the ids of those that want them."""
    by_owner: defaultdict[tuple[str, str], list[Upload]] = defaultdict(list)
    for upload in wanted:
        if upload.idempotency_key:
            by_owner[upload.tenant, upload.owner].append(upload)
    repeated: dict[str, Upload] = {}
    for (tenant, owner), of_owner in by_owner.items():
        keys = [upload.idempotency_key for upload in of_owner]
        values = {"tenant": tenant, "owner": owner, "idempotency_keys": keys}
        found = {each.idempotency_key: each for each in every(Upload, connection, FIND_REPEATED, values)}
        repeated |= {
            upload.id: found[upload.idempotency_key] for upload in of_owner if upload.idempotency_key in found
        }
    return repeated


def _fill_tenants(connection: Connection, new: Sequence[Reservation]) -> dict[str, Full]:
    """Reserve for the tenants; what is refused is taken back from its subject."""
    uploads = [each.upload for each in new]
    refused = _fill(
        [((_tenant_of(each.upload), each.tenant_quota), each.upload) for each in new],
        partial(_reserve_in, connection, "tenant_quota"),
    )
    given_back: defaultdict[_Scope, Counters] = defaultdict(Counters)
    for upload in uploads:
        if upload.id in refused:
            given_back[_scope_of(upload)] += _given_back(upload)
    for scope in sorted(given_back):
        _add(connection, scope, given_back[scope])
    return refused


def _fill_links(connection: Connection, new: Sequence[Upload]) -> dict[str, Full]:
    """Count what strangers send by links; what is refused is taken back from the links' owners."""
    refused = _fill(
        [(upload.share_id, upload) for upload in new if upload.share_id], partial(_receive, connection)
    )
    count(connection, [(upload, _given_back(upload)) for upload in new if upload.id in refused])
    return refused


def _fill(
    wanted: Iterable[tuple[Group, Upload]],
    reserve: Callable[[Group, Sequence[Upload]], Sequence[_Room] | None],
) -> dict[str, Full]:
    """Reserve in each group for all uploads at once, or for those that fit; say which were refused, and why.

    `reserve` does it for all or for none, and then says how much room there is.
    """
    alike: defaultdict[Group, list[Upload]] = defaultdict(list)
    for group, upload in wanted:
        alike[group].append(upload)
    refused: dict[str, Full] = {}
    for group, together in sorted(alike.items(), key=lambda item: item[0][0]):
        full: dict[str, Full] = {}
        fitting = together
        # more than once: another replica may have taken room meanwhile, or made some
        while fitting and (rooms := reserve(group, fitting)) is not None:
            full = _refuse(rooms, together)
            fitting = [upload for upload in together if upload.id not in full]
        refused |= full
    return refused


def _refuse(rooms: Sequence[_Room], wanted: Iterable[Upload]) -> dict[str, Full]:
    """Say which uploads do not fit when they come in their order, and why."""
    left = {room.rule: room.left for room in rooms}
    refused: dict[str, Full] = {}
    for upload in wanted:
        taken = {room.rule: upload.size if room.is_bytes else 1 for room in rooms}
        full = next((room for room in rooms if taken[room.rule] > left[room.rule]), None)
        if full:
            refused[upload.id] = Full(full.rule, full.limit)
        else:
            left = {rule: left[rule] - taken[rule] for rule in left}
    return refused


def _insert(connection: Connection, new: Sequence[Upload]) -> dict[str, Upload]:
    """Add uploads; return those that another replica was quicker to add under the same idempotency key."""
    add_all(connection, INSERT_UPLOADS[connection.dialect.name], new)
    keyed = [upload for upload in new if upload.idempotency_key]
    if not keyed:
        return {}
    added = set(connection.execute(FIND_ADDED, {"ids": [upload.id for upload in keyed]}).scalars())
    late = [upload for upload in keyed if upload.id not in added]
    for upload in late:
        release(connection, upload)
    return _find_repeated(connection, late)


def _reserve_in(
    connection: Connection, name: str, within: tuple[_Scope, Quota], wanted: Sequence[Upload]
) -> Sequence[_Room] | None:
    """Count pending uploads in a scope, all or none; then return what room there is."""
    scope, quota = within
    more = Counters(pending=len(wanted), pending_bytes=sum(upload.size for upload in wanted))
    limits = {
        "max_files": _NO_LIMIT if quota.files is None else quota.files,
        "max_bytes": _NO_LIMIT if quota.bytes is None else quota.bytes,
        "max_pending": _NO_LIMIT if quota.pending is None else quota.pending,
    }
    values = _values(scope, more) | limits
    if connection.execute(RESERVE, values).rowcount:
        return None
    connection.execute(INSERT_USAGE[connection.dialect.name], scope._asdict())  # the scope's first upload
    if connection.execute(RESERVE, values).rowcount:
        return None
    found = connection.execute(FIND_USAGE, _values(scope, more)).one()
    pending, files, size = limits["max_pending"], limits["max_files"], limits["max_bytes"]
    return (
        _Room(f"{name}.pending", pending, pending - found.pending),
        _Room(f"{name}.files", files, files - found.files - found.pending),
        _Room(f"{name}.bytes", size, size - found.bytes - found.pending_bytes, is_bytes=True),
    )


def _receive(connection: Connection, share_id: str, wanted: Sequence[Upload]) -> Sequence[_Room] | None:
    """Count what is sent by a link, all or none; then return what room there is."""
    files, size = len(wanted), sum(upload.size for upload in wanted)
    at = max(upload.created_at for upload in wanted)
    values = {"share_id": share_id, "more_files": files, "more_bytes": size}
    if connection.execute(RECEIVE, values | {"at": at}).rowcount:
        return None
    found = first(Share, connection, FIND_LINK, {"share_id": share_id})
    if found is None or found.expires_at <= at:
        return (_Room("link", 0, 0),)
    rooms = []
    if found.max_files is not None:
        rooms.append(_Room("link.files", found.max_files, found.max_files - found.received_files))
    if found.max_bytes is not None:
        left = found.max_bytes - found.received_bytes
        rooms.append(_Room("link.bytes", found.max_bytes, left, is_bytes=True))
    return rooms


def release(connection: Connection, upload: Upload) -> None:
    """Give back what a pending upload has reserved."""
    count(connection, [(upload, _given_back(upload))])
    if upload.share_id:
        values = {"share_id": upload.share_id, "more_files": -1, "more_bytes": -upload.size}
        connection.execute(COUNT_RECEIVED, values)


def count(connection: Connection, moved: Iterable[tuple[Upload | File, Counters]]) -> None:
    """Add to the counters of the rows' subjects and of their tenants."""
    totals: defaultdict[_Scope, Counters] = defaultdict(Counters)
    for row, more in moved:
        for scope in _scope_of(row), _tenant_of(row):
            totals[scope] += more
    # subjects first, as where uploads are added: so no two changes wait for each other
    for scope in sorted(totals, key=lambda scope: (not scope.owner, scope)):
        _add(connection, scope, totals[scope])


def _given_back(upload: Upload) -> Counters:
    """Return what a pending upload has reserved, to be taken from the counters."""
    return Counters(pending=-1, pending_bytes=-upload.size)


def _add(connection: Connection, scope: _Scope, more: Counters) -> None:
    connection.execute(COUNT, _values(scope, more))


def _scope_of(row: Upload | File) -> _Scope:
    return _Scope(row.tenant, row.owner, row.policy)


def _tenant_of(row: Upload | File) -> _Scope:
    return _Scope(row.tenant, "", row.policy)


def _values(scope: _Scope, more: Counters) -> dict[str, str | int]:
    return {
        "of_tenant": scope.tenant,
        "of_owner": scope.owner,
        "of_policy": scope.policy,
        "more_files": more.files,
        "more_bytes": more.bytes,
        "more_pending": more.pending,
        "more_pending_bytes": more.pending_bytes,
    }
