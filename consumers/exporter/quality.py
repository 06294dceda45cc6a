"""Rows of `performance` and `outcomes` -> how well versions do now, over the last panes that say something."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import Struct

from schemas.messages import Outcome, Performance

PANES = 7
"""One pane is few samples; more of them would hide for long that something broke."""
KEPT = 64
"""Panes remembered of a version: labels of older ones change nothing that is told."""
Row = TypeVar("Row", bound=Struct)


@dataclass(slots=True)
class Qualities:
    """By role and version; a later row of the same pane replaces an earlier one."""

    rows: dict[tuple[str, int], dict[int, Performance]] = field(default_factory=dict)
    outcomes: dict[int, dict[int, Outcome]] = field(default_factory=dict)

    def performed(self, row: Performance) -> None:
        """Takes a row of `performance` in."""
        _keep(self.rows.setdefault((row.role, row.version), {}), row.pane_start, row)

    def turned_out(self, row: Outcome) -> None:
        """Takes a row of `outcomes` in."""
        _keep(self.outcomes.setdefault(row.version, {}), row.pane_start, row)

    def forget(self, before: int) -> None:
        """Drops versions below this one."""
        self.rows = {key: panes for key, panes in self.rows.items() if key[1] >= before}
        self.outcomes = {version: panes for version, panes in self.outcomes.items() if version >= before}

    def mean(self, role: str, version: int, value: Callable[[Performance], float]) -> float | None:
        """Mean over the labelled samples of the last PANES panes that have any; None if none has."""
        labelled = [row for _, row in sorted(self.rows.get((role, version), {}).items()) if row.labelled][-PANES:]
        count = sum(row.labelled for row in labelled)
        return sum(value(row) * row.labelled for row in labelled) / count if count else None

    def lag_ms(self) -> float | None:
        """Mean event time from sample to label, whichever version was champion, as `mean` over panes."""
        panes = [row for (role, _), rows in self.rows.items() if role == "champion" for row in rows.values()]
        labelled = sorted((row for row in panes if row.labelled), key=lambda row: row.pane_start)[-PANES:]
        count = sum(row.labelled for row in labelled)
        return sum(row.label_lag_ms * row.labelled for row in labelled) / count if count else None

    def coverage(self) -> float | None:
        """Share of samples with a label in the last PANES panes whose labels were due, whichever version scored."""
        due = [row for rows in self.outcomes.values() for row in rows.values()]
        due = sorted(due, key=lambda row: row.pane_start)[-PANES:]
        samples = sum(row.predictions for row in due)
        return sum(row.labelled for row in due) / samples if samples else None

    def behind_ms(self) -> int | None:
        """Event time from the last pane whose labels were all due to the newest pane; None before the first such."""
        newest = [pane.pane_end for panes in self.rows.values() for pane in panes.values()]
        due = [pane.pane_end for panes in self.outcomes.values() for pane in panes.values()]
        return max(0, max(newest) - max(due)) if newest and due else None


def _keep(panes: dict[int, Row], start: int, row: Row) -> None:
    panes[start] = row
    if len(panes) > KEPT:
        del panes[min(panes)]
