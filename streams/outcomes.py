"""outcomes -> drift, drift-events: label drift and worse answers, pane by pane; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.declaration import Declaration
from schemas.messages import DriftEvent, DriftRow, Outcome
from schemas.reference import Outcomes
from streams.outcry import Outcry
from streams.turnout import Turnout
from streams.verdict import Judged

HISTORY = 32
"""Panes, of whichever versions, that tell how alike the samples of one pane are."""


@dataclass(slots=True)
class OutcomeJudge:
    """Of one stream. Its verdicts are a function of the rows of `outcomes` in their order.

    The samples of a pane are alike, which widens every interval by how much earlier panes differ among themselves;
    there is no verdict before so many of them are known that this can be told. A change must not hide itself: what
    persistence asks for is left out of those panes, and so is what comes while an incident is open. ADWIN takes losses
    as independent: it is heard only where panes do not show that they are not, and in the shortest window.
    """

    declaration: Declaration
    judged: dict[int, int] = field(default_factory=dict)
    """Version -> end of its last pane."""
    risen: set[int] = field(default_factory=set)
    """Versions whose losses ADWIN has seen rise."""
    outcries: dict[int, Outcry] = field(default_factory=dict)
    recent: list[Outcome] = field(default_factory=list)
    """As many panes as the longest window needs, and persistence."""
    usual: list[Outcome] = field(default_factory=list)
    """The last panes without an open incident."""

    def of(self, row: Outcome, reference: Outcomes | None) -> Judged | None:
        """The verdicts of the next row, held against its version's reference; None if its pane was judged before."""
        if row.pane_end <= self.judged.get(row.version, row.pane_start):
            return None
        self.judged[row.version] = row.pane_end
        self.recent = [one for one in self.recent if one.pane_end > self._start(row, max(self._windows))] + [row]
        if row.changed:
            self.risen.add(row.version)
        rows = list(self._rows(row, reference))
        outcry = self.outcries.setdefault(row.version, Outcry(self.declaration.name, row.version, self._persistence))
        events = [*self._supersede(row), outcry.take(row.pane_end, rows)]
        if not outcry.open:
            self.usual = [*self.usual[-HISTORY - self._persistence * max(self._windows) :], row]
        return Judged(row.pane_end, rows, [event for event in events if event is not None])

    def _supersede(self, row: Outcome) -> Iterator[DriftEvent | None]:
        """Closes what is open of earlier versions."""
        for earlier, outcry in self.outcries.items():
            if earlier < row.version:
                yield outcry.close(row.pane_end, f"was followed by version {row.version}")

    def _rows(self, row: Outcome, reference: Outcomes | None) -> Iterator[DriftRow]:
        for window in self._windows:
            start, before = self._start(row, window), self._start(row, window * self._persistence)
            inside = [one for one in self.recent if one.version == row.version and one.pane_end > start]
            usual = [one for one in self.usual if one.pane_end <= before][-HISTORY:]
            found = Turnout(row, window, inside, usual, reference)
            heard = row.version in self.risen and window == self._windows[0]
            yield from found.rows(self.declaration, risen=heard)

    def _start(self, row: Outcome, panes: int) -> int:
        return row.pane_end - panes * self.declaration.pane_ms

    @property
    def _windows(self) -> list[int]:
        return sorted(self.declaration.drift.windows)

    @property
    def _persistence(self) -> int:
        return self.declaration.drift.persistence
