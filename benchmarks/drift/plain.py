"""The same by hand: numpy with the reference sorted beforehand, and scipy's test beside a PSI by numpy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import ks_2samp

from benchmarks.drift.events import Floats
from benchmarks.drift.ours import Distances, Run

GROUPS = 10


@dataclass(frozen=True, slots=True)
class Known:
    """What can be made of a column of the reference beforehand."""

    values: Floats
    shares: Floats
    edges: Floats
    groups: Floats

    @classmethod
    def of(cls, column: Floats) -> "Known":
        """Sorted, its distribution function there, and its share of each group between deciles."""
        values = np.sort(column)
        edges = np.unique(np.quantile(values, np.linspace(0, 1, GROUPS + 1)[1:-1], method="inverted_cdf"))
        return cls(values, np.searchsorted(values, values, side="right") / len(values), edges, _groups(values, edges))

    def psi(self, ordered: Floats) -> float:
        """Of a sorted window."""
        q = _groups(ordered, self.edges)
        return float(((q - self.groups) * np.log(q / self.groups)).sum())

    def distance(self, ordered: Floats) -> float:
        """D = max |R - C|, at the values of either side."""
        n, m = len(ordered), len(self.values)
        there = np.abs(np.searchsorted(ordered, self.values, side="right") / n - self.shares).max()
        own = np.searchsorted(ordered, ordered, side="right") / n
        here = np.abs(np.searchsorted(self.values, ordered, side="right") / m - own).max()
        return float(max(there, here))


def _groups(ordered: Floats, edges: Floats) -> Floats:
    counts = np.diff(np.searchsorted(ordered, edges, side="right"), prepend=0, append=len(ordered)) + 0.5
    shares: Floats = counts / counts.sum()
    return shares


def by_numpy(reference: Floats, x: Floats) -> Run:
    """The window is sorted; no p-value."""
    known = [Known.of(column) for column in reference.T]
    return _each(known, x, lambda j, ordered, _: known[j].distance(ordered))


def by_scipy(method: Literal["auto", "asymp"]) -> Callable[[Floats, Floats], Run]:
    """`ks_2samp` with its p-value by this method."""

    def made(reference: Floats, x: Floats) -> Run:
        known, columns = [Known.of(column) for column in reference.T], np.ascontiguousarray(reference.T)
        return _each(known, x, lambda j, _, values: float(ks_2samp(columns[j], values, method=method).statistic))

    return made


def _each(known: list[Known], x: Floats, distance: Callable[[int, Floats, Floats], float]) -> Run:
    """`distance` is given the number of a column, its window in order, and as it came."""

    def run(windows: int, size: int) -> Distances:
        found = np.empty((windows, len(known), 2))
        for k in range(windows):
            part = np.ascontiguousarray(x[k * size : (k + 1) * size].T)
            for j, one in enumerate(known):
                ordered = np.sort(part[j])
                found[k, j] = distance(j, ordered, part[j]), one.psi(ordered)
        return found[:, :, 0], found[:, :, 1]

    return run
