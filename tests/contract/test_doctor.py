"""The doctor against a real store, and against the same store with a hole in it."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from broker.doctor import examination
from broker.doctor.examination import Examination, examine, probe_cors
from broker.doctor.findings import BINDING, Finding
from broker.settings import Settings, StoreSettings
from broker.stores.s3 import connect
from tests.conftest import ORIGINS
from tests.running import SECRET_KEY
from tests.vulnerable_store import HOLES, Answer, Request, vulnerable

ABUSES = sorted({*BINDING, "put-signer", "anonymous"} - {"signed-type", "signed-checksum"})
# SeaweedFS 4.48 does not say the checksums of parts
KNOWN = {"listed-checksums": "skipped"}


def settings_for(store: StoreSettings, *origins: str) -> Settings:
    return Settings(
        origins=origins or ORIGINS, secret_key=SECRET_KEY, database_url="sqlite:///unused", store=store
    )


def run(store: StoreSettings, *origins: str, only: Collection[str] = ()) -> Examination:
    return asyncio.run(examine(settings_for(store, *origins), only=only))


def outcomes(examination: Examination) -> dict[str, str]:
    """Map what is not all right to how it is."""
    return {found.name: found.outcome for found in examination.findings if found.outcome != "ok"}


def find(examination: Examination, name: str) -> Finding:
    (found,) = [found for found in examination.findings if found.name == name]
    return found


def stored(store: StoreSettings) -> list[str]:
    found = connect(store, store.control).list_objects(
        store.bucket, prefix=f"{store.key_prefix}/_doctor/", recursive=True
    )
    return [str(item.object_name) for item in found]


def test_a_sound_store_is_found_sound_and_left_as_it_was(embedded: StoreSettings) -> None:
    examined = run(embedded)

    assert outcomes(examined) == KNOWN
    assert examined.is_good
    assert examined.server.startswith("SeaweedFS")
    assert {found.name for found in examined.findings} == set(examination.names(settings_for(embedded)))
    assert stored(embedded) == []


@pytest.mark.parametrize("hole", HOLES)
def test_c27_c28_c29_c30_c31_each_hole_is_found_by_name_with_its_fix(
    embedded: StoreSettings, hole: str
) -> None:
    with vulnerable(embedded, HOLES[hole]) as store:
        examined = run(store)

    found = find(examined, hole)
    assert found.outcome == "failed", found
    assert found.fix.endswith((".", ")"))
    assert found.is_hole == (hole in ABUSES)
    assert not examined.is_good
    assert stored(embedded) == []
