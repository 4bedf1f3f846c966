"""`broker receipt verify`: check a receipt by hand, with a key set from a file or a broker."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import click
import msgspec

from broker import receipts, schemas
from broker.receipts import InvalidReceipt
from broker.server import is_loopback

_MAX_BYTES = 64 * 1024
_SECONDS = 10
_HEADERS = {"accept-encoding": "identity"}  # or few bytes could become many


class KeySetError(Exception):
    """There is no key set at this place; the text is a sentence."""


@click.group("receipt")
def receipt_group() -> None:
    """Check receipts."""


@receipt_group.command("verify")
@click.argument("receipt", default="-")
@click.option(
    "--jwks", required=True, metavar="URL|FILE", help="The issuer's /.well-known/jwks.json, or a copy."
)
@click.option("--issuer", help="The first origin of the broker that must have issued it.")
@click.option("--json", "as_json", is_flag=True, help="Print the claims as JSON.")
def verify_receipt(receipt: str, jwks: str, issuer: str | None, as_json: bool) -> None:
    """Print what RECEIPT proves; - reads it from standard input.

    The exit code is 0 only if the signature is good.
    """
    text = sys.stdin.read() if receipt == "-" else receipt
    try:
        claims = receipts.verify(text.strip(), read_key_set(jwks), issuer=issuer)
    except (InvalidReceipt, KeySetError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(msgspec.json.encode(claims) if as_json else _describe(claims))


def read_key_set(place: str) -> dict[str, object]:
    """Read a JWK set from a file, or from an address without following redirects. Raises KeySetError.

    An address has 10 seconds; it begins with https, or leads to this machine: whoever can change a key set on
    its way can forge receipts.
    """
    body = _fetch(place) if "://" in place else _read(place)
    try:
        key_set = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeySetError(f"What {place} holds is not JSON.") from error
    if not isinstance(key_set, dict) or "keys" not in key_set:
        raise KeySetError(f"What {place} holds is not a JWK set.")
    return cast(dict[str, object], key_set)


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return _bounded(path, file.read(_MAX_BYTES + 1))
    except OSError as error:
        raise KeySetError(f"The key set {path} cannot be read: {error.strerror}.") from error


def _fetch(url: str) -> bytes:
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    except ValueError:
        is_safe = False
    if not is_safe:
        raise KeySetError(f"A key set is fetched over https only, not from {url}.")
    return _bounded(url, asyncio.run(_get(url)))


async def _get(url: str) -> bytes:
    import httpx  # no other command needs it

    try:
        async with (
            asyncio.timeout(_SECONDS),
            httpx.AsyncClient(headers=_HEADERS, timeout=None) as client,  # noqa: S113 - bounded one line above
            client.stream("GET", url) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise KeySetError(f"{url} answered with status {answer.status_code}, not with a key set.")
            body = b""
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > _MAX_BYTES:
                    break
            return body
    except TimeoutError as error:
        raise KeySetError(f"{url} did not answer within {_SECONDS} seconds.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise KeySetError(f"The key set cannot be fetched from {url}: {error}.") from error


def _bounded(place: str, body: bytes) -> bytes:
    if len(body) > _MAX_BYTES:
        raise KeySetError(f"What {place} holds is too large for a key set.")
    return body


def _describe(claims: schemas.Receipt) -> str:
    completed_at = datetime.fromtimestamp(claims.iat, UTC).isoformat()
    rows = {
        "issuer": claims.iss,
        "completed": completed_at,
        "owner": f"{claims.sub} of tenant {claims.tenant}",
        "name": claims.name,
        "size": f"{claims.size} bytes",
        "type": claims.type,
        "checksum": claims.checksum or "none",
        "file": claims.jti,
        "upload": claims.upload_id,
        "policy": claims.policy,
        "object": f"{claims.bucket}/{claims.key}",
        "etag": claims.etag,
    }
    if claims.part_size:
        rows["part size"] = f"{claims.part_size} bytes"
    return "The signature is good.\n" + "\n".join(f"  {name:<10} {value}" for name, value in rows.items())
