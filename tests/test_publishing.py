"""What is decided of an upload by what the store says, for answers that the embedded store does not give."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from broker import checksums
from broker.checksums import Checksum
from broker.errors import InvalidChecksum, InvalidField, PartsMismatch, StoreUnavailable, UploadIncomplete
from broker.keys import new_id
from broker.parts import MIB, Plan
from broker.policy import Policies
from broker.publishing import NotAsDeclaredError, Publisher, check_facts, match, vouched_for
from broker.rows import Upload
from broker.schemas import SentPart
from broker.settings import Policy
from broker.stores.base import ObjectFacts, StoredPart

AT = datetime(2026, 11, 22, tzinfo=UTC)
PLAN = Plan(17 * MIB, 8 * MIB)
CRC, OTHER = checksums.parse("crc32c:4waSgw=="), checksums.parse("crc32c:AAAAAA==")


def upload_of(*, in_parts: bool = True, checksum: str | None = None) -> Upload:
    upload_id = new_id(AT)
    return Upload(
        id=upload_id,
        tenant="acme",
        owner="alice",
        key=f"uploads/acme/{upload_id}",
        name="a",
        size=PLAN.size,
        type="text/plain",
        checksum=checksum,
        store_upload_id="id" if in_parts else None,
        part_size=PLAN.part_size if in_parts else None,
        status="pending",
        created_at=AT,
        expires_at=AT,
    )


def facts_of(size: int = PLAN.size, media_type: str = "text/plain", **found: str) -> ObjectFacts:
    return ObjectFacts(size=size, type=media_type, etag="e", checksums=found)


def held(*sizes: int, checksum: Checksum | None = None) -> list[StoredPart]:
    return [
        StoredPart(number=number, size=size, etag=f"e{number}", checksum=checksum)
        for number, size in enumerate(sizes, 1)
    ]


WHOLE = held(8 * MIB, 8 * MIB, MIB)


def test_c39_exactly_the_parts_of_the_plan_are_put_together() -> None:
    assert match(PLAN, WHOLE[::-1], None) == WHOLE

    with pytest.raises(UploadIncomplete) as missing:
        match(PLAN, [WHOLE[1]], None)
    assert missing.value.members == {"parts": [1, 3]}


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        (held(8 * MIB, 8 * MIB - 1, MIB), [2]),
        (held(8 * MIB, 8 * MIB, MIB + 1), [3]),
        (held(8 * MIB, 8 * MIB, MIB, 1), [4]),
    ],
    ids=["shorter", "longer", "one more"],
)
def test_c39_parts_of_other_sizes_are_not_put_together(parts: Sequence[StoredPart], wrong: list[int]) -> None:
    with pytest.raises(PartsMismatch) as error:
        match(PLAN, parts, None)

    assert error.value.members == {"parts": wrong}


def test_c38_a_part_that_the_store_knows_by_another_checksum_is_named() -> None:
    parts = held(8 * MIB, 8 * MIB, MIB, checksum=CRC)

    assert match(PLAN, parts, {1: CRC, 2: CRC, 3: CRC}) == parts
    with pytest.raises(PartsMismatch) as error:
        match(PLAN, parts, {1: CRC, 2: OTHER, 3: CRC})
    assert error.value.members == {"parts": [2]}


def test_what_the_client_says_of_a_part_goes_to_a_store_that_does_not_list_it() -> None:
    matched = match(PLAN, WHOLE, {1: CRC, 2: OTHER, 3: CRC})

    assert [part.checksum for part in matched] == [CRC, OTHER, CRC]


@pytest.mark.parametrize("numbers", [[1, 2], [1, 2, 3, 3], [1, 2, 4], [0, 1, 2], []])
def test_c38_the_client_names_every_part_once(numbers: list[int]) -> None:
    with pytest.raises(InvalidField):
        vouched_for(upload_of(), PLAN, [SentPart(number=number, checksum=str(CRC)) for number in numbers])


def test_the_parts_may_be_named_in_any_order() -> None:
    sent = [SentPart(number=number, checksum=str(CRC)) for number in (3, 1, 2)]

    assert list(vouched_for(upload_of(), PLAN, sent) or {}) == [1, 2, 3]
    assert vouched_for(upload_of(), PLAN, None) is None


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (facts_of(size=PLAN.size - 1, crc32c=CRC.value), "bytes"),
        (facts_of(media_type="text/html", crc32c=CRC.value), "text/html"),
        (facts_of(crc32c=OTHER.value), "checksum"),
    ],
    ids=["size", "type", "checksum"],
)
def test_c34_an_object_that_differs_is_not_as_declared(facts: ObjectFacts, word: str) -> None:
    check_facts(upload_of(), facts_of(crc32c=CRC.value), [CRC])

    with pytest.raises(NotAsDeclaredError, match=word):
        check_facts(upload_of(), facts, [CRC])


def test_a_store_that_knows_the_whole_only_by_its_parts_is_believed_if_they_are_named() -> None:
    """Stores without S3's full-object checksums answer with the composite."""
    expected = checksums.of_parts([CRC, OTHER, CRC], PLAN.sizes)
    composite = facts_of(crc32c=expected[1].value)

    check_facts(upload_of(), composite, expected)
    with pytest.raises(NotAsDeclaredError):
        check_facts(upload_of(), facts_of(crc32c="AAAAAA==-3"), expected)
    with pytest.raises(InvalidChecksum, match="name them"):
        check_facts(upload_of(), composite, [CRC])


def test_a_store_that_tells_no_checksum_costs_nobody_his_bytes() -> None:
    with pytest.raises(StoreUnavailable):
        check_facts(upload_of(), facts_of(), [CRC])
    with pytest.raises(StoreUnavailable):
        check_facts(upload_of(in_parts=False, checksum=str(CRC)), facts_of(), [CRC])
    with pytest.raises(InvalidChecksum):  # it was never declared, so the store was never told
        check_facts(upload_of(in_parts=False), facts_of(), [CRC])
    check_facts(upload_of(), facts_of(), [])


def test_an_object_of_parts_whose_checksum_is_not_told_waits_for_the_client_that_sent_them() -> None:
    neither = cast(Any, None)  # neither registry nor store is asked
    publisher = Publisher(registry=neither, store=neither, policies=Policies({"default": Policy()}))

    async def is_whole(upload: Upload, facts: ObjectFacts) -> bool:
        return await publisher.is_whole(upload, facts)

    assert not asyncio.run(is_whole(upload_of(), facts_of()))
    assert asyncio.run(is_whole(upload_of(), facts_of(crc32c=CRC.value)))
    assert asyncio.run(is_whole(upload_of(in_parts=False), facts_of()))
