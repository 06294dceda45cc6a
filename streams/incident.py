"""rows of a pane -> a change of verdict: opens, escalates and closes the incident of one model version."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from schemas.messages import DriftEvent, DriftRow, FeatureShift, Subject
from schemas.segment import feature_of, in_segment

ESCALATION = 2
"""An incident escalates when so many times more columns have moved than when it was last announced."""
LEAST = 0.01
"""Share of the model's skill that a column counts for at least: one that carries nothing ranks last, but ranks."""
Importance = Mapping[str, float | None]
"""By feature, the share of the model's skill that it carries, 0 to 1; None or absent where that is not known."""
Words = Callable[[Sequence[DriftRow]], str]
"""Columns that moved, what is named first comes first -> the sentence of an event."""
Kind = Literal["opened", "escalated", "closed"]


@dataclass(slots=True)
class Incident:
    """For how many panes in a row each (column, window) stood out, and what was said of it.

    A window of w panes shares w - 1 of them with the one before, so `persistence` counts windows that share none.
    """

    stream: str
    version: int
    persistence: int
    subject: Subject = "inputs"
    runs: dict[tuple[str, int], int] = field(default_factory=dict)
    opened: str | None = None
    announced: int = 0
    calm: int = 0

    def take(self, pane_end: int, rows: Sequence[DriftRow], importance: Importance, words: Words) -> DriftEvent | None:
        """The rows of this version's next pane; an event at a change of verdict."""
        self.runs = {
            (row.feature, row.window): self.runs.get((row.feature, row.window), 0) + 1
            for row in rows
            if row.verdict == "drifted"
        }
        weigh = weights({row.feature: row.m for row in rows}, importance)
        moved = self._moved(rows, weigh)
        self.calm = 0 if moved else self.calm + 1
        if moved and self.opened is None:
            self.opened = self._id(pane_end)
            return self._say("opened", pane_end, moved, weigh, words)
        if moved and len(moved) >= ESCALATION * self.announced:
            return self._say("escalated", pane_end, moved, weigh, words)
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

    def _moved(self, rows: Sequence[DriftRow], weigh: Mapping[str, "Weight"]) -> list[DriftRow]:
        """The columns that have stood out for long enough, each by its largest effect, what hurts most first.

        A segment is left out where its feature as a whole hurts as much: it says nothing more.
        """
        best: dict[str, DriftRow] = {}
        for row in rows:
            needed = (self.persistence - 1) * row.window + 1
            if self.runs.get((row.feature, row.window), 0) >= needed:
                best[row.feature] = max(row, best.get(row.feature, row), key=lambda r: r.effect)
        hurts = {name: row.effect * weigh[name].harm for name, row in best.items()}
        told = [
            row for name, row in best.items() if not in_segment(name) or hurts[name] > hurts.get(feature_of(name), 0.0)
        ]
        return sorted(told, key=lambda r: (-hurts[r.feature], r.feature))

    def _say(
        self, kind: Kind, pane_end: int, moved: Sequence[DriftRow], weigh: Mapping[str, "Weight"], words: Words
    ) -> DriftEvent:
        self.announced = len(moved)
        shifts = [
            FeatureShift(
                feature=row.feature, window=row.window, effect=row.effect, p=row.p, psi=row.psi, test=row.test,
                importance=weigh[row.feature].carried,
            )
            for row in moved
        ]  # fmt: skip
        return self._event(kind, pane_end, shifts, words(moved))

    def _event(self, kind: Kind, pane_end: int, moved: list[FeatureShift], sentence: str) -> DriftEvent:
        return DriftEvent(
            id=self._id(pane_end, kind),
            incident=self.opened or "",
            stream=self.stream,
            version=self.version,
            kind=kind,
            event_time=pane_end,
            shifts=moved,
            sentence=sentence,
            subject=self.subject,
        )

    def _id(self, *parts: str | int) -> str:
        """The same parts give the same id, so that an event that is sent again is known again."""
        stream = self.stream if self.subject == "inputs" else f"{self.stream}/{self.subject}"
        return hashlib.sha256("/".join(map(str, (stream, self.version, *parts))).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Weight:
    """Of a column: the share of the model's skill that it carries, and what its effect is ranked by when multiplied."""

    carried: float | None
    harm: float


def weight(importance: float | None, share: float = 1.0) -> Weight:
    """A skill that is not known counts as all of it; `share` is that of the samples which a column is of."""
    skill = 1.0 if importance is None else max(LEAST, importance)
    return Weight(None if importance is None else importance * share, skill * share)


def weights(m: Mapping[str, int], importance: Importance) -> dict[str, Weight]:
    """By column, out of its samples in the reference; a segment's shift weighs what it adds to that of the whole."""
    return {
        name: weight(importance.get(feature_of(name)), size / (m.get(feature_of(name)) or size or 1))
        for name, size in m.items()
    }
