"""evidence of a pane -> drift, drift-events: what the settings make of the figures; pure, and cheap to do again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.declaration import Declaration
from schemas.messages import DriftEvent, DriftRow
from schemas.reference import Cells
from streams.drift.column import TESTS, Finding, spread
from streams.incident import Incident


@dataclass(frozen=True, slots=True)
class Examined:
    """One column over one window (in panes), held against its reference."""

    window: int
    cells: Cells
    finding: Finding


Evidence = Mapping[int, Sequence[Examined]]
"""Of one pane: what was found of each version that scored in it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts of one pane, of every version that scored in it."""

    pane_end: int
    rows: list[DriftRow]
    events: list[DriftEvent]


@dataclass(slots=True)
class Verdicts:
    """Of one stream, pane after pane: effect, significance and persistence under the [drift] settings."""

    declaration: Declaration
    incidents: dict[int, Incident] = field(default_factory=dict)

    def of(self, pane_end: int, evidence: Evidence) -> Judged:
        """The verdicts of the next pane."""
        rows: list[DriftRow] = []
        events = []
        for version in sorted(evidence):
            new = [self._row(pane_end, version, one) for one in self._watched(evidence[version])]
            incident = self.incidents.setdefault(
                version, Incident(self.declaration.name, version, self.declaration.drift.persistence)
            )
            events += [self._supersede(pane_end, version), incident.take(pane_end, new)]
            rows += new
        return Judged(pane_end, rows, [event for event in events if event is not None])

    def _watched(self, examined: Sequence[Examined]) -> Iterable[Examined]:
        windows, unwatched = self.declaration.drift.windows, self.declaration.unwatched
        return (one for one in examined if one.window in windows and one.cells.feature not in unwatched)

    def _supersede(self, pane_end: int, version: int) -> DriftEvent | None:
        """Closes what is open of earlier versions: their reference is not what the stream is held against any more."""
        for earlier, incident in self.incidents.items():
            if earlier < version and incident.opened is not None:
                return incident.close(pane_end, f"was followed by version {version}")
        return None

    def _row(self, pane_end: int, version: int, one: Examined) -> DriftRow:
        found, cells = one.finding, one.cells
        mean, std = spread(cells.n, cells.mean, cells.m2)
        name, test, drifted = found.decisive(self.declaration.drift.tolerance, self.level)
        few = min(found.n, found.m) < self.declaration.drift.minimum
        return DriftRow(
            version=version,
            pane_end=pane_end,
            window=one.window,
            feature=cells.feature,
            n=found.n,
            m=found.m,
            test=name,
            effect=test.effect,
            low=test.low,
            high=test.high,
            p=test.p,
            psi=found.psi,
            psi_limit=found.stability_limit(self.level),
            mean=found.mean,
            std=found.std,
            reference_mean=mean,
            reference_std=std,
            missing=found.missing,
            verdict="insufficient" if few else "drifted" if drifted else "stable",
        )

    @property
    def level(self) -> float:
        """The error level of one test; it is shared by all tests of all columns and windows (Bonferroni)."""
        drift = self.declaration.drift
        watched = len(self.declaration.features) - len(self.declaration.unwatched) + 1
        return drift.alpha / (watched * len(drift.windows) * TESTS)
