import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.parts import MIB, Plan, plan

GIB = 1024 * MIB
TIB = 1024 * GIB


@pytest.mark.parametrize(
    ("size", "part_size", "count"),
    [
        (1, 8 * MIB, 1),
        (8 * MIB, 8 * MIB, 1),
        (8 * MIB + 1, 8 * MIB, 2),
        (8000 * MIB, 8 * MIB, 1000),
        (8000 * MIB + 1, 9 * MIB, 889),
        (64_000 * MIB, 64 * MIB, 1000),
        (640_000 * MIB, 64 * MIB, 10_000),
        (640_000 * MIB + 1, 65 * MIB, 9847),
        (5 * TIB, 525 * MIB, 9987),
    ],
)
def test_parts_grow_with_the_file(size: int, part_size: int, count: int) -> None:
    assert plan(size) == Plan(size, part_size)
    assert plan(size).count == count


@given(st.integers(1, 5 * TIB))
def test_the_parts_of_every_size_are_within_s3s_limits_and_make_the_whole(size: int) -> None:
    planned = plan(size)

    assert 1 <= planned.count <= 10_000
    assert 5 * MIB <= planned.part_size <= 5 * GIB
    assert planned.part_size % MIB == 0
    assert 1 <= planned.size_of(planned.count) <= planned.part_size
    assert (planned.count - 1) * planned.part_size + planned.size_of(planned.count) == size


def test_up_to_62_gib_and_a_half_there_are_at_most_1000_parts() -> None:
    assert plan(62 * GIB + 512 * MIB).count == 1000
    assert plan(62 * GIB + 512 * MIB + 1).count == 1001


@pytest.mark.parametrize("number", [0, -1, 4])
def test_c38_a_part_that_there_is_not_has_no_size(number: int) -> None:
    with pytest.raises(ValueError, match="numbered from 1 to 3"):
        plan(17 * MIB).size_of(number)
