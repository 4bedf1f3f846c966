"""Adding uploads as far as their quota goes, and counting what is stored and reserved.

Whatever moves an upload from one status to another moves these counters along, in the same transaction:
first those of subjects, then those of tenants, each in their order, so that no two changes wait for each
other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import BindParameter, Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.rows import Counters, File, Upload, every
from broker.settings import Quota
from broker.tables import uploads, usage


class Reservation(Struct, frozen=True):
    """An upload that is to be added, and the quota of its policy for its subject and for its tenant."""

    upload: Upload
    quota: Quota
    tenant_quota: Quota


class Full(Struct, frozen=True):
    """Why an upload was not added: `rule` is the quota's name below the policy, such as `quota.bytes`."""

    rule: str
    limit: int


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
    # SQLAlchemy forgets how many rows an INSERT made if not told to remember
    "postgresql": postgresql.insert(uploads)
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True),
}
INSERT_USAGE = {
    "sqlite": sqlite.insert(usage).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(usage).on_conflict_do_nothing(),
}
FIND_REPEATED = (
    select(uploads)
    .filter_by(tenant=bindparam("tenant"), owner=bindparam("owner"))
    .where(uploads.c.idempotency_key.in_(bindparam("idempotency_keys", expanding=True)))
)

_NO_LIMIT = 2**62


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
        connection, [(_scope_of(each.upload), each.quota, each.upload) for each in new], "quota"
    )
    new = [wanted for wanted in new if outcomes[wanted.upload.id] is wanted.upload]
    outcomes |= _fill_tenants(connection, new)
    uploads = [wanted.upload for wanted in new if outcomes[wanted.upload.id] is wanted.upload]
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
    wanted = [(_tenant_of(each.upload), each.tenant_quota, each.upload) for each in new]
    refused = _fill(connection, wanted, "tenant_quota")
    for _, _, upload in wanted:
        if upload.id in refused:
            _add(connection, _scope_of(upload), Counters(pending=-1, pending_bytes=-upload.size))
    return refused


def _fill(
    connection: Connection, wanted: Iterable[tuple[_Scope, Quota, Upload]], name: str
) -> dict[str, Full]:
    """Reserve in each scope for all uploads at once, else one by one; say which were refused, and why."""
    alike: defaultdict[tuple[_Scope, Quota], list[Upload]] = defaultdict(list)
    for scope, quota, upload in wanted:
        alike[scope, quota].append(upload)
    refused: dict[str, Full] = {}
    for (scope, quota), group in sorted(alike.items(), key=lambda item: item[0][0]):
        if _reserve_in(connection, scope, quota, group) is None:
            continue
        for upload in group:
            if full := _reserve_in(connection, scope, quota, [upload]):
                refused[upload.id] = Full(f"{name}.{full.rule}", full.limit)
    return refused


def _insert(connection: Connection, new: Sequence[Upload]) -> dict[str, Upload]:
    """Add uploads; return those that another replica was quicker to add under the same idempotency key."""
    statement = INSERT_UPLOADS[connection.dialect.name]
    if without_key := [asdict(upload) for upload in new if upload.idempotency_key is None]:
        connection.execute(statement, without_key)
    late = [
        upload
        for upload in new
        if upload.idempotency_key and not connection.execute(statement, asdict(upload)).rowcount
    ]
    for upload in late:
        count(connection, upload, Counters(pending=-1, pending_bytes=-upload.size))
    return _find_repeated(connection, late)


def _reserve_in(connection: Connection, scope: _Scope, quota: Quota, wanted: Sequence[Upload]) -> Full | None:
    """Count pending uploads, all or none; return why not."""
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
    if found.pending + more.pending > limits["max_pending"]:
        return Full("pending", limits["max_pending"])
    if found.files + found.pending + more.pending > limits["max_files"]:
        return Full("files", limits["max_files"])
    if found.bytes + found.pending_bytes + more.pending_bytes > limits["max_bytes"]:
        return Full("bytes", limits["max_bytes"])
    return _reserve_in(connection, scope, quota, wanted)  # another replica has made room since


def count(connection: Connection, row: Upload | File, more: Counters) -> None:
    """Add to the counters of the subject and of its tenant."""
    for scope in _scope_of(row), _tenant_of(row):
        _add(connection, scope, more)


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
