"""sketches -> verdicts: merges partitions and panes into windows; judges a pane once all have passed it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.sketch import Sketch, SketchRow
from streams.budget import Budgets
from streams.drift.column import Window, bet, examine
from streams.drift.reference import Reference
from streams.drift.sequence import Urn
from streams.summarize import Counter
from streams.verdict import Evidence, Examined, Judged, Verdicts


@dataclass(frozen=True, slots=True)
class Panes:
    """A window of `length` panes: by the start of each that holds samples, how many: int64 (columns,)."""

    length: int
    samples: Mapping[int, NDArray[np.int64]]

    def of(self, column: int) -> dict[int, int]:
        """The panes that hold samples of a column, and how many."""
        return {start: int(found[column]) for start, found in self.samples.items() if found[column]}


@dataclass(slots=True)
class Judge:
    """Of one stream. Its verdicts are a function of the counted samples, however partitioned and batched."""

    declaration: Declaration
    rows: dict[int, dict[int, dict[int, SketchRow]]] = field(default_factory=dict)
    closed: dict[int, int] = field(default_factory=dict)
    idle: set[int] = field(default_factory=set)
    due: int | None = None
    judged: int | None = None
    strangers: set[tuple[int, int, int]] = field(default_factory=set)
    """Version, end of the pane and partition of counts over another reference, which were not added."""
    urns: dict[tuple[int, str], Urn] = field(default_factory=dict)
    """Of a version and a column: what its panes held so far."""
    verdict: Verdicts = field(init=False)
    budget: Budgets = field(init=False)

    def __post_init__(self) -> None:
        self.verdict = Verdicts(self.declaration)
        self.budget = Budgets(self.declaration)

    def fold(self, row: SketchRow) -> None:
        """Takes the next row; of a pane that was due already it changes nothing any more.

        What is due is settled row by row, so that verdicts are a function of the rows in their order, however they were
        read.
        """
        self.closed[row.partition] = max(row.closed, self.closed.get(row.partition, row.closed))
        if row.idle:
            self.idle.add(row.partition)
        else:
            self._count(row)
        frontier = self.frontier()
        if frontier is not None:
            self.due = frontier if self.due is None else max(self.due, frontier)

    def _count(self, row: SketchRow) -> None:
        if row.partition in self.idle:  # who was idle with it may be about to wake as well; who is not says so again
            self.idle.clear()
        end = row.pane_start + self.declaration.pane_ms
        if self.due is None or end > self.due:
            self.rows.setdefault(end, {}).setdefault(row.version, {})[row.partition] = row

    def frontier(self) -> int | None:
        """The end of the last pane that every partition has closed (epoch ms); idle partitions hold nothing up."""
        expected = set(range(self.declaration.stream.partitions)) - self.idle
        if not expected:
            return max(self.closed.values(), default=None)
        return min(self.closed[p] for p in expected) if expected <= self.closed.keys() else None

    def verdicts(self, counters: Mapping[int, Counter]) -> Iterator[Judged]:
        """Judges every pane that is due, in order; stops before one with a version that is not in `counters`."""
        for pane_end, evidence in self.evidence(counters):
            judged = self.verdict.of(pane_end, evidence)
            yield replace(judged, budgets=self.budget.of(judged, counters))

    def evidence(self, counters: Mapping[int, Counter]) -> Iterator[tuple[int, Evidence]]:
        """The end of every pane that is due, in order, and what is found in it, whatever the settings make of that."""
        for pane_end in sorted(end for end in self.rows if self.due is not None and end <= self.due):
            if self.judged is not None and pane_end <= self.judged:
                continue
            if not self.rows[pane_end].keys() <= counters.keys():
                return
            yield (
                pane_end,
                {version: self._found(pane_end, version, counters[version]) for version in self.rows[pane_end]},
            )
            self.judged = pane_end
            self._forget(pane_end)

    def _found(self, pane_end: int, version: int, counter: Counter) -> list[Examined]:
        """Every watched column over every window that ends here; the pane's own holds the bet as well."""
        found = []
        for panes, merged in self.merged(pane_end, version, counter):
            columns = zip(counter.parts(merged.counts), merged.moments, strict=True)
            for column, ((reference, counts), moments) in enumerate(columns):
                feature = reference.cells.feature
                if feature not in self.declaration.unwatched:
                    window = Window(counts, moments, panes.of(column), self.declaration.pane_ms)
                    won = self._bet(version, reference, window) if panes.length == 1 else None
                    seen, importance = examine(reference, window), counter.importance.get(feature)
                    found.append(Examined(panes.length, reference.cells, seen, won, importance))
        return found

    def _bet(self, version: int, reference: Reference, pane: Window) -> float:
        return bet(self.urns.setdefault((version, reference.cells.column), Urn()), reference, pane)

    def merged(self, pane_end: int, version: int, counter: Counter) -> Iterator[tuple[Panes, Sketch]]:
        """The pane, then each window and its counts; panes are added backwards in time, by partition in each."""
        pane, merged, samples = self.declaration.pane_ms, counter.empty(), dict[int, NDArray[np.int64]]()
        reached = 0
        for length in sorted({1, *self.declaration.drift.windows}):
            for end in range(pane_end - reached * pane, pane_end - length * pane, -pane):
                before = counter.samples(merged)
                for _, row in sorted(self.rows.get(end, {}).get(version, {}).items()):
                    if row.reference == merged.reference:
                        merged = merged.merge(Sketch.from_row(row))
                    else:
                        self.strangers.add((version, end, row.partition))
                samples[end - pane] = counter.samples(merged) - before
            reached = length
            yield Panes(length, dict(samples)), merged

    def _forget(self, judged: int) -> None:
        """Drops panes that no later window reaches back to."""
        oldest = judged - max(self.declaration.drift.windows) * self.declaration.pane_ms
        for end in [end for end in self.rows if end <= oldest]:
            del self.rows[end]
        self.strangers = {stranger for stranger in self.strangers if stranger[1] > oldest}
