"""The measure of policies: hindsight is the optimum, and what is known is known by then."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from benchmarks.economy import conclude
from benchmarks.economy.course import Course, Retrain
from benchmarks.economy.measure import LEEWAY, NEVER, Measured
from benchmarks.economy.naive import p_value
from benchmarks.economy.optimum import optimum
from benchmarks.economy.streams import DAY, KINDS, START, world
from benchmarks.economy.world import DAY_MS

STEP, DATES = 2, 5


def table(seed: int) -> NDArray[np.float64]:
    found = np.random.default_rng(seed).random((DATES, DATES * STEP))
    for date in range(DATES):
        found[date, : date * STEP] = np.nan
    return found


def cost(tables: list[NDArray[np.float64]], dates: tuple[int, ...]) -> float:
    begins = [0, *dates, DATES]
    total = 0.0
    for begin, end in pairwise(begins):
        usable = tables[:1] if begin == 0 else tables
        total += min(one[begin, begin * STEP : end * STEP].sum() for one in usable)
    return total


@pytest.mark.parametrize("seed", range(5))
def test_hindsight_is_the_least_of_all_choices_of_dates(seed: int) -> None:
    tables = [table(seed), table(100 + seed)]
    best = [min(cost(tables, dates) for dates in combinations(range(1, DATES), k)) for k in range(DATES)]
    assert optimum(tables, STEP, DATES - 1) == pytest.approx(np.minimum.accumulate(best).tolist())


def test_the_textbooks_test_has_the_distance_of_scipy() -> None:
    rng = np.random.default_rng(1)
    one, other = np.sort(rng.normal(size=300)), np.sort(rng.normal(0.1, size=200))
    distance = ks_2samp(one, other, method="asymp").statistic
    assert p_value(one, other) == pytest.approx(2 * np.exp(-2 * distance**2 * 300 * 200 / 500))
    assert p_value(one, other[:0]) == 1


def test_a_stream_is_a_function_of_its_seed_and_a_label_is_known_when_it_comes() -> None:
    kind = next(kind for kind in KINDS if kind.name.startswith("harmless"))
    one, again, other = world(kind, 1), world(kind, 1), world(kind, 2)
    assert np.array_equal(one.data.rows, again.data.rows)
    assert not np.array_equal(one.data.rows, other.data.rows)
    known = one.known(START + 30 * DAY_MS)
    assert known.known.max() <= START + 30 * DAY_MS < one.data.known[len(known)]
    assert one.moments[0] == one.start + DAY_MS
    assert one.panes[0] == DAY[0] - 28


def course(policy: str, loss: list[float], promoted: list[bool]) -> Course:
    retrains = [Retrain(2 * place, "", "all history", passed) for place, passed in enumerate(promoted, 1)]
    return Course(policy, np.array(loss), np.full(len(loss), 10), retrains)


def test_a_share_is_of_the_better_weekly_schedule_and_hurt_is_what_the_first_version_would_have_saved() -> None:
    courses = [
        course(NEVER, [5.0] * 6, []),
        course("every 7 days on all history", [3.0] * 6, [True]),
        course("every 7 days on recent", [1.0] * 6, [True]),
        course(LEEWAY, [5.0, 5.0, 2.0, 2.0, 6.0, 6.0], [True, True]),
    ]
    one = Measured("s", 0, 6, drifts=True, courses=courses, hindsight=[0.5], on_all=[0.5], made=0)
    assert conclude.share(one, courses[3]) == pytest.approx((5 - 26 / 6) / (5 - 1))
    assert conclude.hurt(one, courses[3]) == 1
