"""The ids predicted last, as hashes: a sample without a row is a duplicate if its id was predicted before it."""

import numpy as np

from infra.verify.rows import Flags, Numbers, Rows, joined, rows

KEPT = 1 << 18
"""Predictions remembered at least: more than a lane remembers of ids, so that no database needs to be asked."""


class Names:
    """Of one partition; bounded."""

    def __init__(self) -> None:
        self._parts: list[Rows] = [rows([], [], [])]

    def add(self, more: Rows) -> None:
        """Predictions, in order; those long before are forgotten."""
        self._parts.append(more)
        if sum(len(part.source) for part in self._parts) > 2 * KEPT + len(more.source):
            self._parts = [joined(self._parts).where(slice(-KEPT, None))]

    def earlier(self, name: Numbers, source: Numbers) -> Flags:
        """Whether each id (its hash) was predicted for a sample before the one at `source`: bool (n,)."""
        known = joined(self._parts)
        self._parts = [known]
        order = np.argsort(known.name, kind="stable")  # of equal names the earliest sample stays first
        names, sources = known.name[order], known.source[order]
        found = np.searchsorted(names, name)
        there = np.zeros(len(name), bool)
        inside = found < len(names)
        there[inside] = (names[found[inside]] == name[inside]) & (sources[found[inside]] < source[inside])
        return there
