"""How far the columns of a history move from period to period, and how far chance alone moves them at these sizes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from producers.columns import Column, Floats
from producers.events import Times
from producers.rhythm import DAY_MS, in_words

WEEK_MS = 7 * DAY_MS
PARTS = 8
"""A history of less than MANY weeks is cut into so many periods, or fewer of one pane each."""
MANY = 4
"""Periods that must be there to say anything."""
YEAR = 52
"""The newest so many periods are looked at."""
ENOUGH = 100
"""Values that a period and what comes before it must have to be compared."""
MOST = 10_000
"""Of more values so many are drawn."""
OFTEN = 0.9
"""The share of periods that a level is not exceeded in."""


@dataclass(frozen=True, slots=True)
class Swing:
    """What one column stays within in nine periods of ten, each against the time before it.

    `moved` is the distance of its values (D of Kolmogorov and Smirnov, total variation of categories), `chance` that of
    as large random halves of both together, `gaps` the difference in the share of missing values.
    """

    name: str
    moved: float
    chance: float
    gaps: float


@dataclass(frozen=True, slots=True)
class Variation:
    """Of a history: so many periods were compared, each with as much as `before` of the time before it."""

    period: str
    periods: int
    before: str
    swings: list[Swing]


def variation(
    columns: Mapping[str, Column], times: Times, pane_ms: int, before_ms: int, seed: int = 0
) -> Variation | None:
    """None if the history is too short to tell.

    Args:
        columns: of n samples each, by name.
        times: int64 (n,), epoch milliseconds, in any order.
        pane_ms: periods are whole panes.
        before_ms: what a period is compared with, at most.
        seed: of what is drawn.
    """
    order = np.argsort(times, kind="stable")
    period = _period(int(times[order[-1]] - times[order[0]]) + 1, pane_ms)
    cuts = _cuts(times[order], pane_ms, period, before_ms)
    if len(cuts) < MANY - 1:
        return None
    random = np.random.default_rng(seed)
    swings = [_swing(name, Column(one.values[order], one.ordered), cuts, random) for name, one in columns.items()]
    return Variation(in_words(period), len(cuts), in_words(before_ms), swings)


def _period(span: int, pane_ms: int) -> int:
    if span >= MANY * WEEK_MS and WEEK_MS % pane_ms == 0:
        return WEEK_MS
    return max(1, span // PARTS // pane_ms) * pane_ms


def _cuts(times: Times, pane: int, period: int, before: int) -> list[tuple[int, int, int]]:
    """Where the time before a period begins, where it begins, and where it ends; of those with ENOUGH in both.

    The last one is whole if its last pane holds samples.
    """
    edges = np.arange(int(times[0]) + period, int(times[-1]) + 1 + pane - period, period)
    found = np.searchsorted(times, np.stack((edges - before, edges, edges + period))).T
    enough = [(int(start), int(middle), int(stop)) for start, middle, stop in found]
    return [one for one in enough if min(one[1] - one[0], one[2] - one[1]) >= ENOUGH][-YEAR:]


def _swing(name: str, column: Column, cuts: list[tuple[int, int, int]], random: np.random.Generator) -> Swing:
    """A distance is known of periods that have ENOUGH values, not only samples."""
    both = [(column.values[start:middle], column.values[middle:stop]) for start, middle, stop in cuts]
    gaps = [abs(float(np.isnan(here).mean() - np.isnan(there).mean())) for there, here in both]
    drawn = [(_drawn(there, random), _drawn(here, random)) for there, here in both]
    pairs = [pair for pair in drawn if min(map(len, pair)) >= ENOUGH]
    moved = [_distance(*pair, ordered=column.ordered) for pair in pairs]
    chance = [_distance(*_mixed(*pair, random), ordered=column.ordered) for pair in pairs]
    return Swing(name, _level(moved), _level(chance), _level(gaps))


def _level(found: list[float]) -> float:
    return float(np.quantile(found, OFTEN)) if found else 0.0


def _drawn(values: Floats, random: np.random.Generator) -> Floats:
    present = values[~np.isnan(values)]
    return present if len(present) <= MOST else random.choice(present, MOST, replace=False)


def _mixed(there: Floats, here: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    mixed = random.permutation(np.concatenate((there, here)))
    return mixed[: len(there)], mixed[len(there) :]


def _distance(there: Floats, here: Floats, *, ordered: bool) -> float:
    if ordered:
        from scipy.stats import ks_2samp  # noqa: PLC0415 - a second to import, which only a new declaration pays

        return float(ks_2samp(there, here, method="asymp").statistic)
    size = int(max(there.max(), here.max())) + 1
    shares = (np.bincount(part.astype(np.intp), minlength=size) / len(part) for part in (there, here))
    return float(np.abs(np.subtract(*shares)).sum() / 2)
