import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import keys
from broker.errors import InvalidName

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_ids_sort_by_time_and_never_repeat() -> None:
    ids = [keys.new_id(AT + timedelta(milliseconds=n)) for n in range(100)]
    same_instant = {keys.new_id(AT) for _ in range(1000)}

    assert ids == sorted(ids)
    assert len(same_instant) == 1000
    assert all(keys.is_id(i) for i in same_instant)


def test_no_random_byte_is_in_two_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = os.urandom

    def watch(size: int) -> bytes:
        some = draw(size)
        drawn.extend(byte & 31 for byte in some)
        return some

    monkeypatch.setattr("os.urandom", watch)
    monkeypatch.setattr(keys, "_drawn", [])

    made = {tuple(map("0123456789abcdefghjkmnpqrstvwxyz".index, keys.new_id(AT)[10:])) for _ in range(600)}

    assert len(made) == 600
    assert made <= {tuple(drawn[begin : begin + 16]) for begin in range(0, len(drawn), 16)}


def test_each_digit_of_an_id_is_as_likely_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    every_byte = bytes(range(256)) * 100
    monkeypatch.setattr("os.urandom", lambda size: every_byte[:size])
    monkeypatch.setattr(keys, "_drawn", [])

    digits = Counter("".join(keys.new_id(AT)[10:] for _ in range(257)))

    assert set(digits) == set("0123456789abcdefghjkmnpqrstvwxyz")
    assert max(digits.values()) - min(digits.values()) <= 1


def test_a_process_and_its_fork_make_different_ids() -> None:
    program = """
import os
from datetime import UTC, datetime
from broker.keys import new_id
at = datetime(2026, 1, 1, tzinfo=UTC)
new_id(at)
if os.fork():
    os.wait()
print(new_id(at))
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )

    assert len(set(printed.stdout.split())) == 2


def test_nothing_is_before_the_first_instant_that_ids_know() -> None:
    assert keys.first_id(datetime(1960, 1, 1, tzinfo=UTC)) == "0" * 26


@pytest.mark.parametrize("text", ["", "x", "0" * 25, "0" * 27, "O" * 26, "0" * 25 + "\n", "\u0660" * 26])
def test_only_what_has_the_form_of_an_id_is_one(text: str) -> None:
    assert not keys.is_id(text)


def test_c16_an_object_key_is_prefix_tenant_and_a_128_bit_id() -> None:
    key = keys.object_key(prefix="uploads", tenant="acme", upload_id=keys.new_id(AT))

    assert re.fullmatch(r"uploads/acme/[0-9a-hjkmnp-tv-z]{26}", key)


@pytest.mark.parametrize("tenant", ["", "../x", "a/b", "a b", "ä", "x" * 65])
def test_c16_a_tenant_that_is_no_plain_word_makes_no_key(tenant: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        keys.object_key(prefix="uploads", tenant=tenant, upload_id=keys.new_id(AT))
    with pytest.raises(ValueError, match="tenant"):
        keys.object_key(prefix="uploads", tenant="acme", upload_id=tenant)


@pytest.mark.parametrize(
    "name", ["a.txt", "größe ✓ 日本.txt", "ü" * 127, "CON", ".hidden", "a  b", "-rf", "%2e%2e%2f", "👩‍👩‍👧"]
)
def test_names_that_people_give_are_kept(name: str) -> None:
    assert keys.check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", " ", "\t", ".", "..", "a/b", "../../x", "a\\b", "a\0b", "a\nb", "a\r\nb", "\x7f", "gpj\u202eexe",
     "a\u2028b", "a\u2029b", "\ud800", "x" * 256, "ü" * 128],
)  # fmt: skip
def test_c17_names_that_are_paths_tricks_or_too_long_are_refused(name: str) -> None:
    with pytest.raises(InvalidName) as caught:
        keys.check_name(name)

    assert caught.value.members["field"] == "name"


def test_a_name_far_too_long_is_refused_before_it_is_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Composing takes time that grows with the square of a run of marks: seconds for 100 KB."""

    def compose(form: str, name: str) -> str:
        raise AssertionError("composed")

    with monkeypatch.context() as patch:
        patch.setattr(unicodedata, "normalize", compose)
        with pytest.raises(InvalidName) as caught:
            keys.check_name("a" + "\u0301\u0316" * 100_000)
    assert caught.value.members == {"field": "name", "limit": 255}


@pytest.mark.parametrize(
    ("name", "composed"), [("u\u0308.txt", "ü.txt"), ("\u03b1\u0313\u0301\u0345" * 85, "ᾄ" * 85)]
)
def test_a_name_in_decomposed_form_is_composed(name: str, composed: str) -> None:
    assert keys.check_name(name) == composed
    assert keys.check_folder("/".join([name] * 4)) == "/".join([composed] * 4)


@pytest.mark.parametrize(
    ("name", "numbered"),
    [
        ("a." + "x" * 126, "a (2)." + "x" * 126),
        ("a." + "x" * 127, "a." + "x" * 127 + " (2)"),
        ("a." + "x" * 253, "a." + "x" * 249 + " (2)"),
        ("a." + "ü" * 126, "a." + "ü" * 124 + " (2)"),
        ("x" * 251 + ".ü", "x" * 248 + " (2).ü"),
    ],
)
def test_a_name_is_numbered_before_its_extension_if_that_is_not_the_longer_half(
    name: str, numbered: str
) -> None:
    assert next(keys.number_names(name)) == numbered


@pytest.mark.parametrize(
    "folder",
    [
        "",
        "photos",
        "photos/2026/11",
        "größe/日本",
        "a b/.hidden",
        "x" * 255 + "/y",
        "/".join(["aa", *"a" * 511]),
    ],
)
def test_folders_that_people_make_are_kept(folder: str) -> None:
    assert keys.check_folder(folder) == folder


@pytest.mark.parametrize(
    "folder",
    ["/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/ /b", "a\\b", "a\0b", "a/b\r\n", "a/\u202eb",
     "\ud800", "x" * 256, "/".join("a" * 513), "/".join(["ü" * 127] * 5), "a" * 10**6],
)  # fmt: skip
def test_c17_folders_that_are_tricks_or_too_long_are_refused(folder: str) -> None:
    with pytest.raises(InvalidName) as caught:
        keys.check_folder(folder)

    assert caught.value.members["field"] == "folder"


def test_a_folder_far_too_long_is_refused_before_its_names_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look_at(name: str) -> str:
        raise AssertionError("looked at")

    monkeypatch.setattr(keys, "check_name", look_at)

    with pytest.raises(InvalidName) as caught:
        keys.check_folder("a/" * 500_000 + "a")
    assert caught.value.members == {"field": "folder", "limit": 1024}


def test_c17_the_plain_name_of_a_disposition_holds_nothing_that_a_browser_decodes() -> None:
    """Some of them take %2f there for a slash (RFC 6266 §4.3)."""
    assert keys.content_disposition("attachment", "%2e%2e%2fx") == (
        "attachment; filename=\"_2e_2e_2fx\"; filename*=UTF-8''%252e%252e%252fx"
    )


@pytest.mark.parametrize(
    "name", ["1a" * 127, "0" * 255, "٣a" * 85, "ﷺ" * 85, "ΐ" * 127, "각" * 85, "e\u0301" * 85]
)
def test_what_names_are_sorted_by_has_room_in_the_registry(name: str) -> None:
    checked = keys.check_name(name)

    assert len(keys.sort_key(checked)) <= 1024


@given(name=st.text(min_size=1, max_size=80))
def test_c17_a_disposition_is_one_header_line_of_ascii(name: str) -> None:
    try:
        checked = keys.check_name(name)
    except InvalidName:
        return

    value = keys.content_disposition("attachment", checked)

    assert value.isascii()
    assert value.isprintable()
    assert re.fullmatch(
        r'attachment; filename="[^"\\]*"(; filename\*=UTF-8\'\'[A-Za-z0-9!#$&+.^_`|~%-]*)?', value
    )
