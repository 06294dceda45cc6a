"""sketches as they are kept -> the verdicts that these or other settings give; and whether they are the live ones."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from schemas import messages
from schemas.declaration import Declaration
from schemas.messages import Outcome
from schemas.reference import OUTCOMES
from schemas.sketch import SketchRow
from streams.drift.column import Finding
from streams.judge import Judge
from streams.outcomes import OutcomeJudge
from streams.summarize import Counter
from streams.verdict import Evidence, Judged, Verdicts

Past = Sequence[tuple[int, Evidence]]
"""The ends of panes in order, each with what was found in it."""
K = TypeVar("K")
Key = tuple[int, int, int, str]
"""version, pane_end, window, feature of a row of `drift`."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rows and events judged again against those of the live record, byte for byte, over the panes that both have."""

    same: int
    different: int
    only_live: int
    only_now: int

    @property
    def whole(self) -> bool:
        """Whether nothing differs."""
        return self.different == self.only_live == self.only_now == 0

    def __add__(self, other: "Agreement") -> "Agreement":
        """Of both together."""
        return Agreement(
            self.same + other.same,
            self.different + other.different,
            self.only_live + other.only_live,
            self.only_now + other.only_now,
        )


def past(
    declaration: Declaration, rows: Iterable[SketchRow], counters: Mapping[int, Counter]
) -> list[tuple[int, Evidence]]:
    """What was found in each pane, as the judge finds it live: a verdict as soon as every partition allows it."""
    judge = Judge(declaration)
    found: list[tuple[int, Evidence]] = []
    for row in rows:
        judge.fold(row)
        found += judge.evidence(counters)
    return found


def judged(declaration: Declaration, found: Past) -> list[Judged]:
    """The verdicts under this declaration's [drift]; windows that were not found are not judged."""
    verdicts = Verdicts(declaration)
    return [verdicts.of(pane_end, evidence) for pane_end, evidence in found]


def turned_out(declaration: Declaration, rows: Iterable[Outcome], counters: Mapping[int, Counter]) -> list[Judged]:
    """The verdicts on rows of `outcomes`, under this declaration's [drift]."""
    judge = OutcomeJudge(declaration)
    found = (judge.of(row, counters[row.version].outcomes) for row in rows)
    return [one for one in found if one is not None]


def unjudged(found: Past, ends: Iterable[int]) -> list[int]:
    """The ends of panes in the live record (`ends`) of which nothing can be found any more, in order."""
    return sorted(set(ends) - {pane_end for pane_end, _ in found})


def agreement(now: Sequence[Judged], rows: Mapping[Key, bytes], events: Mapping[str, bytes]) -> Agreement:
    """Against the live record: `rows` of `drift` by key, `events` of `drift-events` by id, as they are in Kafka.

    Panes after the last of the record, which for outcomes is an earlier one, are not compared: they were not published
    yet.
    """
    published = {
        kind: max((key[1] for key in rows if (key[3] in OUTCOMES) == kind), default=0) for kind in (True, False)
    }
    now = [one for one in now if one.pane_end <= published[any(row.feature in OUTCOMES for row in one.rows)]]
    again = {(row.version, row.pane_end, row.window, row.feature): row for one in now for row in one.rows}
    told = {event.id: event for one in now for event in one.events}
    return _compared({key: messages.encode(row) for key, row in again.items()}, rows) + _compared(
        {name: messages.encode(event) for name, event in told.items()}, events
    )


def _compared(ours: Mapping[K, bytes], theirs: Mapping[K, bytes]) -> Agreement:
    both = ours.keys() & theirs.keys()
    same = sum(ours[key] == theirs[key] for key in both)
    return Agreement(same, len(both) - same, len(theirs.keys() - both), len(ours.keys() - both))


def _textbook(finding: Finding) -> float:
    """P of the two-sample test of Kolmogorov and Smirnov, as if samples were independent; 1 for categories."""
    if not finding.ordered or "shape" not in finding.tests or not finding.n:
        return 1.0
    return 2 * math.exp(-2 * finding.tests["shape"].effect ** 2 * finding.n * finding.m / (finding.n + finding.m))


def naive(found: Past, alpha: float, psi: float) -> tuple[list[int], list[int]]:
    """Ends of panes in which the usual rules would have alarmed: any p below `alpha`; any PSI above `psi`.

    Of the shortest window, one feature at a time, without correction: what is done where nobody thought of it.
    """
    by_p, by_psi = [], []
    for pane_end, evidence in found:
        columns = [one for examined in evidence.values() for one in examined if not one.cells.segment]
        least = min((one.window for one in columns), default=0)
        shortest = [one.finding for one in columns if one.window == least]
        if any(_textbook(finding) < alpha for finding in shortest):
            by_p.append(pane_end)
        if any(finding.psi > psi for finding in shortest):
            by_psi.append(pane_end)
    return by_p, by_psi
