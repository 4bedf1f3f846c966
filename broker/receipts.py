"""Receipts: what the broker verified of a file, signed, so that anybody can check it without asking.

A receipt is a compact JWS (RFC 7515), signed with Ed25519 (RFC 8037), over the claims in `schemas.Receipt`.
That signature has no randomness: a receipt that is issued again is the same text.
"""

import base64
import hashlib
from collections.abc import Mapping

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from broker import schemas
from broker.rows import File
from broker.settings import SettingsError

ALGORITHM = "EdDSA"
TYPE = "receipt+jwt"  # no other token of this broker can pass for a receipt (RFC 8725 §3.11)
_DERIVED_FOR = b"presigned-url-broker: key of receipts, 1"

_jws = jwt.PyJWS(algorithms=[ALGORITHM])


class InvalidReceipt(Exception):
    """The receipt proves nothing; the text says why in a sentence."""


class UnknownKey(InvalidReceipt):
    """The key set lacks the key that the receipt names; a newer one may have it."""


class Receipts:
    """Issue receipts with one key; `other_keys` are published beside it, so that older receipts stay good."""

    def __init__(
        self,
        *,
        issuer: str,
        bucket: str,
        key: Ed25519PrivateKey,
        other_keys: tuple[Ed25519PublicKey, ...] = (),
    ) -> None:
        self._issuer = issuer
        self._bucket = bucket
        self._key = key
        public = [_describe(each) for each in (key.public_key(), *other_keys)]
        self._key_set = schemas.KeySet(keys=tuple(public))
        self._header = {"typ": TYPE, "kid": public[0].kid}

    def issue(self, file: File) -> str:
        """Sign what was verified of a file."""
        claims = schemas.Receipt(
            iss=self._issuer,
            sub=file.owner,
            tenant=file.tenant,
            jti=file.id,
            iat=int(file.created_at.timestamp()),
            upload_id=file.upload_id,
            policy=file.policy,
            bucket=self._bucket,
            key=file.key,
            etag=file.etag,
            name=file.name,
            size=file.size,
            type=file.type,
            checksum=file.checksum,
            part_size=file.part_size,
        )
        return _jws.encode(msgspec.json.encode(claims), self._key, ALGORITHM, headers=self._header)

    def key_set(self) -> schemas.KeySet:
        """Return the public keys with which receipts are verified."""
        return self._key_set


def signing_key(pem: str, *, secret_key: str) -> Ed25519PrivateKey:
    """Read the key from PKCS #8 PEM, or derive it from the secret key (HKDF, RFC 5869) if the text is empty.

    Raises SettingsError.
    """
    if not pem:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_DERIVED_FOR).derive(
            secret_key.encode()
        )
        return Ed25519PrivateKey.from_private_bytes(derived)
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(
            "BROKER_RECEIPT_KEY: not an unencrypted private key in PEM (openssl genpkey -algorithm ed25519)"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError("BROKER_RECEIPT_KEY: not an Ed25519 key (openssl genpkey -algorithm ed25519)")
    return key


def verify(receipt: str, key_set: Mapping[str, object], *, issuer: str | None = None) -> schemas.Receipt:
    """Return what a receipt proves. `key_set` is the JSON of a broker's `/.well-known/jwks.json`, decoded.

    No clock is read: a receipt does not expire. Raises InvalidReceipt, UnknownKey.
    """
    try:
        header = jwt.get_unverified_header(receipt)
    except (jwt.InvalidTokenError, UnicodeEncodeError) as error:  # half a surrogate, as JSON may write it
        raise InvalidReceipt("This is not a receipt: it is not a signed JWS in compact form.") from error
    if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
        raise InvalidReceipt(f"This is not a receipt: its header does not say {TYPE} and {ALGORITHM}.")
    key = _find(key_set, header.get("kid"))
    try:
        claims = msgspec.json.decode(_jws.decode(receipt, key, [ALGORITHM]), type=schemas.Receipt)
    except jwt.InvalidTokenError as error:
        raise InvalidReceipt("The signature is not good: the receipt was altered or forged.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidReceipt("The signature is good, but what was signed is not a receipt.") from error
    if issuer is not None and claims.iss != issuer:
        raise InvalidReceipt(f"The receipt was issued by {claims.iss}, not by {issuer}.")
    return claims


def _find(key_set: Mapping[str, object], kid: object) -> Ed25519PublicKey:
    try:
        keys = list(jwt.PyJWKSet.from_dict(dict(key_set)))
    except jwt.PyJWKSetError as error:
        raise UnknownKey("The key set has no key that can be used.") from error
    for each in keys:
        # the kind of key decides which algorithms can follow (RFC 8725 §3.1), whatever else the set holds
        if each.key_id == kid and isinstance(each.key, Ed25519PublicKey):
            return each.key
    raise UnknownKey(f"The key set does not have the receipt's key {kid}.")


def _describe(key: Ed25519PublicKey) -> schemas.PublicKey:
    x = _base64url(key.public_bytes_raw())
    # RFC 7638 §3: the required members in the order of their names, without spaces
    thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
    return schemas.PublicKey(x=x, kid=_base64url(thumbprint))


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
