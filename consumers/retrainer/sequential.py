"""Whether one version is better or worse than another, by panes, in a test that may be looked at at any time.

A bet b on a difference z pays f(bz) = exp(bz - (bz)^2 / 2). Where z is symmetric around a point m <= 0, given the past,
no bet b > 0 gains on average: f(x) + f(-x) = 2 exp(-x^2 / 2) cosh x <= 2, and of a pair x, 2bm - x the other is at most
f(-x) if x >= -1, while else both are below 1. So wealth is a non-negative supermartingale: that it ever comes to
1 / LEVEL has at most the probability LEVEL (Ville). It needs no moments, and no sizes that are alike: de la Pena,
Annals of Probability 27 (1999) 537, Lemma 6.1. Bets are mixed over a half-normal of scale 1, whose integral is known
(Howard, Ramdas, McAuliffe, Sekhon, Probability Surveys 17 (2020) 257, and Annals of Statistics 49 (2021) 1055).
Differences are divided by their root mean square until then, which under symmetry says nothing of the next sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, inf, log, sqrt

LEVEL = 0.05
"""How often a version that is no better is held to be better, or one that is no worse to be worse, however long."""
TELLING = 8
"""Panes that are needed for anything to be beyond doubt, however clear it is."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """`gain` is the mean difference a labelled row in nats, above 0 for the new version; None without rows.

    `better` and `worse` are the largest wealth that bets on either came to.
    """

    panes: int
    rows: int
    gain: float | None
    better: float
    worse: float

    @property
    def verdict(self) -> str:
        """What is beyond doubt: "better" or "worse"; else "open"."""
        if max(self.better, self.worse) < 1 / LEVEL:
            return "open"
        return "better" if self.better >= self.worse else "worse"


def weigh(gains: Sequence[float], rows: Sequence[int]) -> Weighed:
    """Of panes in their order: the mean gain of each, in nats, and its labelled rows."""
    total = sum(rows)
    mean = sum(gain * count for gain, count in zip(gains, rows, strict=True)) / total if total else None
    return Weighed(len(gains), total, mean, wealth(gains), wealth([-gain for gain in gains]))


def wealth(differences: Sequence[float]) -> float:
    """The largest wealth that bets on differences above 0 came to; 1 before the first.

    It is capped at 1e12; differences that are all 0 bet nothing.
    """
    largest, squares, bets, variance = 0.0, 0.0, 0.0, 0.0
    for count, difference in enumerate(differences, 1):
        squares += difference * difference
        if squares > 0:
            z = difference / sqrt(squares / count)
            bets, variance = bets + z, variance + z * z
            largest = max(largest, _log_mixed(bets, variance))
    return min(1e12, exp(min(largest, 30.0)))


def _log_mixed(bets: float, variance: float) -> float:
    """Log of the wealth mixed over bets: 2 Phi(s / sqrt(1 + v)) exp(s^2 / (2 (1 + v))) / sqrt(1 + v)."""
    scale = 1 + variance
    below = erfc(-bets / sqrt(2 * scale))  # twice the normal distribution function
    return (log(below) if below > 0 else -inf) + bets * bets / (2 * scale) - log(scale) / 2
