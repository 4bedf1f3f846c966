"""The Python client: `from broker.client import Client`."""

from broker.client.async_client import AsyncClient
from broker.client.client import Client
from broker.client.failures import (
    BrokerUnreachable,
    ChecksumMismatch,
    SourceChanged,
    StoreRefused,
    StoreUnreachable,
    TransferError,
    UploadEnded,
)

__all__ = [
    "AsyncClient",
    "BrokerUnreachable",
    "ChecksumMismatch",
    "Client",
    "SourceChanged",
    "StoreRefused",
    "StoreUnreachable",
    "TransferError",
    "UploadEnded",
]
