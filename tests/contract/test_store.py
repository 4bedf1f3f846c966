"""The Store protocol against a real store."""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

import httpx
import pytest
from msgspec import structs
from urllib3 import PoolManager

from broker import checksums
from broker.checksums import Checksum
from broker.errors import StoreUnavailable
from broker.schemas import ChecksumAlgorithm, PresignedPart, PresignedRequest
from broker.settings import StoreSettings
from broker.stores.base import ObjectFacts, PartToSend, StoredPart
from broker.stores.s3 import S3Store
from tests.transfers import checksum_of

T = TypeVar("T")

MIB = 1024**2
PART_SIZE = 5 * MIB  # the least that S3 takes for a part which is not the last
FIRST, LAST = b"a" * PART_SIZE, b"b"
BOTH = {1: FIRST, 2: LAST}
WHOLE = FIRST + LAST

_numbers = count()


@pytest.fixture
def store(embedded: StoreSettings) -> Iterator[S3Store]:
    store = S3Store(embedded)
    yield store
    store.close()


@pytest.fixture
def key() -> str:
    """Return a key that no other test uses."""
    return f"uploads/store/{next(_numbers)}"


def sha256(data: bytes) -> Checksum:
    return Checksum("sha256", b64encode(hashlib.sha256(data).digest()).decode())


def crc32c(data: bytes) -> Checksum:
    return checksums.parse(checksum_of(data))


HASHES: dict[ChecksumAlgorithm, Callable[[bytes], Checksum]] = {"crc32c": crc32c, "sha256": sha256}


def presign_put(store: S3Store, key: str, data: bytes) -> PresignedRequest:
    return store.presign_put(
        key, size=len(data), media_type="text/plain", checksum=None, expires_in=60, at=datetime.now(UTC)
    )


def put(store: S3Store, key: str, data: bytes) -> None:
    send(presign_put(store, key, data), data).raise_for_status()


def presign(
    store: S3Store, key: str, upload_id: str, number: int, data: bytes, checksum: Checksum | None = None
) -> PresignedPart:
    part = PartToSend(number, len(data), checksum or crc32c(data))
    [presigned] = store.presign_parts(key, upload_id, [part], expires_in=60, at=datetime.now(UTC))
    return presigned


def send(presigned: PresignedRequest, data: bytes, **headers: str) -> httpx.Response:
    sent = presigned.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(presigned.method, presigned.url, headers=sent, content=data)


def put_part(
    store: S3Store, key: str, upload_id: str, number: int, data: bytes, checksum: Checksum | None = None
) -> None:
    send(presign(store, key, upload_id, number, data, checksum), data).raise_for_status()


async def begin(store: S3Store, key: str, algorithm: ChecksumAlgorithm = "crc32c") -> str:
    return await store.create_multipart(key, media_type="text/plain", algorithm=algorithm)


async def begin_with(
    store: S3Store, key: str, bodies: dict[int, bytes], algorithm: ChecksumAlgorithm = "crc32c"
) -> tuple[str, list[StoredPart]]:
    """Begin an upload and send these parts; return its id and what the store lists."""
    upload_id = await begin(store, key, algorithm)
    for number, data in bodies.items():
        put_part(store, key, upload_id, number, data, HASHES[algorithm](data))
    return upload_id, await parts_of(store, key, upload_id)


async def parts_of(store: S3Store, key: str, upload_id: str) -> list[StoredPart]:
    parts = await store.list_parts(key, upload_id, after=0, limit=1000)
    assert parts is not None
    return parts


def with_checksums(
    parts: Sequence[StoredPart], bodies: dict[int, bytes], algorithm: ChecksumAlgorithm = "crc32c"
) -> list[StoredPart]:
    return [structs.replace(part, checksum=HASHES[algorithm](bodies[part.number])) for part in parts]


def run(story: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        return await story()

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("crc32c", crc32c(WHOLE)),
        ("sha256", Checksum("sha256", sha256(sha256(FIRST).digest + sha256(LAST).digest).value + "-2")),
    ],
)
def test_an_object_of_parts_has_their_bytes_and_the_checksum_that_follows_from_theirs(
    store: S3Store, key: str, algorithm: ChecksumAlgorithm, expected: Checksum
) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, BOTH, algorithm)
        named = with_checksums(parts, BOTH, algorithm)

        assert await store.complete_multipart(key, upload_id, named, checksum=expected) == "completed"

        assert await store.head(key) == ObjectFacts(
            size=len(WHOLE),
            type="text/plain",
            etag=f"{hashlib.md5(hashlib.md5(FIRST).digest() + hashlib.md5(LAST).digest()).hexdigest()}-2",
            checksums={algorithm: expected.value},
        )
        assert expected in checksums.of_parts(
            [HASHES[algorithm](body) for body in (FIRST, LAST)], [len(FIRST), len(LAST)]
        )
        assert await store.read_start(key, len(WHOLE) + 1) == WHOLE

    run(story)


def test_the_parts_are_listed_as_they_were_sent(store: S3Store, key: str) -> None:
    async def story() -> None:
        _, parts = await begin_with(store, key, {2: LAST, 1: FIRST})

        assert parts == [
            StoredPart(number=1, size=len(FIRST), etag=hashlib.md5(FIRST).hexdigest(), checksum=None),
            StoredPart(number=2, size=len(LAST), etag=hashlib.md5(LAST).hexdigest(), checksum=None),
        ]

    run(story)


def test_c38_a_list_of_parts_goes_on_where_the_page_before_ended(store: S3Store, key: str) -> None:
    async def story() -> None:
        numbers = [1, 2, 3, 5, 8, 9999, 10_000]
        upload_id, _ = await begin_with(store, key, {number: b"%d" % number for number in numbers})

        pages = {
            (after, limit): await store.list_parts(key, upload_id, after=after, limit=limit)
            for after, limit in [(0, 1), (0, 3), (3, 3), (9999, 3), (10_000, 3)]
        }

        assert {about: [part.number for part in page or []] for about, page in pages.items()} == {
            (0, 1): [1],
            (0, 3): [1, 2, 3],
            (3, 3): [5, 8, 9999],
            (9999, 3): [10_000],
            (10_000, 3): [],
        }

    run(story)


def test_more_than_a_thousand_parts_are_listed_in_pages_without_a_gap(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id = await begin(store, key)
        to_send = [PartToSend(number, 1, crc32c(b"1")) for number in range(1, 1003)]
        requests = store.presign_parts(key, upload_id, to_send, expires_in=60, at=datetime.now(UTC))
        with PoolManager(maxsize=8) as pool, ThreadPoolExecutor(8) as threads:  # httpx takes half a minute
            answers = threads.map(
                lambda part: pool.request("PUT", part.url, headers=part.headers, body=b"1"), requests
            )
            assert {answer.status for answer in answers} == {200}

        first = await store.list_parts(key, upload_id, after=0, limit=1000)
        rest = await store.list_parts(key, upload_id, after=1000, limit=1000)

        assert first is not None
        assert rest is not None
        assert [part.number for part in first] == list(range(1, 1001))
        assert [part.number for part in rest] == [1001, 1002]

    run(story)


# more than there are in a page, so that a border falls between the bytes of one number
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_c38_of_a_part_that_was_sent_again_the_last_bytes_count(store: S3Store, key: str, limit: int) -> None:
    async def story() -> None:
        upload_id = await begin(store, key)
        put_part(store, key, upload_id, 1, FIRST)
        for body in b"older", b"old", b"old", b"older still", LAST:
            put_part(store, key, upload_id, 2, body)

        first = await store.list_parts(key, upload_id, after=0, limit=limit)
        last = await store.list_parts(key, upload_id, after=1, limit=limit)
        assert first is not None
        assert last is not None
        parts = [first[0], *last]

        assert [part.number for part in parts] == [1, 2]
        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "completed"
        assert await store.read_start(key, len(WHOLE) + 1) == WHOLE

    run(story)


def test_c38_the_old_bytes_of_a_part_cannot_win_over_the_checksum_of_the_new(
    store: S3Store, key: str
) -> None:
    async def story() -> None:
        upload_id = await begin(store, key)
        put_part(store, key, upload_id, 1, b"new")
        put_part(store, key, upload_id, 1, b"old")
        old = StoredPart(number=1, size=3, etag=hashlib.md5(b"old").hexdigest(), checksum=crc32c(b"new"))

        by_part = await store.complete_multipart(key, upload_id, [old], checksum=None)
        by_whole = await store.complete_multipart(
            key, upload_id, [structs.replace(old, checksum=None)], checksum=crc32c(b"new")
        )

        assert (by_part, by_whole) == ("mismatch", "mismatch")
        assert await store.head(key) is None

    run(story)


def test_a_number_that_fills_more_than_a_page_is_listed_whole(
    store: S3Store, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.stores.s3._PAGE", 3)

    async def story() -> None:
        upload_id, _ = await begin_with(store, key, {1: FIRST, 3: LAST})
        for number in range(6):
            put_part(store, key, upload_id, 2, b"%d" % number)

        parts = await parts_of(store, key, upload_id)

        assert [part.number for part in parts] == [1, 2, 3]
        assert {parts[1].etag, *parts[1].other_etags} == {
            hashlib.md5(b"%d" % number).hexdigest() for number in range(6)
        }

    run(story)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda _: [],
        lambda parts: parts[::-1],
        lambda parts: [structs.replace(parts[0], etag="0" * 32), parts[1]],
        lambda parts: [parts[0], structs.replace(parts[1], number=3)],
        lambda parts: [structs.replace(parts[0], checksum=crc32c(b"else")), parts[1]],
    ],
    ids=["none", "order", "etag", "missing", "checksum"],
)
def test_c38_parts_that_are_not_those_of_the_store_make_no_object_and_lose_none(
    store: S3Store, key: str, wrong: Callable[[list[StoredPart]], list[StoredPart]]
) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, BOTH)

        assert await store.complete_multipart(key, upload_id, wrong(parts), checksum=None) == "mismatch"

        assert await store.head(key) is None
        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "completed"

    run(story)


def test_c38_a_part_below_5_mib_can_only_be_the_last(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, {1: LAST, 2: FIRST})

        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "mismatch"
        assert await store.head(key) is None

    run(story)


def test_a_checksum_of_the_whole_that_is_wrong_makes_no_object(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, BOTH)

        outcome = await store.complete_multipart(key, upload_id, parts, checksum=crc32c(b"else"))

        assert outcome == "mismatch"
        assert await store.head(key) is None

    run(story)


def test_c26_an_object_that_is_there_is_not_replaced(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, {1: LAST})
        put(store, key, b"there")

        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "exists"

        assert await store.read_start(key, 100) == b"there"
        assert await parts_of(store, key, upload_id) == parts

    run(story)


def test_c36_c37_no_url_of_an_upload_changes_the_object_that_was_made(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, {1: LAST})
        late_id, late_parts = await begin_with(store, key, {1: b"late"})
        replay = presign(store, key, upload_id, 1, b"else")
        await store.complete_multipart(key, upload_id, parts, checksum=None)
        made = await store.head(key)

        assert send(replay, b"else").status_code == 404
        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "exists"
        assert await store.complete_multipart(key, late_id, late_parts, checksum=None) == "exists"
        with pytest.raises(httpx.HTTPStatusError, match="412"):
            put(store, key, b"else")

        assert await store.head(key) == made
        assert await store.read_start(key, 100) == LAST

    run(story)


def test_c35_completing_again_says_that_the_object_is_there(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, {1: LAST})
        completions = (store.complete_multipart(key, upload_id, parts, checksum=None) for _ in range(5))

        outcomes = await asyncio.gather(*completions)
        again = await store.complete_multipart(key, upload_id, parts, checksum=None)

        assert "completed" in outcomes
        assert set(outcomes) <= {"completed", "exists", "gone"}
        assert again == "exists"
        assert await store.read_start(key, 100) == LAST

    run(story)


def test_c40_an_aborted_upload_is_gone_with_its_parts(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, {1: LAST})

        await store.abort_multipart(key, upload_id)
        await store.abort_multipart(key, upload_id)

        assert await store.list_parts(key, upload_id, after=0, limit=1000) is None
        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "gone"
        assert send(presign(store, key, upload_id, 1, LAST), LAST).status_code == 404
        assert await store.head(key) is None

    run(story)


def test_an_upload_that_never_was_is_aborted_without_an_error(store: S3Store, key: str) -> None:
    run(lambda: store.abort_multipart(key, "never-was"))


def test_aborting_what_was_completed_leaves_the_object(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, {1: LAST})
        await store.complete_multipart(key, upload_id, parts, checksum=None)

        await store.abort_multipart(key, upload_id)

        assert await store.read_start(key, 100) == LAST
        assert await store.list_parts(key, upload_id, after=0, limit=1000) is None

    run(story)


def test_c23_a_part_of_another_length_is_refused(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id = await begin(store, key)
        presigned = presign(store, key, upload_id, 1, b"0123456789")

        for data in b"012345678", b"0123456789+", b"":
            assert send(presigned, data, content_length=str(len(data))).status_code == 403
        assert await parts_of(store, key, upload_id) == []

    run(story)


@pytest.mark.parametrize("algorithm", ["crc32c", "sha256"])
def test_c25_a_part_with_other_bytes_is_refused(
    store: S3Store, key: str, algorithm: ChecksumAlgorithm
) -> None:
    async def story() -> None:
        upload_id = await begin(store, key, algorithm)
        hash_of = HASHES[algorithm]
        presigned = presign(store, key, upload_id, 1, b"right", hash_of(b"right"))
        header = hash_of(b"right").header

        other_bytes = send(presigned, b"wrong")
        other_checksum = send(presigned, b"wrong", **{header: hash_of(b"wrong").value})
        without = structs.replace(
            presigned, headers={name: v for name, v in presigned.headers.items() if name != header}
        )

        assert (other_bytes.status_code, b"BadDigest" in other_bytes.content) == (400, True)
        assert other_checksum.status_code == 403
        assert send(without, b"wrong").status_code == 403
        assert await parts_of(store, key, upload_id) == []

    run(story)


def test_c27_c28_neither_a_part_nor_an_object_can_be_a_copy_of_another(
    store: S3Store, embedded: StoreSettings, key: str
) -> None:
    async def story() -> None:
        secret_id, parts = await begin_with(store, f"{key}/secret", {1: b"secret"})
        await store.complete_multipart(f"{key}/secret", secret_id, parts, checksum=None)
        upload_id = await begin(store, key)
        source = f"/{embedded.bucket}/{key}/secret"

        for presigned in presign(store, key, upload_id, 1, b""), presign_put(store, key, b""):
            assert send(presigned, b"", x_amz_copy_source=source).status_code == 403
        assert await parts_of(store, key, upload_id) == []
        assert await store.head(key) is None

    run(story)


@pytest.mark.parametrize(
    "header",
    [
        "x-amz-acl",
        "x-amz-tagging",
        "x-amz-meta-a",
        "x-amz-storage-class",
        "x-amz-object-lock-mode",
        "x-amz-website-redirect-location",
    ],
)
def test_c30_a_header_of_the_store_that_was_not_signed_is_refused(
    store: S3Store, key: str, header: str
) -> None:
    async def story() -> None:
        upload_id = await begin(store, key)
        single = presign_put(store, key, LAST)

        for presigned in presign(store, key, upload_id, 1, LAST), single:
            assert send(presigned, LAST, **{header: "public-read"}).status_code == 403
        assert await parts_of(store, key, upload_id) == []
        assert await store.head(key) is None

    run(story)


def test_c29_the_access_key_of_a_url_is_of_no_use_without_its_signature(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id = await begin(store, key)
        body = b"6\r\nforged\r\n0\r\n\r\n"
        trailer = {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length": "6",
            "content-encoding": "aws-chunked",
            "content-length": str(len(body)),
        }

        for presigned in presign(store, key, upload_id, 1, b"forged"), presign_put(store, key, b"forged"):
            url = presigned.url.replace("X-Amz-Signature=", "X-Amz-Signature=0")
            forged = structs.replace(presigned, url=url, headers=trailer)
            assert send(forged, body).status_code == 403
        assert await parts_of(store, key, upload_id) == []
        assert await store.head(key) is None

    run(story)


def test_c31_a_url_is_of_one_number_of_one_upload(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, other_id = await begin(store, key), await begin(store, key)
        presigned = presign(store, key, upload_id, 1, LAST)

        for said, changed in (
            ("partNumber=1&", "partNumber=2&"),
            (f"uploadId={upload_id}", f"uploadId={other_id}"),
            (f"&uploadId={upload_id}", ""),
            ("partNumber=1&", ""),
        ):
            assert said in presigned.url
            changed_url = structs.replace(presigned, url=presigned.url.replace(said, changed))
            assert send(changed_url, LAST).status_code == 403
        assert await parts_of(store, key, upload_id) == []
        assert await parts_of(store, key, other_id) == []
        assert await store.head(key) is None

    run(story)


def test_the_presigned_parts_are_answered_in_the_order_asked_for(store: S3Store) -> None:
    at = datetime.now(UTC)
    parts = [PartToSend(3, 10, crc32c(b"3")), PartToSend(1, 20, sha256(b"1"))]

    presigned = store.presign_parts("uploads/a", "id", parts, expires_in=60, at=at)

    assert [(part.number, part.method, part.headers, part.expires_at) for part in presigned] == [
        (
            3,
            "PUT",
            {"content-length": "10", "x-amz-checksum-crc32c": crc32c(b"3").value},
            at + timedelta(seconds=60),
        ),
        (
            1,
            "PUT",
            {"content-length": "20", "x-amz-checksum-sha256": sha256(b"1").value},
            at + timedelta(seconds=60),
        ),
    ]


def test_what_is_hashed_part_by_part_cannot_be_completed_without_each_hash(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, BOTH, "sha256")

        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "mismatch"
        assert await store.head(key) is None

    run(story)


def test_an_empty_last_part_is_a_part(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, {1: FIRST, 2: b""})

        assert await store.complete_multipart(key, upload_id, parts, checksum=None) == "completed"

        facts = await store.head(key)
        assert facts is not None
        assert (facts.size, facts.checksums) == (len(FIRST), {"crc32c": crc32c(FIRST).value})

    run(story)


@pytest.mark.parametrize(("data", "expected"), [(b"", b""), (b"ab", b"ab"), (b"abcdef", b"abcd")])
def test_the_start_of_an_object_is_read(store: S3Store, key: str, data: bytes, expected: bytes) -> None:
    put(store, key, data)

    assert run(lambda: store.read_start(key, 4)) == expected


def test_the_start_of_an_object_that_is_not_there_cannot_be_read(store: S3Store, key: str) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        run(lambda: store.read_start(key, 4))

    assert repr(raised.value.__cause__) == "Refused(404, 'NoSuchKey')"


def test_objects_are_walked_page_by_page_and_by_their_very_keys(
    store: S3Store, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.stores.s3._PAGE", 2)
    names = ["a b", "a%20b", "a+b", "a&b", "\u00e4"]
    for name in names:
        put(store, f"{key}/{name}", b"1")

    async def story() -> None:
        before = datetime.now(UTC) - timedelta(minutes=1)

        found = [found async for found in store.list_objects(f"{key}/")]

        assert sorted(each.key for each in found) == sorted(f"{key}/{name}" for name in names)
        assert {each.size for each in found} == {1}
        assert all(before < each.stored_at < before + timedelta(minutes=2) for each in found)
        assert [each async for each in store.list_objects(f"{key}/none")] == []

    run(story)


def test_a_deleted_object_is_gone_and_may_be_deleted_again(store: S3Store, key: str) -> None:
    async def story() -> None:
        upload_id, parts = await begin_with(store, key, {1: LAST})
        await store.complete_multipart(key, upload_id, parts, checksum=None)

        await store.delete(key)
        await store.delete(key)

        assert await store.head(key) is None

    run(story)


def test_c59_the_clock_of_the_store_is_compared_with_ours(store: S3Store) -> None:
    assert store.clock_skew is None

    run(store.check)

    assert store.clock_skew is not None
    assert abs(store.clock_skew) < 30
