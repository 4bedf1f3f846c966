"""The doctor against a real store, and against the same store with a hole in it."""

import asyncio
import json
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from broker.bootstrap import bootstrap
from broker.cli import main
from broker.doctor import examination
from broker.doctor.examination import Examination, examine, probe_cors
from broker.doctor.findings import BINDING, Finding
from broker.settings import Identity, Settings, StoreSettings
from broker.stores.sdk import connect
from tests.conftest import ORIGINS
from tests.running import SECRET_KEY
from tests.test_cli import environ_of
from tests.vulnerable_store import HOLES, Answer, Request, cut, instead, shift_clock, vulnerable

ABUSES = {*BINDING, "put-signer", "anonymous"} - {"signed-type", "signed-checksum"}
KNOWN = {"listed-checksums": "skipped"}  # SeaweedFS 4.48 does not tell the checksums of parts
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens


@pytest.fixture(scope="module", autouse=True)
def _prepared(embedded: StoreSettings) -> None:
    """Set the store up for our page again: tests of bootstrap leave it open for others."""
    list(bootstrap(embedded, admin=embedded.control, origins=ORIGINS, users=False))


def settings_for(store: StoreSettings, *origins: str) -> Settings:
    return Settings(
        origins=origins or ORIGINS, secret_key=SECRET_KEY, database_url="sqlite:///unused", store=store
    )


def run(store: StoreSettings, *origins: str, only: Collection[str] = ()) -> Examination:
    return asyncio.run(examine(settings_for(store, *origins), only=only))


def look_at(name: str, store: StoreSettings, *origins: str) -> Finding:
    """Return what this one probe finds."""
    (found,) = run(store, *origins, only=[name]).findings
    return found


def outcomes(examined: Examination) -> dict[str, str]:
    """Map what is not all right to how it is."""
    return {found.name: found.outcome for found in examined.findings if found.outcome != "ok"}


def stored(store: StoreSettings) -> list[str]:
    prefix = f"{store.key_prefix}/_doctor/"
    found = connect(store, store.control).list_objects(store.bucket, prefix=prefix, recursive=True)
    return [str(item.object_name) for item in found]


def run_command(store: StoreSettings, *arguments: str) -> Result:
    environ = environ_of(store) | {
        "BROKER_ORIGINS": ORIGINS[0],
        "BROKER_SECRET_KEY": SECRET_KEY,
        "BROKER_DATABASE_URL": "sqlite:////unused",
    }
    return CliRunner().invoke(main, ["doctor", *arguments], env=environ)


def test_a_sound_store_is_found_sound_and_is_left_as_it_was(embedded: StoreSettings) -> None:
    examined = run(embedded)

    assert outcomes(examined) == KNOWN
    assert examined.is_good
    assert examined.server.startswith("SeaweedFS")
    assert [found.name for found in examined.findings] == examination.names(settings_for(embedded))
    assert stored(embedded) == []


@pytest.mark.parametrize("hole", HOLES)
def test_c27_c28_c29_c30_c31_each_hole_is_found_by_its_name_and_has_a_fix(
    embedded: StoreSettings, hole: str
) -> None:
    with vulnerable(embedded, HOLES[hole]) as store:
        examined = run(store)

    # a store that mistakes the length is one that does not look at the signature
    by_nature = {"signature": "failed"} if hole == "signed-length" else {}
    assert outcomes(examined) == KNOWN | by_nature | {hole: "failed"}
    (found,) = [found for found in examined.findings if found.name == hole]
    assert found.fix
    assert found.is_hole == (hole in ABUSES)
    assert not examined.is_good
    assert stored(embedded) == []


@pytest.mark.parametrize("hole", ["copy-source", "copy-source-part", "unsigned-trailer"])
def test_c27_c28_c29_a_refusal_is_not_believed_when_the_store_did_it_all_the_same(
    embedded: StoreSettings, hole: str
) -> None:
    change = instead(lambda request: bool(request.extra), 403)
    with vulnerable(embedded, HOLES[hole], change=change) as store:
        found = look_at(hole, store)

    assert found.is_hole


def test_c29_a_part_that_is_forged_is_found_too(embedded: StoreSettings) -> None:
    def forged_part(request: Request, status: int) -> bool:
        return request.is_part and HOLES["unsigned-trailer"](request, status)

    with vulnerable(embedded, forged_part, change=instead(lambda request: request.is_part, 403)) as store:
        found = look_at("unsigned-trailer", store)

    assert found.is_hole
    assert "stored a part" in found.detail


def test_c23_every_way_to_send_another_length_is_tried(embedded: StoreSettings) -> None:
    with vulnerable(embedded, HOLES["signed-length"]) as store:
        found = look_at("signed-length", store)

    assert "a longer, a shorter and a chunked body" in found.detail


@pytest.mark.parametrize("hole", ["copy-source", "copy-source-part", "unsigned-headers", "unsigned-trailer"])
def test_the_fix_for_minio_names_the_release_that_mends_it(embedded: StoreSettings, hole: str) -> None:
    with vulnerable(embedded, HOLES[hole], server="MinIO") as store:
        found = look_at(hole, store)

    assert "pgsty/silo RELEASE.2026-09-16T00-00-00Z" in found.fix


def test_a_probe_that_gets_no_clear_answer_hides_nothing(embedded: StoreSettings) -> None:
    def is_copy(request: Request) -> bool:
        return "x-amz-copy-source" in request.extra

    with vulnerable(embedded, change=instead(is_copy, 500)) as store:
        examined = run(store)
        result = run_command(store, "--only", "copy-source")

    assert outcomes(examined) == KNOWN | {"copy-source": "skipped", "copy-source-part": "skipped"}
    assert [found.name for found in examined.findings if found.is_undecided] == [
        "copy-source",
        "copy-source-part",
    ]
    assert not examined.is_good
    assert result.exit_code == 1
    assert "is not known" in result.output


def test_a_connection_that_is_cut_is_a_finding_and_no_traceback(embedded: StoreSettings) -> None:
    with vulnerable(embedded, change=cut(lambda request: request.is_form)) as store:
        result = run_command(store, "--only", "post-policy")

    assert result.exit_code == 0
    assert "The connection failed (Server disconnected" in result.output


def test_a_probe_that_crashes_is_a_finding_and_no_traceback(embedded: StoreSettings) -> None:
    def is_listing(request: Request) -> bool:
        return "lifecycle" in request.query

    nonsense = "<a><Rule><Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>soon"
    nonsense += "</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></a>"
    with vulnerable(embedded, change=instead(is_listing, 200, nonsense)) as store:
        found = look_at("lifecycle", store)

    assert found.outcome == "skipped"
    assert "crashed" in found.detail


def test_a_public_address_where_nothing_answers_is_named_and_the_rest_is_examined(
    embedded: StoreSettings,
) -> None:
    examined = run(replace(embedded, public_url=NOWHERE))

    assert outcomes(examined) == KNOWN | {"public-url": "failed"}
    assert NOWHERE in examined.findings[0].detail
    assert "BROKER_STORE_PUBLIC_URL" in examined.findings[0].fix
    assert stored(embedded) == []


def test_a_proxy_that_breaks_signatures_is_told_from_wrong_keys(embedded: StoreSettings) -> None:
    refusal = "<Error><Code>SignatureDoesNotMatch</Code></Error>"
    with vulnerable(embedded, change=instead(lambda request: request.is_put, 403, refusal)) as proxy:
        behind_proxy = look_at("public-url", replace(embedded, public_url=proxy.url))
    wrong = replace(embedded.put_signer, secret_key="another")
    with_wrong_key = look_at("public-url", replace(embedded, put_signer=wrong))

    assert (behind_proxy.outcome, with_wrong_key.outcome) == ("failed", "failed")
    assert "BROKER_STORE_PUBLIC_URL" in behind_proxy.fix
    assert "BROKER_STORE_PUT_SIGNER_SECRET_KEY" in with_wrong_key.fix


def test_two_addresses_of_different_stores_are_found_out(embedded: StoreSettings) -> None:
    def is_heads(request: Request) -> bool:
        return request.method == "HEAD" and "authorization" in request.headers

    with vulnerable(embedded, change=instead(is_heads, 404)) as other:
        examined = run(replace(embedded, url=other.url))

    found = {found.name: found for found in examined.findings}
    assert found["store-url"].outcome == "failed"
    assert "the same store" in found["store-url"].fix
    assert found["copy-source"].outcome == "skipped"
    assert not examined.is_good
    assert stored(embedded) == []


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"bucket": "missing"}, "broker bootstrap"),
        ({"put_signer": Identity(access_key="nobody", secret_key="x" * 20)}, "PUT_SIGNER_ACCESS_KEY"),
        ({"get_signer": Identity(access_key="nobody", secret_key="x" * 20)}, "GET_SIGNER_ACCESS_KEY"),
        ({"control": Identity(access_key="nobody", secret_key="x" * 20)}, "CONTROL_ACCESS_KEY"),
        ({"url": NOWHERE, "public_url": NOWHERE}, "Is the store up"),
    ],
    ids=["bucket", "put-signer", "get-signer", "control", "nothing there"],
)
def test_without_a_good_put_and_get_the_reason_is_all_that_is_said(
    embedded: StoreSettings, changes: dict[str, object], fix: str
) -> None:
    examined = run(replace(embedded, **changes))  # type: ignore[arg-type]  # they are real settings

    failed = [found for found in examined.findings if found.outcome == "failed"]
    assert [fix in found.fix for found in failed] == [True]
    assert outcomes(examined)["unsigned-trailer"] == "skipped"
    assert not examined.is_good


def test_an_origin_that_the_store_does_not_know_is_named(embedded: StoreSettings) -> None:
    examined = run(embedded, *ORIGINS, "http://other.example", only=["cors"])

    assert [found.outcome for found in examined.findings] == ["ok", "failed"]
    assert "http://other.example" in examined.findings[1].detail
    assert "broker bootstrap" in examined.findings[1].fix


def test_cors_can_be_asked_about_alone(embedded: StoreSettings) -> None:
    answers = [
        asyncio.run(probe_cors(store, origin))
        for store in (embedded, replace(embedded, public_url=NOWHERE))
        for origin in (*ORIGINS, "http://other.example")
    ]

    assert [answer.outcome for answer in answers] == ["ok", "failed"] * 2


def preflight(**headers: str) -> dict[str, str]:
    return {f"access_control_{name}": value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        (preflight(allow_origin="*", allow_methods="GET, HEAD", allow_headers="*"), "failed", "PUT requests"),
        (
            preflight(allow_origin="*", allow_methods="GET,HEAD,PUT", allow_headers="range"),
            "failed",
            "headers content-type, if-none-match, x-amz-checksum-crc32c and x-amz-checksum-sha256",
        ),
        (preflight(allow_origin="*", allow_methods="*", allow_headers="*"), "ok", "may PUT, GET and HEAD"),
    ],
    ids=["method", "headers", "stars"],
)
def test_a_preflight_is_read_as_a_browser_reads_it(
    embedded: StoreSettings, answer: dict[str, str], outcome: str, detail: str
) -> None:
    with vulnerable(embedded, change=instead(lambda r: r.method == "OPTIONS", 200, **answer)) as store:
        found = look_at("cors", store)

    assert found.outcome == outcome
    assert detail in found.detail


def test_headers_that_a_page_cannot_read_are_a_warning(embedded: StoreSettings) -> None:
    def hide(_: Request, answer: Answer) -> Answer:
        kept = {k: v for k, v in answer.headers.items() if k.lower() != "access-control-expose-headers"}
        return answer._replace(headers=kept)

    with vulnerable(embedded, change=hide) as store:
        found = look_at("cors", store)

    assert found.outcome == "warning"
    assert "ETag" in found.detail


def test_c47_a_store_that_is_open_to_every_page_is_reported(embedded: StoreSettings) -> None:
    everybody = preflight(allow_origin="*", allow_methods="*", allow_headers="*")
    with vulnerable(embedded, change=instead(lambda r: r.method == "OPTIONS", 200, **everybody)) as store:
        found = look_at("foreign-origin", store)

    assert found.outcome == "failed"
    assert "remove the bucket's own CORS rules that allow all" in found.fix
    assert "MINIO_API_CORS_ALLOW_ORIGIN" in found.fix


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0, "ok"), (-300, "warning"), (300, "warning"), (3600, "failed")]
)
def test_c59_clocks_that_differ_are_reported(embedded: StoreSettings, seconds: int, outcome: str) -> None:
    change = shift_clock(lambda: timedelta(seconds=seconds))
    with vulnerable(embedded, change=change) as store:
        found = look_at("clock", store)

    assert found.outcome == outcome
    assert outcome == "ok" or f"{abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}" in found.detail


def test_c45_a_store_on_the_pages_own_origin_is_reported(embedded: StoreSettings) -> None:
    same = look_at("store-origin", embedded, embedded.public_url)
    mixed = look_at("store-origin", embedded, "https://files.example.com")

    assert (same.outcome, mixed.outcome) == ("failed", "failed")
    assert "same origin" in same.detail
    assert "not https" in mixed.detail


def test_one_identity_for_all_is_a_warning(embedded: StoreSettings) -> None:
    one = replace(embedded, put_signer=embedded.control, get_signer=embedded.control)

    examined = run(one)

    assert outcomes(examined) == KNOWN | dict.fromkeys(["put-signer", "get-signer", "identities"], "warning")
    assert examined.is_good


def test_a_store_without_forms_is_no_failure_and_one_without_their_range_is(embedded: StoreSettings) -> None:
    def is_refused_form(request: Request) -> bool:
        return request.is_form and b"123456789!" in request.body

    with vulnerable(embedded, change=instead(lambda request: request.is_form, 501)) as store:
        without = look_at("post-policy", store)
    with vulnerable(embedded, change=instead(is_refused_form, 204)) as store:
        lax = look_at("post-policy", store)

    assert (without.outcome, lax.outcome) == ("skipped", "failed")


LIFECYCLE = (
    "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><Prefix>{prefix}</Prefix></Filter>"
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>{days}</DaysAfterInitiation>"
    "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>"
)


@pytest.mark.parametrize(
    ("server", "status", "rules", "outcome"),
    [
        ("MinIO", 404, "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>", "skipped"),
        ("RustFS", 404, "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>", "warning"),
        ("RustFS", 403, "", "skipped"),
        ("RustFS", 200, LIFECYCLE.format(prefix="other/", days=9), "warning"),
        ("RustFS", 200, LIFECYCLE.format(prefix="", days=9), "ok"),
        ("RustFS", 200, LIFECYCLE.format(prefix="uploads/", days=2), "failed"),
    ],
)
def test_the_lifecycle_rule_is_looked_for(
    embedded: StoreSettings, server: str, status: int, rules: str, outcome: str
) -> None:
    change = instead(lambda request: "lifecycle" in request.query, status, rules)
    with vulnerable(embedded, server=server, change=change) as store:
        found = look_at("lifecycle", store)

    assert found.outcome == outcome


def test_the_command_shows_a_table_that_fits_the_screen(embedded: StoreSettings) -> None:
    with vulnerable(embedded, HOLES["copy-source"], server="MinIO") as store:
        good, bad = run_command(embedded), run_command(store)

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "Nothing was found that keeps it from use." in good.output
    assert "failed   copy-source " in bad.output
    assert "Fix: No release of minio/minio mends this" in bad.output
    assert "can be abused" in bad.output
    assert max(map(len, bad.output.splitlines())) <= 80
    assert "\x1b" not in bad.output


def test_the_command_prints_json_for_programs(embedded: StoreSettings) -> None:
    with vulnerable(embedded, HOLES["unsigned-trailer"]) as store:
        result = run_command(store, "--json", "--only", "unsigned-trailer", "--only", "clock")

    body = json.loads(result.output)
    assert result.exit_code == 1
    assert body["is_good"] is False
    assert {found["name"]: found["outcome"] for found in body["findings"]} == {
        "unsigned-trailer": "failed",
        "clock": "ok",
    }
    assert body["findings"][0]["is_abuse"] is True
    assert body["findings"][0]["fix"]


def test_c54_what_is_printed_holds_no_secret_and_no_signature(embedded: StoreSettings) -> None:
    with vulnerable(embedded, change=instead(lambda request: not request.is_put, 400)) as store:
        output = run_command(store).output + run_command(store, "--json").output

    for identity in (embedded.put_signer, embedded.get_signer, embedded.control):
        assert identity.secret_key not in output
    assert "X-Amz-" not in output
