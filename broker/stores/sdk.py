"""MinIO's SDK, for what is set up once: the service itself does without, which spares it time and memory."""

from urllib.parse import urlsplit

import urllib3
from minio import Minio

from broker.settings import Identity, StoreSettings


def connect(settings: StoreSettings, identity: Identity) -> Minio:
    """Make a client that dials the store's own address and gives up in bounded time."""
    url = urlsplit(settings.url)
    client = Minio(
        url.netloc,
        access_key=identity.access_key,
        secret_key=identity.secret_key,
        secure=url.scheme == "https",
        region=settings.region,
        http_client=urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=2, read=5),
            # a read that timed out is not tried again: the caller would wait twice as long for the same
            retries=urllib3.Retry(total=2, read=0, backoff_factor=0.1, status_forcelist=[500, 502, 503, 504]),
        ),
    )
    if settings.addressing == "virtual":
        client.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call]  # the SDK has no type there
    return client
