"""Whether mean losses have risen: against scipy where panes are not alike, and calibrated where they are."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from streams.drift.loss import PANES, Clusters, Mean, clusters, increase

Values = NDArray[np.float64]
INDEPENDENT = Clusters(1.0, 0, calm=True)
samples = st.lists(st.floats(0.01, 20), min_size=2, max_size=40).map(np.array)


def mean(values: Values) -> Mean:
    return Mean.of(len(values), float(values.sum()), float(np.square(values).sum()))


def panes(chance: np.random.Generator, count: int, size: int, between: float, within: float = 0.5) -> list[Mean]:
    """Losses around .5, of panes that have something in common."""
    return [mean(chance.normal(0.5 + chance.normal(0, between), within, size)) for _ in range(count)]


@given(samples, samples)
def test_it_is_welchs_test_where_samples_are_independent(reference: Values, window: Values) -> None:
    assume(reference.var() > 1e-6 and window.var() > 1e-6)
    there, here = (Mean(len(x), float(x.mean()), float(x.var(ddof=1))) for x in (reference, window))
    found = increase(there, here, INDEPENDENT)

    theirs = stats.ttest_ind(window, reference, equal_var=False, alternative="greater")
    both = stats.ttest_ind(window, reference, equal_var=False).confidence_interval(0.95)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-300)
    assert found.effect == pytest.approx(window.mean() / reference.mean() - 1, abs=1e-12)
    assert found.low * reference.mean() == pytest.approx(both.low, rel=1e-6, abs=1e-9)
    assert found.high * reference.mean() == pytest.approx(both.high, rel=1e-6, abs=1e-9)


@given(samples, samples, st.floats(1, 100), st.integers(PANES, 40))
def test_law_what_is_alike_never_makes_a_rise_more_certain(a: Values, b: Values, effect: float, count: int) -> None:
    plain, widened = (increase(mean(a), mean(b), like) for like in (INDEPENDENT, Clusters(effect, count, calm=True)))

    assert widened.effect == plain.effect
    assert widened.low <= plain.low + 1e-9
    assert widened.high >= plain.high - 1e-9
    if plain.effect > 0:
        assert widened.p >= plain.p * (1 - 1e-9)


def test_without_any_spread_only_the_means_decide() -> None:
    same, less = Mean(10, 0.5, 0.0), Mean(10, 0.4, 0.0)
    assert increase(less, same, INDEPENDENT).p == 0.0
    assert increase(same, less, INDEPENDENT).p == 1.0


@given(samples)
def test_sums_give_mean_and_variance(values: Values) -> None:
    found = mean(values)
    assert found.mean == pytest.approx(values.mean())
    assert found.variance == pytest.approx(values.var(ddof=1), rel=1e-6, abs=1e-9)
    assert Mean.of(0, 0, 0) == Mean(0, 0.0, 0.0)
    assert Mean.of(1, 0.3, 0.09) == Mean(1, 0.3, 0.0)


def test_independent_samples_have_an_effect_of_about_one_and_are_calm() -> None:
    chance = np.random.default_rng(0)
    found = [clusters(panes(chance, 32, 200, between=0.0)) for _ in range(200)]
    known = [one for one in found if one is not None]
    assert np.mean([one.effect for one in known]) == pytest.approx(1.1, abs=0.1)  # those below 1 are taken as 1
    assert np.mean([one.calm for one in known]) > 0.95


def test_panes_that_have_something_in_common_have_the_effect_of_a_cluster_sample_and_are_not_calm() -> None:
    chance = np.random.default_rng(1)
    found = [clusters(panes(chance, 32, 400, between=0.1)) for _ in range(200)]
    known = [one for one in found if one is not None]
    expected = 1 + 399 * 0.01 / 0.26  # Kish: 1 + (size - 1) times the intraclass correlation
    assert np.median([one.effect for one in known]) == pytest.approx(expected, rel=0.15)
    assert np.mean([one.calm for one in known]) < 0.01


def test_one_step_among_the_panes_leaves_them_calm() -> None:
    chance = np.random.default_rng(2)
    stepped = [
        clusters(
            [*panes(chance, 16, 200, 0.0), *(Mean(p.n, p.mean + 1, p.variance) for p in panes(chance, 16, 200, 0.0))]
        )
        for _ in range(100)
    ]
    assert np.mean([one is not None and one.calm for one in stepped]) > 0.9


def test_too_few_panes_tell_nothing_and_empty_ones_do_not_count() -> None:
    some = panes(np.random.default_rng(3), PANES, 50, 0.0)
    assert clusters(some) is not None
    assert clusters(some[1:]) is None
    assert clusters([*some[1:], Mean(0, 0.0, 0.0)]) is None
    assert clusters([Mean(5, 0.5, 0.0)] * PANES) == Clusters(1.0, PANES, calm=True)


def test_false_alarms_stay_within_the_level_though_panes_are_alike() -> None:
    """A reference of 8 panes, 32 before the window, a window of 4: at 1 % it alarms in about 1 %, not in 14."""
    chance, plain, widened, trials = np.random.default_rng(4), 0, 0, 2_000
    for _ in range(trials):
        means = chance.normal(0.5, 0.05, 8 + 32 + 4)
        all_panes = [Mean(400, chance.normal(m, 0.025), 0.25) for m in means]
        reference, window = (_together(part) for part in (all_panes[:8], all_panes[-4:]))
        like = clusters(all_panes[8:-4])
        assert like is not None
        plain += increase(reference, window, INDEPENDENT).p < 0.01
        widened += increase(reference, window, like).p < 0.01
    low, high = (stats.binom.ppf(q, trials, 0.01) for q in (0.0005, 0.9995))
    assert low <= widened <= high
    assert plain > 5 * high


def _together(parts: list[Mean]) -> Mean:
    n = sum(part.n for part in parts)
    squares = [(part.n - 1) * part.variance + part.n * part.mean**2 for part in parts]
    return Mean.of(n, sum(part.n * part.mean for part in parts), sum(squares))
