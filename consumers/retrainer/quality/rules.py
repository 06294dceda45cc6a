"""What a pane can only be if its producer broke, given the panes before it that were right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from consumers.retrainer.quality import units
from consumers.retrainer.quality.observed import Panes
from consumers.training.dataset import Mask

Kind = Literal["missing", "constant", "new", "reversed", "unit"]
JUMP = 0.3
"""A share must rise by so much above the most of the panes before."""
GONE = 4.0
"""And by twice their range, or until what is left is less than the least before, divided by this."""
ALL_NEW, SOME_NEW = 0.9, 0.5
"""Shares of values that the reference has not: a fault from the first on, where they were below the second before."""
ALIKE = 0.1
"""The least spread before, as a share of the largest, where a spread says something: it does not rain every day."""
SURE = 4.0
"""Standard errors below zero: labels go against the scores, as much as they went with them before."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A column of a pane that stands out: `value` where `low` to `high` was right; `words` of a change of unit."""

    column: int
    kind: Kind
    value: float
    low: float
    high: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class Against:
    """One pane, float64 (columns,) each, and `low` and `high` of the panes before it, as Panes of one row."""

    now: Panes
    low: Panes
    high: Panes
    minimum: int

    def marks(self, judged: Mask) -> Iterator[Mark]:
        """Each column that breaks a rule, by the first of them."""
        rules: tuple[tuple[Kind, Mask, str], ...] = (
            ("missing", self._missing(), "missing"),
            ("constant", self._constant(), "mean"),
            ("new", self._new(), "new"),
            ("reversed", self._reversed(), "mean"),
        )
        for column in map(int, np.flatnonzero(judged)):
            hits = (Mark(column, kind, *self._of(name, column)) for kind, mask, name in rules if mask[column])
            found = next(hits, None) or self._unit(column)
            if found is not None:
                yield found

    def _of(self, name: str, column: int) -> tuple[float, float, float]:
        now, low, high = (float(getattr(part, name)[column]) for part in (self.now, self.low, self.high))
        return now, low, high

    def _missing(self) -> Mask:
        now, low, high = self.now.missing, self.low.missing, self.high.missing
        far = (now > high + 2 * (high - low)) | (1 - now < (1 - high) / GONE)
        found: Mask = far & (now > high + JUMP)
        return found

    def _constant(self) -> Mask:
        found: Mask = self._varied() & (self.now.std <= 1e-9 * np.abs(self.now.mean))
        return found

    def _new(self) -> Mask:
        found: Mask = self._many() & (self.now.new >= ALL_NEW) & (self.high.new <= SOME_NEW)
        return found

    def _reversed(self) -> Mask:
        """Of a correlation, which alone has no spread: flipped labels have that of before, with the other sign.

        Where the world turns, it is another one.
        """
        turned, low, high = -self.now.mean, self.low.mean, self.high.mean
        sure = np.isnan(self.now.std) & (turned * np.sqrt(self.now.present) > SURE)
        margin = (high - low) / 4
        found: Mask = sure & (low > 0) & (low - margin <= turned) & (turned <= high + margin)
        return found

    def _unit(self, column: int) -> Mark | None:
        """Of a number that varies from sample to sample much as it did before."""
        if not (self._varied()[column] and np.isnan(self.now.new[column])):
            return None
        (mean, low, high), (std, *stds) = self._of("mean", column), self._of("std", column)
        unit = units.changed(mean, std, np.array([low, high]), np.array(stds))
        return Mark(column, "unit", mean, low, high, unit.words) if unit else None

    def _many(self) -> Mask:
        found: Mask = self.now.present >= self.minimum
        return found

    def _varied(self) -> Mask:
        found: Mask = self._many() & (self.low.std > ALIKE * self.high.std)
        return found
