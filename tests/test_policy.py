from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broker import keys, policy
from broker.auth import Claims
from broker.errors import (
    BrokerError,
    InsufficientScope,
    InvalidChecksum,
    InvalidField,
    InvalidName,
    InvalidType,
    ObjectTooLarge,
    PolicyViolation,
)
from broker.policy import Policies
from broker.schemas import NewUpload, QuotaLimits, Usage
from broker.settings import Policy, Quota

ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset({"uploads:write", "avatars"}))
SMALL = Policy(name="small", max_size=10, min_size=2, single_put_max=8)
PICTURES = Policy(name="pictures", types=("image/png", "image/jpeg"), extensions=(".png", ".jpg"))
CRC32C = "crc32c:4waSgw=="
SHA256 = "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def refusal(chosen: Policy, new: NewUpload, claims: Claims = ALICE) -> BrokerError:
    with pytest.raises(BrokerError) as caught:
        policy.check(chosen, new, claims)
    return caught.value


def test_what_is_declared_is_brought_into_its_normal_form() -> None:
    new = NewUpload(name="u\u0308.PNG", folder="fu\u0308r/uns", size=5, type="Image/PNG", checksum=CRC32C)

    assert policy.check(Policy(), new, ALICE) == NewUpload(
        name="ü.PNG", folder="für/uns", size=5, type="image/png", checksum=CRC32C
    )


@pytest.mark.parametrize("size", [2, 10])
def test_a_file_of_exactly_the_limit_is_taken(size: int) -> None:
    policy.check(SMALL, NewUpload(name="a", size=size), ALICE)


@pytest.mark.parametrize(
    ("new", "kind", "members"),
    [
        (NewUpload(name="a/b", size=5), InvalidName, {"field": "name", "rule": "name", "limit": 255}),
        (
            NewUpload(name="a", folder="../b", size=5),
            InvalidName,
            {"field": "folder", "rule": "folder", "limit": 1024},
        ),
        (
            NewUpload(name="a", size=5, type="png"),
            InvalidType,
            {"field": "type", "rule": "type", "limit": None},
        ),
        (
            NewUpload(name="a", size=11),
            ObjectTooLarge,
            {"field": "size", "rule": "policies.small.max_size", "limit": 10},
        ),
        (
            NewUpload(name="a", size=1),
            PolicyViolation,
            {"field": "size", "rule": "policies.small.min_size", "limit": 2},
        ),
        (
            NewUpload(name="a", size=5, checksum="md5:x"),
            InvalidChecksum,
            {"field": "checksum", "rule": "checksum", "limit": None},
        ),
    ],
)
def test_c39_a_refusal_names_the_field_the_rule_and_the_limit(
    new: NewUpload, kind: type[BrokerError], members: Mapping[str, object]
) -> None:
    error = refusal(SMALL, new)

    assert type(error) is kind
    assert error.members == members


@pytest.mark.parametrize(
    ("name", "media_type", "field", "rule"),
    [
        ("a.png", "text/html", "type", "types"),
        ("a.png", "image/svg+xml", "type", "types"),
        ("a.html", "image/png", "type", "types"),  # the pair is mismatched: .html is known
        ("a.jpg", "image/png", "type", "types"),
        ("a.html.png ", "image/png", "name", "extensions"),
        ("a.unheard-of", "image/png", "name", "extensions"),
        ("png", "image/png", "name", "extensions"),
    ],
)
def test_c42_types_and_extensions_that_are_not_listed_and_mismatched_pairs_are_refused(
    name: str, media_type: str, field: str, rule: str
) -> None:
    error = refusal(PICTURES, NewUpload(name=name, size=5, type=media_type))

    assert type(error) is PolicyViolation
    assert error.members == {
        "field": field,
        "rule": f"policies.pictures.{rule}",
        "limit": getattr(PICTURES, rule),
    }


def test_c42_a_policy_of_extensions_alone_refuses_mismatched_pairs_too() -> None:
    chosen = Policy(name="pages", extensions=(".html",))

    error = refusal(chosen, NewUpload(name="a.html", size=5, type="image/png"))

    assert error.members == {"field": "name", "rule": "policies.pages.extensions", "limit": (".html",)}


@pytest.mark.parametrize(
    ("name", "media_type"), [("a.PNG", "IMAGE/png"), ("a.b.jpg", "image/jpeg"), (".png", "image/png")]
)
def test_listed_types_and_extensions_are_taken_in_any_case(name: str, media_type: str) -> None:
    policy.check(PICTURES, NewUpload(name=name, size=5, type=media_type), ALICE)


def test_a_policy_without_lists_takes_what_contradicts_itself() -> None:
    policy.check(Policy(), NewUpload(name="a.html", size=5, type="image/png"), ALICE)


def test_a_type_may_be_taken_by_a_pattern() -> None:
    chosen = Policy(types=("image/*",))

    policy.check(chosen, NewUpload(name="a.webp", size=5, type="image/webp"), ALICE)
    assert type(refusal(chosen, NewUpload(name="a", size=5, type="imagery/png"))) is PolicyViolation


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [
        ("**", ""),
        ("**", "a/b/c"),
        ("", ""),
        ("*", "a"),
        ("photos", "photos"),
        ("photos/**", "photos"),
        ("photos/**", "photos/2026/11"),
        ("photos/*/raw", "photos/2026/raw"),
        ("**/raw", "raw"),
        ("**/a/**/b", "x/a/y/a/b"),
        ("home/{subject}/**", "home/alice/x"),
        ("{tenant}/*", "acme/x"),
    ],
)
def test_a_folder_that_the_pattern_reaches_is_taken(pattern: str, folder: str) -> None:
    policy.check(Policy(folders=pattern), NewUpload(name="a", size=5, folder=folder), ALICE)


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [
        ("", "a"),
        ("*", ""),
        ("*", "a/b"),
        ("photos", "Photos"),
        ("photos/**", "photos2"),
        ("photos/*", "photos"),
        ("**/raw", "raw/x"),
        ("**/a/**/b", "b/a"),
        ("home/{subject}/**", "home/bob/x"),
        ("home/{subject}/**", "home/{subject}/x"),
        ("home/{subject}", "home/alice2"),
        ("{tenant}/*", "alice/x"),
    ],
)
def test_c15_a_folder_that_the_pattern_does_not_reach_is_refused(pattern: str, folder: str) -> None:
    chosen = Policy(folders=pattern)

    error = refusal(chosen, NewUpload(name="a", size=5, folder=folder))

    assert type(error) is PolicyViolation
    assert error.members == {"field": "folder", "rule": "policies.default.folders", "limit": pattern}


@pytest.mark.parametrize("subject", ["*", "**", "{tenant}", "..", "", "a/b"])
def test_c15_a_subject_with_a_strange_name_reaches_no_others_folder(subject: str) -> None:
    claims = Claims(subject=subject, tenant="acme", scopes=frozenset())

    for folder in ("home/bob", "home/acme", "home", "home/a/b", "home/x/y"):
        new = NewUpload(name="a", size=5, folder=folder)
        assert type(refusal(Policy(folders="home/{subject}"), new, claims)) is PolicyViolation


def test_the_deepest_folder_and_a_pattern_full_of_stars_are_compared_at_once() -> None:
    """Trying all readings one after another would take longer than the universe has lasted."""
    new = NewUpload(name="a", size=5, folder="/".join("a" * 512))

    error = refusal(Policy(folders="/".join(["**/a"] * 100) + "/b"), new)

    assert type(error) is PolicyViolation


@pytest.mark.parametrize(
    ("chosen", "checksum", "size", "rule"),
    [
        (Policy(checksum_required=True), None, 5, "checksum_required"),
        (Policy(checksum_algorithm="sha256"), CRC32C, 5, "checksum_algorithm"),
        (Policy(single_put_max=8), SHA256, 9, "single_put_max"),
        (Policy(single_put_max=8, checksum_algorithm="sha256"), SHA256, 9, "single_put_max"),
        (Policy(single_put_max=8, checksum_required=True), None, 9, "checksum_required"),
    ],
)
def test_a_checksum_that_is_missing_or_cannot_be_verified_is_refused(
    chosen: Policy, checksum: str | None, size: int, rule: str
) -> None:
    error = refusal(chosen, NewUpload(name="a", size=size, checksum=checksum))

    assert error.members == {
        "field": "checksum",
        "rule": f"policies.default.{rule}",
        "limit": getattr(chosen, rule),
    }


@pytest.mark.parametrize(
    ("chosen", "checksum", "size", "algorithm"),
    [
        (Policy(), None, 5, "crc32c"),
        (Policy(), CRC32C, 5, "crc32c"),
        (Policy(), SHA256, 5, "sha256"),
        (Policy(single_put_max=8), CRC32C, 9, "crc32c"),
        (Policy(single_put_max=8), SHA256, 8, "sha256"),
        (Policy(checksum_algorithm="sha256"), SHA256, 5, "sha256"),
        (Policy(checksum_algorithm="sha256"), None, 5, "sha256"),
        # the parts carry theirs: nothing that could be declared of the whole can be verified
        (Policy(checksum_algorithm="sha256", checksum_required=True, single_put_max=8), None, 9, "sha256"),
    ],
)
def test_the_declared_checksum_decides_the_algorithm_and_else_the_policy(
    chosen: Policy, checksum: str | None, size: int, algorithm: str
) -> None:
    declared = policy.check(chosen, NewUpload(name="a", size=size, checksum=checksum), ALICE)

    assert policy.algorithm_of(chosen, declared) == algorithm


def policies() -> st.SearchStrategy[Policy]:
    return st.builds(
        Policy,
        name=st.just("some"),
        types=st.sampled_from([(), ("image/*",), ("image/png", "text/plain")]),
        extensions=st.sampled_from([(), (".png",), (".png", ".tar.gz")]),
        min_size=st.integers(0, 3),
        max_size=st.integers(3, 9),
        single_put_max=st.integers(0, 9),
        scope=st.sampled_from([None, "avatars", "other"]),
        folders=st.sampled_from(["**", "", "a/*", "{subject}/**"]),
        checksum_algorithm=st.sampled_from(["crc32c", "sha256"]),
        checksum_required=st.booleans(),
    )


def declarations() -> st.SearchStrategy[NewUpload]:
    return st.builds(
        NewUpload,
        name=st.sampled_from(["a", "a.png", "a.html", "a.tar.gz"]) | st.text(max_size=8),
        folder=st.sampled_from(["", "a", "a/b", "alice/x"]) | st.text(max_size=8),
        size=st.integers(0, 12),
        type=st.sampled_from(["image/png", "text/plain", "text/html"]) | st.text(max_size=8),
        checksum=st.sampled_from([None, CRC32C, SHA256]) | st.text(max_size=12),
    )


def first_refusal(chosen: Policy, new: NewUpload) -> tuple[object, object, str] | None:
    try:
        policy.check(chosen, new, ALICE)
    except BrokerError as error:
        return error.members["rule"], error.members["limit"], error.detail
    return None


@given(chosen=policies(), new=declarations())
@example(chosen=Policy(), new=NewUpload(name="a", size=1))
def test_what_is_explained_is_what_is_checked(chosen: Policy, new: NewUpload) -> None:
    verdicts = policy.explain(chosen, new, ALICE)

    refusals = ((each.rule, each.limit, each.detail) for each in verdicts if not each.is_met)
    assert first_refusal(chosen, new) == next(refusals, None)
    assert all(verdict.detail.endswith(".") for verdict in verdicts)
    msgspec.json.encode(verdicts)


@given(folder=st.text(max_size=20))
@example(folder="a/../b")
def test_c17_a_folder_that_is_taken_is_made_of_names(folder: str) -> None:
    try:
        declared = policy.check(Policy(), NewUpload(name="a", size=1, folder=folder), ALICE)
    except InvalidName:
        return

    assert all(keys.check_name(name) == name for name in declared.folder.split("/") if declared.folder)


def test_a_policy_that_does_not_exist_is_an_invalid_field() -> None:
    with pytest.raises(InvalidField) as caught:
        Policies({"default": Policy()}).get("avatars", ALICE)

    assert caught.value.members == {"field": "policy"}


def test_a_policy_whose_scope_the_token_lacks_is_refused_and_not_shown() -> None:
    chosen = {
        "default": Policy(),
        "films": Policy(name="films", scope="films"),
        "avatars": Policy(name="avatars", scope="avatars"),
        "any": Policy(name="any"),
    }

    with pytest.raises(InsufficientScope) as caught:
        Policies(chosen).get("films", ALICE)

    assert caught.value.members == {"scope": "films", "rule": "policies.films.scope", "limit": "films"}
    assert Policies(chosen).get("avatars", ALICE) is chosen["avatars"]
    visible = Policies(chosen).visible_to(ALICE)
    assert [found.name for found in visible] == ["default", "any", "avatars"]


def test_a_policy_is_described_with_its_limits_and_what_is_used() -> None:
    chosen = Policy(name="pictures", types=("image/*",), quota=Quota(files=3))
    usage = Usage(files=1, bytes=5, pending=0, pending_bytes=0)

    described = policy.describe(chosen, usage)

    assert described.types == ("image/*",)
    assert described.quota == QuotaLimits(bytes=None, files=3, pending=None)
    assert described.usage == usage
    assert set(described.__struct_fields__) - {"usage"} == set(Policy.__slots__) - {"sniff"}


@pytest.mark.parametrize("expires_in", [0, -1, 3601, 10**18])
def test_c20_a_life_out_of_range_is_refused_and_not_shortened(expires_in: int) -> None:
    with pytest.raises(InvalidField) as caught:
        policy.check_expires_in(expires_in)

    assert caught.value.members == {"field": "expires_in", "limit": 3600}


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml", "text/javascript",
     "application/javascript", "application/x-javascript", "application/rss+xml", "text/ecmascript",
     "application/x-ecmascript", "text/javascript1.5", "text/jscript", "text/livescript",
     "text/xsl", "application/mathml", "application/mathml+xml"],
)  # fmt: skip
def test_c44_what_can_carry_a_script_is_never_shown_inline(media_type: str) -> None:
    assert policy.handing_out(media_type, "inline") == ("application/octet-stream", "attachment")
    assert policy.handing_out(media_type, "attachment") == ("application/octet-stream", "attachment")


@pytest.mark.parametrize(
    "media_type",
    ["application/zip", "text/css", "multipart/x-mixed-replace", "message/rfc822", "a/image/png"],
)
def test_c44_what_nobody_vouches_for_is_never_shown_inline(media_type: str) -> None:
    assert policy.handing_out(media_type, "inline") == (media_type, "attachment")


@pytest.mark.parametrize(
    "media_type", ["image/png", "video/mp4", "audio/mpeg", "application/pdf", "text/plain"]
)
def test_what_browsers_only_show_may_be_inline(media_type: str) -> None:
    assert policy.handing_out(media_type, "inline") == (media_type, "inline")
