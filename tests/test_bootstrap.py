"""`bootstrap` against a small fake of MinIO; what the embedded store can judge is in contract/."""

import base64
import hashlib
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest
from minio.crypto import decrypt
from urllib3 import BaseHTTPResponse

from broker.bootstrap import BootstrapError, Step, bootstrap
from broker.settings import Identity, StoreSettings

ADMIN = Identity(access_key="root", secret_key="root-secret")
STORE = StoreSettings(
    url="http://127.0.0.1:1",
    public_url="https://s3.example.com",
    bucket="media",
    put_signer=Identity(access_key="putter", secret_key="putter-secret"),
    get_signer=Identity(access_key="getter", secret_key="getter-secret"),
    control=Identity(access_key="controller", secret_key="controller-secret"),
)
ORIGINS = ("https://files.example.com", "http://localhost:5173")

PUT_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::media/uploads/*"]},
        {
            "Effect": "Deny",
            "Action": ["s3:*"],
            "Resource": ["arn:aws:s3:::*"],
            "Condition": {"NumericGreaterThan": {"s3:signatureAge": "3600000"}},
        },
    ],
}
GET_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::media/uploads/*"]},
    ],
}
CONTROL_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": ["arn:aws:s3:::media/uploads/*"],
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:GetLifecycleConfiguration", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::media"],
        },
    ],
}


@dataclass
class FakeMinio:
    """A MinIO without bucket CORS, as its last release was.

    `owner` is whose secret opens the payloads; `starting` and `loading_users` are how many calls it is not
    ready for; `cors` is what it says of the bucket's CORS.
    """

    owner: Identity = ADMIN
    starting: int = 0
    loading_users: int = 0
    cors: tuple[int, str] = field(default_factory=lambda: _s3_error(404, "NoSuchCORSConfiguration"))
    buckets: set[str] = field(default_factory=set)
    users: dict[str, dict[str, str]] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)
    attached: dict[str, str] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, str]:
        if self.starting:
            self.starting -= 1
            return _s3_error(503, "XMinioServerNotInitialized")
        if path.startswith("/minio/admin/v3/"):
            return self._admin(path.removeprefix("/minio/admin/v3/"), query, body)
        return self._s3(method, path.strip("/"), query)

    def _s3(self, method: str, bucket: str, query: dict[str, str]) -> tuple[int, str]:
        match method, sorted(query):
            case "PUT", []:
                self.buckets.add(bucket)
                return 200, ""
            case _ if bucket not in self.buckets:
                return _s3_error(404, "NoSuchBucket")
            case "GET", ["cors"]:
                return self.cors
            case "PUT", ["cors"]:
                return _s3_error(501, "NotImplemented")
            case "PUT", ["lifecycle"]:
                return _s3_error(400, "MalformedXML")
            case "GET", ["lifecycle"]:
                return _s3_error(404, "NoSuchLifecycleConfiguration")
            case _:
                return 200, f"<ListBucketResult><Name>{bucket}</Name></ListBucketResult>"

    def _admin(self, command: str, query: dict[str, str], body: bytes) -> tuple[int, str]:
        if self.loading_users:
            self.loading_users -= 1
            return 503, json.dumps({"Code": "XMinioIAMNotInitialized"})
        match command:
            case "list-canned-policies":
                return 200, json.dumps(self.policies)
            case "add-canned-policy":
                self.policies[query["name"]] = json.loads(body)
            case "add-user":
                user = json.loads(decrypt(cast("BaseHTTPResponse", _Payload(body)), self.owner.secret_key))
                if len(user["secretKey"]) < 8:
                    return 400, json.dumps({"Code": "XMinioAdminInvalidSecretKey", "Message": "too short"})
                self.users[query["accessKey"]] = user
            case "set-user-or-group-policy":
                if query["userOrGroup"] not in self.users or query["policyName"] not in self.policies:
                    return 404, json.dumps({"Code": "XMinioAdminNoSuchUser"})
                self.attached[query["userOrGroup"]] = query["policyName"]
        return 200, ""


class _Payload(io.BytesIO):
    """What the SDK's decryption wants of an HTTP response."""

    def release_conn(self) -> None:
        pass


def is_intact(headers: Message, body: bytes) -> bool:
    """Whether the body is the one that the signed digests are of, which SeaweedFS does not check."""
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    return (
        headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
        and headers.get("content-md5", md5) == md5
    )


def _s3_error(status: int, code: str) -> tuple[int, str]:
    return status, f"<Error><Code>{code}</Code><Message>no</Message><Resource>/media</Resource></Error>"


@contextmanager
def serve(minio: FakeMinio) -> Iterator[StoreSettings]:
    """Answer on a free port, and yield the settings that lead there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            if is_intact(self.headers, body):
                status, answer = minio.answer(self.command, url.path, query, body)
            else:
                status, answer = _s3_error(400, "BadDigest")
            self.send_response(status)
            self.send_header("content-type", "application/xml")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        do_PUT = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield replace(STORE, url=f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def run(store: StoreSettings, *, users: bool = False, patience: float = 10) -> list[Step]:
    return list(bootstrap(store, admin=ADMIN, origins=ORIGINS, users=users, patience=patience))


def test_c21_each_user_gets_its_secret_and_exactly_its_policy() -> None:
    minio = FakeMinio()

    with serve(minio) as store:
        steps = run(store, users=True)

    assert minio.users == {
        "putter": {"secretKey": "putter-secret", "status": "enabled"},
        "getter": {"secretKey": "getter-secret", "status": "enabled"},
        "controller": {"secretKey": "controller-secret", "status": "enabled"},
    }
    assert minio.policies == {
        "media-uploads-put-signer": PUT_POLICY,
        "media-uploads-get-signer": GET_POLICY,
        "media-uploads-control": CONTROL_POLICY,
    }
    assert minio.attached == {
        "putter": "media-uploads-put-signer",
        "getter": "media-uploads-get-signer",
        "controller": "media-uploads-control",
    }
    assert steps[-3:] == [
        Step(what="put-signer", detail="the user putter has the policy media-uploads-put-signer"),
        Step(what="get-signer", detail="the user getter has the policy media-uploads-get-signer"),
        Step(what="control", detail="the user controller has the policy media-uploads-control"),
    ]


def test_a_second_run_replaces_secrets_and_policies() -> None:
    minio = FakeMinio()
    new = Identity(access_key="putter", secret_key="another-secret")

    with serve(minio) as store:
        run(store, users=True)
        minio.policies["media-uploads-put-signer"] = {"Version": "2012-10-17", "Statement": []}
        run(replace(store, put_signer=new), users=True)

    assert minio.users["putter"]["secretKey"] == "another-secret"
    assert minio.policies["media-uploads-put-signer"] == PUT_POLICY


def test_no_user_is_touched_unless_asked_for() -> None:
    minio = FakeMinio()

    with serve(minio) as store:
        run(store)

    assert (minio.buckets, minio.users, minio.policies) == ({"media"}, {}, {})


def test_what_the_store_lacks_is_a_warning_that_says_what_to_do() -> None:
    with serve(FakeMinio()) as store:
        steps = run(store)

    assert steps == [
        Step(what="store", detail=f"{store.url} answers"),
        Step(what="bucket", detail="media made"),
        Step(
            what="cors",
            outcome="warning",
            detail="the store has no CORS per bucket; start it with MINIO_API_CORS_ALLOW_ORIGIN="
            "https://files.example.com,http://localhost:5173, or what it has instead",
        ),
        Step(
            what="lifecycle",
            outcome="warning",
            detail="the store did not take the rule (MalformedXML); unless it drops abandoned multipart "
            "uploads by itself (MinIO does), give it such a rule",
        ),
    ]


@pytest.mark.parametrize(
    ("cors", "reason"),
    [
        ((403, "<Error/>"), r"The store refused to tell its CORS rules \(HTTP 403\): <Error/>"),
        ((200, "<CORSConfiguration>"), r"The store's CORS rules cannot be read \(.*\)\."),
    ],
)
def test_cors_rules_that_cannot_be_read_are_not_replaced(cors: tuple[int, str], reason: str) -> None:
    with serve(FakeMinio(cors=cors)) as store, pytest.raises(BootstrapError, match=f"^{reason}$"):
        run(store)


def test_a_store_that_is_still_starting_is_waited_for() -> None:
    minio = FakeMinio(starting=4)  # the client repeats a call twice before it gives up

    with serve(minio) as store:
        run(store)

    assert minio.starting == 0
    assert minio.buckets == {"media"}


def test_a_store_that_still_loads_its_users_is_waited_for() -> None:
    minio = FakeMinio(loading_users=2)

    with serve(minio) as store:
        run(store, users=True)

    assert minio.loading_users == 0
    assert set(minio.attached) == {"putter", "getter", "controller"}


def test_a_store_that_never_gets_ready_is_given_up() -> None:
    with serve(FakeMinio(starting=1000)) as store, pytest.raises(BootstrapError) as failure:
        run(store, patience=0.3)

    assert str(failure.value).startswith(f"{store.url} did not answer within 0.3 seconds (")


def test_a_store_that_cannot_be_reached_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    began = time.monotonic()

    with pytest.raises(BootstrapError, match=f"^http://127.0.0.1:{port} did not answer within 0.3 seconds"):
        run(replace(STORE, url=f"http://127.0.0.1:{port}"), patience=0.3)

    assert time.monotonic() - began < 5


def test_an_address_of_something_else_is_told_from_a_store() -> None:
    class Page(FakeMinio):
        def answer(self, *_: object) -> tuple[int, str]:
            return 200, "<!doctype html><title>A console</title>"

    with serve(Page()) as store, pytest.raises(BootstrapError) as failure:
        run(store)

    assert str(failure.value).startswith(f"{store.url} answers, but not as an S3 store does (")


@pytest.mark.parametrize("twin", ["putter", "root"])
def test_users_that_share_a_key_are_refused_before_anything_is_written(twin: str) -> None:
    minio = FakeMinio()

    with serve(minio) as store, pytest.raises(BootstrapError) as failure:
        run(replace(store, control=Identity(access_key=twin, secret_key="a-secret")), users=True)

    assert str(failure.value) == "The three users and the admin need four different access keys."
    assert (minio.users, minio.policies) == ({}, {})


def test_a_user_that_the_store_refuses_is_reported_without_its_secret() -> None:
    short = Identity(access_key="getter", secret_key="5-short")

    with serve(FakeMinio()) as store, pytest.raises(BootstrapError) as failure:
        run(replace(store, get_signer=short), users=True)

    assert "XMinioAdminInvalidSecretKey" in str(failure.value)
    assert "5-short" not in str(failure.value)
