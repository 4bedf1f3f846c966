"""Receipts, verified by our own code and by the two programs of docs/receipts.md, on PyJWT and on jose."""

import base64
import hashlib
import hmac
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import example, given
from hypothesis import strategies as st

from broker import receipts, schemas
from broker.app import open_services
from broker.receipts import InvalidReceipt, Receipts, UnknownKey, signing_key
from broker.rows import File
from broker.settings import Settings, SettingsError
from tests.test_api import NO_STORE

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/receipts.md").read_text()
ISSUER = "https://files.example.com"
SECRET_KEY = "s" * 32
FILE = File(
    id="01kdvdna000000000000000001",
    tenant="acme",
    owner="alice",
    upload_id="01kdvdna000000000000000000",
    key="uploads/acme/01kdvdna000000000000000000",
    name="Übersicht “final”.pdf",
    folder="reports",
    size=5 * 1024**4,
    type="application/pdf",
    checksum="crc32c:yZRlqg==",
    policy="default",
    etag="5d41402abc4b2a76b9719d911017c592",
    created_at=datetime(2026, 11, 22, 12, 30, 15, 999_999, tzinfo=UTC),
)
CLAIMS = {
    "iss": ISSUER,
    "sub": "alice",
    "tenant": "acme",
    "jti": FILE.id,
    "iat": 1795350615,
    "upload_id": FILE.upload_id,
    "policy": "default",
    "bucket": "files",
    "key": FILE.key,
    "etag": FILE.etag,
    "name": FILE.name,
    "size": FILE.size,
    "type": "application/pdf",
    "checksum": "crc32c:yZRlqg==",
}

# RFC 8037, appendix A
RFC_KEY = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

KEY = signing_key("", secret_key=SECRET_KEY)
ISSUING = Receipts(issuer=ISSUER, bucket="files", key=KEY)
KEY_SET: dict[str, Any] = json.loads(msgspec.json.encode(ISSUING.key_set()))
RECEIPT = ISSUING.issue(FILE)

Verifier = Callable[[str], dict[str, Any]]


class Refused(Exception):
    """A verifier did not take the receipt."""


@pytest.fixture(params=["own", "python", "node"])
def verify(request: pytest.FixtureRequest, tmp_path: Path) -> Verifier:
    """Return what verifies a receipt, in each of the ways that docs/receipts.md shows."""
    if request.param == "own":
        return verify_with_broker
    (tmp_path / "jwks.json").write_text(json.dumps(KEY_SET))
    return lambda receipt: run_program(request.param, receipt, tmp_path)


def verify_with_broker(receipt: str) -> dict[str, Any]:
    try:
        claims = receipts.verify(receipt, KEY_SET, issuer=ISSUER)
    except InvalidReceipt as error:
        raise Refused from error
    verified: dict[str, Any] = json.loads(msgspec.json.encode(claims))
    return verified


def run_program(language: str, receipt: str, directory: Path) -> dict[str, Any]:
    """Run the program of the page on these files."""
    (directory / "receipt.txt").write_text(receipt + "\n")
    node = shutil.which("node")
    assert node
    command, code = {
        "python": ([sys.executable, "-"], block("python")),
        "node": ([node, "--input-type=module", "-"], block("js")),
    }[language]
    finished = subprocess.run(
        [*command, str(directory / "jwks.json"), str(directory / "receipt.txt"), ISSUER],
        input=code,
        capture_output=True,
        text=True,
        cwd=ROOT / "frontend",  # where jose is
        timeout=60,
        check=False,
    )
    if finished.returncode:
        # the program refused; it did not fail for another reason
        assert re.search(r"jwt\.exceptions\.|KeyError|jose|JOSE|JW[ST]", finished.stderr), finished.stderr
        raise Refused(finished.stderr)
    claims: dict[str, Any] = json.loads(finished.stdout)
    return claims


def block(language: str) -> str:
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(code)


def test_a_receipt_says_what_was_verified(verify: Verifier) -> None:
    assert verify(RECEIPT) == CLAIMS


def test_issuing_again_gives_the_same_text() -> None:
    again = Receipts(issuer=ISSUER, bucket="files", key=signing_key("", secret_key=SECRET_KEY))

    assert again.issue(FILE) == RECEIPT


def test_a_file_in_parts_has_their_size_in_its_receipt() -> None:
    composite = {"checksum": "sha256:" + "A" * 43 + "=-3", "part_size": 8 * 1024**2}

    receipt = ISSUING.issue(msgspec.structs.replace(FILE, **composite))

    assert verify_with_broker(receipt) == CLAIMS | composite


def test_a_file_without_a_checksum_has_a_receipt_without_one() -> None:
    receipt = ISSUING.issue(msgspec.structs.replace(FILE, checksum=None))

    assert verify_with_broker(receipt) == {
        name: value for name, value in CLAIMS.items() if name != "checksum"
    }


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


HEADER, PAYLOAD, SIGNATURE = RECEIPT.split(".")
KID = json.loads(decode(HEADER))["kid"]
OTHER_KEY = signing_key("", secret_key="another secret key of 32 letters")
OTHER_JWK = {"kty": "OKP", "crv": "Ed25519", "x": encode(OTHER_KEY.public_key().public_bytes_raw())}
PUBLIC_BYTES = KEY.public_key().public_bytes_raw()
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def forge(
    key: Ed25519PrivateKey = KEY, *, without: str = "", header: dict[str, Any] | None = None, **claims: object
) -> str:
    """Make a receipt that is right but for the changes."""
    head = {"alg": "EdDSA", "kid": KID, "typ": "receipt+jwt"} | (header or {})
    payload = {name: value for name, value in (CLAIMS | claims).items() if name != without}
    signed = f"{encode(json.dumps(head).encode())}.{encode(json.dumps(payload).encode())}"
    return f"{signed}.{encode(key.sign(signed.encode()))}"


def mac(secret: bytes) -> str:
    """Make a receipt signed as if the public key were the secret of an HMAC."""
    signed = f"{encode(json.dumps({'alg': 'HS256', 'kid': KID, 'typ': 'receipt+jwt'}).encode())}.{PAYLOAD}"
    return f"{signed}.{encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


NONE = encode(json.dumps({"alg": "none", "kid": KID, "typ": "receipt+jwt"}).encode())
FORGED = {
    "an altered payload": f"{HEADER}.{encode(decode(PAYLOAD).replace(b'alice', b'mally'))}.{SIGNATURE}",
    "an altered signature": f"{HEADER}.{PAYLOAD}.{encode(decode(SIGNATURE)[::-1])}",
    "no signature": f"{HEADER}.{PAYLOAD}.",
    "another key": forge(OTHER_KEY),
    "a key that is not in the set": forge(OTHER_KEY, header={"kid": "other"}),
    "a key in its own header": forge(OTHER_KEY, header={"jwk": OTHER_JWK}),
    "alg none": f"{NONE}.{PAYLOAD}.",
    "alg none with a signature": f"{NONE}.{PAYLOAD}.{SIGNATURE}",
    "HS256 with the public key": mac(PUBLIC_BYTES),
    "HS256 with the PEM of the public key": mac(PUBLIC_PEM),
    "HS256 with the JWK": mac(json.dumps(KEY_SET["keys"][0]).encode()),
    "another typ": forge(header={"typ": "at+jwt"}),
    "a typ left out": forge(header={"typ": None}),
    "an unknown critical extension": forge(header={"crit": ["exp2"], "exp2": 1}),
    "another issuer": forge(iss="https://files.example.org"),
    "no file id": forge(without="jti"),
    "no JWS at all": "01kdvdna000000000000000001",
    "nothing": "",
}


def test_the_forger_of_these_tests_makes_good_receipts(verify: Verifier) -> None:
    assert verify(forge()) == CLAIMS


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_a_forged_receipt_is_refused(forged: str, verify: Verifier) -> None:
    with pytest.raises(Refused):
        verify(forged)


@pytest.mark.parametrize(
    ("forged", "sentence"),
    [
        ("no JWS at all", "it is not a signed JWS in compact form"),
        ("another typ", "its header does not say receipt+jwt and EdDSA"),
        ("alg none", "its header does not say receipt+jwt and EdDSA"),
        ("HS256 with the public key", "its header does not say receipt+jwt and EdDSA"),
        ("a key that is not in the set", "does not have the receipt's key other"),
        ("an altered payload", "altered or forged"),
        ("no file id", "what was signed is not a receipt"),
        ("another issuer", "issued by https://files.example.org, not by https://files.example.com"),
    ],
)
def test_a_refusal_says_why(forged: str, sentence: str) -> None:
    with pytest.raises(InvalidReceipt, match=re.escape(sentence)):
        receipts.verify(FORGED[forged], KEY_SET, issuer=ISSUER)


def test_what_was_signed_has_to_be_text() -> None:
    signed = f"{HEADER}.{encode(decode(PAYLOAD).replace(b'alice', bytes([255])))}"

    with pytest.raises(InvalidReceipt, match="what was signed is not a receipt"):
        receipts.verify(f"{signed}.{encode(KEY.sign(signed.encode()))}", KEY_SET)


def test_a_claim_that_is_added_later_does_no_harm(verify: Verifier) -> None:
    assert verify(forge(folder="reports"))["jti"] == FILE.id


@given(st.text() | st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}", fullmatch=True))
@example("\ud800.e30.e30")  # as JSON may write it
def test_whatever_is_no_receipt_is_an_invalid_receipt(text: str) -> None:
    with pytest.raises(InvalidReceipt):
        receipts.verify(text, KEY_SET)


@pytest.mark.parametrize(
    "key_set",
    [
        {},
        {"keys": []},
        {"keys": "all"},
        {"keys": ["one"]},
        {"keys": [{"kty": "OKP", "kid": KID}]},
        {"keys": [KEY_SET["keys"][0] | {"x": 7}]},
        {"keys": [{"kty": "oct", "kid": KID, "k": encode(PUBLIC_BYTES), "alg": "HS256"}]},
    ],
)
def test_a_key_set_without_a_usable_key_knows_no_receipt(key_set: dict[str, object]) -> None:
    with pytest.raises(UnknownKey):
        receipts.verify(RECEIPT, key_set)


def test_an_older_key_that_is_still_published_verifies() -> None:
    newer = Receipts(
        issuer=ISSUER,
        bucket="files",
        key=OTHER_KEY,
        other_keys=(KEY.public_key(),),
    )
    key_set = json.loads(msgspec.json.encode(newer.key_set()))

    assert receipts.verify(RECEIPT, key_set).jti == FILE.id
    assert receipts.verify(newer.issue(FILE), key_set).jti == FILE.id


def test_a_key_is_named_by_its_thumbprint() -> None:
    key = Ed25519PrivateKey.from_private_bytes(decode(RFC_KEY))

    published = Receipts(issuer=ISSUER, bucket="files", key=key).key_set()

    assert published.keys == (schemas.PublicKey(x=RFC_X, kid=RFC_THUMBPRINT),)


def test_the_key_set_has_no_private_part() -> None:
    assert set(KEY_SET["keys"][0]) == {"kty", "crv", "x", "kid", "alg", "use"}
    assert isinstance(jwt.PyJWK(KEY_SET["keys"][0]).key, Ed25519PublicKey)


def test_the_derived_key_is_the_same_in_every_release() -> None:
    # RFC 5869 §2.2 and §2.3 by hand: no salt, one block
    extracted = hmac.digest(bytes(32), SECRET_KEY.encode(), hashlib.sha256)
    expanded = hmac.digest(extracted, b"presigned-url-broker: key of receipts, 1\x01", hashlib.sha256)

    assert KEY.private_bytes_raw() == expanded


def pem(key: Any, encryption: KeySerializationEncryption = NoEncryption()) -> str:  # noqa: ANN401, B008 - any kind of key
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode())


def test_a_key_of_ones_own_takes_the_place_of_the_derived_one() -> None:
    key = signing_key(pem(OTHER_KEY), secret_key=SECRET_KEY)

    assert key.private_bytes_raw() == OTHER_KEY.private_bytes_raw()


@pytest.mark.parametrize(
    "text",
    [
        "secret",
        pem(OTHER_KEY)[:80],
        pem(OTHER_KEY, BestAvailableEncryption(b"password")),
        PUBLIC_PEM.decode(),
        pem(Ed448PrivateKey.generate()),
        pem(generate_private_key(SECP256R1())),
        pem(OTHER_KEY).replace("MC4CAQAwBQYDK2Vw", "MC4CAQAwBQYDK2V4"),
    ],
    ids=["no PEM", "cut short", "encrypted", "public", "Ed448", "P-256", "unknown"],
)
def test_a_key_that_will_not_do_is_a_sentence_that_names_the_variable(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^BROKER_RECEIPT_KEY: not an .* \(openssl genpkey") as caught:
        signing_key(text, secret_key=SECRET_KEY)

    assert text not in str(caught.value)


def test_the_page_lists_every_claim() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)

    assert listed == list(schemas.Receipt.__struct_fields__)


def test_receipts_stay_good_when_the_keys_change(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'broker.db'}"
    old_key, pem_before = "o" * 32, pem(Ed25519PrivateKey.generate())

    def ids(**changes: object) -> list[str]:
        given = {"secret_key": "n" * 32, "origins": ("https://a.example",)} | changes
        with open_services(Settings(database_url=database, store=NO_STORE, **given)) as services:  # type: ignore[arg-type]
            return [key.kid for key in services.receipts.key_set().keys]

    [of_old_key] = ids(secret_key=old_key)
    [of_pem] = ids(receipt_key=pem_before, secret_key=old_key)[:1]

    assert ids(secret_key_previous=old_key)[1:] == [of_old_key]
    assert set(
        ids(
            receipt_key=pem(Ed25519PrivateKey.generate()),
            receipt_key_previous=pem_before,
            secret_key_previous=old_key,
        )
    ) >= {
        of_old_key,
        of_pem,
    }
