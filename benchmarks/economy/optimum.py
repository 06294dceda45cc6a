"""What hindsight would have done: the best dates for so many retrains, by dynamic programming over a grid of dates."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from benchmarks.economy.fits import Fits, losses

Floats = NDArray[np.float64]


def ages(fits: Fits, step: int, window: int | None = None) -> Floats:
    """float64 (dates, panes): what the version made at every `step`-th pane costs in each later one; NaN before it."""
    world = fits.world
    moments = [world.start, *world.moments]
    found = np.full((len(range(0, len(moments), step)), len(moments)), np.nan)
    for row, pane in enumerate(range(0, len(moments), step)):
        found[row] = losses(world, fits.version(moments[pane], window))
        found[row, :pane] = np.nan
    return found


def optimum(tables: Sequence[Floats], step: int, most: int) -> list[float]:
    """The least total cost with at most 0, 1, ... `most` retrains, each of whichever table is better until the next.

    Args:
        tables: as `ages` gives them, one a window to train on; the first version is that of date 0 in the first.
        step: panes between dates.
        most: at least 0.
    """
    dates, panes = tables[0].shape
    sums = np.stack([np.nancumsum(table, axis=1) for table in tables])
    until = np.concatenate([np.zeros((len(tables), dates, 1)), sums], axis=2)

    def cost(date: int, end: int) -> float:
        """Of the panes from a date until `end`."""
        found = until[:, date, end] - until[:, date, date * step]
        return float(found[0] if date == 0 else found.min())

    reached, found = {0: 0.0}, []
    for _ in range(most + 1):
        found.append(min(spent + cost(date, panes) for date, spent in reached.items()))
        reached = {
            later: min(spent + cost(date, later * step) for date, spent in reached.items() if date < later)
            for later in range(1, dates)
            if min(reached) < later
        }
    return list(accumulate(found, min))
