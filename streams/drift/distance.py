"""How far two sets of counts over the same cells lie apart, and how likely that is by chance.

`m` and `n` are what the samples of the reference and of the window are worth: their numbers, or fewer where they come
in clusters (`streams.drift.effective`). A reference is drawn once and then held against every window of a version, so
what it happens to be wrong by would look like drift each time. Each p-value therefore allows it an error that one
reference in 1 / UNLUCKY exceeds, and is about the window alone: P(distance >= d) <= P(window's own error >= d - that).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri

from streams.drift.scan import Scan

Counts = NDArray[np.int64] | NDArray[np.float64]
Shares = NDArray[np.float64]
ERROR = 0.05
"""Of intervals: the truth lies outside of so many."""
UNLUCKY = 1e-4
"""Of references: so many are further from the truth than p-values allow for."""
TIES = 50
"""Up to so many values of the reference, ties rule and the chi-square test is sharper than the bound of D's p."""
ALONE = 0.5
"""A window that is worth less of its samples comes in clusters."""
MIN_EXPECTED = 5
"""Cells with fewer expected are pooled for the chi-square test (Cochran 1954)."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart, and at most how likely by chance: the true distance lies from `low` to `high` with 95 %."""

    effect: float
    p: float
    low: float
    high: float


def kolmogorov_smirnov(found: Scan, reference: Counts, window: Counts, m: float, n: float) -> Distance:
    """D over ordered cells, where even cells lie between values of the reference and odd ones upon them.

    D = max |R - C| of the cumulative shares. If the even cells are empty in the reference this is D of the values, bit
    for bit that of `scipy.stats.ks_2samp(method="asymp")`; if not, it is never above it, and `high` covers what such
    cells may hide. p and the interval follow from Massart's inequality (1990), P(D >= x) <= 2 exp(-2 n x^2), of each
    sample; where few values rule, which leaves that bound far too large, p is of the chi-square test of the cells. Not
    where samples come in clusters: then each value has clusters of its own, rare ones (fog) the longest, and one
    effective size does not speak for all.

    Args:
        found: what a walk over these counts gave.
        reference: (cells,), not all 0.
        window: (cells,), not all 0.
        m: what the reference is worth.
        n: what the window is worth.
    """
    d = found.distance
    tied = len(reference) <= 2 * TIES + 1 and not reference[::2].any() and n > ALONE * window.sum()
    p = _chi_square(reference, window, m, n) if tied else _massart(d - _error(UNLUCKY, m), n)
    slack = _error(ERROR / 2, m) + _error(ERROR / 2, n)
    return Distance(d, p, max(0.0, d - slack), min(1.0, max(d, found.hidden) + slack))


def chance(level: float, m: float, n: float) -> float:
    """What D stays below by chance, but for `level`."""
    return min(1.0, _error(UNLUCKY, m) + _error(level, n))


def _error(level: float, n: float) -> float:
    return math.sqrt(math.log(2 / level) / (2 * n))


def _massart(d: float, n: float) -> float:
    return min(1.0, 2 * math.exp(-2 * n * max(0.0, d) ** 2))


def total_variation(found: Scan, reference: Counts, window: Counts, m: float, n: float) -> Distance:
    """Half the sum of |r - c| of the shares of unordered cells, and the p-value of the chi-square test.

    The interval allows each sample its distance from the truth by Weissman's inequality (2003), of k cells:
    P(distance >= x) <= (2^k - 2) exp(-2 n x^2).
    """
    effect = found.distance
    allowed = len(reference) * math.log(2) + math.log(2 / ERROR)
    slack = math.sqrt(allowed / (2 * m)) + math.sqrt(allowed / (2 * n))
    return Distance(effect, _chi_square(reference, window, m, n), max(0.0, effect - slack), min(1.0, effect + slack))


def _chi_square(reference: Counts, window: Counts, m: float, n: float) -> float:
    """Counts are taken down to what they are worth first (Rao and Scott 1981).

    The root of n sum (q - r)^2 / pooled is a norm, that of the reference's error times n/m one as well.
    """
    table = _pooled(np.stack((reference * (m / reference.sum()), window * (n / window.sum()))))
    freedom = table.shape[1] - 1
    if freedom < 1:
        return 1.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum()) * (1 + n / m)
    allowed = float(chdtri(freedom, UNLUCKY)) * n / m
    return float(chdtrc(freedom, max(0.0, math.sqrt(statistic) - math.sqrt(allowed)) ** 2))


def _pooled(table: Shares) -> Shares:
    """The cells with too few expected put together, from the smallest on, until none has."""
    both = table.sum(axis=0)
    least = MIN_EXPECTED * float(both.sum()) / float(table.sum(axis=1).min())
    order = np.argsort(both, kind="stable")
    table, both = table[:, order], both[order]
    reached, large = np.cumsum(both) >= least, both >= least
    first = max(int(np.argmax(reached)), int(np.argmax(large)) - 1) if large.any() else table.shape[1] - 1
    pooled: Shares = np.column_stack((table[:, : first + 1].sum(axis=1), table[:, first + 1 :]))
    return pooled
