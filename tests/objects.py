"""Looking into the store as the control identity may, and turning the broker's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broker import web
from broker.settings import StoreSettings
from broker.stores.s3 import connect


def at_time(monkeypatch: pytest.MonkeyPatch, offset: timedelta) -> None:
    """Let the broker's clock run ahead (or behind) by the offset."""
    monkeypatch.setattr(web, "now", lambda: datetime.now(UTC) + offset)


def key_of(store: StoreSettings, created: dict[str, Any], tenant: str = "acme") -> str:
    return f"{store.key_prefix}/{tenant}/{created['id']}"


def exists(store: StoreSettings, created: dict[str, Any]) -> bool:
    key = key_of(store, created)
    return bool(list(connect(store, store.control).list_objects(store.bucket, prefix=key)))


def parts_uploads(store: StoreSettings, created: dict[str, Any]) -> list[str]:
    """List the store's ids of the multipart uploads that there are for an upload."""
    client = connect(store, store.control)
    found = client._list_multipart_uploads(store.bucket, prefix=key_of(store, created))
    return [upload.upload_id for upload in found.uploads if upload.upload_id]


def drop_parts(store: StoreSettings, created: dict[str, Any]) -> None:
    """Remove the parts behind the broker's back, as a store does that cleans up."""
    client = connect(store, store.control)
    for upload_id in parts_uploads(store, created):
        client._abort_multipart_upload(store.bucket, key_of(store, created), upload_id)
