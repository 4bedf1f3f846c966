"""Probes of what stands around the store: browsers' rules, the clocks, who may do what."""

import asyncio
from collections.abc import Awaitable, Mapping

import httpx

from broker.cors import REQUEST_HEADERS, RESPONSE_HEADERS
from broker.doctor.findings import Inconclusive, Seen, listed, ok
from broker.doctor.lab import Lab, decided
from broker.sigv4 import Endpoint

_MAX_CLOCK_SKEW = 60  # seconds
_REFUSED_SKEW = 900  # S3 refuses what is signed so far off
_FOREIGN_ORIGIN = "https://foreign.example"
# what a page sends, and the headers for which it needs permission
_CROSS_ORIGIN = {
    "PUT": [name for name in REQUEST_HEADERS if name != "range"],
    "GET": ["range"],
    "HEAD": ["range"],
}
_USERS = "Run `broker bootstrap --users`, or give it the policy that docs/operations.md shows."


async def cors(lab: Lab, origin: str) -> Seen:
    """A page of this origin may send presigned requests and read the answers."""
    asked = {
        method: await _preflight(lab, origin, method, headers) for method, headers in _CROSS_ORIGIN.items()
    }
    refused = [method for method, answer in asked.items() if not _allows(answer, origin, method)]
    fix = (
        f"Run `broker bootstrap`; a store without CORS per bucket needs {origin} in its own settings "
        "(MinIO: MINIO_API_CORS_ALLOW_ORIGIN)."
    )
    if refused:
        return Seen(
            "failed", f"A page of {origin} may not send {listed(refused)} requests to the store.", fix
        )
    missing = {
        name: [header for header in headers if not _names(asked[name], "allow-headers", header)]
        for name, headers in _CROSS_ORIGIN.items()
    }
    if any(missing.values()):
        headers = sorted({header for names in missing.values() for header in names})
        return Seen("failed", f"A page of {origin} may not send the headers {listed(headers)}.", fix)
    if hidden := await _hidden_headers(lab, origin):
        return Seen("warning", f"A page of {origin} cannot read the answer's {listed(hidden)}.", fix)
    return ok(f"A page of {origin} may PUT, GET and HEAD.")


async def foreign_origin(lab: Lab) -> Seen:
    """A page of any other origin may not."""
    methods = [
        method
        for method, headers in _CROSS_ORIGIN.items()
        if _allows(await _preflight(lab, _FOREIGN_ORIGIN, method, headers), _FOREIGN_ORIGIN, method)
    ]
    if methods:
        return Seen(
            "failed",
            f"Pages of every origin may send {listed(methods)} requests to the store.",
            "Allow the origins of BROKER_ORIGINS alone: run `broker bootstrap`, and remove the bucket's own "
            "CORS rules that allow all (MinIO allows all until MINIO_API_CORS_ALLOW_ORIGIN says which).",
        )
    return ok("A page of another origin may not send requests to the store.")


async def clock(lab: Lab) -> Seen:
    """The clocks of the store and of this machine agree."""
    skew = lab.clock_skew
    if skew is None:
        return Seen("skipped", "The store's answers have no Date.")
    detail = f"The store's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's."
    fix = "Set both clocks by NTP."
    if abs(skew) > _REFUSED_SKEW:
        return Seen("failed", f"{detail} Signatures 15 minutes off are refused.", fix)
    if abs(skew) > _MAX_CLOCK_SKEW:
        return Seen("warning", f"{detail} URLs live shorter or longer than they should.", fix)
    return ok("The clocks of the store and of this machine agree.")


async def put_signer(lab: Lab) -> Seen:
    """Who signs PUTs can do nothing else: a hole in the store then does not open every object."""
    if lab.store.put_signer.access_key == lab.store.control.access_key:
        return Seen("warning", "It is the control identity, which may do everything.", _USERS)
    copied, spare = lab.new_key(), await _spare(lab)
    source = {"x-amz-copy-source": f"/{lab.store.bucket}/{lab.sample}"}
    allowed = await _allowed(
        {
            "read objects": lab.get(lab.sample, lab.put_signer),
            "copy objects": lab.ask("PUT", copied, signer=lab.put_signer, headers=source),
            "list the bucket": lab.ask("GET", signer=lab.put_signer, query={"list-type": "2"}),
            "delete objects": lab.get(spare, lab.put_signer, "DELETE"),
        }
    )
    if allowed:
        return Seen("failed", f"It may {listed(allowed)} too.", _USERS)
    return ok("It may neither read, copy, list nor delete.")


async def get_signer(lab: Lab) -> Seen:
    """Who signs GETs can do nothing else."""
    if lab.store.get_signer.access_key == lab.store.control.access_key:
        return Seen("warning", "It is the control identity, which may do everything.", _USERS)
    read = await lab.get(lab.sample, lab.get_signer)
    if not read.is_success:
        return Seen("failed", f"It may not read objects ({read.status_code}).", _USERS)
    spare = await _spare(lab)
    allowed = await _allowed(
        {
            "write objects": lab.get(lab.new_key(), lab.get_signer, "PUT"),
            "list the bucket": lab.ask("GET", signer=lab.get_signer, query={"list-type": "2"}),
            "delete objects": lab.get(spare, lab.get_signer, "DELETE"),
        }
    )
    if allowed:
        return Seen("failed", f"It may {listed(allowed)} too.", _USERS)
    return ok("It may read, and neither write, list nor delete.")


async def identities(lab: Lab) -> Seen:
    """Signing and control are three identities."""
    store = lab.store
    if len({store.put_signer.access_key, store.get_signer.access_key, store.control.access_key}) < 3:
        return Seen(
            "warning",
            "Fewer than three access keys do the work of put-signer, get-signer and control.",
            "Run `broker bootstrap --users`, and set the BROKER_STORE_*_ACCESS_KEY and _SECRET_KEY of each.",
        )
    return ok("Put-signer, get-signer and control are three identities.")


async def anonymous(lab: Lab) -> Seen:
    """Who has no URL gets nothing."""
    key, spare = lab.new_key(), await _spare(lab)
    allowed = await _allowed(
        {
            "read objects": lab.send("GET", lab.endpoint.url_of(lab.sample)),
            "list the bucket": lab.send("GET", lab.endpoint.url_of("", {"list-type": "2"})),
            "write objects": lab.send("PUT", lab.endpoint.url_of(key), content=b"anybody"),
            "delete objects": lab.send("DELETE", lab.endpoint.url_of(spare)),
        }
    )
    if allowed:
        return Seen(
            "failed",
            f"Anybody may {listed(allowed)} without a signature.",
            "Remove the bucket's public policy, and start the store with credentials.",
        )
    return ok("Nobody may read, list, write or delete without a signature.")


async def store_origin(lab: Lab, origins: tuple[str, ...]) -> Seen:
    """What people upload is not on the page's own origin, where a script in it could act as them."""
    store = lab.store
    store_origin = Endpoint(store.public_url, store.bucket, store.addressing).origin
    if store_origin in origins:
        return Seen(
            "failed",
            f"The store and the broker's page have the same origin, {store_origin}.",
            "Give the store a host of its own in BROKER_STORE_PUBLIC_URL.",
        )
    secure = [origin for origin in origins if origin.startswith("https:")]
    if secure and store_origin.startswith("http:"):
        return Seen(
            "failed",
            f"Browsers let the page of {secure[0]} send nothing to {store_origin}, which is not https.",
            "Serve the store over https, and say so in BROKER_STORE_PUBLIC_URL.",
        )
    return ok("The store has another origin than the page.")


async def _spare(lab: Lab) -> str:
    """Store an object that may be lost."""
    key = lab.new_key()
    answer = await lab.put(key)
    if not answer.is_success:
        raise Inconclusive(f"The store refused a good PUT ({answer.status_code}).")
    return key


async def _allowed(attempts: Mapping[str, Awaitable[httpx.Response]]) -> list[str]:
    answers = await asyncio.gather(*attempts.values())
    return [name for name, answer in zip(attempts, answers, strict=True) if decided(answer).is_success]


async def _preflight(lab: Lab, origin: str, method: str, headers: list[str]) -> httpx.Response:
    asked = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": ",".join(headers),
    }
    return await lab.send("OPTIONS", lab.endpoint.url_of(f"{lab.store.key_prefix}/_doctor/preflight"), asked)


def _allows(answer: httpx.Response, origin: str, method: str) -> bool:
    """Say whether a browser would go on after this preflight."""
    allowed = answer.headers.get("access-control-allow-origin")
    return answer.is_success and allowed in (origin, "*") and _names(answer, "allow-methods", method)


def _names(answer: httpx.Response, kind: str, word: str) -> bool:
    """Say whether a list among the answer's CORS headers has the word, or a star."""
    words = answer.headers.get(f"access-control-{kind}", "").lower().split(",")
    return not {"*", word.lower()}.isdisjoint(word.strip() for word in words)


async def _hidden_headers(lab: Lab, origin: str) -> list[str]:
    """List what the page has to read of an answer, and may not."""
    if not lab.sample:
        return []
    answer = await lab.get(lab.sample, lab.get_signer, headers={"origin": origin})
    return [name for name in RESPONSE_HEADERS if not _names(answer, "expose-headers", name)]
