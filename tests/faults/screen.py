"""The progress of a campaign in the terminal."""

import time
from collections.abc import Mapping
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from faults.round import Outcome


class Screen:
    """A line an event, and below them how many faults of all are done."""

    def __init__(self, faults: int) -> None:
        self._console = Console()
        columns = (SpinnerColumn(), TextColumn("faults"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        self._task = self._progress.add_task("faults", total=faults)
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """An event."""
        self._console.print(f"{time.monotonic() - self._began:6.1f} s  {text}", highlight=False, markup=False)

    def done(self, outcome: Outcome) -> None:
        """A round is over."""
        verdict = outcome.verdict
        self._progress.advance(self._task, len(outcome.plan.faults))
        self.say(
            f"round {outcome.plan.number}: {verdict.samples:,} samples, lost {verdict.lost}, "
            f"doubled {verdict.doubled}, {verdict.panes} state keys, {verdict.wrong_panes} wrong; "
            + ("; ".join(verdict.faulty()) or "as promised")
        )

    def table(self, figures: Mapping[str, Any]) -> None:
        """Recovery by kind of fault."""
        table = Table("fault", "times", "lasted s", "recovered s: p50", "p95", "max")
        for row in figures["faults"]:
            table.add_row(row["kind"], *(str(row[name]) for name in ("times", "lasted", "p50", "p95", "max")))
        self._console.print(table)
