"""How alike the labels of one day are, and what that asks of a model: a storm makes a whole day late."""

import numpy as np
from numpy.typing import NDArray

from producers.events import Times
from producers.rhythm import DAY_MS

DAYS = 8
"""So many days at least tell how alike the samples of one day are; of a shorter history panes stand for days."""
INDEPENDENT = 20
"""Independent samples that a leaf of a tree should hold: scikit-learn's default, which takes all for independent."""
LEAVES = 20
"""A history is never asked for leaves so large that a tree could not have so many."""


def likeness(labels: NDArray[np.float64], times: Times, pane_ms: int) -> float | None:
    """How many labels of one day say as much as one independent one; at least 1, None if that cannot be told.

    The design effect of days (or panes, where they are longer) as clusters: F of the analysis of variance.

    Args:
        labels: float64 (n,) of 0 and 1; NaN is unknown.
        times: int64 (n,), epoch milliseconds.
        pane_ms: length of a pane.
    """
    known = ~np.isnan(labels)
    labels, times = labels[known], times[known]
    place = next((found for length in (max(DAY_MS, pane_ms), pane_ms) if len(found := _blocks(times, length))), None)
    if place is None or len(labels) <= (n := np.bincount(place)).size:
        return None
    means, mean = np.bincount(place, labels) / n, labels.mean()
    between = float((n * (means - mean) ** 2).sum()) / (len(n) - 1)
    within = float(((labels - means[place]) ** 2).sum()) / (len(labels) - len(n))
    return max(1.0, between / within) if within > 0 else None


def _blocks(times: Times, length: int) -> NDArray[np.int64]:
    """The place of the block of each sample; empty where there are too few blocks."""
    blocks, place = np.unique(times // length, return_inverse=True)
    return place if len(blocks) >= DAYS else place[:0]


def leaf(alike: float | None, labels: int) -> int:
    """Samples that a leaf should hold, of a history of so many labels."""
    return max(INDEPENDENT, min(round(INDEPENDENT * (alike or 1.0)), labels // LEAVES))
