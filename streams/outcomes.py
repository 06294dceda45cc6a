"""outcomes -> drift, drift-events: label drift and worse answers, pane by pane; pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.declaration import Declaration
from schemas.messages import DriftEvent, DriftRow, Outcome
from schemas.reference import Outcomes
from streams.outcry import Outcry
from streams.turnout import Turnout
from streams.verdict import Judged

HISTORY = 32
"""Panes before a window, of whichever versions, that tell how alike the samples of one pane are."""


@dataclass(slots=True)
class OutcomeJudge:
    """Of one stream. Its verdicts are a function of the rows of `outcomes` in their order.

    The samples of a pane are alike, which widens every interval by how much the panes before the window differ among
    themselves; there is no verdict before so many of them are known that this can be told. ADWIN takes losses as
    independent: it is heard only where panes do not show that they are not, and in the shortest window.
    """

    declaration: Declaration
    judged: dict[int, int] = field(default_factory=dict)
    """Version -> end of its last pane."""
    risen: set[int] = field(default_factory=set)
    """Versions whose losses ADWIN has seen rise."""
    outcries: dict[int, Outcry] = field(default_factory=dict)
    panes: deque[Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self.panes = deque(maxlen=HISTORY + 2 * max(self.declaration.drift.windows))

    def of(self, row: Outcome, reference: Outcomes | None) -> Judged | None:
        """The verdicts of the next row, held against its version's reference; None if its pane was judged before."""
        if row.pane_end <= self.judged.get(row.version, row.pane_start):
            return None
        self.judged[row.version] = row.pane_end
        self.panes.append(row)
        if row.changed:
            self.risen.add(row.version)
        rows = list(self._rows(row, reference))
        persistence = self.declaration.drift.persistence
        outcry = self.outcries.setdefault(row.version, Outcry(self.declaration.name, row.version, persistence))
        events = [*self._supersede(row), outcry.take(row.pane_end, rows)]
        return Judged(row.pane_end, rows, [event for event in events if event is not None])

    def _supersede(self, row: Outcome) -> Iterator[DriftEvent | None]:
        """Closes what is open of earlier versions."""
        for earlier, outcry in self.outcries.items():
            if earlier < row.version:
                yield outcry.close(row.pane_end, f"was followed by version {row.version}")

    def _rows(self, row: Outcome, reference: Outcomes | None) -> Iterator[DriftRow]:
        windows = sorted(self.declaration.drift.windows)
        for window in windows:
            start = row.pane_end - window * self.declaration.pane_ms
            inside = [one for one in self.panes if one.version == row.version and one.pane_end > start]
            before = [one for one in self.panes if one.pane_end <= start][-HISTORY:]
            found = Turnout(row, window, inside, before, reference)
            yield from found.rows(self.declaration, risen=row.version in self.risen, shortest=window == windows[0])
