"""The walk over a window's cells, compiled and as numpy would have it; both must give the same bits."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.drift.scan import Scan, Scanner
from streams.drift.stability import grouped

Counts = NDArray[np.int64]


def compiled(reference: Counts, window: Counts, *, ordered: bool = True) -> Scan:
    """By the product; of cells without that of the missing."""
    scanner = Scanner(np.append(reference, 7).astype(np.float64), ordered=ordered)
    return scanner(np.append(window, 5))


def numpied(reference: Counts, window: Counts, *, ordered: bool = True) -> Scan:
    """The definitions, array by array."""
    m, n = int(reference.sum()), int(window.sum())
    if m == 0 or n == 0:
        return Scan(m, n, 0.0, 0.0, 0.0, 0.0)
    if not ordered:
        apart = float(np.cumsum(np.abs(reference / m - window / n))[-1]) / 2
        return Scan(m, n, apart, 0.0, *_stability(reference, window))
    r, c = np.cumsum(reference) / m, np.cumsum(window) / n
    there, here = grouped(reference, window, ordered=True)
    return Scan(m, n, float(np.abs(r - c).max()), _hidden(reference, window, r, c), *_stability(there, here))


WALKS: dict[str, Callable[..., Scan]] = {"compiled": compiled, "numpy": numpied}


def _hidden(reference: Counts, window: Counts, r: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    inside = (reference > 0) & (window > 0)
    inside[1::2] = False
    before_r, before_c = np.append(0, r[:-1]), np.append(0, c[:-1])
    return float(np.maximum(r - before_c, c - before_r)[inside].max(initial=0.0))


def _stability(there: NDArray[Any], here: NDArray[Any]) -> tuple[float, float]:
    used = there + here > 0
    there, here = there[used], here[used]
    p, q = ((counts + 0.5) / (counts + 0.5).sum() for counts in (there, here))
    logs = np.array([math.log(one) for one in (q / p).tolist()])
    return float(np.cumsum((q - p) * logs)[-1]), float(len(p))
