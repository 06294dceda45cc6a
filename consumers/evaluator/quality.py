"""Quality of one version over one pane, in integers: sums that come out the same in whatever order they are made."""

from math import log
from typing import Literal

from schemas.messages import LOSS_SCALE, Performance

Role = Literal["champion", "shadow"]
CLIP = 1e-15
"""Scores are held so far away from 0 and 1."""


def log_loss(score: float, label: int) -> float:
    """Of one sample, in nats."""
    return -log(min(max(score if label else 1 - score, CLIP), 1 - CLIP))


class Quality:
    """The sums behind one row of `performance`."""

    __slots__ = ("brier", "correct", "labelled", "lag_ms", "loss", "pane_start", "predictions", "role", "version")

    def __init__(self, role: Role, version: int, pane_start: int) -> None:
        self.role: Role = role
        self.version = version
        self.pane_start = pane_start
        self.predictions = self.labelled = self.loss = self.brier = self.correct = self.lag_ms = 0

    def count(self, score: float, label: int, lag_ms: int, sign: int) -> None:
        """Adds one labelled sample (`sign` 1), or takes it back (-1)."""
        self.labelled += sign
        self.loss += sign * round(log_loss(score, label) * LOSS_SCALE)
        self.brier += sign * round((score - label) ** 2 * LOSS_SCALE)
        self.correct += sign * ((score >= 0.5) == label)  # noqa: PLR2004 - the more likely class
        self.lag_ms += sign * lag_ms

    def row(self, pane_ms: int, watermark: int) -> Performance:
        """The row as of `watermark`; qualities are 0 while nothing is labelled."""
        n = self.labelled or 1
        return Performance(
            role=self.role,
            version=self.version,
            pane_start=self.pane_start,
            pane_end=self.pane_start + pane_ms,
            predictions=self.predictions,
            labelled=self.labelled,
            log_loss=self.loss / LOSS_SCALE / n,
            brier=self.brier / LOSS_SCALE / n,
            accuracy=self.correct / n,
            label_lag_ms=round(self.lag_ms / n),
            watermark=watermark,
        )
