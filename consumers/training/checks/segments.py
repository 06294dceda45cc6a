"""No harm to a part: the gain in each value of the declared segments, with an interval for all of them at once.

A model may be better on the whole and worse for one airport. With many segments one of them looks worse by chance, so
the level is shared among them (Bonferroni): 95 % of the time no unharmed segment of any is called harmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from consumers.training.checks.check import Check, Common
from consumers.training.loss import by_days, log_loss
from schemas.declaration import DAY_MS

NAME = "segments"
LEAST_ROWS, LEAST_DAYS = 200, 3
"""A segment with fewer is shown and not judged: its interval would hold everything."""
HARM = 0.01
"""Share of the champion's loss in a segment that its loss may rise by: with enough rows any rise is beyond doubt."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`gain` is the champion's mean log-loss less the challenger's; `low` and `high` are NaN where it is not judged."""

    name: str
    rows: int
    champion: float
    challenger: float
    gain: float
    low: float
    high: float

    @property
    def judged(self) -> bool:
        """Whether it has rows and days enough."""
        return bool(np.isfinite(self.high))

    @property
    def harmed(self) -> bool:
        """Worse beyond doubt, and by more than is tolerated."""
        return self.judged and self.high < 0 and -self.gain > HARM * self.champion


def table(common: Common) -> list[Segment]:
    """Each value of each declared segment, the one with most rows first."""
    before, after = (log_loss(scores, common.labels) for scores in (common.champion, common.challenger))
    groups = [
        (f"{feature} = {value}", np.flatnonzero(column == value))
        for feature, column in common.segments.items()
        for value in np.unique(column)
    ]
    days = common.times // DAY_MS
    judged = [len(rows) >= LEAST_ROWS and len(np.unique(days[rows])) >= LEAST_DAYS for _, rows in groups]
    level = 1 - 0.05 / max(1, sum(judged))
    found = []
    for (name, rows), enough in zip(groups, judged, strict=True):
        gains = before[rows] - after[rows]
        low, high = by_days(gains, common.times[rows], level) if enough else (np.nan, np.nan)
        means = float(before[rows].mean()), float(after[rows].mean())
        found.append(Segment(name, len(rows), *means, float(gains.mean()), low, high))
    return sorted(found, key=lambda segment: (-segment.rows, segment.name))


def check(found: Sequence[Segment]) -> Check:
    """Passes when no segment is harmed; also when none is declared, or none has rows enough, which is said."""
    judged = [segment for segment in found if segment.judged]
    harmed = [segment for segment in judged if segment.harmed]
    figures = {"segments_judged": float(len(judged)), "segments_harmed": float(len(harmed))}
    if not found:
        return Check(name=NAME, passed=True, reason="[stream] segments declares none", figures=figures)
    if not judged:
        reason = f"none of {len(found)} segments has {LEAST_ROWS} rows on {LEAST_DAYS} days"
        return Check(name=NAME, passed=True, reason=reason, figures=figures)
    worst = min(judged, key=lambda segment: segment.gain)
    figures |= {"segments_worst_gain": worst.gain, "segments_worst_low": worst.low, "segments_worst_high": worst.high}
    told = "; ".join(map(_told, (harmed or [worst])[:5]))
    what = f"{len(harmed)} of {len(judged)} harmed" if harmed else f"none of {len(judged)} harmed, least gain"
    return Check(name=NAME, passed=not harmed, reason=f"{what}: {told}", figures=figures)


def _told(one: Segment) -> str:
    return f"{one.name} {one.gain:+.4f} [{one.low:+.4f}, {one.high:+.4f}] on {one.rows} rows"
