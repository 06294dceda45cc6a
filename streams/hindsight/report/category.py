"""A category's two distributions: a pair of bars for each value, for new ones and for missing."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from schemas.reference import Cells
from schemas.sketch import Counts
from streams.hindsight.report import svg
from streams.hindsight.report.axis import Scale

MOST = 20
"""Values with bars of their own; the rest is put together."""
WIDTH, ROW, NAMES, FIGURES = 660, 24, 190, 150


@dataclass(frozen=True, slots=True)
class Pair:
    """A value, or a group of them, with its share of all samples in the reference and in the window."""

    name: str
    reference: float
    window: float
    own: bool = True

    @property
    def larger(self) -> float:
        """Of the two."""
        return max(self.reference, self.window)


def pairs(cells: Cells, counts: Counts, most: int = MOST) -> list[Pair]:
    """The most frequent values, most frequent in the reference first; then all others, new ones and missing.

    Args:
        cells: of categories.
        counts: int64 (cells.size,) of the window.
        most: values that are shown by themselves.
    """
    was, now = (_shares(found) for found in (np.asarray(cells.counts, np.int64), counts))
    known = [Pair(name, was[i], now[i]) for i, name in enumerate(cells.values)]
    shown = sorted(known, key=lambda pair: -pair.larger)[:most]
    rest = [pair for pair in known if pair not in shown]
    shown.sort(key=lambda pair: -pair.reference)
    if rest:
        sums = sum(pair.reference for pair in rest), sum(pair.window for pair in rest)
        shown.append(Pair(f"{len(rest):,} others", *sums, own=False))
    return [*shown, Pair("new", was[-2], now[-2], own=False), Pair("missing", was[-1], now[-1], own=False)]


def bars(cells: Cells, counts: Counts, name: str) -> Markup:
    """The pairs of bars, one row each."""
    found = pairs(cells, counts)
    x = Scale(0, max((pair.larger for pair in found), default=0) or 1.0, NAMES, WIDTH - FIGURES)
    drawn = [svg.line((NAMES, 0), (NAMES, ROW * len(found)), "axis")]
    for row, pair in enumerate(found):
        y = row * ROW
        drawn += [
            svg.text(NAMES - 8, y + 16, svg.label(pair.name, 26), "name" if pair.own else "name aside", "end",
                     svg.label(pair.name, 200)),
            svg.box(NAMES, y + 3, x(pair.reference) - NAMES, 8, "reference-area"),
            svg.box(NAMES, y + 12, x(pair.window) - NAMES, 8, "window-bar"),
            svg.text(x(pair.larger) + 8, y + 16, f"{svg.share(pair.reference)} → {svg.share(pair.window)}"),
        ]  # fmt: skip
    return svg.chart((WIDTH, ROW * len(found)), f"{name}: share of samples by value, reference and window", drawn)


def _shares(counts: Counts) -> list[float]:
    shares: list[float] = (counts / max(1, int(counts.sum()))).tolist()
    return shares
