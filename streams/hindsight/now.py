"""`leeway drift DECLARATION [--window PANES]`: the last verdict on each feature, and what it looks like."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra import logs
from infra.settings import Settings, from_environment
from schemas.declaration import Declaration, load
from schemas.errors import LeewayError, Refused
from schemas.messages import Budget, DriftRow
from schemas.reference import SCORE, Cells
from schemas.topics import Topics
from streams.hindsight import kept
from streams.hindsight.counters import counters
from streams.hindsight.shapes import sparks
from streams.hindsight.spans import day, spans
from streams.judge import Judge

STYLES = {"drifted": "bold red", "stable": "green", "insufficient": "dim"}
Shapes = dict[str, tuple[Cells, NDArray[np.int64]]]


def main() -> None:
    """Parses the arguments, shows, and ends with the exit code of the error."""
    parser = argparse.ArgumentParser(prog="leeway drift", description="The last verdict on each feature.")
    parser.add_argument("declaration", type=Path)
    parser.add_argument("--window", type=int, help="in panes; otherwise the longest that is judged")
    given = parser.parse_args()
    logs.configure("drift")
    try:
        show(from_environment(), load(given.declaration), given.window, Console())
    except LeewayError as error:
        sys.stderr.write(f"drift: {error}\n")
        sys.exit(error.exit_code)


def show(settings: Settings, declaration: Declaration, window: int | None, console: Console) -> None:
    """Prints the last judged pane.

    Raises:
        Refused: nothing was judged yet, or not over this window.
        Unavailable: a server is away.
    """
    topics = Topics(declaration.name)
    live = kept.live(settings.kafka, topics)
    if not live.rows:
        raise Refused(f"{topics.drift} is empty: no pane of {declaration.stream.pane} has been judged yet")
    pane_end = max(key[1] for key in live.rows)
    version = max(key[0] for key in live.rows if key[1] == pane_end)
    windows = sorted({key[2] for key in live.rows if key[:2] == (version, pane_end)})
    chosen = windows[-1] if window is None else window
    if chosen not in windows:
        raise Refused(f"A window of {chosen} panes is not judged; there are {', '.join(map(str, windows))}")
    rows = [live.row(key) for key in live.rows if key[:3] == (version, pane_end, chosen)]
    shapes = _shapes(settings, declaration, version, pane_end, chosen)
    console.print(
        f"{declaration.name} version {version}, {chosen} panes of {declaration.stream.pane} until {day(pane_end)} UTC; "
        f"tolerance {declaration.drift.tolerance:g}",
        highlight=False,
    )
    console.print(table(rows, shapes))
    console.print(against_itself(kept.budget(settings.kafka, topics, version), declaration.drift.budget))
    for span in spans(live.told()):
        if span.stop is None:
            console.print(Text(f"Open since {day(span.start)}: {span.sentence}", "bold red"))


def against_itself(told: Budget | None, budget: str) -> Text:
    """How often the reference has raised an alarm against the rest of itself; red where that is more than allowed."""
    if told is None or not told.control_panes:
        return Text("A/A: the reference is too short to be held against the rest of itself", "dim")
    alarms = f"{told.control_alarms} false {'alarm' if told.control_alarms == 1 else 'alarms'}"
    return Text(
        f"A/A: {alarms} in {told.control_panes} panes of the reference against the rest of it; "
        f"{told.allowed:.2g} are allowed by the budget of {budget}",
        "red" if told.control_alarms > max(1, told.allowed) else "",
    )


def _shapes(settings: Settings, declaration: Declaration, version: int, pane_end: int, window: int) -> Shapes:
    """The window's counts by feature; empty if the sketches or the version are gone."""
    rows, _ = kept.sketches(settings.kafka, Topics(declaration.name))
    judge = Judge(declaration)
    for row in rows:
        judge.fold(row)
    counter = counters(settings, declaration, {version}).get(version)
    if counter is None:
        return {}
    of_length = {panes.length: sketch for panes, sketch in judge.merged(pane_end, version, counter)}
    merged = of_length.get(window, counter.empty())
    return {ref.cells.feature: (ref.cells, counts) for ref, counts in counter.parts(merged.counts)}


def table(rows: Sequence[DriftRow], shapes: Shapes) -> Table:
    """A line a feature, what moved most first."""
    found = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in ("feature", "reference", "window"):
        found.add_column(name, no_wrap=True)
    for name in ("effect", "95 %", "by", "p", "PSI", "by chance", "samples"):
        found.add_column(name, justify="left" if name == "by" else "right", no_wrap=True)
    found.add_column("verdict")
    for row in sorted(rows, key=lambda row: (row.verdict != "drifted", -row.effect)):
        was, now = sparks(*shapes[row.feature]) if row.feature in shapes else ("", "")
        found.add_row(
            "the score" if row.feature == SCORE else row.feature,
            Text(was, "cyan"),
            Text(now, "bright_white"),
            f"{row.effect:.3f}",
            "" if row.low is None or row.high is None else f"{row.low:.2f} to {row.high:.2f}",
            row.test,
            f"{row.p:.1g}",
            f"{row.psi:.3f}",
            "" if row.psi_limit is None else f"{row.psi_limit:.3f}",
            f"{row.n:,}",
            Text(row.verdict, STYLES[row.verdict]),
        )
    return found


if __name__ == "__main__":
    main()
