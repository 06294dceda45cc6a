"""Log-loss by row, and how sure a mean difference of it is."""

import numpy as np

from consumers.training.dataset import Ints
from infra.boosting import Floats
from schemas.declaration import DAY_MS

WIDTH = 3.92
"""Standard errors in a 95 % interval."""
_DRAWS = 2_000


def log_loss(scores: Floats, labels: Ints) -> Floats:
    """The log-loss of each row, in nats, scores held 1e-7 away from 0 and 1."""
    inside = np.clip(scores, 1e-7, 1 - 1e-7)
    return -np.log(np.where(labels == 1, inside, 1 - inside))


def interval(gains: Floats, times: Ints, seed: int) -> tuple[float, float]:
    """The 95 % interval of the mean gain, by drawing days with replacement: rows of one day share their weather.

    Args:
        gains: of each row, float64 (n,), not empty.
        times: event times in epoch milliseconds, int64 (n,).
        seed: of the draws.
    """
    _, place = np.unique(times // DAY_MS, return_inverse=True)
    sums, counts = np.bincount(place, gains), np.bincount(place)
    drawn = np.random.default_rng(seed).integers(0, len(counts), (_DRAWS, len(counts)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def by_days(gains: Floats, times: Ints, level: float) -> tuple[float, float]:
    """The interval of the mean gain at any level, for many of them: days are the units, Student's t over them.

    Drawing days resolves no level much above 95 %, and its intervals of few days are too narrow.

    Args:
        gains: of each row, float64 (n,), on at least two days.
        times: event times in epoch milliseconds, int64 (n,).
        level: 0 to 1.
    """
    from scipy.stats import t  # noqa: PLC0415 - heavy, and only the training process judges

    _, place = np.unique(times // DAY_MS, return_inverse=True)
    mean = float(gains.mean())
    apart = np.bincount(place, gains - mean)
    days = len(apart)
    error = float(np.sqrt(days / (days - 1) * np.square(apart).sum())) / len(gains)
    reach = float(t.ppf((1 + level) / 2, days - 1)) * error
    return mean - reach, mean + reach
