"""What a window is held against: the reference as a whole, or as it is at the window's time of the season."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.reference import Alike, Cells, Rhythm, Season
from streams.drift.effective import worth
from streams.drift.scan import Scanner

Panes = Mapping[int, int]
"""Starts of the panes of a window (epoch ms), and the samples in each."""

MANY = 1000


@dataclass(frozen=True, slots=True)
class Against:
    """counts: float64 (cells,), missing last; what they are worth in the values, and in what is missing."""

    counts: NDArray[np.float64]
    values: float
    missing: float
    scan: Scanner


class Reference:
    """Of one column of one version."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        counts, rhythm = np.asarray(cells.counts, np.float64), cells.rhythm
        self._ordered = cells.kind == "number"
        self._whole = _whole(counts, rhythm, ordered=self._ordered)
        self._slots = _slots(cells.season, rhythm, ordered=self._ordered) if cells.season else []

    def against(self, panes: Panes) -> Against:
        """The reference for these panes: with a season each slot weighs as much as it does in the window."""
        season, n = self.cells.season, sum(panes.values())
        if season is None or not n:
            return self._whole
        weights: dict[int, float] = {}
        for start, samples in panes.items():
            slot = start % season.period_ms // season.slot_ms
            weights[slot] = weights.get(slot, 0.0) + samples / n
        return _mixed([(weight, self._of(slot)) for slot, weight in sorted(weights.items())], ordered=self._ordered)

    def _of(self, slot: int) -> Against:
        found = self._slots[slot]
        return found if found.values > 0 else self._whole

    def window(self, n: float, span_ms: float, *, missing: bool = False) -> float:
        """What n samples over `span_ms` are worth."""
        rhythm = self.cells.rhythm
        return worth(n, span_ms, rhythm, _alike(rhythm, missing=missing))

    def lasting(self, n: float, span_ms: float) -> float:
        """What each of many windows of n samples adds, one after another."""
        return self.window(n * MANY, span_ms * MANY) / MANY


def _alike(rhythm: Rhythm | None, *, missing: bool) -> Alike | None:
    if rhythm is None:
        return None
    return rhythm.missing if missing else rhythm.values


def _whole(counts: NDArray[np.float64], rhythm: Rhythm | None, *, ordered: bool) -> Against:
    span = rhythm.blocks * rhythm.block_ms if rhythm else 0
    values, gaps = (worth(float(counts.sum()), span, rhythm, _alike(rhythm, missing=which)) for which in (False, True))
    return Against(counts, values, gaps, Scanner(counts, ordered=ordered))


def _slots(season: Season, rhythm: Rhythm | None, *, ordered: bool) -> list[Against]:
    """Blocks of a slot lie a whole period apart, and no longer go together."""
    slots = len(season.blocks)
    counts = np.frombuffer(zlib.decompress(season.counts), "<u4").reshape(slots, -1).astype(np.float64)
    found = []
    for part, blocks in zip(counts, season.blocks, strict=True):
        values, gaps = (_apart(float(part.sum()), blocks, _alike(rhythm, missing=which)) for which in (False, True))
        found.append(Against(part, values, gaps, Scanner(part, ordered=ordered)))
    return found


def _apart(n: float, blocks: int, alike: Alike | None) -> float:
    return n if alike is None or n <= 0 else 1 / ((1 - alike.between) / n + alike.between / blocks)


def _mixed(parts: list[tuple[float, Against]], *, ordered: bool) -> Against:
    """Shares are averaged; 1 / worth is the sum of weight^2 / worth."""
    shares = sum((weight * part.counts / part.counts.sum() for weight, part in parts), np.zeros(1))
    values = 1 / sum(weight**2 / part.values for weight, part in parts)
    missing = 1 / sum(weight**2 / part.missing for weight, part in parts)
    counts = shares * sum(part.counts.sum() for _, part in parts)
    return Against(counts, values, missing, Scanner(counts, ordered=ordered))
