"""The sequential test: its level under any kind of symmetric difference, its power, and its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from consumers.retrainer.sequential import LEVEL, TELLING, wealth, weigh

PANES, TIMES = 60, 2_000
Draw = NDArray[np.float64]


def _draws(kind: str) -> Draw:
    """TIMES series of differences whose mean is 0: of all kinds of tails, sizes that depend on the past, some alike."""
    rng = np.random.default_rng(7)
    plain = rng.normal(size=(TIMES, PANES))
    if kind == "normal":
        return plain
    if kind == "heavy":
        return rng.standard_t(1.5, size=(TIMES, PANES))
    if kind == "growing":
        return plain * np.exp(np.linspace(0, 4, PANES))
    if kind == "by the past":  # a large one makes the next ones large, as weather does
        sizes = np.exp(np.cumsum(np.abs(plain), axis=1) / 10)
        return np.asarray(
            rng.normal(size=(TIMES, PANES)) * np.concatenate([np.ones((TIMES, 1)), sizes[:, :-1]], axis=1)
        )
    return np.asarray(np.sign(plain) * 0.01)  # "coins"


@pytest.mark.parametrize("kind", ["normal", "heavy", "growing", "by the past", "coins"])
def test_looked_at_after_every_pane_it_is_wrong_as_rarely_as_its_level(kind: str) -> None:
    wrong = np.mean([wealth(one.tolist()) >= 1 / LEVEL for one in _draws(kind)])

    assert wrong <= LEVEL + 2.33 * np.sqrt(LEVEL * (1 - LEVEL) / TIMES)


def test_panes_that_resemble_the_one_before_cost_little_of_its_level() -> None:
    rng, alike = np.random.default_rng(3), 0.3
    series = rng.normal(size=(TIMES, 28))
    for pane in range(1, 28):
        series[:, pane] = alike * series[:, pane - 1] + np.sqrt(1 - alike**2) * series[:, pane]

    assert np.mean([wealth(one.tolist()) >= 1 / LEVEL for one in series]) <= LEVEL


def test_a_version_that_is_worse_is_told_by_eight_panes_alike_and_hardly_by_less() -> None:
    fewer = TELLING - 1

    assert weigh([-0.1] * fewer, [50] * fewer).verdict == "open"
    assert weigh([-0.1] * TELLING, [50] * TELLING).verdict == "worse"
    assert weigh([0.1] * TELLING, [50] * TELLING).verdict == "better"


def test_it_has_power_where_panes_differ() -> None:
    rng = np.random.default_rng(1)
    found = [weigh((one - 1).tolist(), [9] * 28).verdict for one in rng.normal(size=(500, 28))]

    assert found.count("worse") > 0.9 * 500
    assert found.count("better") <= LEVEL * 500


@given(st.lists(st.floats(-1e3, 1e3).filter(lambda x: x == 0 or abs(x) > 1e-6), max_size=40), st.floats(0.01, 100))
def test_units_do_not_matter_and_sides_mirror(gains: list[float], unit: float) -> None:
    rows = [10] * len(gains)
    here, there = weigh(gains, rows), weigh([-gain * unit for gain in gains], rows)

    assert here.better == pytest.approx(there.worse, rel=1e-6)
    assert here.worse == pytest.approx(there.better, rel=1e-6)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40))
def test_what_was_told_once_stays_told(gains: list[float]) -> None:
    assert wealth(gains) >= wealth(gains[:-1]) >= 1


def test_nothing_is_known_of_nothing() -> None:
    assert weigh([], []).gain is None
    assert weigh([], []).verdict == weigh([0.0, 0.0], [5, 5]).verdict == "open"
