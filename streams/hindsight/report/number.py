"""A number's two distributions: how many of which size, and the two cumulative curves with the place of D."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from schemas import histogram
from schemas.histogram import Floats
from schemas.reference import Cells
from schemas.sketch import Counts
from streams.hindsight.report import svg
from streams.hindsight.report.axis import Scale, ticks

WIDTH, HEIGHT = 420, 200
LEFT, RIGHT, TOP, FOOT = 44, 10, 12, 30
GUTTER = 16
"""Pixels on either side for what lies beyond the bins."""


@dataclass(frozen=True, slots=True)
class Widest:
    """Where the cumulative shares lie furthest apart: at or below `at` (or only below it) lie these shares."""

    at: float
    reference: float
    window: float
    below: bool

    @property
    def d(self) -> float:
        """The largest distance."""
        return abs(self.reference - self.window)


def widest(cells: Cells, counts: Counts) -> Widest | None:
    """D and its place; None where one side has no values.

    Args:
        cells: of numbers.
        counts: int64 (cells.size,) of the window.
    """
    was, now = _below(np.asarray(cells.counts, np.int64)), _below(counts)
    if was is None or now is None or not cells.cuts:
        return None
    cell = min(int(np.abs(was - now).argmax()), 2 * len(cells.cuts) - 1)
    return Widest(cells.cuts[cell // 2], float(was[cell]), float(now[cell]), below=cell % 2 == 0)


def histograms(cells: Cells, counts: Counts, name: str) -> Markup:
    """Reference and window as histograms over the same bins; the narrow columns hold what lies beyond them."""
    reference = np.asarray(cells.counts, np.int64)
    bins = histogram.edges([(cells, reference), (cells, counts)])
    was, now = (histogram.shares(cells, found, bins) for found in (reference, counts))
    x = Scale(bins[0], bins[-1], LEFT + GUTTER, WIDTH - RIGHT - GUTTER)
    top = max(float(was.max()), float(now.max())) or 1.0
    y = Scale(0, top, HEIGHT - FOOT, TOP)
    borders = np.array([LEFT, *map(x, bins), WIDTH - RIGHT])
    drawn = [
        *_frame(x, y),
        svg.path(_outline(borders, was, y), "reference-area"),
        svg.path(_outline(borders, now, y), "window-area"),
        svg.path(_outline(borders, now, y)[1:-1], "window-line"),
        svg.text(LEFT, HEIGHT - 4, "less"),
        svg.text(WIDTH - RIGHT, HEIGHT - 4, "more", anchor="end"),
    ]
    return svg.chart((WIDTH, HEIGHT), f"{name}: share of samples by value, reference and window", drawn)


def curves(cells: Cells, counts: Counts, name: str) -> Markup:
    """The share of samples up to each value, of reference and window, and a mark where they are furthest apart."""
    reference = np.asarray(cells.counts, np.int64)
    bins = histogram.edges([(cells, reference), (cells, counts)])
    x, y = Scale(bins[0], bins[-1], LEFT, WIDTH - RIGHT), Scale(0, 1, HEIGHT - FOOT, TOP)
    drawn = _frame(x, y)
    for found, name_of_line in ((reference, "reference-line"), (counts, "window-line")):
        below = _below(found)
        if below is not None:
            drawn.append(svg.path(_staircase(x, y, np.asarray(cells.cuts), below), name_of_line))
    mark = widest(cells, counts)
    if mark is not None:
        drawn += _mark(x, y, mark)
    return svg.chart((WIDTH, HEIGHT), f"{name}: cumulative shares of reference and window", drawn)


def _below(counts: Counts) -> Floats | None:
    """float64 (cells,): the share of the values up to each cell; None where there are no values."""
    total = int(counts[:-1].sum())
    return np.cumsum(counts[:-1]) / total if total else None


def _frame(x: Scale, y: Scale) -> list[Markup]:
    """Grid, axis and round numbers."""
    drawn = []
    for share in ticks(y.low, y.high, 4):
        drawn.append(svg.line((LEFT, y(share)), (WIDTH - RIGHT, y(share)), "grid" if share else "axis"))
        drawn.append(svg.text(LEFT - 6, y(share) + 4, f"{100 * share:.3g} %", anchor="end"))
    for value in ticks(x.low, x.high, 6):
        drawn.append(svg.line((x(value), y.start), (x(value), y.start + 4), "axis"))
        drawn.append(svg.text(x(value), y.start + 16, f"{value:.6g}", anchor="middle"))
    return drawn


def _outline(borders: Floats, heights: Floats, y: Scale) -> list[tuple[float, float]]:
    """Around the columns, from the foot on the left to the foot on the right."""
    points = [(float(borders[0]), y(0))]
    for left, right, height in zip(borders[:-1], borders[1:], heights, strict=True):
        points += [(float(left), y(float(height))), (float(right), y(float(height)))]
    return [*points, (float(borders[-1]), y(0))]


def _staircase(x: Scale, y: Scale, cuts: NDArray[np.float64], below: Floats) -> list[tuple[float, float]]:
    """Upright where values lie upon a cut, sloping where they lie somewhere between two."""
    points = [
        (x.start, y(float(below[0]))),
        *((x(cut), y(share)) for cut, share in zip(np.repeat(cuts, 2), below[:-1], strict=True)),
    ]
    return [*points, (x.stop, y(float(below[-2])))]


def _mark(x: Scale, y: Scale, mark: Widest) -> list[Markup]:
    at, ends = x(mark.at), (y(mark.reference), y(mark.window))
    right = at < (x.start + x.stop) / 2
    return [
        svg.line((at, ends[0]), (at, ends[1]), "distance"),
        *(svg.tag("circle", cx=at, cy=end, r=3, class_="hit") for end in ends),
        svg.text(
            at + (8 if right else -8), sum(ends) / 2 + 4, f"D = {mark.d:.3f}", "mark", "start" if right else "end"
        ),
    ]
