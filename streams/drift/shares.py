"""Two shares: how far apart, and how likely that is by chance; exact, since such shares are often near 0."""

import math

from scipy.special import betainc, betaincinv

from streams.drift.distance import UNLUCKY, Distance

Z = 1.959963984540054
"""The normal quantile of a 95 % interval."""


def share(there: float, here: float, m: float, n: float) -> Distance:
    """Difference of the shares `here` of a window and `there` of a reference; the interval is Newcombe's.

    p is the binomial probability of as many or more (or as few or fewer), twice, where the reference's true share is at
    the limit of Clopper and Pearson (1934) that it exceeds in one of 1 / UNLUCKY. The interval is of Newcombe (1998),
    method 10: out of Wilson's intervals of the two shares.

    Args:
        there: share of the reference.
        here: share of the window.
        m: what the reference is worth; above 0.
        n: what the window is worth; above 0.
    """
    difference = here - there
    (l1, u1), (l2, u2) = _wilson(here, n), _wilson(there, m)
    low = difference - math.hypot(here - l1, u2 - there)
    high = difference + math.hypot(u1 - here, there - l2)
    p = min(1.0, 2 * min(_as_many(here, there, m, n), _as_many(1 - here, 1 - there, m, n)))
    return Distance(abs(difference), p, max(0.0, low, -high), min(1.0, max(high, -low)))


def _as_many(here: float, there: float, m: float, n: float) -> float:
    """P(X >= n here), X binomial of n and the largest share that the reference allows."""
    k = m * there
    largest = 1.0 if there >= 1 else float(betaincinv(k + 1, m - k, 1 - UNLUCKY))
    hits = n * here
    return float(betainc(hits, n - hits + 1, largest)) if hits > 0 else 1.0


def _wilson(share: float, n: float) -> tuple[float, float]:
    z2 = Z * Z
    middle, half = (share * n + z2 / 2) / (n + z2), Z / (n + z2) * math.sqrt(n * share * (1 - share) + z2 / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
