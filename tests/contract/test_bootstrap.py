"""What `bootstrap` leaves in a real store, seen by a browser (httpx) and by another SDK (boto3)."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import httpx
import pytest
from botocore.client import BaseClient

from broker.bootstrap import BootstrapError, Step, bootstrap
from broker.settings import Identity, StoreSettings
from broker.stores.s3 import S3Store

PAGE = "https://files.example.com"
ORIGINS = (PAGE, "http://localhost:8000")
OWN_RULE = {
    "ID": "own",
    "Status": "Enabled",
    "Filter": {"Prefix": "logs/"},
    "Expiration": {"Days": 30},
}
CORS_RULE = {
    "ID": "presigned-url-broker",
    "AllowedOrigins": [PAGE, "http://localhost:8000"],
    "AllowedMethods": ["GET", "HEAD", "PUT"],
    "AllowedHeaders": [
        "content-type",
        "if-none-match",
        "range",
        "x-amz-checksum-crc32c",
        "x-amz-checksum-sha256",
    ],
    "ExposeHeaders": [
        "Accept-Ranges",
        "Content-Disposition",
        "Content-Length",
        "Content-Range",
        "ETag",
        "x-amz-checksum-crc32c",
        "x-amz-checksum-sha256",
    ],
    "MaxAgeSeconds": 3600,
}
OWN_CORS_RULES = [
    {
        "AllowedOrigins": ["https://other.example.com"],
        "AllowedMethods": ["PUT", "DELETE"],
        "AllowedHeaders": ["*"],
        "MaxAgeSeconds": 60,
    },
    {**CORS_RULE, "ID": "copied", "AllowedOrigins": ["https://copy.example.com"]},
    {
        "ID": "own",
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET"],
        "ExposeHeaders": ["x-amz-meta-<a>"],
        "MaxAgeSeconds": 5,
    },
]


@pytest.fixture
def store(embedded: StoreSettings) -> StoreSettings:
    """Settings with a bucket that does not exist yet; only the control identity may use it."""
    return replace(
        embedded,
        bucket=f"bootstrap-{secrets.token_hex(4)}",
        put_signer=embedded.control,
        get_signer=embedded.control,
    )


@pytest.fixture
def s3(store: StoreSettings) -> Iterator[BaseClient]:
    client = boto3.client(
        "s3",
        endpoint_url=store.url,
        region_name=store.region,
        aws_access_key_id=store.control.access_key,
        aws_secret_access_key=store.control.secret_key,
    )
    yield client
    client.close()


def run(store: StoreSettings, origins: tuple[str, ...] = ORIGINS) -> list[Step]:
    return list(bootstrap(store, admin=store.control, origins=origins, users=False))


def preflight(store: StoreSettings, *, origin: str = PAGE, method: str, headers: str) -> httpx.Response:
    return httpx.options(
        f"{store.url}/{store.bucket}/uploads/acme/1",
        headers={
            "origin": origin,
            "access-control-request-method": method,
            "access-control-request-headers": headers,
        },
    )


def words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


def test_a_fresh_store_gets_the_bucket_and_its_rules(store: StoreSettings, s3: BaseClient) -> None:
    steps = run(store)

    assert steps == [
        Step(what="store", detail=f"{store.url} answers"),
        Step(what="bucket", detail=f"{store.bucket} made"),
        Step(what="cors", detail=f"pages of {PAGE}, http://localhost:8000 are allowed"),
        Step(what="lifecycle", detail="abandoned parts are dropped after 8 days"),
    ]
    assert s3.get_bucket_cors(Bucket=store.bucket)["CORSRules"] == [CORS_RULE]
    assert s3.get_bucket_lifecycle_configuration(Bucket=store.bucket)["Rules"] == [
        {
            "ID": "presigned-url-broker",
            "Status": "Enabled",
            "Filter": {"Prefix": "uploads/"},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 8},
        }
    ]


def test_a_second_run_changes_nothing(store: StoreSettings, s3: BaseClient) -> None:
    first = run(store)
    s3.put_object(Bucket=store.bucket, Key="uploads/acme/1", Body=b"kept")
    cors = s3.get_bucket_cors(Bucket=store.bucket)["CORSRules"]

    second = run(store)

    assert second == [first[0], Step(what="bucket", detail=f"{store.bucket} exists"), *first[2:]]
    assert s3.get_bucket_cors(Bucket=store.bucket)["CORSRules"] == cors
    assert s3.get_object(Bucket=store.bucket, Key="uploads/acme/1")["Body"].read() == b"kept"


def test_a_bucket_may_be_in_another_region(store: StoreSettings) -> None:
    steps = run(replace(store, region="eu-central-1"))

    assert steps[1] == Step(what="bucket", detail=f"{store.bucket} made")


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("PUT", "content-type,if-none-match,x-amz-checksum-crc32c"),
        ("PUT", "content-type,if-none-match,x-amz-checksum-sha256"),
        ("GET", "range"),
        ("HEAD", "range"),
    ],
)
def test_a_page_of_an_allowed_origin_may_send(
    store: StoreSettings, origin: str, method: str, headers: str
) -> None:
    run(store)

    answer = preflight(store, origin=origin, method=method, headers=headers)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert method in answer.headers["access-control-allow-methods"]
    assert words(answer.headers["access-control-allow-headers"]) >= words(headers)
    assert answer.headers["access-control-max-age"] == "3600"


@pytest.mark.parametrize("origin", ["https://evil.example", "https://files.example.com.evil.example", "null"])
def test_c47_a_page_of_another_origin_may_not(store: StoreSettings, origin: str) -> None:
    run(store)

    answer = preflight(store, origin=origin, method="PUT", headers="content-type")

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("method", "headers"), [("DELETE", "content-type"), ("PUT", "x-amz-copy-source")])
def test_what_no_presigned_request_does_is_not_allowed(
    store: StoreSettings, method: str, headers: str
) -> None:
    run(store)

    answer = preflight(store, method=method, headers=headers)

    # SeaweedFS answers with 200 and grants nothing, where AWS answers with 403: a browser stops at both
    assert method not in answer.headers.get("access-control-allow-methods", "")
    assert headers not in answer.headers.get("access-control-allow-headers", "")


def test_origins_that_are_gone_from_the_settings_are_gone_from_the_store(store: StoreSettings) -> None:
    run(store)
    run(store, origins=("https://new.example.com",))

    old = preflight(store, method="PUT", headers="content-type")
    new = preflight(store, origin="https://new.example.com", method="PUT", headers="content-type")

    assert (old.status_code, new.status_code) == (403, 200)


def test_cors_rules_of_the_buckets_owner_stay_behind_ours(store: StoreSettings, s3: BaseClient) -> None:
    s3.create_bucket(Bucket=store.bucket)
    s3.put_bucket_cors(Bucket=store.bucket, CORSConfiguration={"CORSRules": OWN_CORS_RULES})

    first, second = run(store), run(store)

    detail = f"pages of {PAGE}, http://localhost:8000 are allowed, and what the bucket's own rules allow"
    assert first[2] == second[2] == Step(what="cors", detail=detail)
    assert s3.get_bucket_cors(Bucket=store.bucket)["CORSRules"] == [CORS_RULE, *OWN_CORS_RULES]
    asked = preflight(store, method="PUT", headers="content-type,if-none-match")
    assert "PUT" in asked.headers["access-control-allow-methods"]
    others = preflight(store, origin="https://other.example.com", method="DELETE", headers="x-any")
    assert "DELETE" in others.headers["access-control-allow-methods"]


@pytest.mark.parametrize("changes", [{"AllowedMethods": ["GET"]}, {"ID": ""}])
def test_our_cors_rule_is_known_by_its_id_or_else_by_what_it_says(
    store: StoreSettings, s3: BaseClient, changes: dict[str, object]
) -> None:
    old = {**CORS_RULE, "AllowedOrigins": ["https://old.example.com"], **changes}
    s3.create_bucket(Bucket=store.bucket)
    s3.put_bucket_cors(Bucket=store.bucket, CORSConfiguration={"CORSRules": [OWN_CORS_RULES[0], old]})

    run(store)

    assert s3.get_bucket_cors(Bucket=store.bucket)["CORSRules"] == [CORS_RULE, OWN_CORS_RULES[0]]


def test_a_page_can_send_what_we_presign_and_read_the_answers(store: StoreSettings) -> None:
    run(store)
    signer = S3Store(store)
    at = datetime.now(UTC)
    put = signer.presign_put(
        "uploads/acme/1",
        size=9,
        media_type="text/plain",
        checksum="crc32c:4waSgw==",
        expires_in=60,
        at=at,
    )
    get = signer.presign_get(
        "uploads/acme/1", media_type="text/plain", disposition="attachment", expires_in=60, at=at
    )
    signer.close()

    asked = preflight(store, method="PUT", headers=",".join(put.headers.keys() - {"content-length"}))
    stored = httpx.put(put.url, headers={**put.headers, "origin": PAGE}, content=b"123456789")
    read = httpx.get(get.url, headers={"origin": PAGE, "range": "bytes=0-3"})

    # a browser sets the length itself and asks for all other headers
    assert words(asked.headers["access-control-allow-headers"]) >= put.headers.keys() - {"content-length"}
    assert (stored.status_code, read.status_code, read.content) == (200, 206, b"1234")
    for answer in (stored, read):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert words(answer.headers["access-control-expose-headers"]) >= {
            "accept-ranges",
            "content-disposition",
            "content-length",
            "content-range",
            "etag",
            "x-amz-checksum-crc32c",
            "x-amz-checksum-sha256",
        }
    assert read.headers["content-range"] == "bytes 0-3/9"


def test_a_page_can_read_why_the_store_refused(store: StoreSettings) -> None:
    run(store)

    answer = httpx.put(
        f"{store.url}/{store.bucket}/uploads/acme/1?X-Amz-Signature=x", headers={"origin": PAGE}
    )

    assert answer.status_code == 403
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_rules_of_the_buckets_owner_are_left_alone(store: StoreSettings, s3: BaseClient) -> None:
    s3.create_bucket(Bucket=store.bucket)
    s3.put_bucket_lifecycle_configuration(Bucket=store.bucket, LifecycleConfiguration={"Rules": [OWN_RULE]})

    steps = run(store)

    assert steps[-1] == Step(
        what="lifecycle",
        outcome="warning",
        detail="the bucket has rules of its own, which were left alone; unless it drops abandoned multipart "
        "uploads by itself (MinIO does), give it such a rule",
    )
    assert s3.get_bucket_lifecycle_configuration(Bucket=store.bucket)["Rules"] == [OWN_RULE]


def test_a_rule_of_the_buckets_owner_may_do_the_same(store: StoreSettings, s3: BaseClient) -> None:
    own = {
        "ID": "own",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    s3.create_bucket(Bucket=store.bucket)
    s3.put_bucket_lifecycle_configuration(Bucket=store.bucket, LifecycleConfiguration={"Rules": [own]})

    steps = run(store)

    assert steps[-1] == Step(what="lifecycle", detail="the bucket has a rule that drops abandoned parts")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"secret_key": "wrong"}, "SignatureDoesNotMatch"), ({"access_key": "nobody"}, "InvalidAccessKeyId")],
)
def test_wrong_credentials_are_named_at_once(
    store: StoreSettings, changes: dict[str, str], code: str
) -> None:
    wrong = replace(store.control, **changes)

    with pytest.raises(BootstrapError) as failure:
        list(bootstrap(store, admin=wrong, origins=ORIGINS, users=False))

    assert str(failure.value) == (
        f"The store refused the admin's credentials ({code}): "
        "check BROKER_BOOTSTRAP_ACCESS_KEY and BROKER_BOOTSTRAP_SECRET_KEY."
    )


def test_an_admin_who_may_not_make_the_bucket_is_told_so(
    embedded: StoreSettings, store: StoreSettings
) -> None:
    with pytest.raises(BootstrapError, match=r"^The store refused .*\(AccessDenied\)"):
        list(bootstrap(store, admin=embedded.put_signer, origins=ORIGINS, users=False))


def test_a_store_without_minios_admin_api_is_told_from_one_with_it(store: StoreSettings) -> None:
    three = {name: Identity(access_key=name, secret_key="s" * 20) for name in ("a", "b", "c")}
    settings = replace(store, put_signer=three["a"], get_signer=three["b"], control=three["c"])

    with pytest.raises(BootstrapError) as failure:
        list(bootstrap(settings, admin=store.control, origins=ORIGINS, users=True))

    assert str(failure.value).startswith(f"{store.url} has no MinIO admin API, or this key may not use it; ")
