"""Verdicts, incidents and budgets -> what is known of drift now."""

from collections import Counter
from dataclasses import dataclass, field

from schemas.messages import Budget, DriftEvent, DriftRow


@dataclass(slots=True)
class Drift:
    """A function of `drift`, `drift-events` and `budget`; the last row of each version, feature and window counts."""

    rows: dict[int, dict[tuple[str, int], DriftRow]] = field(default_factory=dict)
    budgets: dict[int, Budget] = field(default_factory=dict)
    incidents: dict[str, DriftEvent] = field(default_factory=dict)
    events: Counter[tuple[str, str]] = field(default_factory=Counter)

    def judged(self, row: DriftRow) -> None:
        """Takes a row of `drift` in."""
        of_version = self.rows.setdefault(row.version, {})
        known = of_version.get((row.feature, row.window))
        if known is None or known.pane_end <= row.pane_end:
            of_version[row.feature, row.window] = row

    def happened(self, event: DriftEvent) -> None:
        """Takes a drift event in."""
        self.events[event.kind, event.subject] += 1
        if event.kind == "closed":
            self.incidents.pop(event.incident, None)
        else:
            self.incidents[event.incident] = event

    def budgeted(self, row: Budget) -> None:
        """Takes a row of `budget` in."""
        self.budgets[row.version] = row

    def judged_last(self, champion: int) -> int:
        """The champion, or while nothing of it is judged the newest version before it of which something is."""
        return max((version for version in self.rows if version <= champion), default=champion)

    def open(self, champion: int) -> Counter[str]:
        """Open incidents by subject. Those about earlier versions are answered by the champion."""
        subjects = {subject for _, subject in self.events} | {"inputs", "outcomes"}
        found: Counter[str] = Counter(event.subject for event in self.incidents.values() if event.version >= champion)
        return Counter({subject: found[subject] for subject in subjects})

    def forget(self, before: int) -> None:
        """Drops versions below this one."""
        self.rows = {version: rows for version, rows in self.rows.items() if version >= before}
        self.budgets = {version: row for version, row in self.budgets.items() if version >= before}
        self.incidents = {name: event for name, event in self.incidents.items() if event.version >= before}
