"""What a window is held against: the reference as a whole, or as it is at the window's time of the season."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
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


@dataclass(frozen=True, slots=True)
class _Slots:
    """counts: float64 (slots, cells); blocks: int64 (slots,), how many blocks of time they come from."""

    counts: NDArray[np.float64]
    blocks: NDArray[np.int64]

    @classmethod
    def of(cls, season: Season) -> "_Slots":
        counts = np.frombuffer(zlib.decompress(season.counts), "<u4").reshape(len(season.blocks), -1)
        return cls(counts.astype(np.float64), np.array(season.blocks))

    def without(self, season: Season, panes: Mapping[int, NDArray[np.int64]]) -> "_Slots":
        counts, blocks = self.counts.copy(), self.blocks.copy()
        for start, pane in panes.items():
            counts[slot_of(season, start)] -= pane
            blocks[slot_of(season, start)] -= 1
        return _Slots(counts, blocks)


class Reference:
    """Of one column of one version."""

    def __init__(self, cells: Cells, slots: _Slots | None = None) -> None:
        self.cells = cells
        self._ordered = cells.kind == "number"
        self._slots = _Slots.of(cells.season) if cells.season and slots is None else slots
        self._whole = _whole(np.asarray(cells.counts, np.float64), cells.rhythm, ordered=self._ordered)
        self._made: dict[int, Against] = {}

    def without(self, panes: Mapping[int, NDArray[np.int64]]) -> "Reference":
        """The same but for these blocks of it, by start (epoch ms): int64 (cells,) each, not all 0."""
        season, rhythm = self.cells.season, self.cells.rhythm
        rest = np.asarray(self.cells.counts, np.int64) - sum(panes.values(), np.zeros(self.cells.size, np.int64))
        cells = replace(
            self.cells,
            counts=rest.tolist(),
            rhythm=replace(rhythm, blocks=rhythm.blocks - len(panes)) if rhythm else None,
        )
        return Reference(cells, self._slots.without(season, panes) if season and self._slots else None)

    def against(self, panes: Panes) -> Against:
        """The reference for these panes: with a season each slot weighs as much as it does in the window."""
        season, n = self.cells.season, sum(panes.values())
        if season is None or not n:
            return self._whole
        weights: dict[int, float] = {}
        for start, samples in panes.items():
            slot = slot_of(season, start)
            weights[slot] = weights.get(slot, 0.0) + samples / n
        return _mixed([(weight, self._of(slot)) for slot, weight in sorted(weights.items())], ordered=self._ordered)

    def _of(self, slot: int) -> Against:
        """Blocks of a slot lie a whole period apart, and no longer go together."""
        if self._slots is None or not self._slots.counts[slot].any():
            return self._whole
        if slot not in self._made:
            counts, rhythm = self._slots.counts[slot], self.cells.rhythm
            n, blocks = float(counts.sum()), int(self._slots.blocks[slot])
            values, gaps = (_apart(n, blocks, _alike(rhythm, missing=which)) for which in (False, True))
            self._made[slot] = Against(counts, values, gaps, Scanner(counts, ordered=self._ordered))
        return self._made[slot]

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


def slot_of(season: Season, start: int) -> int:
    """The slot of a pane by its start."""
    return start % season.period_ms // season.slot_ms


def _apart(n: float, blocks: int, alike: Alike | None) -> float:
    return n if alike is None or n <= 0 else 1 / ((1 - alike.between) / n + alike.between / blocks)


def _mixed(parts: list[tuple[float, Against]], *, ordered: bool) -> Against:
    """Shares are averaged; 1 / worth is the sum of weight^2 / worth."""
    shares = sum((weight * part.counts / part.counts.sum() for weight, part in parts), np.zeros(1))
    values = 1 / sum(weight**2 / part.values for weight, part in parts)
    missing = 1 / sum(weight**2 / part.missing for weight, part in parts)
    counts = shares * sum(part.counts.sum() for _, part in parts)
    return Against(counts, values, missing, Scanner(counts, ordered=ordered))
