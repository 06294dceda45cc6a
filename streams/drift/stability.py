"""The groups that the population stability index (PSI) is summed over, and what chance alone makes of it."""

import numpy as np
from scipy.special import chdtri

from streams.drift.distance import Counts, Shares
from streams.drift.scan import GROUPS


def grouped(reference: Counts, window: Counts, *, ordered: bool) -> tuple[Shares, Shares]:
    """Counts in few groups: ordered cells by the tenth of the reference in which their middle lies; else the cells."""
    if not ordered:
        return reference.astype(np.float64), window.astype(np.float64)
    middle = np.cumsum(reference) - reference / 2
    group = np.minimum(middle * GROUPS // max(1, reference.sum()), GROUPS - 1).astype(np.intp)
    there, here = (np.bincount(group, counts.astype(np.float64), GROUPS) for counts in (reference, window))
    return np.asarray(there, np.float64), np.asarray(here, np.float64)


def stability_limit(m: float, n: float, groups: int, level: float) -> float:
    """What PSI stays below by chance, but for `level`: chi2(groups - 1) (1/m + 1/n) (Yurdakul 2018)."""
    return float(chdtri(groups - 1, level)) * (1 / m + 1 / n) if groups > 1 else 0.0
