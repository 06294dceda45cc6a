"""Statistics of counts against scipy's of the values, and their laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, ks_2samp

from schemas.reference import Cells
from streams.drift.column import examine
from streams.drift.distance import kolmogorov_smirnov, population_stability, share, total_variation

values = st.lists(st.integers(-5, 5) | st.floats(-3, 3), min_size=3, max_size=60)
counts = st.lists(st.integers(0, 500), min_size=2, max_size=12).filter(any).map(np.array)


def count(cuts: NDArray[np.float64], sample: list[float]) -> NDArray[np.int64]:
    return np.bincount(np.searchsorted(cuts, sample, side="left"), minlength=len(cuts) + 1)


@given(values, values)
def test_distance_over_cells_is_never_above_that_of_the_values(reference: list[float], window: list[float]) -> None:
    cuts = np.unique(reference)

    d, _ = kolmogorov_smirnov(count(cuts, reference), count(cuts, window))

    assert d <= ks_2samp(reference, window, method="asymp").statistic + 1e-12


@given(values, st.data())
def test_distance_is_exact_where_every_value_has_a_cut(reference: list[float], data: st.DataObject) -> None:
    window = data.draw(st.lists(st.sampled_from(reference), min_size=3, max_size=60))
    cuts = np.unique(reference)

    d, _ = kolmogorov_smirnov(count(cuts, reference), count(cuts, window))

    assert d == pytest.approx(ks_2samp(reference, window, method="asymp").statistic, abs=1e-12)


def test_p_bounds_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.1, 0.2):
        reference, window = rng.normal(size=900), rng.normal(shift, size=500)
        cuts = np.unique(reference)

        d, p = kolmogorov_smirnov(count(cuts, reference.tolist()), count(cuts, window.tolist()))

        of_values = ks_2samp(reference, window, method="asymp").pvalue
        assert d > 0
        assert 0.9 * of_values <= p <= 1.3 * of_values


def test_categories_agree_with_scipy_where_every_cell_is_large() -> None:
    reference, window = np.array([500, 300, 200]), np.array([80, 80, 40])

    effect, p = total_variation(reference, window)

    assert effect == pytest.approx(0.1)
    assert p == pytest.approx(chi2_contingency([reference, window], correction=False).pvalue)


def test_one_new_value_alone_is_no_evidence() -> None:
    _, p = total_variation(np.array([500, 500, 0]), np.array([50, 49, 1]))

    assert p > 0.5


@given(counts)
def test_equal_counts_are_at_no_distance(same: NDArray[np.int64]) -> None:
    assert kolmogorov_smirnov(same, same)[0] == 0
    assert total_variation(same, same)[0] == 0
    assert population_stability(same, same, ordered=False) == 0
    assert population_stability(same, same, ordered=True) == 0


@given(counts, st.data())
def test_stability_index_is_symmetric_and_never_negative(one: NDArray[np.int64], data: st.DataObject) -> None:
    other = np.array(data.draw(st.lists(st.integers(0, 500), min_size=len(one), max_size=len(one))))

    there, back = population_stability(one, other, ordered=False), population_stability(other, one, ordered=False)

    assert there == pytest.approx(back)
    assert there >= 0


def test_missing_rate() -> None:
    assert share(100, 0, 100, 0) == (0.0, 1.0)
    assert share(1000, 10, 1000, 60)[0] == pytest.approx(0.05)
    assert share(1000, 10, 1000, 60)[1] < 1e-6


def test_a_feature_that_vanishes_has_moved() -> None:
    cells = Cells(feature="x", kind="number", cuts=[0.0], counts=[50, 50, 0], n=100, mean=0.0, m2=1.0)

    found = examine(cells, np.array([0, 0, 80]), np.zeros(3))

    assert (found.effect, found.missing, found.mean) == (1.0, 1.0, None)
    assert found.p < 1e-9


def test_an_empty_window_has_nothing_to_say() -> None:
    cells = Cells(feature="x", kind="number", cuts=[0.0], counts=[50, 50, 0], n=100, mean=0.0, m2=1.0)

    found = examine(cells, np.zeros(3, np.int64), np.zeros(3))

    assert (found.n, found.effect, found.p) == (0, 0.0, 1.0)
