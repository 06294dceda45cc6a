"""What samples are worth: independent ones all that they are, those that go together fewer."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from infra.cells.columns import numbers
from infra.cells.season import calendar, in_time
from schemas.reference import Cells, places
from streams.drift.effective import worth
from streams.drift.reference import Reference

HOUR = 3_600_000


def autoregressive(n: int, rho: float, seed: int) -> NDArray[np.float64]:
    noise = np.random.default_rng(seed).standard_normal(n)
    noise[1:] *= np.sqrt(1 - rho**2)
    return np.asarray(lfilter([1.0], [1.0, -rho], noise))


def column(values: NDArray[np.float64], times: NDArray[np.int64], pane: int, season: int | None = None) -> Cells:
    cells = numbers("x", values)
    return in_time(cells, places(np.array(cells.cuts), values), calendar(times, pane, season))


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("pane", [50, 200, 1_000, 10_000])
def test_worth_of_a_window_of_an_autoregressive_series(rho: float, pane: int) -> None:
    found = []
    for seed in range(20):
        cells = column(autoregressive(10_000, rho, seed), np.arange(10_000), pane)
        found.append(Reference(cells).window(pane, pane) / pane)

    true = (1 - rho) / (1 + rho)  # the limit for long windows
    assert 0.5 * true < np.median(found) < 1.8 * true  # blocks of 50 are not yet long: a little too much for .9


def test_worth_is_never_more_than_there_is_and_grows_with_time() -> None:
    rhythm = column(autoregressive(10_000, 0.9, 1), np.arange(10_000), 200).rhythm
    assert rhythm is not None

    by_span = [worth(n, n, rhythm, rhythm.values) for n in (200, 400, 800, 1_600)]

    assert by_span == sorted(by_span)
    assert all(one <= n for one, n in zip(by_span, (200, 400, 800, 1_600), strict=True))
    assert worth(10**9, 200, rhythm, rhythm.values) < 200  # however many samples there are of one moment


def test_a_daily_cycle_is_kept_as_a_season_and_held_against_its_own_hour() -> None:
    rng = np.random.default_rng(2)
    times = np.arange(28 * 24 * 60) * 60_000
    level = 2 * np.sin(times / (24 * HOUR) * 2 * np.pi)
    reference = Reference(column(level + rng.standard_normal(len(times)), times, HOUR, 7 * 24 * HOUR))

    season = reference.cells.season
    assert season is not None
    assert season.period_ms == 24 * HOUR
    high, low = (reference.against({hour * HOUR: 60}).counts for hour in (6, 18))
    middle = len(high) // 2
    assert high[:middle].sum() < 0.1 * high.sum()
    assert low[:middle].sum() > 0.9 * low.sum()


def test_no_season_where_there_is_none() -> None:
    times = np.arange(28 * 24 * 60) * 60_000
    kept = [
        column(np.random.default_rng(seed).standard_normal(len(times)), times, HOUR, 7 * 24 * HOUR).season
        for seed in range(5)
    ]

    assert kept == [None] * 5


def test_a_reference_too_short_to_tell_says_nothing_of_time() -> None:
    assert column(np.arange(8.0), np.arange(8), 60_000).rhythm is None


def test_the_season_of_a_window_weighs_its_hours_as_the_window_does() -> None:
    times = np.arange(28 * 24 * 60) * 60_000
    level = 2 * np.sin(times / (24 * HOUR) * 2 * np.pi)
    reference = Reference(column(level, times, HOUR, 24 * HOUR))

    both = reference.against({6 * HOUR: 30, 18 * HOUR: 90})
    high, low = reference.against({6 * HOUR: 1}), reference.against({18 * HOUR: 1})

    shares = [one.counts / one.counts.sum() for one in (both, high, low)]
    assert np.allclose(shares[0], 0.25 * shares[1] + 0.75 * shares[2])
    assert both.values == pytest.approx(1 / (0.25**2 / high.values + 0.75**2 / low.values))
