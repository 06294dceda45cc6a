"""How far two sets of counts over the same cells lie apart, and how likely that is by chance."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr

Counts = NDArray[np.int64]
PSI_GROUPS = 10
MIN_EXPECTED = 5
"""Cells with fewer expected are pooled for the chi-square test (Cochran 1954)."""


def kolmogorov_smirnov(reference: Counts, window: Counts) -> tuple[float, float]:
    """D over ordered cells, and a bound of its p-value.

    D = max |R/m - C/n| of the cumulative counts, decided on the integers max |n R - m C|. Over cells it is never above
    the D of the values themselves. p <= 2 exp(-2 D^2 mn/(m+n)) (Wei and Dudley 2012, after Massart 1990).

    Args:
        reference: int64 (cells,), m in all, above 0.
        window: int64 (cells,), n in all, above 0.
    """
    m, n = int(reference.sum()), int(window.sum())
    h = int(np.abs(n * np.cumsum(reference) - m * np.cumsum(window)).max())
    d = h / (m * n)
    return d, min(1.0, 2 * math.exp(-2 * d * d * (m / (m + n)) * n))


def total_variation(reference: Counts, window: Counts) -> tuple[float, float]:
    """Half the sum of |r/m - c/n| over unordered cells, and the p-value of the chi-square test of homogeneity."""
    m, n = int(reference.sum()), int(window.sum())
    effect = float(np.abs(reference / m - window / n).sum() / 2)
    table = _pooled(np.stack((reference, window)))
    if table.shape[1] < 2:  # noqa: PLR2004 - one cell alone cannot differ
        return effect, 1.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return effect, float(chdtrc(table.shape[1] - 1, statistic))


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


def share(m: int, missing_m: int, n: int, missing_n: int) -> tuple[float, float]:
    """Difference of two missing rates, and the two-sided p-value of the two-proportion z test.

    Args:
        m: values of the reference, missing ones included; above 0.
        missing_m: missing ones among them.
        n: values of the window; above 0.
        missing_n: missing ones among them.
    """
    effect = abs(missing_m / m - missing_n / n)
    pooled = (missing_m + missing_n) / (m + n)
    if not 0 < pooled < 1:
        return effect, 1.0
    return effect, float(2 * ndtr(-effect / math.sqrt(pooled * (1 - pooled) * (1 / m + 1 / n))))


def population_stability(reference: Counts, window: Counts, *, ordered: bool) -> float:
    """PSI = sum (q - p) ln(q / p), with half a count added to each group.

    Ordered cells are put together into PSI_GROUPS groups of about equal reference counts first.
    """
    if ordered:
        before = np.cumsum(reference) - reference
        group = np.minimum(before * PSI_GROUPS // max(1, int(reference.sum())), PSI_GROUPS - 1)
        reference = np.bincount(group, reference, PSI_GROUPS).astype(np.int64)
        window = np.bincount(group, window, PSI_GROUPS).astype(np.int64)
        used = reference + window > 0
        reference, window = reference[used], window[used]
    p = (reference + 0.5) / (reference + 0.5).sum()
    q = (window + 0.5) / (window + 0.5).sum()
    return float(((q - p) * np.log(q / p)).sum())
