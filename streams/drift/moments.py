"""Mean and standard deviation of a window beside those of the reference, with what is uncertain about them.

They are shown and decide nothing: with heavy tails a thousand samples do not make a mean normal, and whatever moves
them far enough to matter moves the distribution as well, which is tested without such an assumption.
"""

import math
from dataclasses import dataclass

from scipy.special import ndtr

from streams.drift.shares import Z


@dataclass(frozen=True, slots=True)
class Moment:
    """A figure of the window, the 95 % interval of its difference (mean) or ratio (standard deviation), and p.

    None where there is nothing to average, or nothing that deviates.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


UNKNOWN = Moment()


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation (ddof 1) of n samples that are worth `worth`."""

    mean: float
    std: float
    worth: float


def means(reference: Spread, window: Spread) -> Moment:
    """The difference of the means: Welch's standard error, and a normal law."""
    error = math.hypot(reference.std / math.sqrt(reference.worth), window.std / math.sqrt(window.worth))
    difference = window.mean - reference.mean
    return Moment(window.mean, difference - Z * error, difference + Z * error, _two_sided(difference, error))


def deviations(reference: Spread, window: Spread, kurtosis: float | None) -> Moment:
    """The ratio of the standard deviations; its logarithm varies by (kurtosis - 1) / 4 per sample."""
    if reference.std <= 0 or window.std <= 0:
        return Moment(window.std)
    rate = max(1.0, (kurtosis if kurtosis is not None else 3.0) - 1) / 4
    error = math.sqrt(rate * (1 / reference.worth + 1 / window.worth))
    moved = math.log(window.std / reference.std)
    return Moment(window.std, math.exp(moved - Z * error), math.exp(moved + Z * error), _two_sided(moved, error))


def _two_sided(difference: float, error: float) -> float:
    if error > 0:
        return float(2 * ndtr(-abs(difference) / error))
    return 1.0 if difference == 0 else 0.0


def spread(n: float, mean: float | None, m2: float | None, worth: float) -> Spread | None:
    """Out of n, mean and the sum of squared deviations; None where n does not allow it."""
    if mean is None or m2 is None or n < 2 or worth <= 0:  # noqa: PLR2004 - of one value nothing deviates
        return None
    return Spread(mean, math.sqrt(m2 / (n - 1)), worth)
