"""Sums of floats are exact: in any order and parts, over the whole range of a float64."""

import random
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.moments import Sums, moments, nothing, pack, settled, unpack
from streams.tally import CHUNK, EXPONENTS, tally

floats = st.floats(allow_nan=False, allow_infinity=False)
LARGEST, LEAST = 1.7976931348623157e308, 5e-324


def sums(values: list[float]) -> Sums:
    """As a lane adds them up."""
    found, x = nothing(1), np.array(values).reshape(-1, 1)
    desk = np.zeros((EXPONENTS, 4), np.int64)
    tally(x, 0, np.ones(1, np.uint8), desk, found)
    assert not desk.any()
    return found


@given(st.lists(floats, min_size=1, max_size=40))
@example([LARGEST, -LARGEST, LEAST])
@example([LARGEST] * 40)
@example([-LEAST] * 3)
@example([1e16, 1.0, -1e16])
def test_moments_are_those_of_the_real_numbers(values: list[float]) -> None:
    n, total, squares = len(values), sum(map(Fraction, values)), sum(Fraction(value) ** 2 for value in values)
    deviations = squares - total * total / n

    found = moments(sums(values))[0].tolist()

    assert found[:2] == [n, float(total / n)]
    assert found[2] == (float(deviations) if deviations < Fraction(2) ** 1024 - Fraction(2) ** 969 else np.inf)


@given(st.lists(floats, max_size=40), st.lists(st.integers(0, 40)), st.randoms(use_true_random=False))
def test_neither_order_nor_parts_change_a_byte(values: list[float], cuts: list[int], chance: random.Random) -> None:
    mixed = chance.sample(values, len(values))
    parts = [sums(mixed[start:stop]) for start, stop in pairwise([0, *sorted(cuts), 40])]

    assert pack(sum(chance.sample(parts, len(parts)), nothing(1))) == pack(sums(values))


@given(st.lists(floats, max_size=20))
def test_what_is_packed_comes_back_settled(values: list[float]) -> None:
    found = np.concatenate((sums(values), nothing(1), sums(values[:3])))

    assert np.array_equal(unpack(pack(found)), found)
    assert np.array_equal(settled(found), found)


def test_many_values_overflow_no_digit() -> None:
    found = sums([-1.5e300] * 1000)
    for _ in range(30):  # as many as 2**30 batches
        found = settled(found + found)

    assert moments(found)[0].tolist() == [1000 * 2**30, -1.5e300, 0.0]


@pytest.mark.parametrize("data", [b"", b"\0", b"\0" * 8, b"\0" * 12, np.zeros((4, 3)).tobytes(), np.ones(9).tobytes()])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no packed sums|multiple of element size"):
        unpack(data)


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, np.nextafter(2.0, 0.0)])
def test_many_values_of_the_largest_mantissa_do_not_overflow(value: float) -> None:
    n = 3 * CHUNK + 1

    assert pack(sums([value] * n)) == pack(sums([value]) * n)
