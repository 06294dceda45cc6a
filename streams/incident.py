"""rows of a pane -> a change of verdict: opens, escalates and closes the incident of one model version."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from schemas.messages import DriftEvent, DriftRow, FeatureShift
from schemas.reference import SCORE

ESCALATION = 2
"""An incident escalates when so many times more columns have moved than when it was last announced."""
NAMED = 3
"""Columns named in the sentence of an event."""
Kind = Literal["opened", "escalated", "closed"]


@dataclass(slots=True)
class Incident:
    """For how many panes in a row each (column, window) stood out, and what was said of it.

    A window of w panes shares w - 1 of them with the one before, so `persistence` counts windows that share none.
    """

    stream: str
    version: int
    persistence: int
    runs: dict[tuple[str, int], int] = field(default_factory=dict)
    opened: str | None = None
    announced: int = 0
    calm: int = 0

    def take(self, pane_end: int, rows: Sequence[DriftRow]) -> DriftEvent | None:
        """The rows of this version's next pane; an event when the verdict changes."""
        self.runs = {
            (row.feature, row.window): self.runs.get((row.feature, row.window), 0) + 1
            for row in rows
            if row.verdict == "drifted"
        }
        moved = self._moved(rows)
        self.calm = 0 if moved else self.calm + 1
        if moved and self.opened is None:
            self.opened = _id(self.stream, self.version, pane_end)
            return self._say("opened", pane_end, moved)
        if moved and len(moved) >= ESCALATION * self.announced:
            return self._say("escalated", pane_end, moved)
        if self.opened is not None and self.calm >= self.persistence:
            return self.close(pane_end, "is back within its tolerance")
        return None

    def close(self, pane_end: int, why: str) -> DriftEvent | None:
        """Ends the incident, if one is open."""
        if self.opened is None:
            return None
        event = self._event("closed", pane_end, [], f"{self.stream} version {self.version} {why}.")
        self.opened, self.announced, self.runs = None, 0, {}
        return event

    def _moved(self, rows: Sequence[DriftRow]) -> list[FeatureShift]:
        """The columns that have stood out for long enough, each by its largest effect, largest first."""
        best: dict[str, DriftRow] = {}
        for row in rows:
            needed = (self.persistence - 1) * row.window + 1
            if self.runs.get((row.feature, row.window), 0) >= needed:
                best[row.feature] = max(row, best.get(row.feature, row), key=lambda r: r.effect)
        ordered = sorted(best.values(), key=lambda r: (-r.effect, r.feature))
        return [FeatureShift(feature=r.feature, window=r.window, effect=r.effect, p=r.p, psi=r.psi) for r in ordered]

    def _say(self, kind: Kind, pane_end: int, moved: list[FeatureShift]) -> DriftEvent:
        self.announced = len(moved)
        named = ", ".join(
            f"{'the score' if s.feature == SCORE else s.feature} by {s.effect:.2f} over {s.window} panes"
            for s in moved[:NAMED]
        )
        more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
        day = datetime.fromtimestamp(pane_end / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        sentence = f"Until {day} the inputs of {self.stream} version {self.version} moved: {named}{more}."
        return self._event(kind, pane_end, moved, sentence)

    def _event(self, kind: Kind, pane_end: int, moved: list[FeatureShift], sentence: str) -> DriftEvent:
        return DriftEvent(
            id=_id(self.stream, self.version, pane_end, kind),
            incident=self.opened or "",
            stream=self.stream,
            version=self.version,
            kind=kind,
            event_time=pane_end,
            shifts=moved,
            sentence=sentence,
        )


def _id(*parts: str | int) -> str:
    """The same parts give the same id, so that an event that is sent again is known again."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:16]
