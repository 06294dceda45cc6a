"""One column of a window against its reference."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas.messages import DriftTest
from schemas.reference import Cells
from streams.drift.distance import TIES, Distance, kolmogorov_smirnov, share, stability_limit, total_variation
from streams.drift.scan import Scan

TESTS = 3
"""Of one column: the shape of its values, what is missing, and what the reference never held."""
NOTHING = Distance(0.0, 1.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """What each test of a column says: "shape", "missing", and "outside" (numbers) or "new" (categories).

    `n` and `m` count values, missing ones included. `mean` and `std` are None where there is nothing to average.
    `groups` are those that PSI was summed over.
    """

    n: int
    m: int
    mean: float | None
    std: float | None
    missing: float = 0.0
    psi: float = 0.0
    groups: int = 0
    tests: Mapping[DriftTest, Distance] = field(default_factory=lambda: {"shape": NOTHING})

    def decisive(self, tolerance: float, level: float) -> tuple[DriftTest, Distance, bool]:
        """The test with the largest effect among those that reach the tolerance and are significant, or of all."""
        by_weight = {
            name: (test.effect >= tolerance and test.p < level, test.effect) for name, test in self.tests.items()
        }
        name = max(by_weight, key=by_weight.__getitem__)
        return name, self.tests[name], by_weight[name][0]

    def stability_limit(self, level: float) -> float:
        """What PSI stays below by chance, but for `level`."""
        return stability_limit(self.m, self.n, self.groups, level) if self.groups else 0.0


def examine(cells: Cells, counts: NDArray[np.int64], moments: NDArray[np.float64], found: Scan) -> Finding:
    """Compares a window with its reference.

    Args:
        cells: the reference.
        counts: int64 (cells.size,), the last one of missing.
        moments: float64 (3,): n, mean, m2 of the window.
        found: what a walk over these cells and counts gave.
    """
    gone, was_gone = int(counts[-1]), cells.counts[-1]
    n, m = int(found.n) + gone, int(found.m) + was_gone
    mean, std = spread(int(moments[0]), float(moments[1]), float(moments[2]))
    if n == 0 or m == 0:
        return Finding(n, m, mean, std)
    tests: dict[DriftTest, Distance] = {"missing": share(m, was_gone, n, gone)}
    if found.n and found.m:
        tests |= _of_values(cells, counts, found)
    return Finding(n, m, mean, std, gone / n, found.psi, int(found.groups), tests)


def _of_values(cells: Cells, counts: NDArray[np.int64], found: Scan) -> dict[DriftTest, Distance]:
    """Of what is there; the outermost cells of numbers, and the last one of categories, hold what is unheard of."""
    m, n, there, here = int(found.m), int(found.n), cells.counts[-2], int(counts[-2])
    if cells.kind == "category":
        return {"shape": total_variation(found, _table(cells, counts)), "new": share(m, there, n, here)}
    tied = len(cells.cuts) <= TIES and not any(cells.counts[:-1:2])
    if cells.cuts:
        there, here = there + cells.counts[0], here + int(counts[0])
    return {
        "shape": kolmogorov_smirnov(found, _table(cells, counts) if tied else None),
        "outside": share(m, there, n, here),
    }


def _table(cells: Cells, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array((cells.counts[:-1], counts[:-1]), np.int64)


def spread(n: int, mean: float | None, m2: float | None) -> tuple[float | None, float | None]:
    """Mean and standard deviation (ddof 1) out of n, mean and m2; None where n does not allow them."""
    if mean is None or m2 is None or n < 1:
        return None, None
    return mean, math.sqrt(m2 / (n - 1)) if n > 1 else None
