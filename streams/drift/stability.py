"""The population stability index (PSI), and what chance alone makes of it."""

import numpy as np
from scipy.special import chdtri

from streams.drift.distance import Counts, Shares

GROUPS = 10


def grouped(reference: Counts, window: Counts, *, ordered: bool) -> tuple[Shares, Shares]:
    """Counts in few groups: ordered cells by the tenth of the reference in which their middle lies; else the cells."""
    if not ordered:
        return reference.astype(np.float64), window.astype(np.float64)
    middle = np.cumsum(reference) - reference / 2
    group = np.minimum(middle * GROUPS // max(1, reference.sum()), GROUPS - 1).astype(np.intp)
    there, here = (np.bincount(group, counts.astype(np.float64), GROUPS) for counts in (reference, window))
    return np.asarray(there, np.float64), np.asarray(here, np.float64)


def population_stability(reference: Shares, window: Shares) -> tuple[float, int]:
    """PSI = sum (q - p) ln(q / p) over groups that are not empty, half a count added to each; and their number."""
    used = reference + window > 0
    reference, window = reference[used], window[used]
    p = (reference + 0.5) / (reference + 0.5).sum()
    q = (window + 0.5) / (window + 0.5).sum()
    return float(((q - p) * np.log(q / p)).sum()), len(p)


def stability_limit(m: float, n: float, groups: int, level: float) -> float:
    """What PSI stays below by chance, but for `level`: chi2(groups - 1) (1/m + 1/n) (Yurdakul 2018)."""
    return float(chdtri(groups - 1, level)) * (1 / m + 1 / n) if groups > 1 else 0.0
