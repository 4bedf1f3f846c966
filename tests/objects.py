"""Looking into the store as the control identity may, and turning the broker's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from broker import web
from broker.settings import StoreSettings
from broker.sigv4 import Credentials, Endpoint, Signer
from broker.stores.sdk import connect
from tests.transfers import checksum_of


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


def assemble(store: StoreSettings, created: dict[str, Any]) -> None:
    """Put the parts together behind the broker's back, as a completion does that is killed then."""
    client, key = connect(store, store.control), key_of(store, created)
    (upload_id,) = parts_uploads(store, created)
    held = client._list_parts(store.bucket, key, upload_id).parts
    client._complete_multipart_upload(store.bucket, key, upload_id, held)


def store_object(store: StoreSettings, key: str, body: bytes, media_type: str) -> httpx.Response:
    """Store an object that no presigned URL allows, as only the control identity can."""
    control = Credentials(store.control.access_key, store.control.secret_key)
    signer = Signer(control, Endpoint(store.url, store.bucket), store.region)
    headers = {
        "content-length": str(len(body)),
        "content-type": media_type,
        "x-amz-checksum-crc32c": checksum_of(body).removeprefix("crc32c:"),
    }
    url = signer.presign("PUT", key, headers=headers, expires_in=60, at=datetime.now(UTC))
    return httpx.put(url, headers=headers, content=body).raise_for_status()
