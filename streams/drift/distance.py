"""How far two sets of counts over the same cells lie apart, and how likely that is by chance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri, ndtr

from streams.drift.scan import Scan

Counts = NDArray[np.int64]
ERROR = 0.05
"""Of intervals: the truth lies outside of so many."""
Z = 1.959963984540054
"""The normal quantile that belongs to it."""
TIES = 50
"""Up to so many values of the reference, ties rule and the chi-square test is sharper than the bound of D's p."""
MIN_EXPECTED = 5
"""Cells with fewer expected are pooled for the chi-square test (Cochran 1954)."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart, and at most how likely by chance: the true distance lies from `low` to `high` with 95 %."""

    effect: float
    p: float
    low: float
    high: float


def kolmogorov_smirnov(found: Scan, tied: Counts | None) -> Distance:
    """D over ordered cells, where even cells lie between values of the reference and odd ones upon them.

    D = max |R/m - C/n| of the cumulative counts. If the even cells are empty in the reference this is D of the values,
    bit for bit that of `scipy.stats.ks_2samp(method="asymp")`; if not, it is never above it, and `high` covers what
    such cells may hide. p <= 2 exp(-2 D^2 mn/(m+n)) (Wei and Dudley 2012, after Massart 1990); where few values rule,
    which leaves that bound far too large, p is of the chi-square test of the cells. The interval allows each sample
    its distance from the truth by Massart's inequality.

    Args:
        found: of one column; neither m nor n is 0.
        tied: int64 (2, cells), the counts of reference and window where few values rule.
    """
    m, n, d = found.m, found.n, found.distance
    p = min(1.0, 2 * math.exp(-2 * d * d * (m / (m + n)) * n)) if tied is None else _chi_square(tied)
    slack = math.sqrt(math.log(4 / ERROR) / (2 * m)) + math.sqrt(math.log(4 / ERROR) / (2 * n))
    return Distance(d, p, max(0.0, d - slack), min(1.0, max(d, found.hidden) + slack))


def total_variation(found: Scan, table: Counts) -> Distance:
    """Half the sum of |r/m - c/n| over unordered cells, and the p-value of the chi-square test of homogeneity.

    The interval allows each sample its distance from the truth by Weissman's inequality (2003), of k cells:
    P(distance >= x) <= (2^k - 2) exp(-2 n x^2).

    Args:
        found: of one column; neither m nor n is 0.
        table: int64 (2, k), the counts of reference and window.
    """
    effect, allowed = found.distance, table.shape[1] * math.log(2) + math.log(2 / ERROR)
    slack = math.sqrt(allowed / (2 * found.m)) + math.sqrt(allowed / (2 * found.n))
    return Distance(effect, _chi_square(table), max(0.0, effect - slack), min(1.0, effect + slack))


def _chi_square(table: Counts) -> float:
    table = _pooled(table)
    if table.shape[1] < 2:  # noqa: PLR2004 - one cell alone cannot differ
        return 1.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return float(chdtrc(table.shape[1] - 1, statistic))


def _pooled(table: Counts) -> Counts:
    """The cells with too few expected put together, from the smallest on, until none has."""
    least = MIN_EXPECTED * int(table.sum()) / int(table.sum(axis=1).min())
    order = np.argsort(table.sum(axis=0), kind="stable")
    table = table[:, order]
    reached = np.cumsum(table.sum(axis=0)) >= least
    large = table.sum(axis=0) >= least
    first = max(int(np.argmax(reached)), int(np.argmax(large)) - 1) if large.any() else table.shape[1] - 1
    pooled: Counts = np.column_stack((table[:, : first + 1].sum(axis=1), table[:, first + 1 :]))
    return pooled


def share(m: int, there: int, n: int, here: int) -> Distance:
    """Difference of two shares, and the two-sided p-value of the two-proportion z test; the interval is Newcombe's.

    Newcombe (1998), method 10: out of Wilson's intervals of the two shares.

    Args:
        m: values of the reference; above 0.
        there: those among them that are counted.
        n: values of the window; above 0.
        here: those among them that are counted.
    """
    difference = here / n - there / m
    pooled = (there + here) / (m + n)
    p = 1.0
    if 0 < pooled < 1:
        p = float(2 * ndtr(-abs(difference) / math.sqrt(pooled * (1 - pooled) * (1 / m + 1 / n))))
    (l1, u1), (l2, u2) = _wilson(here, n), _wilson(there, m)
    low = difference - math.hypot(here / n - l1, u2 - there / m)
    high = difference + math.hypot(u1 - here / n, there / m - l2)
    return Distance(abs(difference), p, max(0.0, low, -high), min(1.0, max(high, -low)))


def _wilson(k: int, n: int) -> tuple[float, float]:
    z2 = Z * Z
    middle, half = (k + z2 / 2) / (n + z2), Z / (n + z2) * math.sqrt(k * (n - k) / n + z2 / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def stability_limit(m: int, n: int, groups: int, level: float) -> float:
    """What PSI stays below by chance, but for `level`: chi2(groups - 1) (1/m + 1/n) (Yurdakul 2018)."""
    return float(chdtri(groups - 1, level)) * (1 / m + 1 / n) if groups > 1 else 0.0
