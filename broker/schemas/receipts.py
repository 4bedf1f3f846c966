"""Receipts, and the keys that verify them."""

from typing import Literal

from broker.schemas.base import Answer


class FileReceipt(Answer, frozen=True):
    """A receipt as a compact JWS, see `Receipt`; null while the file is in quarantine."""

    receipt: str | None


class Receipt(Answer, frozen=True, omit_defaults=True):
    """What a receipt says of a file (broker/receipts.py). `iat` is when it was completed, as JWTs count time.

    Claims may be added, never changed or taken away: receipts are kept. `checksum` and `part_size` are left
    out where the file has none, see File.
    """

    iss: str
    sub: str
    tenant: str
    jti: str
    iat: int
    upload_id: str
    policy: str
    bucket: str
    key: str
    etag: str
    name: str
    size: int
    type: str
    checksum: str | None = None
    part_size: int | None = None


class PublicKey(Answer, frozen=True):
    """A key that verifies receipts, as a JWK (RFC 8037 §2); `kid` is its thumbprint (RFC 7638)."""

    x: str
    kid: str
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"


class KeySet(Answer, frozen=True):
    keys: tuple[PublicKey, ...]
