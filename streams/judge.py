"""sketches -> drift, drift-events: merges partitions and panes into windows; judges a pane once all have passed it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.messages import DriftEvent, DriftRow
from schemas.reference import Cells
from schemas.sketch import Sketch, SketchRow
from streams.drift.column import TESTS, examine, spread
from streams.incident import Incident
from streams.summarize import Counter


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts of one pane, of every version that scored in it."""

    pane_end: int
    rows: list[DriftRow]
    events: list[DriftEvent]


@dataclass(slots=True)
class Judge:
    """Of one stream. Its verdicts are a function of the counted samples, however partitioned and batched."""

    declaration: Declaration
    rows: dict[int, dict[int, dict[int, SketchRow]]] = field(default_factory=dict)
    closed: dict[int, int] = field(default_factory=dict)
    idle: set[int] = field(default_factory=set)
    judged: int | None = None
    incidents: dict[int, Incident] = field(default_factory=dict)
    strangers: set[tuple[int, int, int]] = field(default_factory=set)
    """Version, end of the pane and partition of counts over another reference, which were not added."""

    def fold(self, row: SketchRow) -> None:
        """Takes a row; of a pane that was judged already it changes nothing any more."""
        self.closed[row.partition] = max(row.closed, self.closed.get(row.partition, row.closed))
        if row.idle:
            self.idle.add(row.partition)
            return
        self.idle.discard(row.partition)
        end = row.pane_start + self.declaration.pane_ms
        if self.judged is None or end > self.judged:
            self.rows.setdefault(end, {}).setdefault(row.version, {})[row.partition] = row

    def frontier(self) -> int | None:
        """The end of the last pane that every partition has closed (epoch ms); idle partitions hold nothing up."""
        expected = set(range(self.declaration.stream.partitions)) - self.idle
        if not expected:
            return max(self.closed.values(), default=None)
        return min(self.closed[p] for p in expected) if expected <= self.closed.keys() else None

    def verdicts(self, counters: Mapping[int, Counter]) -> Iterator[Judged]:
        """Judges every pane that is due, in order; stops before one with a version that is not in `counters`."""
        frontier = self.frontier()
        for pane_end in sorted(end for end in self.rows if frontier is not None and end <= frontier):
            if self.judged is not None and pane_end <= self.judged:
                continue
            if not self.rows[pane_end].keys() <= counters.keys():
                return
            yield self._pane(pane_end, counters)
            self.judged = pane_end
            self._forget(pane_end)

    def _pane(self, pane_end: int, counters: Mapping[int, Counter]) -> Judged:
        rows: list[DriftRow] = []
        events = []
        for version in sorted(self.rows[pane_end]):
            new = self._version(pane_end, version, counters[version])
            incident = self.incidents.setdefault(
                version, Incident(self.declaration.name, version, self.declaration.drift.persistence)
            )
            events += [self._supersede(pane_end, version), incident.take(pane_end, new)]
            rows += new
        return Judged(pane_end, rows, [event for event in events if event is not None])

    def _supersede(self, pane_end: int, version: int) -> DriftEvent | None:
        """Closes what is open of earlier versions: their reference is not what the stream is held against any more."""
        for earlier, incident in self.incidents.items():
            if earlier < version and incident.opened is not None:
                return incident.close(pane_end, f"was followed by version {version}")
        return None

    def _version(self, pane_end: int, version: int, counter: Counter) -> list[DriftRow]:
        """Every watched column over every window that ends here."""
        rows, unwatched = [], self.declaration.unwatched
        for window, merged in self._merged(pane_end, version, counter):
            for (cells, counts), moments in zip(counter.parts(merged.counts), merged.moments, strict=True):
                if cells.feature not in unwatched:
                    rows.append(self._row(pane_end, window, version, cells, counts, moments))
        return rows

    def _merged(self, pane_end: int, version: int, counter: Counter) -> Iterator[tuple[int, Sketch]]:
        """Each window and its counts, from the shortest on; panes are added backwards in time, by partition in each."""
        pane, merged, reached = self.declaration.pane_ms, counter.empty(), 0
        for window in sorted(self.declaration.drift.windows):
            for end in range(pane_end - reached * pane, pane_end - window * pane, -pane):
                for _, row in sorted(self.rows.get(end, {}).get(version, {}).items()):
                    if row.reference == merged.reference:
                        merged = merged.merge(Sketch.from_row(row))
                    else:
                        self.strangers.add((version, end, row.partition))
            reached = window
            yield window, merged

    def _row(
        self,
        pane_end: int,
        window: int,
        version: int,
        cells: Cells,
        counts: NDArray[np.int64],
        moments: NDArray[np.float64],
    ) -> DriftRow:
        found = examine(cells, counts, moments)
        mean, std = spread(cells.n, cells.mean, cells.m2)
        name, test, drifted = found.decisive(self.declaration.drift.tolerance, self._level)
        few = min(found.n, found.m) < self.declaration.drift.minimum
        return DriftRow(
            version=version,
            pane_end=pane_end,
            window=window,
            feature=cells.feature,
            n=found.n,
            m=found.m,
            test=name,
            effect=test.effect,
            low=test.low,
            high=test.high,
            p=test.p,
            psi=found.psi,
            psi_limit=found.stability_limit(self._level),
            mean=found.mean,
            std=found.std,
            reference_mean=mean,
            reference_std=std,
            missing=found.missing,
            verdict="insufficient" if few else "drifted" if drifted else "stable",
        )

    @property
    def _level(self) -> float:
        """The error level of one test; it is shared by all tests of all columns and windows (Bonferroni)."""
        drift = self.declaration.drift
        watched = len(self.declaration.features) - len(self.declaration.unwatched) + 1
        return drift.alpha / (watched * len(drift.windows) * TESTS)

    def _forget(self, judged: int) -> None:
        """Drops panes that no later window reaches back to."""
        oldest = judged - max(self.declaration.drift.windows) * self.declaration.pane_ms
        for end in [end for end in self.rows if end <= oldest]:
            del self.rows[end]
        self.strangers = {stranger for stranger in self.strangers if stranger[1] > oldest}
