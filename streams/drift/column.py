"""One column of a window against its reference."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.reference import Cells
from streams.drift.distance import kolmogorov_smirnov, population_stability, share, total_variation


@dataclass(frozen=True, slots=True)
class Finding:
    """`effect`: the larger of the distance of the values and the change of the missing rate, with its `p`.

    `n` and `m` count values, missing ones included. `mean` and `std` are None where there is nothing to average.
    """

    n: int
    m: int
    effect: float
    p: float
    psi: float
    mean: float | None
    std: float | None
    missing: float


def examine(cells: Cells, counts: NDArray[np.int64], moments: NDArray[np.float64]) -> Finding:
    """Compares a window with its reference.

    Args:
        cells: the reference.
        counts: int64 (cells.size,), the last one of missing.
        moments: float64 (3,): n, mean, m2 of the window.
    """
    reference = np.asarray(cells.counts, np.int64)
    n, m = int(counts.sum()), int(reference.sum())
    mean, std = spread(int(moments[0]), float(moments[1]), float(moments[2]))
    if n == 0 or m == 0:
        return Finding(n, m, 0.0, 1.0, 0.0, mean, std, 0.0)
    tests = [share(m, int(reference[-1]), n, int(counts[-1]))]
    ordered = cells.kind == "number"
    psi = 0.0
    if counts[:-1].any() and reference[:-1].any():
        test = kolmogorov_smirnov if ordered else total_variation
        tests.append(test(reference[:-1], counts[:-1]))
        psi = population_stability(reference[:-1], counts[:-1], ordered=ordered)
    effect, p = max(tests)
    return Finding(n, m, effect, p, psi, mean, std, float(counts[-1] / n))


def spread(n: int, mean: float | None, m2: float | None) -> tuple[float | None, float | None]:
    """Mean and standard deviation (ddof 1) out of n, mean and m2; None where n does not allow them."""
    if mean is None or m2 is None or n < 1:
        return None, None
    return mean, math.sqrt(m2 / (n - 1)) if n > 1 else None
