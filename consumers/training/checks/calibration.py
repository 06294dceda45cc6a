"""Calibration: the share of class 1 among rows scored p must not lie further from p than it did with the champion.

The reliability term of the Brier score (Murphy 1973): the mean squared distance of said and observed shares over bins
of equal size, here without its bias by few rows in a bin (Ferro and Fricker 2012). A smaller loss contains it, but a
challenger that ranks better may say its probabilities worse, and who acts on a threshold feels only that.
"""

from dataclasses import dataclass

import numpy as np

from consumers.training.checks.check import Check, Common
from consumers.training.dataset import Ints
from infra.boosting import Floats
from schemas.declaration import DAY_MS

NAME = "calibration"
BINS = 10
TOLERANCE = 0.001
"""Of the reliability term, as if a tenth of all scores became wrong by .1: less harms nobody, however sure it is."""
_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Curve:
    """By bin of scores, those of `rows` > 0: mean score, observed share of class 1, and rows; float64 (k,)."""

    said: Floats
    came: Floats
    rows: Floats


def curve(scores: Floats, labels: Ints) -> Curve:
    """The reliability curve, of bins with equal numbers of rows."""
    sums = _sums(scores, labels, np.zeros(len(scores), np.int64))[0]
    rows, said, came = sums[:, sums[0] > 0]
    return Curve(said / rows, came / rows, rows)


def reliability(sums: Floats) -> Floats:
    """The reliability term of (..., 3, bins): rows, sum of scores and of labels of each bin."""
    rows, said, came = np.moveaxis(sums, -2, 0)
    safe = np.maximum(rows, 1)
    share = came / safe
    noise = share * (1 - share) / np.maximum(safe - 1, 1)
    found: Floats = (rows * ((said / safe - share) ** 2 - noise)).sum(-1) / np.maximum(rows.sum(-1), 1)
    return found


def check(common: Common, seed: int) -> Check:
    """Passes unless the term rose by more than TOLERANCE, the 95 % interval of the rise above zero.

    The interval draws days with replacement, the same for both models.
    """
    _, days = np.unique(common.times // DAY_MS, return_inverse=True)
    theirs, ours = (_sums(scores, common.labels, days) for scores in (common.champion, common.challenger))
    count = len(theirs)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), _DRAWS)
    rises = reliability(np.tensordot(drawn, ours, 1)) - reliability(np.tensordot(drawn, theirs, 1))
    before, after = (float(reliability(sums.sum(0))) for sums in (theirs, ours))
    low, high = (float(bound) for bound in np.quantile(rises, [0.025, 0.975]))
    rise = after - before
    passed = not (low > 0 and rise > TOLERANCE)
    reason = (
        f"reliability term {after:.5f} against the champion's {before:.5f}: {rise:+.5f} [{low:+.5f}, {high:+.5f}], "
        + ("not worse beyond doubt" if passed else f"worse beyond doubt and by more than {TOLERANCE:g}")
    )
    figures = {"reliability": after, "champion_reliability": before, "reliability_low": low, "reliability_high": high}
    return Check(name=NAME, passed=passed, reason=reason, figures=figures)


def _sums(scores: Floats, labels: Ints, days: Ints) -> Floats:
    """Rows, sum of scores and of labels, by day and bin: float64 (days, 3, BINS)."""
    cuts = np.quantile(scores, np.linspace(0, 1, BINS + 1)[1:-1])
    size = int(days.max()) + 1
    places = days * BINS + np.searchsorted(cuts, scores, "right")
    columns = [np.bincount(places, weights, size * BINS) for weights in (None, scores, labels)]
    return np.stack([column.reshape(size, BINS) for column in columns], axis=1).astype(np.float64)
