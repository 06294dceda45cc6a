"""verdicts of a pane -> budget: what false alarms may cost a version, beside what the A/A line has measured."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas.declaration import Declaration
from schemas.messages import Budget
from streams.control import Measured, control
from streams.summarize import Counter
from streams.verdict import Judged


@dataclass(slots=True)
class _Account:
    """Of one version; its line goes on by one block of the reference with each pane that is judged."""

    line: Iterator[Measured]
    measured: Measured = field(default_factory=Measured)
    panes: int = 0
    incidents: int = 0

    def add(self, incidents: int) -> None:
        self.panes += 1
        self.incidents += incidents
        self.measured = next(self.line, self.measured)


@dataclass(slots=True)
class Budgets:
    """Of one stream; a function of the panes judged, in their order."""

    declaration: Declaration
    accounts: dict[int, _Account] = field(default_factory=dict)

    def of(self, judged: Judged, counters: Mapping[int, Counter]) -> list[Budget]:
        """The next pane's, a row a version that was judged in it."""
        return [self._row(judged, version, counters) for version in sorted({row.version for row in judged.rows})]

    def _row(self, judged: Judged, version: int, counters: Mapping[int, Counter]) -> Budget:
        if version not in self.accounts:
            self.accounts[version] = _Account(control(self.declaration, version, counters[version]))
        account = self.accounts[version]
        account.add(sum(event.kind == "opened" and event.version == version for event in judged.events))
        return Budget(
            version=version,
            pane_end=judged.pane_end,
            panes=account.panes,
            incidents=account.incidents,
            control_panes=account.measured.panes,
            control_alarms=account.measured.alarms,
            allowed=account.measured.panes * self.declaration.false_alarms,
        )
