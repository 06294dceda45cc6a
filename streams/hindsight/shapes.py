"""Cells and counts -> a histogram of a few characters, on one scale for the reference and the window."""

import numpy as np
from numpy.typing import NDArray

from infra.cli.bars import sparkline
from schemas.reference import Cells

BINS = 12
TAIL = 0.02
"""Of the reference, on either side, that goes into the outermost bins: one far value must not flatten the picture."""


def sparks(cells: Cells, counts: NDArray[np.int64]) -> tuple[str, str]:
    """The reference and the window as blocks, of the same bins and height; missing values are left out.

    Args:
        cells: the reference.
        counts: int64 (cells.size,) of the window.
    """
    bins = _bins(cells)
    reference = np.bincount(bins, cells.counts[:-1], bins.max() + 1)
    window = np.bincount(bins, counts[:-1], bins.max() + 1)
    shares = [found / max(1.0, found.sum()) for found in (reference, window)]
    top = max(float(share.max()) for share in shares)
    one, other = (sparkline([x or None for x in share.tolist()], 0, top)[0] for share in shares)
    return one, other


def _bins(cells: Cells) -> NDArray[np.intp]:
    """The bin of each cell but that of the missing: numbers evenly by value, categories by their own share."""
    counts = np.array(cells.counts[:-1])
    if cells.kind == "category":
        rank = np.argsort(np.argsort(-counts[:-1], kind="stable"), kind="stable")
        return np.append(np.minimum(rank, BINS - 2), min(len(rank), BINS - 1))
    if not cells.cuts:
        return np.zeros(len(counts), np.intp)
    cuts = np.array(cells.cuts)
    middles = np.repeat(cuts, 2)
    middles[2::2] = (cuts[:-1] + cuts[1:]) / 2
    middles = np.append(middles, cuts[-1])
    below = np.cumsum(counts) / max(1, counts.sum())
    low, high = middles[np.searchsorted(below, [TAIL, 1 - TAIL]).clip(0, len(middles) - 1)]
    width = (high - low) or 1.0
    bins: NDArray[np.intp] = np.clip((middles - low) / width * BINS, 0, BINS - 1).astype(np.intp)
    return bins
