"""What registry and store hold of one tenant, so that the two can be compared."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from broker.app import open_services
from broker.auth import Claims
from broker.file_registry import FileRegistry, Filter
from broker.rows import Counters
from broker.settings import Settings, StoreSettings
from broker.stores.sdk import connect
from broker.web import Services

NEVER = timedelta(days=10_000)


class Recorded(NamedTuple):
    """What the registry says: the keys of files, what is counted of them, and which uploads it will visit."""

    keys: list[str]
    of_subject: Counters
    of_tenant: Counters
    to_visit: list[str]


class Stored(NamedTuple):
    """What the store holds: the keys of objects, and of multipart uploads with and without any part."""

    keys: list[str]
    in_parts: list[str]
    empty: list[str]


def recorded(settings: Settings, *, tenant: str, subject: str = "alice") -> Recorded:
    with open_services(settings) as services:
        return asyncio.run(_recorded(services, tenant, subject))


async def _recorded(services: Services, tenant: str, subject: str) -> Recorded:
    registry = services.registry
    owner = Claims(subject=subject, tenant=tenant, scopes=frozenset())
    nobody = Claims(subject="", tenant=tenant, scopes=frozenset())  # whose counters are the tenant's
    lists = FileRegistry(registry._database)
    files = await lists.list(owner, Filter(), order="created", after=None, limit=1000)
    to_visit = await registry.list_due(at=datetime.now(UTC) + NEVER, limit=1000)
    return Recorded(
        keys=sorted(file.key for file in files),
        of_subject=_sum((await registry.usage_of(owner)).values()),
        of_tenant=_sum((await registry.usage_of(nobody)).values()),
        to_visit=[upload.id for upload in to_visit],
    )


def _sum(counters: Iterable[Counters]) -> Counters:
    found = list(counters)
    return Counters(
        files=sum(each.files for each in found),
        bytes=sum(each.bytes for each in found),
        pending=sum(each.pending for each in found),
        pending_bytes=sum(each.pending_bytes for each in found),
    )


def stored(store: StoreSettings, *, tenant: str) -> Stored:
    client = connect(store, store.control)
    prefix = f"{store.key_prefix}/{tenant}/"
    objects = client.list_objects(store.bucket, prefix=prefix, recursive=True)
    uploads = client._list_multipart_uploads(store.bucket, prefix=prefix).uploads
    holding = {
        upload.object_name: bool(
            client._list_parts(store.bucket, upload.object_name, upload.upload_id or "").parts
        )
        for upload in uploads
    }
    return Stored(
        keys=sorted(found.object_name or "" for found in objects),
        in_parts=sorted(key for key, has_parts in holding.items() if has_parts),
        empty=sorted(key for key, has_parts in holding.items() if not has_parts),
    )
