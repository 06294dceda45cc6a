"""Days that are alike say less than they have labels, and ask for larger leaves."""

import numpy as np
import pytest
from numpy.typing import NDArray

from producers.likeness import INDEPENDENT, leaf, likeness
from producers.rhythm import DAY_MS

HOUR = 3_600_000
DAYS, DAILY = 28, 500
TIMES = np.repeat(np.arange(DAYS), DAILY) * DAY_MS + np.tile(np.arange(DAILY) * (DAY_MS // DAILY), DAYS)


def drawn(spread: float, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    rates = np.clip(0.3 + spread * rng.normal(size=DAYS), 0, 1)
    return (rng.random(len(TIMES)) < np.repeat(rates, DAILY)).astype(np.float64)


def test_independent_labels_are_worth_what_they_are_and_alike_ones_their_design_effect() -> None:
    alone = [likeness(drawn(0.0, seed), TIMES, DAY_MS) or 0.0 for seed in range(20)]
    alike = [likeness(drawn(0.1, seed), TIMES, DAY_MS) or 0.0 for seed in range(20)]

    assert np.median(alone) == pytest.approx(1.0, abs=0.3)
    assert np.median(alike) == pytest.approx(1 + DAILY * 0.01 / (0.3 * 0.7), rel=0.3)  # 1 + n var(rate) / var(label)


def test_shorter_panes_are_put_together_to_days_and_unknown_labels_left_out() -> None:
    labels = drawn(0.1, 1)
    assert likeness(labels, TIMES, HOUR) == likeness(labels, TIMES, DAY_MS)
    holes = labels.copy()
    holes[::2] = np.nan
    assert likeness(holes, TIMES, HOUR) == likeness(labels[1::2], TIMES[1::2], HOUR)


def test_of_less_than_eight_days_panes_tell_and_of_less_than_eight_panes_nothing() -> None:
    few = TIMES < 5 * DAY_MS
    assert likeness(drawn(0.1, 1)[few], TIMES[few], HOUR) is not None
    assert likeness(drawn(0.1, 1)[few], TIMES[few], DAY_MS) is None
    assert likeness(np.full(len(TIMES), np.nan), TIMES, HOUR) is None


def test_one_class_says_nothing() -> None:
    assert likeness(np.zeros(len(TIMES)), TIMES, DAY_MS) is None


@pytest.mark.parametrize(
    ("alike", "labels", "expected"),
    [(None, 10_000, INDEPENDENT), (1.0, 10_000, 20), (44.0, 25_000, 880), (44.0, 2_000, 100), (44.0, 10, 20)],
)
def test_a_leaf_holds_as_many_as_say_what_twenty_would_but_lets_a_tree_have_leaves(
    alike: float | None, labels: int, expected: int
) -> None:
    assert leaf(alike, labels) == expected
