"""The examination of a store: which probes there are, and how they are run."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial

import httpx

from broker.doctor import features, signatures, surroundings
from broker.doctor.entrance import find_entrance, round_trip, sees_sample
from broker.doctor.findings import Finding, Inconclusive, Seen, are_good, ok
from broker.doctor.lab import Lab, open_lab
from broker.settings import Settings, StoreSettings

log = logging.getLogger(__name__)

_PROBE_SECONDS = 20

PUBLIC_URL, STORE_URL, CLEAN_UP = "public-url", "store-url", "clean-up"


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to the store. For `is_abuse` see Finding; most need a store that took the sample."""

    name: str
    look: Callable[[Lab], Awaitable[Seen]]
    is_abuse: bool = False
    needs_sample: bool = True


# the short form: what lets presigned URLs be abused, and what else a signature binds
BINDING = (
    Probe("signature", signatures.signature, is_abuse=True),
    Probe("signed-length", signatures.signed_length, is_abuse=True),
    Probe("signed-type", signatures.signed_type),
    Probe("signed-checksum", signatures.signed_checksum),
    Probe("no-overwrite", signatures.no_overwrite, is_abuse=True),
    Probe("copy-source", signatures.copy_source, is_abuse=True),
    Probe("copy-source-part", signatures.copy_source_part, is_abuse=True),
    Probe("unsigned-headers", signatures.unsigned_headers, is_abuse=True),
    Probe("unsigned-trailer", signatures.unsigned_trailer, is_abuse=True),
)
FEATURES = (
    Probe("no-overwrite-complete", features.no_overwrite_on_complete),
    Probe("part-checksums", features.part_checksums),
    Probe("whole-checksum", features.whole_checksum),
    Probe("listed-checksums", features.listed_checksums),
    Probe("post-policy", features.post_policy),
    Probe("lifecycle", features.lifecycle),
)
SURROUNDINGS = (
    Probe("foreign-origin", surroundings.foreign_origin),
    Probe("put-signer", surroundings.put_signer, is_abuse=True),
    Probe("get-signer", surroundings.get_signer),
    Probe("anonymous", surroundings.anonymous, is_abuse=True),
    Probe("identities", surroundings.identities, needs_sample=False),
    Probe("clock", surroundings.clock, needs_sample=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found. `server` is the store's name of itself; `clock_skew` seconds its clock is ahead."""

    findings: tuple[Finding, ...]
    server: str
    clock_skew: float | None

    @property
    def is_good(self) -> bool:
        """Whether nothing was found that keeps the store from use."""
        return are_good(self.findings)


def names(settings: Settings) -> list[str]:
    """List what `examine` can find, in its order."""
    return [PUBLIC_URL, STORE_URL, *dict.fromkeys(probe.name for probe in _probes(settings)), CLEAN_UP]


async def examine(settings: Settings, *, only: Collection[str] = ()) -> Examination:
    """Examine the store as clients meet it; `only` names the findings that are wanted, none means all."""
    wanted = frozenset(only) or frozenset(names(settings))
    async with open_lab(settings.store, settings.store.public_url) as lab:
        entrance = await _take(Probe(PUBLIC_URL, find_entrance, needs_sample=False), lab)
        findings = await _examine(lab, [probe for probe in _probes(settings) if probe.name in wanted])
    return _conclude(lab, [finding for finding in (entrance, *findings) if finding.name in wanted])


async def examine_briefly(store: StoreSettings) -> Examination:
    """Ask what a signature binds, at the address that the broker dials. Raises Inconclusive."""
    async with open_lab(store, store.url) as lab:
        entrance = await round_trip(lab)
        if entrance.outcome != "ok":
            raise Inconclusive(f"{entrance.detail} {entrance.fix}")
        return _conclude(lab, await _examine(lab, BINDING))


async def probe_cors(store: StoreSettings, origin: str) -> Finding:
    """Ask the store, in public or else at its own address, whether a page of this origin may use its URLs."""
    probe = Probe("cors", partial(surroundings.cors, origin=origin), needs_sample=False)
    async with open_lab(store, store.public_url) as lab:
        finding = await _take(probe, lab)
        if finding.outcome == "skipped":
            lab.aim(store.url)
            finding = await _take(probe, lab)
    return finding


async def read_clock(store: StoreSettings) -> float | None:
    """Return by how many seconds the store's clock is ahead of ours, if it says. Raises Inconclusive."""
    async with open_lab(store, store.url) as lab:
        try:
            await lab.send("HEAD", store.url)  # any answer has a Date, a refusal too
        except httpx.TransportError as error:
            raise Inconclusive(f"{store.url} does not answer ({error!r}).") from error
    return lab.clock_skew


def _probes(settings: Settings) -> tuple[Probe, ...]:
    origins = (*settings.origins, *settings.cors_origins)
    return (
        *BINDING,
        *FEATURES,
        *(Probe("cors", partial(surroundings.cors, origin=origin)) for origin in origins),
        *SURROUNDINGS,
        Probe("store-origin", partial(surroundings.store_origin, origins=origins), needs_sample=False),
    )


async def _examine(lab: Lab, probes: Iterable[Probe]) -> list[Finding]:
    """Take the probes, all at once."""
    store_url = await _take(Probe(STORE_URL, sees_sample), lab)
    if store_url.outcome != "ok":  # whether something was stored is asked there
        lab.sample = ""
    findings = await asyncio.gather(*(_take(probe, lab) for probe in probes))
    return [store_url, *findings, await _take(Probe(CLEAN_UP, _clean_up, needs_sample=False), lab)]


async def _clean_up(lab: Lab) -> Seen:
    await lab.clean_up()
    return ok("All objects that were stored for this are removed.")


def _conclude(lab: Lab, findings: Iterable[Finding]) -> Examination:
    return Examination(findings=tuple(findings), server=lab.server, clock_skew=lab.clock_skew)


async def _take(probe: Probe, lab: Lab) -> Finding:
    """Ask one question; whatever goes wrong with it is a finding too."""
    seen = await _look(probe, lab)
    return Finding(
        name=probe.name, outcome=seen.outcome, detail=seen.detail, fix=seen.fix, is_abuse=probe.is_abuse
    )


async def _look(probe: Probe, lab: Lab) -> Seen:
    if probe.needs_sample and not lab.sample:
        return Seen("skipped", "Not asked, for it takes an object that was stored and that the broker sees.")
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            return await probe.look(lab)
    except Inconclusive as error:
        return Seen("skipped", str(error))
    except (TimeoutError, httpx.TimeoutException):
        return Seen("skipped", "The store took too long to answer.")
    except httpx.TransportError as error:
        return Seen("skipped", f"The connection failed ({str(error) or type(error).__name__}).")
    except Exception as error:  # a probe that crashes hides none of the others
        log.debug("Probe %s crashed", probe.name, exc_info=error)
        return Seen("skipped", f"The probe crashed over an answer that it did not expect ({error!r}).")
