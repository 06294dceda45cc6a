"""Statistics of counts against scipy's of the values, and their laws."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest, chisquare, ks_2samp

from schemas.reference import Cells, places
from streams.drift import distance
from streams.drift.column import Finding, Window, examine
from streams.drift.distance import UNLUCKY, Distance, chance
from streams.drift.reference import Reference
from streams.drift.scan import Scan
from streams.drift.scan import stability as population_stability
from streams.drift.shares import share
from streams.drift.stability import grouped, stability_limit
from support.walks import WALKS, compiled, numpied

numbers = st.integers(-5, 5).map(float) | st.floats(-3, 3) | st.sampled_from([5e-324, -0.0, 1e308, -1e308, 0.1])
values = st.lists(numbers, min_size=3, max_size=60)
both = pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS.keys())
Walk = Callable[..., Scan]
counts = st.lists(st.integers(0, 500), min_size=2, max_size=12).filter(any).map(np.array)


def count(cuts: NDArray[np.float64], sample: Sequence[float]) -> NDArray[np.int64]:
    return np.bincount(places(cuts, np.array(sample)), minlength=2 * len(cuts) + 1)


def kolmogorov_smirnov(reference: NDArray[np.int64], window: NDArray[np.int64], walk: Walk = compiled) -> Distance:
    found = walk(reference, window)
    return distance.kolmogorov_smirnov(found, reference, window, reference.sum(), max(1, window.sum()))


def total_variation(reference: NDArray[np.int64], window: NDArray[np.int64]) -> Distance:
    found = compiled(reference, window, ordered=False)
    return distance.total_variation(found, reference, window, reference.sum(), window.sum())


def look(cells: Cells, counts: list[int]) -> Finding:
    return examine(Reference(cells), Window(np.array(counts), np.zeros(3), {0: sum(counts)}, 60_000))


def true_distance(reference: Sequence[float], window: Sequence[float]) -> float:
    return float(ks_2samp(reference, window, method="asymp").statistic)


@both
@given(values, values)
def test_distance_is_that_of_scipy_bit_for_bit_where_every_value_has_a_cut(
    walk: Walk, reference: list[float], window: list[float]
) -> None:
    cuts = np.unique(reference)

    assert kolmogorov_smirnov(count(cuts, reference), count(cuts, window), walk).effect == true_distance(
        reference, window
    )


@both
@given(values, values, values)
def test_distance_of_merged_partials_is_that_of_the_whole(
    walk: Walk, reference: list[float], one: list[float], other: list[float]
) -> None:
    cuts = np.unique(reference)

    merged = count(cuts, one) + count(cuts, other)

    assert kolmogorov_smirnov(count(cuts, reference), merged, walk).effect == true_distance(reference, one + other)


@both
@given(values, values, st.integers(1, 5))
def test_with_fewer_cuts_the_interval_still_holds_the_true_distance(
    walk: Walk, reference: list[float], window: list[float], every: int
) -> None:
    cuts = np.unique(reference)[::every]

    found = kolmogorov_smirnov(count(cuts, reference), count(cuts, window), walk)

    assert found.effect <= true_distance(reference, window) <= found.high + 1e-12
    assert found.low <= found.effect


def test_what_hides_inside_a_wide_cell_is_in_the_interval() -> None:
    rng = np.random.default_rng(3)
    reference, window = np.sort(rng.uniform(0, 1, 20_000)), rng.uniform(0, 0.1, 20_000)
    cuts = np.array([reference[0], reference[-1]])

    found = kolmogorov_smirnov(count(cuts, reference.tolist()), count(cuts, window.tolist()))

    assert found.effect < 0.1 < true_distance(reference.tolist(), window.tolist()) <= found.high


def test_p_of_few_values_is_neither_blind_nor_early() -> None:
    rng = np.random.default_rng(4)
    cuts, small = np.array([0.0, 1.0]), 0
    reference = count(cuts, (rng.random(20_000) < 0.3).astype(float).tolist())

    for _ in range(1_000):
        window = count(cuts, (rng.random(500) < 0.3).astype(float).tolist())
        small += kolmogorov_smirnov(reference, window).p < 0.05

    assert 0 < small <= 75  # at most 5 %, and three times its standard error; D's own bound gives none


@given(st.integers(50, 5_000), st.integers(50, 5_000), st.floats(0, 1))
def test_p_is_about_the_window_alone_once_the_reference_has_had_its_error(m: int, n: int, d: float) -> None:
    cuts = np.arange(60.0)
    reference = np.zeros(121, np.int64)
    reference[[1, 119]] = m, 1
    window = np.zeros(121, np.int64)
    window[[1, 3]] = n - round(d * n), round(d * n)

    found = distance.kolmogorov_smirnov(compiled(reference, window), reference, window, m, n)

    assert len(cuts) > distance.TIES
    beyond = max(0.0, found.effect - np.sqrt(np.log(2 / UNLUCKY) / (2 * m)))
    assert found.p == pytest.approx(min(1.0, 2 * np.exp(-2 * n * beyond**2)))
    assert (found.p < 1e-6) == (found.effect > chance(1e-6, m, n)) or found.p == pytest.approx(1e-6)


def test_no_reference_of_many_alarms_often() -> None:
    rng, level = np.random.default_rng(1), 0.05
    for m, n in ((1_000, 10_000), (1_000, 1_000)):
        for _ in range(20):
            reference = rng.normal(size=m)
            cuts = np.unique(reference)
            there = count(cuts, reference.tolist())
            alarms = sum(
                kolmogorov_smirnov(there, count(cuts, rng.normal(size=n).tolist())).p < level for _ in range(60)
            )
            assert alarms <= 10  # of 60: 3 are allowed, and four times its standard error


def test_categories_agree_with_scipy_for_a_reference_without_error() -> None:
    reference, window = np.array([500, 300, 200]) * 10**9, np.array([80, 80, 40])

    found = total_variation(reference, window)

    assert found.effect == pytest.approx(0.1)
    assert found.low < 0.1 < found.high
    assert found.p == pytest.approx(chisquare(window, [100, 60, 40]).pvalue, rel=1e-3)


def test_one_new_value_alone_is_no_evidence() -> None:
    assert total_variation(np.array([500, 500, 0]), np.array([50, 49, 1])).p > 0.5


@given(counts, st.data())
def test_the_compiled_walk_gives_the_bits_that_numpy_gives(reference: NDArray[np.int64], data: st.DataObject) -> None:
    window = np.array(data.draw(st.lists(st.integers(0, 500), min_size=len(reference), max_size=len(reference))))

    for ordered in (True, False):
        assert compiled(reference, window, ordered=ordered) == numpied(reference, window, ordered=ordered)


@pytest.mark.parametrize("cells", [51, 511, 20_001])
def test_the_compiled_walk_gives_the_bits_that_numpy_gives_of_large_tables(cells: int) -> None:
    rng = np.random.default_rng(cells)
    for samples in (10, 1_000, 1_000_000):
        reference, window = (rng.multinomial(samples, rng.dirichlet(np.full(cells, 0.5))) for _ in range(2))

        assert compiled(reference, window) == numpied(reference, window)


NUMBER = Cells(feature="x", kind="number", cuts=[0.0, 1.0], counts=[0, 50, 0, 50, 0, 0], n=100, mean=0.5, m2=25.0)
COLOR = Cells(feature="color", kind="category", values=["blue", "red"], counts=[500, 480, 20, 0], n=1000)


@given(counts)
def test_equal_counts_are_at_no_distance(same: NDArray[np.int64]) -> None:
    assert kolmogorov_smirnov(same, same).effect == 0
    assert total_variation(same, same).effect == 0
    for ordered in (False, True):
        assert population_stability(*grouped(same, same, ordered=ordered))[0] == 0


@given(counts, st.data())
def test_stability_index_is_symmetric_and_never_negative(one: NDArray[np.int64], data: st.DataObject) -> None:
    other = np.array(data.draw(st.lists(st.integers(0, 500), min_size=len(one), max_size=len(one))))

    (there, groups), (back, _) = (
        population_stability(*grouped(*two, ordered=False)) for two in ((one, other), (other, one))
    )

    assert there == pytest.approx(back)
    assert there >= 0
    assert groups == np.count_nonzero(one + other)


def test_psi_stays_below_its_limit_as_often_as_said() -> None:
    rng = np.random.default_rng(5)
    above = 0
    for _ in range(2_000):
        reference, window = rng.multinomial(10_000, np.full(10, 0.1)), rng.multinomial(500, np.full(10, 0.1))
        psi, _ = population_stability(*grouped(reference, window, ordered=False))
        above += psi > stability_limit(10_000, 500, 10, 0.05)

    assert 70 <= above <= 130  # 5 % of 2,000, and three times its standard error


def test_missing_rate() -> None:
    assert (share(0, 0, 100, 100).effect, share(0, 0, 100, 100).p) == (0.0, 1.0)
    found = share(0.01, 0.06, 1000, 1000)
    assert found.effect == pytest.approx(0.05)
    assert found.p < 1e-6
    assert 0.03 < found.low < 0.05 < found.high < 0.07


def test_a_share_that_the_reference_never_held_is_judged_exactly() -> None:
    found = share(0.0, 3 / 50, 1_000, 50)

    largest = 1 - UNLUCKY ** (1 / 1_000)  # with which 1,000 samples hold none in one of 1 / UNLUCKY cases
    assert found.p == pytest.approx(2 * binomtest(3, 50, largest, "greater").pvalue)
    assert found.p > 0.01


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_the_interval_of_a_share_holds_its_effect_and_does_not_know_which_side_is_which(
    m: int, n: int, data: st.DataObject
) -> None:
    there, here = data.draw(st.integers(0, m)), data.draw(st.integers(0, n))

    one, turned = share(there / m, here / n, m, n), share(1 - there / m, 1 - here / n, m, n)

    assert 0 <= one.low <= one.effect + 1e-12
    assert one.effect <= one.high + 1e-12 <= 1 + 1e-9
    assert (turned.effect, turned.low, turned.high) == pytest.approx((one.effect, one.low, one.high), abs=1e-9)


NUMBER = Cells(feature="x", kind="number", cuts=[0.0, 1.0], counts=[0, 50, 0, 50, 0, 0], n=100, mean=0.5, m2=25.0)
COLOR = Cells(feature="color", kind="category", values=["blue", "red"], counts=[500, 480, 20, 0], n=1000)


def test_a_feature_that_vanishes_has_moved() -> None:
    found = look(NUMBER, [0, 0, 0, 0, 0, 80])

    name, test, drifted = found.decisive(0.1, 0.02, 1e-6)
    assert (name, test.effect, drifted, found.missing, found.mean.value) == ("missing", 1.0, True, 1.0, None)


def test_what_the_reference_never_held_is_a_test_of_its_own() -> None:
    outside = look(NUMBER, [30, 300, 0, 300, 0, 0]).tests["outside"]
    new = look(COLOR, [500, 480, 120, 0]).tests["new"]

    assert outside.effect == pytest.approx(30 / 630)
    assert new.effect == pytest.approx(120 / 1100 - 0.02)
    assert new.p < 1e-9


def test_a_small_sure_shift_decides_before_a_large_doubtful_one() -> None:
    found = Finding(100, 100, tests={"shape": Distance(0.4, 0.2, 0, 1), "new": Distance(0.2, 1e-9, 0, 1)})

    assert found.decisive(0.1, 0.02, 1e-6)[::2] == ("new", True)
    assert found.decisive(0.1, 0.3, 1e-6)[::2] == ("shape", False)


def test_an_empty_window_has_nothing_to_say() -> None:
    found = look(NUMBER, [0] * 6)

    assert (found.n, *found.decisive(0.1, 0.02, 0.5)[1:]) == (0, Distance(0.0, 1.0, 0.0, 1.0), False)
