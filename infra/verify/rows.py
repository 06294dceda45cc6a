"""Rows of a topic that come in the order of the samples they are of, in arrays, a stretch at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
"""An offset after all others."""


class Rows(NamedTuple):
    """int64 (n,) each: offset of the sample, offset of the row in its own topic, hash of the id (0 where none is)."""

    source: Numbers
    place: Numbers
    name: Numbers

    def where(self, chosen: "Flags | slice") -> "Rows":
        """Some of them."""
        return Rows(self.source[chosen], self.place[chosen], self.name[chosen])


def rows(source: list[int], place: list[int], name: list[int]) -> Rows:
    """Rows out of lists."""
    return Rows(np.array(source, np.int64), np.array(place, np.int64), np.array(name, np.int64))


def joined(parts: list[Rows]) -> Rows:
    """All of them in one."""
    return Rows(*map(np.concatenate, zip(rows([], [], []), *parts, strict=True)))


class Ordered:
    """A lane writes in the order of `samples`, so a row that is not after the one before it was written again.

    `again`: the samples of such rows. `first`: the sample of the first row; NEVER while there is none.
    """

    def __init__(self, batches: Iterator[Rows]) -> None:
        self._batches = batches
        self._held = rows([], [], [])
        self._last = -1
        self._again: list[Numbers] = []
        self.first = NEVER

    @property
    def again(self) -> Numbers:
        """The samples of rows that came again, so far."""
        return np.concatenate([np.zeros(0, np.int64), *self._again])

    def below(self, stop: int) -> Iterator[Rows]:
        """The rows that have not been given yet of samples below `stop`, in parts."""
        while True:
            cut = int(np.searchsorted(self._held.source, stop))
            yield self._held.where(slice(None, cut))
            self._held = self._held.where(slice(cut, None))
            batch = None if len(self._held.source) else next(self._batches, None)
            if batch is None:
                return
            self._held = self._ascending(batch)

    def _ascending(self, batch: Rows) -> Rows:
        if not len(batch.source):
            return batch
        before = np.maximum.accumulate(np.concatenate(([self._last], batch.source)))
        fresh = batch.source > before[:-1]
        self._again.append(batch.source[~fresh])
        self._last = int(before[-1])
        self.first = int(batch.source[0]) if self.first == NEVER else self.first
        return batch.where(fresh)
