"""Counts over cells as bins: nothing is lost, and every value is where it belongs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import histogram
from schemas.reference import Cells, places
from schemas.sketch import Counts
from support.models import number

VALUES = st.lists(st.integers(-500, 500), min_size=1, max_size=300)


def counted(cells: Cells, values: list[int]) -> Counts:
    found = np.bincount(places(np.array(cells.cuts), np.array(values, float)), minlength=2 * len(cells.cuts) + 1)
    return np.append(found, 7).astype(np.int64)


@given(VALUES, VALUES)
def test_bins_are_those_of_numpy_where_every_value_is_a_cut(reference: list[int], window: list[int]) -> None:
    cells = number("x", np.array(reference + window, float))
    if len(cells.cuts) < len(set(reference + window)):
        return
    one, other = counted(cells, reference), counted(cells, window)

    bins = histogram.edges([(cells, one), (cells, other)])

    found = histogram.shares(cells, other, bins)
    expected, _ = np.histogram(window, np.concatenate(([-np.inf], bins, [np.inf])))
    expected[-2] += (last := window.count(bins[-1]) if bins[-1] == int(bins[-1]) else 0)
    expected[-1] -= last
    np.testing.assert_allclose(found, expected / len(window))


@given(VALUES, VALUES)
def test_shares_add_up_whatever_lies_between_and_beyond(reference: list[int], window: list[int]) -> None:
    cells = number("x", np.array(reference, float))
    counts = counted(cells, window)
    bins = histogram.edges([(cells, np.asarray(cells.counts)), (cells, counts)])

    found = histogram.shares(cells, counts, bins)

    assert (np.diff(bins) > 0).all()
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)
    assert found[0] >= np.mean(np.array(window) < min(reference)) - 1e-9
    assert found[-1] >= np.mean(np.array(window) > max(cells.cuts)) - 1e-9


def test_a_value_has_a_bin_of_its_own_where_there_are_few() -> None:
    cells = number("x", np.array([1.0, 1, 2, 4]))
    counts = np.array([5, 1, 0, 2, 0, 2, 0, 0])

    bins = histogram.edges([(cells, counts)])

    assert bins.tolist() == [0.5, 1.5, 3, 5]
    assert histogram.shares(cells, counts, bins).tolist() == [0.5, 0.1, 0.2, 0.2, 0]


def test_without_values_there_are_no_bins_or_nothing_in_them() -> None:
    none = Cells(feature="x", kind="number", cuts=[], counts=[0, 9], n=0)
    one = Cells(feature="x", kind="number", cuts=[3.0], counts=[0, 9, 0, 0], n=9)

    assert histogram.edges([(none, np.array([4, 5]))]).tolist() == []
    bins = histogram.edges([(one, np.array([0, 0, 0, 5]))])
    assert histogram.shares(one, np.array([0, 0, 0, 5]), bins).tolist() == [0, 0, 0]
    assert histogram.shares(one, np.array([0, 2, 0, 5]), bins).tolist() == [0, 1, 0]
