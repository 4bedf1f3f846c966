"""Our signatures are those that AWS publishes; README.md says where."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

import pytest

from broker import canonical
from broker.sigv4 import ALGORITHM, UNSIGNED_PAYLOAD, Credentials, Endpoint, Signer, SigningKey

VECTORS = Path(__file__).parent / "aws_sigv4"

DOCUMENTATION: dict[str, Any] = json.loads((VECTORS / "s3_documentation.json").read_text())
QUERY_REQUESTS: list[dict[str, Any]] = json.loads((VECTORS / "query_requests.json").read_text())

SUITE_SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SUITE_SCOPE = "20150830/us-east-1/service/aws4_request"
SUITE_TIMESTAMP = "20150830T123600Z"
SUITE_HOST = "example.amazonaws.com"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sign_suite_request(canonical_request: str) -> tuple[str, str]:
    """Return the string to sign and its signature."""
    to_sign = f"{ALGORITHM}\n{SUITE_TIMESTAMP}\n{SUITE_SCOPE}\n{sha256(canonical_request)}"
    return to_sign, SigningKey(SUITE_SECRET_KEY, SUITE_SCOPE).sign(to_sign)


@dataclass(frozen=True)
class SuiteRequest:
    """One `.req` file of the test suite, as a program would have asked for it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str

    @classmethod
    def read(cls, text: str) -> Self:
        head, _, body = text.partition("\n\n")
        request_line, *header_lines = head.splitlines()
        method, _, target = request_line.removesuffix(" HTTP/1.1").partition(" ")
        path, _, query = target.partition("?")
        headers: dict[str, str] = {}
        for line in header_lines:
            name, _, value = line.partition(":")
            # RFC 9110 §5.2: lines of one name are one list
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        assert headers.pop("Host") == SUITE_HOST
        return cls(method, unquote(path), dict(parse_qsl(query)), headers, body)


@pytest.mark.parametrize("name", sorted(path.stem for path in (VECTORS / "test_suite").glob("*.req")))
def test_a_request_of_the_test_suite_has_the_published_signature(name: str) -> None:
    published = {
        suffix: (VECTORS / "test_suite" / f"{name}.{suffix}").read_text()
        for suffix in ("req", "creq", "sts", "authz")
    }
    request = SuiteRequest.read(published["req"])

    signed, lines = canonical.headers(SUITE_HOST, request.headers)
    text = canonical.request(
        request.method,
        canonical.path(request.path),
        canonical.query(request.query),
        signed,
        lines,
        sha256(request.body),
    )
    to_sign, signature = sign_suite_request(text)

    assert text == published["creq"]
    assert to_sign == published["sts"]
    assert (
        f"{ALGORITHM} Credential=AKIDEXAMPLE/{SUITE_SCOPE}, SignedHeaders={signed}, Signature={signature}"
        == (published["authz"])
    )


@pytest.mark.parametrize("vector", QUERY_REQUESTS, ids=lambda vector: vector["name"])
def test_a_presigned_request_of_the_test_suite_has_the_published_signature(vector: dict[str, Any]) -> None:
    path, _, query = vector["target"].partition("?")
    parameters = dict(parse_qsl(query))
    published = parameters.pop("X-Amz-Signature")

    signed, lines = canonical.headers(SUITE_HOST, vector["headers"])
    text = canonical.request(
        vector["method"],
        canonical.path(path),
        canonical.query(parameters),
        signed,
        lines,
        vector["payload_sha256"],
    )
    _, signature = sign_suite_request(text)

    assert (signed, signature) == (parameters["X-Amz-SignedHeaders"], published)


def test_a_request_with_an_unsigned_payload_has_the_published_signature() -> None:
    credentials = Credentials("AKIDEXAMPLE", SUITE_SECRET_KEY)
    endpoint = Endpoint("https://amazonaws.com", "example", "virtual")

    sent = Signer(credentials, endpoint, region="us-east-1", service="service").sign_headers(
        "POST", headers={"content-length": "13"}, at=datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    )

    assert sent == {
        "host": SUITE_HOST,
        "content-length": "13",
        "x-amz-date": SUITE_TIMESTAMP,
        "x-amz-content-sha256": UNSIGNED_PAYLOAD,
        "authorization": (
            f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{SUITE_SCOPE}, "
            "SignedHeaders=content-length;host;x-amz-content-sha256;x-amz-date, "
            "Signature=9fb60e8938d2178a7d63b49e055d1e65d8f6226f38846e8e0293bf43ce29050c"
        ),
    }


def documented_signer() -> Signer:
    credentials = Credentials(DOCUMENTATION["access_key"], DOCUMENTATION["secret_key"])
    return Signer(credentials, Endpoint(**DOCUMENTATION["endpoint"]), region=DOCUMENTATION["region"])


@pytest.mark.parametrize("vector", DOCUMENTATION["headers"], ids=lambda vector: vector["name"])
def test_signed_headers_are_those_of_the_documentation(vector: dict[str, Any]) -> None:
    sent = documented_signer().sign_headers(
        vector["method"],
        vector["key"],
        query=vector["query"],
        headers=vector["headers"],
        payload_sha256=sha256(vector["payload"]),
        at=datetime.fromisoformat(DOCUMENTATION["at"]),
    )

    credential = f"{DOCUMENTATION['access_key']}/20130524/us-east-1/s3/aws4_request"
    assert sent == vector["headers"] | {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": sha256(vector["payload"]),
        "x-amz-date": "20130524T000000Z",
        "authorization": (
            f"AWS4-HMAC-SHA256 Credential={credential}, "
            f"SignedHeaders={vector['signed_headers']}, Signature={vector['signature']}"
        ),
    }


def test_a_presigned_url_is_the_one_of_the_documentation() -> None:
    vector = DOCUMENTATION["presigned"]

    url = documented_signer().presign(
        vector["method"],
        vector["key"],
        expires_in=vector["expires_in"],
        at=datetime.fromisoformat(DOCUMENTATION["at"]),
    )

    assert url == vector["url"]


def test_the_signature_of_a_post_policy_is_the_one_of_the_documentation() -> None:
    vector = DOCUMENTATION["post_policy"]

    signature = SigningKey(DOCUMENTATION["secret_key"], vector["scope"]).sign(vector["policy"])

    assert signature == vector["signature"]
