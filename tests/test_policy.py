import pytest

from broker import policy
from broker.errors import InvalidField, InvalidType, ObjectTooLarge
from broker.policy import Policy

SMALL = Policy(name="small", max_size=10, url_expires_in=300, upload_expires_in=3600)


def test_a_file_of_exactly_the_limit_is_taken() -> None:
    policy.check_size(SMALL, 10)


def test_a_file_over_the_limit_is_refused_and_told_the_limit() -> None:
    with pytest.raises(ObjectTooLarge) as caught:
        policy.check_size(SMALL, 11)

    assert caught.value.members == {"field": "size", "limit": 10}


@pytest.mark.parametrize("media_type", ["image/png", "application/vnd.ms-excel", "x/y+z", "A/B"])
def test_media_types_are_taken_in_lower_case(media_type: str) -> None:
    assert policy.check_type(media_type) == media_type.lower()


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "png",
        "image/",
        "/png",
        "image/png; charset=x",
        "image/png\r\nx: y",
        "image/p ng",
        "ä/b",
        "a/" + "b" * 128,
    ],
)
def test_what_is_no_media_type_is_refused(media_type: str) -> None:
    with pytest.raises(InvalidType):
        policy.check_type(media_type)


@pytest.mark.parametrize("expires_in", [0, -1, 3601, 10**18])
def test_c20_a_life_out_of_range_is_refused_and_not_shortened(expires_in: int) -> None:
    with pytest.raises(InvalidField) as caught:
        policy.check_expires_in(expires_in)

    assert caught.value.members == {"field": "expires_in", "limit": 3600}


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml", "text/javascript",
     "application/javascript", "application/x-javascript", "application/rss+xml"],
)  # fmt: skip
def test_c44_what_can_carry_a_script_is_never_shown_inline(media_type: str) -> None:
    assert policy.handing_out(media_type, "inline") == ("application/octet-stream", "attachment")
    assert policy.handing_out(media_type, "attachment") == ("application/octet-stream", "attachment")


@pytest.mark.parametrize(
    "media_type", ["image/png", "video/mp4", "audio/mpeg", "application/pdf", "text/plain"]
)
def test_what_browsers_only_show_may_be_inline(media_type: str) -> None:
    assert policy.handing_out(media_type, "inline") == (media_type, "inline")
