"""counts over the cells of numbers -> bins of even width to look at, the same ones for several sets of counts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.reference import Cells
from schemas.sketch import Counts

Floats = NDArray[np.float64]

BINS = 36
FEW = 40
"""Up to so many values of the reference, each has a bin of its own."""
NEAREST, FARTHEST = 1e-290, 2e307
"""What lies nearer to zero is drawn as zero, what lies further as this: spans and their inverses must be floats."""
TAIL = 0.02
"""On either side goes beyond the outermost bins: one far value must not flatten the picture."""


def edges(sides: Sequence[tuple[Cells, Counts]]) -> Floats:
    """The edges of bins in which all of these counts can be seen; empty where no reference holds a value.

    Args:
        sides: cells of numbers, and int64 (cells.size,) counted in them.
    """
    cuts = np.unique(np.concatenate([_cuts(cells) for cells, _ in sides]))
    if len(cuts) == 0:
        return cuts
    if len(cuts) == 1:
        return np.array([cuts[0] - 0.5, cuts[0] + 0.5])
    if len(cuts) <= FEW:
        inner = cuts[:-1] + np.diff(cuts) / 2
        return np.concatenate(([2 * cuts[0] - inner[0]], inner, [2 * cuts[-1] - inner[-1]]))
    reached = [_quantiles(cells, counts) for cells, counts in sides if counts[:-1].any()]
    low, high = (
        min((pair[0] for pair in reached), default=cuts[0]),
        max((pair[1] for pair in reached), default=cuts[-1]),
    )
    return np.linspace(low, high, BINS + 1) if high > low else np.array([low - 0.5, low + 0.5])


def shares(cells: Cells, counts: Counts, bins: Floats) -> Floats:
    """The share of values below, in each bin, and above; missing ones are left out. Zeros where there are none.

    What lies between two values of the reference is spread evenly over the gap; what lies beyond all of them has no
    place that is known, and is below or above.

    Args:
        cells: of numbers, with at least one cut.
        counts: int64 (cells.size,).
        bins: ascending edges, float64 (k + 1,).

    Returns:
        float64 (k + 2,), with the sum 1.
    """
    cuts, found = _cuts(cells), np.zeros(len(bins) + 1)
    place = np.searchsorted(bins, cuts, side="right")
    place[cuts == bins[-1]] = len(bins) - 1
    np.add.at(found, place, counts[1:-1:2])
    between = np.concatenate(([0], np.cumsum(counts[2:-2:2])))
    reached = np.interp(bins, cuts, between)
    found += np.diff(reached, prepend=0.0, append=float(between[-1]))
    found[0] += counts[0]
    found[-1] += counts[-2]
    part: Floats = found / max(1.0, float(found.sum()))
    return part


def _quantiles(cells: Cells, counts: Counts) -> tuple[float, float]:
    """The values of the reference below and above which about TAIL of the counts lie; of a gap its inner side."""
    upto = np.cumsum(counts[:-1]) / counts[:-1].sum()
    low, high = (int(cell) for cell in np.searchsorted(upto, [TAIL, 1 - TAIL]))
    last = len(cells.cuts) - 1
    cuts = _cuts(cells)
    return float(cuts[min(low // 2, last)]), float(cuts[min(max((high + 1) // 2 - 1, 0), last)])


def _cuts(cells: Cells) -> Floats:
    cuts: Floats = np.clip(np.asarray(cells.cuts, np.float64), -FARTHEST, FARTHEST)
    cuts[np.abs(cuts) < NEAREST] = 0.0
    return cuts
