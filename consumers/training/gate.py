"""The gate: is the challenger better than the champion on the same recent rows, which neither was trained on?"""

from dataclasses import dataclass

from consumers.training.dataset import Ints
from consumers.training.loss import WIDTH, interval, log_loss
from infra.boosting import Floats

MIN_ROWS = 100
"""Fewer common rows than this prove nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`gain` is the champion's mean log-loss less the challenger's over `rows`; `low`, `high` its 95 % interval."""

    passed: bool
    reason: str
    rows: int = 0
    champion: float | None = None
    challenger: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None


def judge(
    champion: Floats, challenger: Floats, labels: Ints, times: Ints, min_gain: float, seed: int, doubt: float = 0.0
) -> Verdict:
    """Passes when the mean gain and `doubt` standard errors are above `min_gain`.

    Fails closed: too few rows or a score that is no probability fail.

    Args:
        champion: probability of class 1 by the champion, float64 (n,), for rows after its training.
        challenger: the same by the challenger, out of fold.
        labels: 0 or 1, int64 (n,).
        times: event times in milliseconds, int64 (n,); the interval draws whole days, since a day's rows share weather.
        min_gain: in nats.
        seed: of the bootstrap.
        doubt: standard errors that the mean may lie below; the challenger knows more, which counts for it.
    """
    if len(labels) < MIN_ROWS:
        return Verdict(False, f"only {len(labels)} labelled rows that neither model was trained on; {MIN_ROWS} needed")
    for whose, scores in (("champion", champion), ("challenger", challenger)):
        if not ((scores >= 0) & (scores <= 1)).all():  # a NaN is neither
            return Verdict(False, f"a score of the {whose} is not a probability", len(labels))
    before, after = log_loss(champion, labels), log_loss(challenger, labels)
    gains = before - after
    gain = float(gains.mean())
    low, high = interval(gains, times, seed)
    allowed = min_gain - doubt * (high - low) / WIDTH
    passed = gain > allowed
    reason = (
        f"log-loss {after.mean():.4f} against the champion's {before.mean():.4f} on {len(labels)} rows: "
        f"gain {gain:+.4f} [{low:+.4f}, {high:+.4f}], {'above' if passed else 'not above'} {allowed:.2g}"
    )
    return Verdict(passed, reason, len(labels), float(before.mean()), float(after.mean()), gain, low, high)
