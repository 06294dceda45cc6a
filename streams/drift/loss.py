"""Whether a mean has risen since the reference, where values come in clusters: the losses of labelled samples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from scipy.special import stdtr, stdtrit

from streams.drift.distance import ERROR, Distance

PANES = 8
"""So many panes at least tell how alike the samples of one pane are."""
CALM, MEDIAN = 2.0, 0.455
"""So many times the median of chi-square(1), which independent samples give."""


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean and variance (ddof 1) of `n` values."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, n: int, total: float, squares: float) -> "Mean":
        """Out of the sums of values and of their squares; the variance is 0 where n does not allow one."""
        mean = total / n if n else 0.0
        return cls(n, mean, max(0.0, squares - n * mean * mean) / (n - 1) if n > 1 else 0.0)


@dataclass(frozen=True, slots=True)
class Clusters:
    """How alike the samples of one pane are, from `panes` of them.

    `effect` samples say as much as one independent one would. `calm`: the panes do not differ more than independent
    samples would make them.
    """

    effect: float
    panes: int
    calm: bool


def clusters(panes: Sequence[Mean]) -> Clusters | None:
    """The design effect: the variance between panes, times their size, over that of single samples; at least 1.

    One storm makes a whole day late, so days differ more than their numbers of samples allow. The ratio is F of the
    analysis of variance, which is about 1 for independent samples; a shift among the panes makes it larger. Whether
    they are calm is told by the median difference of neighbours, which one shift does not move.

    Args:
        panes: in order of time; None is given back for fewer than PANES that hold samples.
    """
    panes = [pane for pane in panes if pane.n > 0]
    n, spare = sum(pane.n for pane in panes), len(panes) - 1
    if spare < PANES - 1 or n <= len(panes):
        return None
    mean = sum(pane.n * pane.mean for pane in panes) / n
    between = sum(pane.n * (pane.mean - mean) ** 2 for pane in panes)
    variance = (between + sum((pane.n - 1) * pane.variance for pane in panes)) / (n - 1)
    if variance == 0:
        return Clusters(1.0, len(panes), calm=True)
    steps = [(a.mean - b.mean) ** 2 / (1 / a.n + 1 / b.n) for a, b in pairwise(panes)]
    return Clusters(max(1.0, between / spare / variance), len(panes), calm=median(steps) < CALM * MEDIAN * variance)


def increase(reference: Mean, window: Mean, like: Clusters) -> Distance:
    """By how much the mean has risen, as a share of the reference's, and the p-value of Welch's test that it has not.

    One-sided: a mean that fell has p above .5. Over all references that may be drawn, p is as rare as it says; of one
    that was drawn to be low, alarms are less rare. The interval is Welch's of the difference, two-sided, over the mean
    of the reference; `low` may be below 0. Serial correlation widens the standard error by `like`, whose panes also
    bound the degrees of freedom.

    Args:
        reference: its mean above 0; n above 1.
        window: n above 1.
        like: of the panes before the window.
    """
    parts = [like.effect * one.variance / one.n for one in (reference, window)]
    difference, error = window.mean - reference.mean, math.sqrt(sum(parts))
    effect = difference / reference.mean
    if error == 0:
        return Distance(effect, float(difference <= 0), effect, effect)
    freedom = sum(parts) ** 2 / sum(part**2 / (one.n - 1) for part, one in zip(parts, (reference, window), strict=True))
    if like.effect > 1:
        freedom = min(freedom, like.panes - 1)
    half = float(stdtrit(freedom, 1 - ERROR / 2)) * error / reference.mean
    return Distance(effect, float(stdtr(freedom, -difference / error)), effect - half, effect + half)
