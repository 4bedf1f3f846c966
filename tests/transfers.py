"""What a client does, step by step, with nothing but HTTP."""

import base64
from typing import Any

import google_crc32c
import httpx


def checksum_of(body: bytes) -> str:
    """Compute the checksum that a client declares, with a library that is not ours."""
    return f"crc32c:{base64.b64encode(google_crc32c.value(body).to_bytes(4, 'big')).decode()}"


def create(client: httpx.Client, body: bytes, **declared: object) -> dict[str, Any]:
    """Declare an upload of these bytes; `declared` overrides what is said of them."""
    new = {"name": "a.txt", "size": len(body), "type": "text/plain", "checksum": checksum_of(body)} | declared
    created: dict[str, Any] = client.post("/v1/uploads", json=new).raise_for_status().json()
    return created


def put(created: dict[str, Any], body: bytes) -> httpx.Response:
    """Send the bytes exactly as the presigned request says."""
    request = created["request"]
    return httpx.request(request["method"], request["url"], headers=request["headers"], content=body)


def upload(client: httpx.Client, body: bytes, **declared: object) -> dict[str, Any]:
    """Do the whole job; return the file."""
    created = create(client, body, **declared)
    put(created, body).raise_for_status()
    completion = client.post(f"/v1/uploads/{created['id']}/complete").raise_for_status()
    file: dict[str, Any] = completion.json()["file"]
    return file
