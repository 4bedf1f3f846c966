"""Receipts of files that a real store holds, verified with the key set that a broker serves."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from click.testing import CliRunner

from broker.cli import main
from tests.running import RunningBroker
from tests.transfers import checksum_of, create, put

ROOT = Path(__file__).parent.parent.parent
BODY = b"proved"

REMOTE = """
import { createRemoteJWKSet, jwtVerify } from "jose";
const [url, receipt, issuer] = process.argv.slice(2);
const options = { algorithms: ["EdDSA"], typ: "receipt+jwt", issuer };
const { payload } = await jwtVerify(receipt, createRemoteJWKSet(new URL(url)), options);
console.log(JSON.stringify(payload));
"""


@pytest.fixture(scope="module")
def completion(broker: RunningBroker) -> dict[str, Any]:
    """Return the answer to a completed upload."""
    with broker.client() as client:
        created = create(client, BODY)
        put(created, BODY).raise_for_status()
        completed: dict[str, Any] = client.post(f"/v1/uploads/{created['id']}/complete").json()
        again = client.post(f"/v1/uploads/{created['id']}/complete").json()
    assert completed == again
    return completed


@pytest.fixture(scope="module")
def claims(broker: RunningBroker, completion: dict[str, Any]) -> dict[str, Any]:
    """Return what the receipt says, as PyJWT verifies it with the broker's key set."""
    client = jwt.PyJWKClient(jwks_url(broker))
    key = client.get_signing_key_from_jwt(completion["receipt"])
    return jwt.decode(completion["receipt"], key, algorithms=["EdDSA"], issuer=broker.url)


def jwks_url(broker: RunningBroker) -> str:
    return f"{broker.url}/.well-known/jwks.json"


def test_a_receipt_says_what_the_file_is(completion: dict[str, Any], claims: dict[str, Any]) -> None:
    file = completion["file"]

    assert claims["jti"] == file["id"]
    assert (claims["sub"], claims["tenant"]) == ("alice", "acme")
    assert {name: claims[name] for name in ("name", "size", "type", "checksum")} == {
        "name": "a.txt",
        "size": len(BODY),
        "type": "text/plain",
        "checksum": checksum_of(BODY),
    }


def test_a_receipt_names_the_object_as_the_store_holds_it(
    broker: RunningBroker, completion: dict[str, Any], claims: dict[str, Any]
) -> None:
    with broker.client() as client:
        url = client.post(f"/v1/files/{completion['file']['id']}/download").json()["url"]
    stored = httpx.get(url)

    assert stored.content == BODY
    assert stored.headers["etag"].strip('"') == claims["etag"]
    assert httpx.URL(url).path == f"/{claims['bucket']}/{claims['key']}"


def test_jose_fetches_the_key_set_by_itself(
    broker: RunningBroker, completion: dict[str, Any], claims: dict[str, Any]
) -> None:
    node = shutil.which("node")
    assert node

    finished = subprocess.run(
        [node, "--input-type=module", "-", jwks_url(broker), completion["receipt"], broker.url],
        input=REMOTE,
        capture_output=True,
        text=True,
        cwd=ROOT / "frontend",  # where jose is
        timeout=60,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == claims


def test_the_command_verifies_with_the_address_of_the_key_set(
    broker: RunningBroker, completion: dict[str, Any], claims: dict[str, Any]
) -> None:
    arguments = [completion["receipt"], "--jwks", jwks_url(broker), "--issuer", broker.url, "--json"]

    result = CliRunner().invoke(main, ["receipt", "verify", *arguments])

    assert result.exit_code == 0, result.output
    assert json.loads(result.output) == claims


def test_anybody_may_read_the_key_set_and_keep_it_for_a_while(broker: RunningBroker) -> None:
    answer = httpx.get(jwks_url(broker), headers={"origin": "https://anywhere.example"})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
