import pytest

from broker import media_types
from broker.errors import InvalidType


@pytest.mark.parametrize("media_type", ["image/png", "application/vnd.ms-excel", "x/y+z", "A/B"])
def test_media_types_are_taken_in_lower_case(media_type: str) -> None:
    assert media_types.check_type(media_type) == media_type.lower()


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "png",
        "image/",
        "/png",
        "image/*",
        "image/png; charset=x",
        "image/png\r\nx: y",
        "image/png\n",
        "image/p ng",
        "ä/b",
        "a/" + "b" * 128,
    ],
)
def test_what_is_no_media_type_is_refused(media_type: str) -> None:
    with pytest.raises(InvalidType):
        media_types.check_type(media_type)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.html", "image/png"),
        ("a.HTML", "text/plain"),
        ("a.png", "image/jpeg"),
        ("a.exe", "image/png"),
        ("a.svg", "image/png"),
        ("a.js", "text/plain"),
        ("a.html. .", "image/png"),  # Windows opens it as a.html
        (".html", "image/png"),
    ],
)
def test_c42_a_name_and_a_type_that_do_not_go_together_are_told(name: str, media_type: str) -> None:
    assert media_types.contradicts(name, media_type)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.png", "image/png"),
        ("a.jpeg", "image/jpeg"),
        ("a.xml", "application/xml"),
        ("a.js", "text/javascript"),
        ("a.wav", "audio/x-wav"),
        ("a.mp4", "audio/mp4"),
        ("a.mov", "video/mp4"),
        ("a.webm", "video/webm"),
        ("a.csv", "application/vnd.ms-excel"),
        ("a.zip", "application/x-zip-compressed"),
        ("a.png", "application/octet-stream"),
        ("a.unheard-of", "image/png"),
        ("a", "image/png"),
        ("", "image/png"),
    ],
)
def test_what_browsers_say_of_files_is_believed_and_so_is_what_nobody_knows(
    name: str, media_type: str
) -> None:
    assert not media_types.contradicts(name, media_type)
