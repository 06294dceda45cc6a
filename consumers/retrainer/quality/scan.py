"""Pane by pane: which columns are not what they were.

A pane is held against the panes before it that were right, so a season is no fault; what changes from one pane to the
next by more than those differ among themselves may be one.
"""

from collections.abc import Iterator

import numpy as np

from consumers.retrainer.quality.observed import Panes
from consumers.retrainer.quality.rules import Against, Mark
from consumers.training.dataset import Mask

DEPTH = 28
"""Panes before it that a pane is held against at most."""
LEAST = 7
"""And at least: without them it is not judged."""


def marks(panes: Panes, minimum: int, start: int) -> Iterator[tuple[int, Mask, list[Mark]]]:
    """Of each pane from `start` on: its number, which columns were judged, bool (columns,), and the marks."""
    stats = panes.packed()
    right = np.full((DEPTH, *stats.shape[1:]), np.nan)
    for pane in range(len(panes)):
        enough = panes.n[pane] >= minimum
        found: list[Mark] = []
        if pane >= start:
            judged = enough & ((~np.isnan(right[:, 2])).sum(axis=0) >= LEAST)
            low, high = (Panes(*edge.reduce(right)) for edge in (np.fmin, np.fmax))
            found = list(Against(Panes(*stats[pane]), low, high, minimum).marks(judged))
            yield pane, judged, found
        kept = enough.copy()
        kept[[mark.column for mark in found]] = False
        right[:-1, :, kept], right[-1, :, kept] = right[1:, :, kept], stats[pane][:, kept].T
