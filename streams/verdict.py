"""evidence of a pane -> drift, drift-events: what the settings make of the figures; pure, and cheap to do again."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from schemas.declaration import Declaration
from schemas.messages import Budget, DriftEvent, DriftRow
from schemas.reference import Cells
from streams.drift.column import Finding
from streams.drift.sequence import after
from streams.incident import Incident, Words, weights
from streams.levels import Levels, levels
from streams.wording import Known, sentence


@dataclass(frozen=True, slots=True)
class Examined:
    """One column over one window (in panes), held against its reference; `bet` is of the window that is one pane.

    `importance` is as in FeatureShift.
    """

    window: int
    cells: Cells
    finding: Finding
    bet: float | None = None
    importance: float | None = None


Evidence = Mapping[int, Sequence[Examined]]
"""Of one pane: what was found of each version that scored in it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts of one pane, of every version that scored in it."""

    pane_end: int
    rows: list[DriftRow]
    events: list[DriftEvent]
    budgets: list[Budget] = field(default_factory=list)


@dataclass(slots=True)
class Verdicts:
    """Of one stream, pane after pane: effect, significance and persistence under the [drift] settings."""

    declaration: Declaration
    incidents: dict[int, Incident] = field(default_factory=dict)
    wealth: dict[tuple[int, str], float] = field(default_factory=dict)
    """Of a version and a column: the logarithm of what its bets have come to since its last incident."""

    def of(self, pane_end: int, evidence: Evidence) -> Judged:
        """The verdicts of the next pane."""
        rows: list[DriftRow] = []
        events = []
        for version in sorted(evidence):
            watched = [one for one in evidence[version] if one.cells.feature not in self.declaration.unwatched]
            allowed = levels(self.declaration, {one.cells.column for one in watched})
            self._add(version, watched, allowed)
            new = [self._row(pane_end, version, one, allowed) for one in self._judged(watched)]
            importance = {one.cells.feature: one.importance for one in evidence[version]}
            words = self._words(evidence[version], importance)
            events += [self._supersede(pane_end, version)]
            events += [self._incident(version).take(pane_end, new, importance, words)]
            if events[-1] is not None and events[-1].kind == "closed":
                self.wealth = {key: value for key, value in self.wealth.items() if key[0] != version}
            rows += new
        return Judged(pane_end, rows, [event for event in events if event is not None])

    def _incident(self, version: int) -> Incident:
        new = Incident(self.declaration.name, version, self.declaration.drift.persistence)
        return self.incidents.setdefault(version, new)

    def _words(self, examined: Sequence[Examined], importance: Mapping[str, float | None]) -> Words:
        carried = weights({one.cells.column: one.finding.m for one in examined}, importance)
        known = {one.cells.column: Known(one.cells, carried[one.cells.column].carried) for one in examined}
        return partial(sentence, stream=self.declaration.name, known=known, pane_ms=self.declaration.pane_ms)

    def _add(self, version: int, examined: Sequence[Examined], allowed: Levels) -> None:
        for one in examined:
            if one.bet is not None:
                key, ceiling = (version, one.cells.column), allowed.of(one.cells.column).needed + math.log(10)
                self.wealth[key] = after(self.wealth.get(key, -math.inf), one.bet, ceiling)

    def _judged(self, examined: Sequence[Examined]) -> Iterable[Examined]:
        return (one for one in examined if one.window in self.declaration.drift.windows)

    def _supersede(self, pane_end: int, version: int) -> DriftEvent | None:
        """Closes what is open of earlier versions: their reference is not what the stream is held against any more."""
        for earlier, incident in self.incidents.items():
            if earlier < version and incident.opened is not None:
                return incident.close(pane_end, f"was followed by version {version}")
        return None

    def _row(self, pane_end: int, version: int, one: Examined, allowed: Levels) -> DriftRow:
        drift, found, cells, mine = self.declaration.drift, one.finding, one.cells, allowed.of(one.cells.column)
        longest = one.window == max(drift.windows)
        evidence = self.wealth.get((version, cells.column), -math.inf) / mine.needed if longest else None
        level = 1.0 if evidence is not None and evidence >= 1 else mine.test
        name, test, drifted = found.decisive(drift.tolerance, drift.share_tolerance, level)
        return DriftRow(
            version=version,
            pane_end=pane_end,
            window=one.window,
            feature=cells.column,
            n=found.n,
            m=found.m,
            worth_n=round(found.worth_n, 1),
            worth_m=round(found.worth_m, 1),
            season_ms=cells.season.period_ms if cells.season else None,
            test=name,
            effect=test.effect,
            low=test.low,
            high=test.high,
            p=test.p,
            limit=found.limit(mine.test) if name == "shape" else None,
            evidence=None if evidence is None else round(max(0.0, evidence), 4),
            psi=found.psi,
            psi_limit=found.stability_limit(mine.test),
            mean=found.mean.value,
            mean_low=found.mean.low,
            mean_high=found.mean.high,
            mean_p=found.mean.p,
            std=found.std.value,
            std_low=found.std.low,
            std_high=found.std.high,
            std_p=found.std.p,
            reference_mean=cells.mean,
            reference_std=deviation(cells),
            missing=found.missing,
            verdict="insufficient" if min(found.n, found.m) < drift.minimum else "drifted" if drifted else "stable",
        )


def deviation(cells: Cells) -> float | None:
    """The reference's standard deviation (ddof 1)."""
    return math.sqrt(cells.m2 / (cells.n - 1)) if cells.m2 is not None and cells.n > 1 else None
