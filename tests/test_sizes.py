import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.sizes import parse_size, show_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("5", 5),
        ("1KB", 1000),
        ("1KiB", 1024),
        ("16 MiB", 16 * 1024**2),
        ("5GB", 5 * 1000**3),
        (" 5 TiB ", 5 * 1024**4),
    ],
)
def test_a_size_is_read_exactly(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MiB",
        "-1",
        "+1",
        "1.5 GiB",
        "1e3",
        "5G",
        "5 mib",
        "5 Mb",
        "5 B",
        "1  MiB",
        "1_000",
        "\u0665",
        "9" * 21,
    ],
)
def test_what_could_be_read_in_two_ways_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="number of bytes"):
        parse_size(text)


@given(size=st.integers(0, 2**63))
def test_what_is_shown_can_be_read(size: int) -> None:
    assert parse_size(show_size(size)) == size
