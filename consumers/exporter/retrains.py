"""Decisions -> what has come of retrains: counts by step, the one in flight, those in a row that came to nothing."""

from collections import Counter
from dataclasses import dataclass, field

from schemas.messages import HOLDING_STEPS, RELEASING_STEPS, Decision

SIZE, ROWS = "serving_bytes", "rows"
"""Figures of the step `trained`."""
_ENDS = frozenset({"promoted", "rejected", "failed"})
"""How a challenger ends; a way back is none."""


@dataclass(slots=True)
class Retrains:
    """A function of the topic `decisions`; times are wall-clock milliseconds."""

    steps: Counter[str] = field(default_factory=Counter)
    flight: str | None = None
    started: int | None = None
    training_ms: int | None = None
    size: float | None = None
    rows: float | None = None
    failures: int = 0
    rejections: int = 0

    def take(self, decision: Decision) -> None:
        """Takes the next decision in."""
        self.steps[decision.step] += 1
        if decision.step in HOLDING_STEPS and decision.retrain != self.flight:
            self.flight, self.started = decision.retrain, decision.at
        if decision.step == "trained":
            self._trained(decision)
        if decision.step in RELEASING_STEPS:
            self.flight = None
        if decision.step in _ENDS:
            self.failures = self.failures + 1 if decision.step == "failed" else 0
            self.rejections = 0 if decision.step == "promoted" else self.rejections + 1

    def _trained(self, decision: Decision) -> None:
        if decision.retrain == self.flight and self.started is not None:
            self.training_ms = max(0, decision.at - self.started)
        self.size = _number(decision.figures.get(SIZE), self.size)
        self.rows = _number(decision.figures.get(ROWS), self.rows)


def _number(value: object, before: float | None) -> float | None:
    return float(value) if isinstance(value, int | float) else before
