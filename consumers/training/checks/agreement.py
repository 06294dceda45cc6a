"""Labels that go against what both models learned: a stream of labels turned round for some days, or a world that was.

A storm or a season moves how many rows are of class 1 and leaves their order: of 669 days of the flights none went
against a model of the weeks before (the least z was -1.7). Two flipped days among the folds can give a challenger that
learned one of them a gain of .09 on the other, and a version that loses .08 afterwards. In a world that turned for
good the challenger is right once it has seen a few days of it; a poisoned stream has gone back by then, and folds
that were trained with its days and are tested after it lose by themselves.
"""

import numpy as np

from consumers.training.checks.check import Check, Common
from consumers.training.dataset import Ints
from infra.boosting import Floats
from schemas.declaration import DAY_MS

NAME = "agreement"
LEAST = 10
"""Rows of each class that a day must have."""
DOUBT = 3.0
"""Standard errors from a score without any order."""


def check(common: Common) -> Check:
    """Passes unless on some day the champion's order of rows is wrong beyond doubt and the challenger's not right."""
    days = common.times // DAY_MS
    against: list[int] = []
    judged = 0
    for day in np.unique(days):
        rows = days == day
        labels = common.labels[rows]
        if min(labels.sum(), len(labels) - labels.sum()) < LEAST:
            continue
        judged += 1
        if order(common.champion[rows], labels) < -DOUBT and order(common.challenger[rows], labels) < DOUBT:
            against.append(int(day))
    figures = {"agreement_days": float(judged), "agreement_days_against": float(len(against))}
    if not against:
        reason = f"on none of {judged} days do the labels go against both models"
        return Check(name=NAME, passed=True, reason=reason, figures=figures)
    named = ", ".join(str(np.datetime64(day, "D")) for day in against[:5])
    reason = (
        f"on {len(against)} of {judged} days ({named}) the labels go against the champion and the challenger has not "
        "learned why. Are they turned round? If the world is, a challenger that has seen more of it will pass"
    )
    return Check(name=NAME, passed=False, reason=reason, figures=figures)


def order(scores: Floats, labels: Ints) -> float:
    """How surely rows of class 1 have the higher scores: the rank-sum statistic (Mann and Whitney 1947) in its errors.

    Args:
        scores: float64 (n,).
        labels: int64 (n,) of 0 and 1, both there.
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - heavy, and only the training process judges

    ones = int(labels.sum())
    zeros = len(labels) - ones
    ranks = float(rankdata(scores)[labels == 1].sum())
    expected, variance = ones * (len(labels) + 1) / 2, ones * zeros * (len(labels) + 1) / 12
    return (ranks - expected) / float(np.sqrt(variance))
