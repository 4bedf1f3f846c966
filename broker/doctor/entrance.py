"""How the store is reached: a good PUT and a GET, on which all that the other probes say rests."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from broker.doctor.findings import Seen, ok
from broker.doctor.lab import BODY, Lab, decided, said

_FIXES = {
    "NoSuchBucket": "Run `broker bootstrap`, or correct BROKER_STORE_BUCKET.",
    "InvalidAccessKeyId": "Correct the access key of the {identity}: BROKER_STORE_{variable}_ACCESS_KEY.",
    "SignatureDoesNotMatch": (
        "Correct BROKER_STORE_{variable}_SECRET_KEY or BROKER_STORE_REGION; a proxy before the store must "
        "pass Host, path and query unchanged."
    ),
    "AccessDenied": (
        "Let the {identity} do that: `broker bootstrap --users` makes it, docs/operations.md has its policy. "
        "Or the clocks differ."
    ),
    "RequestTimeTooSkewed": "Set the clocks of the store and of this machine by NTP.",
    "RequestNotYetValid": "Set the clocks of the store and of this machine by NTP.",
}
_UNKNOWN = "Look into the store's own log."


async def find_entrance(lab: Lab) -> Seen:
    """Try the public address; if it does not work, turn to the one that the broker dials, and say so."""
    seen = await round_trip(lab)
    store = lab.store
    if seen.outcome == "ok" or store.url == store.public_url:
        return seen
    lab.aim(store.url)
    if (await round_trip(lab)).outcome != "ok":
        return seen
    detail = f"{seen.detail} The same works at {store.url}, where the rest was examined."
    if _is_here(store.public_url) and not _is_here(store.url):
        return Seen(
            "warning", detail, "Run the doctor where clients are: in a container, localhost is itself."
        )
    fix = (
        "Correct BROKER_STORE_PUBLIC_URL; what answers there must be this store, and a proxy before it must "
        "pass Host, path and query unchanged."
    )
    return Seen("failed", detail, fix)


async def round_trip(lab: Lab) -> Seen:
    """Store an object and fetch it, as a client does with its two URLs; if all is well, it is the sample."""
    seen = await _try_round_trip(lab)
    if seen.outcome != "ok":
        lab.sample = ""
    return seen


async def _try_round_trip(lab: Lab) -> Seen:
    origin = lab.endpoint.origin
    try:
        stored = await lab.make_sample()
        if not stored.is_success:
            return _refusal(f"{origin} refused a good PUT", stored, "put-signer")
        fetched = await lab.get(lab.sample, lab.get_signer)
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        return Seen(
            "failed", f"{origin} does not answer ({reason}).", "Is the store up, and the address right?"
        )
    if not fetched.is_success:
        return _refusal(f"{origin} refused a good GET", fetched, "get-signer")
    if fetched.content != BODY:
        return Seen("failed", f"{origin} returned other bytes than were stored.", _UNKNOWN)
    return ok(f"A PUT and a GET went well at {origin}.")


async def sees_sample(lab: Lab) -> Seen:
    """Look for the sample as the broker does: as the control identity, at its own address."""
    url = lab.store.url
    answer = decided(await lab.ask("HEAD", lab.sample))
    if answer.is_success:
        return ok(f"The broker sees at {url} what clients store.")
    if answer.status_code == 404:
        return Seen(
            "failed",
            f"What clients store at {lab.endpoint.origin} is not found at {url}.",
            "BROKER_STORE_URL and BROKER_STORE_PUBLIC_URL must lead to the same store.",
        )
    # a HEAD's answer has no body that would say why
    answer = await lab.ask("GET", lab.sample)
    return _refusal(f"{url} refused a HEAD", answer, "control")


def _refusal(what: str, answer: httpx.Response, identity: str) -> Seen:
    said_code = said(answer)
    fix = _FIXES.get(said_code.partition(" ")[2], _UNKNOWN)
    variable = identity.replace("-", "_").upper()
    return Seen("failed", f"{what}: {said_code}.", fix.format(identity=identity, variable=variable))


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
