"""The compiled counting against what numpy says of whole columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas import moments
from schemas.errors import Refused
from schemas.reference import places
from schemas.sketch import Sketch
from streams.encode import Inputs
from streams.grid import Grid
from streams.tally import EXPONENTS, tally
from support.models import scorer

GONE = (float("nan"), float("inf"), float("-inf"))
floats = st.integers(-4, 4).map(float) | st.floats(-5, 5) | st.sampled_from([-0.0, 5e-324, 1e308, -1e308, 1.7e308])
FAR: tuple[NDArray[np.float64], ...] = (
    np.random.default_rng(0).lognormal(0, 2, 3_000),
    np.random.default_rng(1).normal(1e6, 1e-3, 3_000),
    np.random.default_rng(2).normal(0, 1e-310, 3_000),
    np.random.default_rng(3).standard_cauchy(3_000).round(1),
)


def counted(cuts: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.int64]:
    counts = np.zeros(2 * len(cuts) + 2, np.int64)
    Grid([cuts], [True], [0, len(counts)]).count(x[:, None], 0, counts)
    return counts


def expected(cuts: NDArray[np.float64], x: NDArray[np.float64]) -> list[int]:
    present = x[np.isfinite(x)]
    cells = np.bincount(places(cuts, present), minlength=2 * len(cuts) + 1)
    return [*cells.tolist(), len(x) - len(present)]


@given(st.lists(floats, max_size=30), st.lists(floats | st.sampled_from(GONE), max_size=60))
def test_the_kernel_counts_as_numpy_does(reference: list[float], window: list[float]) -> None:
    cuts, x = np.unique(reference), np.array(window)

    assert counted(cuts, x).tolist() == expected(cuts, x)


@pytest.mark.parametrize("values", FAR, ids=["skewed", "narrow", "subnormal", "heavy and tied"])
def test_the_grid_finds_what_numpy_finds_in_columns_of_any_shape(values: NDArray[np.float64]) -> None:
    cuts = np.unique(values[:2_000])
    for x in (values, np.nextafter(cuts, np.inf), np.nextafter(cuts, -np.inf), values * 1e3):
        assert counted(cuts, x).tolist() == expected(cuts, x)


def test_what_is_not_finite_has_no_part_in_the_sums() -> None:
    found, desk = moments.nothing(2), np.zeros((EXPONENTS, 4), np.int64)

    tally(
        np.array([[1.0, 1.0], [3.0, 3.0], *([gone, gone] for gone in GONE)]), 0, np.array([1, 0], np.uint8), desk, found
    )

    assert moments.moments(found).tolist() == [[2.0, 2.0, 2.0], [0.0, 0.0, 0.0]]


def test_codes_have_the_cells_that_the_version_says_and_unseen_ones_the_last() -> None:
    counts = np.zeros(8, np.int64)
    grid = Grid([np.array([0.0]), np.array([1.0, 0.0, 2.0])], [True, False], [0, 4, 8])

    grid.count(np.array([[0.0, 0.0], [1.0, 1.0], [-1.0, -1.0], [np.nan, np.nan], [2.0, 7.0]]), 0, counts)

    assert counts.tolist() == [1, 1, 2, 1, 1, 1, 2, 1]


def test_counts_over_another_reference_are_not_added_to() -> None:
    counter, other = scorer().counter, Sketch.empty(4, 1, "another")

    with pytest.raises(Refused, match=r"over the reference 'another' cannot be added .* replay-from"):
        counter.count(Inputs(np.zeros((1, 3)), [1]), np.zeros(1), other)
