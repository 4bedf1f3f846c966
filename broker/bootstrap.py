"""Prepare a store for the broker: the bucket, its CORS and lifecycle rules, the three least-privilege users.

Every step may be repeated; a second run brings the store to what the settings say now.
"""

import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5, sha256
from typing import Any, Literal
from urllib.parse import urlsplit
from xml.etree import ElementTree

from minio import Minio, MinioAdmin
from minio.commonconfig import ENABLED, Filter
from minio.credentials.providers import StaticProvider
from minio.error import InvalidResponseError, MinioAdminException, MinioException, S3Error
from minio.lifecycleconfig import AbortIncompleteMultipartUpload, LifecycleConfig, Rule
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from broker import cors
from broker.errors import OperatorError
from broker.settings import Identity, StoreSettings
from broker.sigv4 import Credentials, Endpoint, Signer
from broker.stores.s3_xml import CorsRule, UnreadableDocument, cors_document, parse_cors
from broker.stores.sdk import connect

PAUSE = 0.25  # seconds between two tries to reach a store that is still starting

RULE_ID = "presigned-url-broker"  # of the CORS rule and of the lifecycle rule
LIFECYCLE_DAYS = 8  # a day more than the settings let an upload live (upload_expires_in)

SIGNATURE_AGE = 3600 * 1000  # milliseconds: the longest life the settings allow a URL (url_expires_in)

Policy = dict[str, Any]


class BootstrapError(OperatorError):
    """The store cannot be prepared; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was done, or, with a warning, that the operator has to do: `detail` says how."""

    what: str
    outcome: Literal["done", "warning"] = "done"
    detail: str


def bootstrap(
    store: StoreSettings, *, admin: Identity, origins: tuple[str, ...], users: bool, patience: float = 60
) -> Iterator[Step]:
    """Prepare the store, yielding each step when it is done. Raises BootstrapError at the first that fails.

    `admin` may make the bucket; with `users` it also makes the users of the settings, which takes a store
    with MinIO's admin API. `patience` is how many seconds to wait for a store that does not answer.
    """
    # MinIO loads its users after the rest, and says 503 until then
    retries = Retry(total=6, backoff_factor=0.2, status_forcelist=[503])
    with PoolManager(timeout=Timeout(connect=2, read=10), retries=retries) as http:
        try:
            yield from _steps(store, admin, http, origins=origins, users=users, patience=patience)
        except HTTPError as error:
            raise BootstrapError(f"{store.url} stopped answering ({error}).") from error
        except (MinioException, MinioAdminException) as error:
            raise BootstrapError(_explain(error)) from error


def _steps(
    store: StoreSettings,
    admin: Identity,
    http: PoolManager,
    *,
    origins: tuple[str, ...],
    users: bool,
    patience: float,
) -> Iterator[Step]:
    s3 = connect(store, admin)
    exists = _await_store(s3, store, patience)
    yield Step(what="store", detail=f"{store.url} answers")
    yield _make_bucket(s3, store.bucket, exists=exists)
    yield _allow_origins(store, admin, http, origins)
    yield _drop_abandoned_parts(s3, store)
    if users:
        yield from _make_users(_admin_client(store, admin, http), store, admin)


def _admin_client(store: StoreSettings, admin: Identity, http: PoolManager) -> MinioAdmin:
    url = urlsplit(store.url)
    return MinioAdmin(
        endpoint=url.netloc,
        credentials=StaticProvider(admin.access_key, admin.secret_key),
        region=store.region,
        secure=url.scheme == "https",
        http_client=http,
    )


def _await_store(s3: Minio, store: StoreSettings, patience: float) -> bool:
    """Wait for a real answer, and say whether the bucket exists.

    Health checks are not enough: MinIO's says 200 before the object layer is up.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return _has_bucket(s3, store)
        except (HTTPError, InvalidResponseError) as error:
            # the client turns 500, 502, 503 and 504 into the former; the latter may be a proxy's own page
            if time.monotonic() + PAUSE > deadline:
                reason = f"{store.url} did not answer within {patience:g} seconds ({error})."
                raise BootstrapError(reason) from error
        time.sleep(PAUSE)


def _has_bucket(s3: Minio, store: StoreSettings) -> bool:
    # a listing, not a HEAD: its refusal has a body, which tells a wrong key from a missing permission
    try:
        next(s3.list_objects(store.bucket, prefix=f"{store.key_prefix}/"), None)
    except S3Error as error:
        if error.code != "NoSuchBucket":
            raise
        return False
    except (ElementTree.ParseError, ValueError) as error:
        raise BootstrapError(f"{store.url} answers, but not as an S3 store does ({error}).") from error
    return True


def _make_bucket(s3: Minio, bucket: str, *, exists: bool) -> Step:
    if exists:
        return Step(what="bucket", detail=f"{bucket} exists")
    try:
        s3.make_bucket(bucket)
    except S3Error as error:
        if error.code != "BucketAlreadyOwnedByYou":  # another bootstrap may be faster
            raise
    return Step(what="bucket", detail=f"{bucket} made")


def _allow_origins(
    store: StoreSettings, admin: Identity, http: PoolManager, origins: tuple[str, ...]
) -> Step:
    """Let pages of these origins send presigned requests and read the answers. Other rules are kept."""
    others = [rule for rule in _cors_rules(store, admin, http) if not _is_ours(rule)]
    # ours is the first: of the rules that fit a request only one counts
    document = cors_document([_cors_rule(origins), *others])
    status, answer = _call_cors("PUT", store, admin, http, document)
    if status in (405, 501):
        setting = f"MINIO_API_CORS_ALLOW_ORIGIN={','.join(origins)}"
        detail = f"the store has no CORS per bucket; start it with {setting}, or what it has instead"
        return Step(what="cors", outcome="warning", detail=detail)
    if status >= 300:
        raise _refused("the CORS rule", status, answer)
    kept = ", and what the bucket's own rules allow" if others else ""
    return Step(what="cors", detail=f"pages of {', '.join(origins)} are allowed{kept}")


def _cors_rules(store: StoreSettings, admin: Identity, http: PoolManager) -> list[CorsRule]:
    status, answer = _call_cors("GET", store, admin, http)
    if status in (404, 405, 501):
        return []
    if status >= 300:  # what cannot be read cannot be kept
        raise _refused("to tell its CORS rules", status, answer)
    try:
        return parse_cors(answer)
    except UnreadableDocument as error:
        raise BootstrapError(f"The store's CORS rules cannot be read ({error}).") from error


def _refused(what: str, status: int, answer: bytes) -> BootstrapError:
    return BootstrapError(
        f"The store refused {what} (HTTP {status}): {answer.decode(errors='replace')[:500]}"
    )


def _call_cors(
    method: str, store: StoreSettings, admin: Identity, http: PoolManager, document: bytes = b""
) -> tuple[int, bytes]:
    """Call GetBucketCors or PutBucketCors, which the SDK lacks, and return the answer's status and body."""
    endpoint = Endpoint(store.url, store.bucket, store.addressing)
    signer = Signer(Credentials(admin.access_key, admin.secret_key), endpoint, store.region)
    query = {"cors": ""}
    headers = signer.sign_headers(
        method,
        query=query,
        headers={
            "content-md5": b64encode(
                md5(document, usedforsecurity=False).digest()
            ).decode(),  # S3 insists on it
            "content-type": "application/xml",
        },
        payload_sha256=sha256(document).hexdigest(),
        at=datetime.now(UTC),
    )
    response = http.request(method, endpoint.url_of(query=query), body=document, headers=headers)
    return response.status, response.data


def _cors_rule(origins: tuple[str, ...]) -> CorsRule:
    return (
        ("ID", RULE_ID),
        *(("AllowedOrigin", origin) for origin in origins),
        *(("AllowedMethod", method) for method in cors.METHODS),
        *(("AllowedHeader", header) for header in cors.REQUEST_HEADERS),
        *(("ExposeHeader", header) for header in cors.RESPONSE_HEADERS),
        ("MaxAgeSeconds", str(cors.MAX_AGE)),
    )


def _is_ours(rule: CorsRule) -> bool:
    """Tell by the id; where the store keeps none, by all but the origins: the settings may have new ones."""
    ids = [text for name, text in rule if name == "ID" and text]
    return ids == [RULE_ID] if ids else _terms(rule) == _terms(_cors_rule(()))


def _terms(rule: CorsRule) -> list[tuple[str, str]]:
    return sorted((name, text.lower()) for name, text in rule if name not in {"ID", "AllowedOrigin"})


def _drop_abandoned_parts(s3: Minio, store: StoreSettings) -> Step:
    """Have the store drop the parts of multipart uploads that were neither completed nor aborted.

    A net below the broker's own clean-up, so a store without it is no failure.
    """
    try:
        return _put_lifecycle(s3, store)
    except (S3Error, ValueError) as error:  # ValueError: the bucket has a rule that the SDK cannot read
        reason = error.code if isinstance(error, S3Error) else error
        return _lifecycle_warning(f"the store did not take the rule ({reason})")


def _put_lifecycle(s3: Minio, store: StoreSettings) -> Step:
    prefix = f"{store.key_prefix}/"
    others = [rule for rule in _lifecycle_rules(s3, store.bucket) if rule.rule_id != RULE_ID]
    if any(_drops_parts(rule, prefix) for rule in others):
        return Step(what="lifecycle", detail="the bucket has a rule that drops abandoned parts")
    if others:  # PutBucketLifecycle replaces them all, and the SDK does not keep all that it reads
        return _lifecycle_warning("the bucket has rules of its own, which were left alone")

    rule = Rule(
        ENABLED,
        rule_id=RULE_ID,
        rule_filter=Filter(prefix=prefix),
        abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(LIFECYCLE_DAYS),
    )
    s3.set_bucket_lifecycle(store.bucket, LifecycleConfig([rule]))
    if _lifecycle_rules(s3, store.bucket) != [rule]:
        return _lifecycle_warning("the store took the rule and did not keep it")
    return Step(what="lifecycle", detail=f"abandoned parts are dropped after {LIFECYCLE_DAYS} days")


def _lifecycle_rules(s3: Minio, bucket: str) -> list[Rule]:
    config = s3.get_bucket_lifecycle(bucket)
    return config.rules if config else []


def _drops_parts(rule: Rule, prefix: str) -> bool:
    covered = rule.rule_filter is None or prefix.startswith(rule.rule_filter.prefix or "")
    return rule.status == ENABLED and covered and rule.abort_incomplete_multipart_upload is not None


def _lifecycle_warning(reason: str) -> Step:
    advice = "unless it drops abandoned multipart uploads by itself (MinIO does), give it such a rule"
    return Step(what="lifecycle", outcome="warning", detail=f"{reason}; {advice}")


def _make_users(client: MinioAdmin, store: StoreSettings, admin: Identity) -> Iterator[Step]:
    """Make the three users, or bring their secrets and policies to what the settings say."""
    identities = {"put-signer": store.put_signer, "get-signer": store.get_signer, "control": store.control}
    if len({admin.access_key, *(user.access_key for user in identities.values())}) != 4:
        raise BootstrapError("The three users and the admin need four different access keys.")
    _require_admin_api(client, store)
    for role, user in identities.items():
        name = f"{store.bucket}-{store.key_prefix}-{role}"
        client.policy_add(name, policy=policies(store)[role])
        client.user_add(user.access_key, user.secret_key)
        client.policy_set(name, user=user.access_key)  # unlike attach_policy, repeating it is no error
        yield Step(what=role, detail=f"the user {user.access_key} has the policy {name}")


def _require_admin_api(client: MinioAdmin, store: StoreSettings) -> None:
    # by reading: a store without the API takes what is written to it for objects of a bucket named `minio`
    try:
        client.policy_list()
    except MinioAdminException as error:
        reason = f"{store.url} has no MinIO admin API, or this key may not use it"
        raise BootstrapError(f"{reason}; make the users by other means. {_explain(error)}") from error


def policies(store: StoreSettings) -> dict[str, Policy]:
    """Map each role to all that its user may do in the store.

    A key that signs uploads must not read: a store that honours an unsigned `x-amz-copy-source` on a
    presigned PUT copies whatever the signer may read.
    """
    bucket = f"arn:aws:s3:::{store.bucket}"
    objects = f"{bucket}/{store.key_prefix}/*"
    return {
        "put-signer": _policy(_allow(objects, "s3:PutObject"), _deny_old_signatures()),
        "get-signer": _policy(_allow(objects, "s3:GetObject")),
        "control": _policy(
            _allow(
                objects,
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ),
            _allow(bucket, "s3:GetBucketLocation", "s3:GetLifecycleConfiguration", "s3:ListBucket"),
        ),
    }


def _policy(*statements: dict[str, Any]) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(resource: str, *actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}


def _deny_old_signatures() -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Action": ["s3:*"],
        "Resource": ["arn:aws:s3:::*"],
        "Condition": {"NumericGreaterThan": {"s3:signatureAge": str(SIGNATURE_AGE)}},
    }


def _explain(error: MinioException | MinioAdminException) -> str:
    if not isinstance(error, S3Error):
        return f"The store refused: {str(error)[:500]}"
    if error.code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        names = "BROKER_BOOTSTRAP_ACCESS_KEY and BROKER_BOOTSTRAP_SECRET_KEY"
        return f"The store refused the admin's credentials ({error.code}): check {names}."
    if error.code == "RequestTimeTooSkewed":
        return "The clocks of the store and of this machine are too far apart: set them both by NTP."
    return f"The store refused {error.resource} ({error.code}): {error.message}"
