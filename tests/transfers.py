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
    return httpx.request(
        request["method"], request["url"], headers=request["headers"], content=body, verify=False
    )


def upload(client: httpx.Client, body: bytes, **declared: object) -> dict[str, Any]:
    """Do the whole job; return the file."""
    created = create(client, body, **declared)
    put(created, body).raise_for_status()
    completion = client.post(f"/v1/uploads/{created['id']}/complete").raise_for_status()
    file: dict[str, Any] = completion.json()["file"]
    return file


def cut(created: dict[str, Any], body: bytes) -> dict[int, bytes]:
    """Cut the bytes into the parts that the broker asks for."""
    size = created["part_size"]
    return {number + 1: body[number * size : (number + 1) * size] for number in range(created["part_count"])}


def sign(client: httpx.Client, created: dict[str, Any], parts: dict[int, bytes]) -> list[dict[str, Any]]:
    """Have the PUTs of these parts presigned."""
    wanted = [{"number": number, "checksum": checksum_of(part)} for number, part in parts.items()]
    answer = client.post(f"/v1/uploads/{created['id']}/parts", json={"parts": wanted})
    signed: list[dict[str, Any]] = answer.raise_for_status().json()["parts"]
    return signed


def send_parts(client: httpx.Client, created: dict[str, Any], parts: dict[int, bytes]) -> None:
    """Send parts as a client does."""
    for request in sign(client, created, parts):
        put({"request": request}, parts[request["number"]]).raise_for_status()


def named(parts: dict[int, bytes]) -> dict[str, Any]:
    """Name the parts with their checksums, as a client does that completes."""
    return {"parts": [{"number": n, "checksum": checksum_of(part)} for n, part in parts.items()]}


def complete(client: httpx.Client, created: dict[str, Any], body: object = None) -> httpx.Response:
    return client.post(f"/v1/uploads/{created['id']}/complete", json=body or {})


def completions_of(client: httpx.Client, created: dict[str, Any]) -> list[str]:
    """List who completed an upload, as the audit trail has it."""
    query = {"target": created["id"], "event": "upload.completed"}
    found = client.get("/v1/admin/audit", params=query).raise_for_status().json()["items"]
    return [each["subject"] for each in found]
