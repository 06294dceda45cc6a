"""What is done where nobody thought of it: any feature with p < .05, or answers a tenth worse than at first."""

from dataclasses import dataclass, field

import numpy as np

from benchmarks.economy.fits import Version, losses
from benchmarks.economy.world import World
from infra.boosting import Floats

ALPHA, WORSE = 0.05, 0.1
REFERENCE, WEEK = 28, 7
"""Panes: what a pane's samples are held against, and over how many losses are averaged."""


@dataclass(slots=True)
class AnyFeature:
    """The test of Kolmogorov and Smirnov by the textbook: a pane against the last panes before the training."""

    world: World
    _made: int = -1
    _sorted: list[Floats] = field(default_factory=list)

    def __call__(self, now: int, champion: Version) -> bool:
        """Whether any numeric feature of the last pane has p < ALPHA."""
        pane = self.world.declaration.pane_ms
        if self._made != champion.as_of:
            self._made, self._sorted = champion.as_of, self._columns(champion.as_of - REFERENCE * pane, champion.as_of)
        here = self._columns(now - pane, now)
        return any(p_value(one, other) < ALPHA for one, other in zip(self._sorted, here, strict=True))

    def _columns(self, start: int, end: int) -> list[Floats]:
        """The values of each numeric column, sorted, without missing ones."""
        names, data = list(self.world.declaration.features), self.world.data
        low, high = np.searchsorted(data.times, [start, end])
        columns = [names.index(name) for name in self.world.declaration.names("number", "integer")]
        return [np.sort(part[~np.isnan(part)]) for part in data.rows[low:high, columns].T]


def p_value(one: Floats, other: Floats) -> float:
    """Of two sorted samples; 1 where one is empty."""
    if not len(one) or not len(other):
        return 1.0
    values = np.concatenate([one, other])
    shares = [np.searchsorted(part, values, side="right") / len(part) for part in (one, other)]
    distance = float(np.abs(shares[0] - shares[1]).max())
    return 2 * float(np.exp(-2 * distance**2 * len(one) * len(other) / (len(one) + len(other))))


@dataclass(slots=True)
class Worse:
    """The mean loss of the last week against that of the champion's first."""

    world: World
    rows: Floats
    _made: int = -1
    _loss: Floats = field(default_factory=lambda: np.empty(0))

    def __call__(self, now: int, champion: Version) -> bool:
        """Whether it is more than a tenth higher."""
        if self._made != champion.as_of:
            self._made, self._loss = champion.as_of, losses(self.world, champion)
        begun, here = ((one - self.world.start) // self.world.declaration.pane_ms for one in (champion.as_of, now))
        if here - begun < 2 * WEEK:
            return False
        first, last = slice(begun, begun + WEEK), slice(here - WEEK, here)
        means = [self._loss[part].sum() / max(1.0, self.rows[part].sum()) for part in (first, last)]
        return bool(means[1] > (1 + WORSE) * means[0])
