"""The part of the page on one feature."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from markupsafe import Markup

from schemas.duration import day, panes
from schemas.messages import DriftRow
from schemas.reference import OUTCOMES, Cells
from schemas.sketch import Counts
from streams.hindsight.report import category, number, run, svg, words
from streams.hindsight.report.facts import Facts


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a sentence, drawings each with a caption, figures; `pictures` is why there is no distribution."""

    name: str
    row: DriftRow
    sentence: str
    figures: list[tuple[str, str]]
    drawings: list[tuple[Markup, str]]
    absent: str
    runs: list[Markup]
    peak: str


NO_CELLS = "Known once labels are: it has no distribution to draw."
GONE = "The counts of this window, or its version, are past retention: nothing can be drawn."


def section(facts: Facts, row: DriftRow) -> Section:
    """Of one feature, whose window that is looked at closely is `row`."""
    name, tolerance = words.named(row.feature), facts.declaration.drift.tolerance
    found = facts.counts.get(row.feature)
    absent = "" if found else NO_CELLS if row.feature in OUTCOMES else GONE
    rows = facts.runs.get(row.feature, [])
    high = run.top(rows, tolerance)
    by_window = sorted(rows, key=lambda one: (one.window, one.pane_end))
    return Section(
        name,
        row,
        words.verdict(row, tolerance if row.test == "shape" else facts.declaration.drift.share_tolerance),
        words.figures(row, found[0] if found else None),
        _drawings(*found, row, name) if found else [],
        absent,
        [
            run.run(list(part), name, (tolerance, facts.levels.of(row.feature).test), high, facts.extent)
            for _, part in groupby(by_window, key=lambda one: one.window)
        ],
        _peak(rows),
    )


def _drawings(cells: Cells, counts: Counts, row: DriftRow, name: str) -> list[tuple[Markup, str]]:
    if cells.kind == "category":
        return [
            (
                category.bars(cells, counts, name),
                "Share of all samples by value: above the reference, below the window.",
            )
        ]
    if not cells.cuts or not np.any(counts[:-1]):
        return []
    return [
        (
            number.histograms(cells, counts, name),
            "Share of samples by value. The outermost columns hold whatever is less or more.",
        ),
        (number.curves(cells, counts, name), _place(cells, counts, row)),
    ]


def _place(cells: Cells, counts: Counts, row: DriftRow) -> str:
    """The caption of the cumulative curves: D, where it is, and how sure it is."""
    mark = number.widest(cells, counts)
    if mark is None:
        return "Share of samples up to each value."
    where = "below" if mark.below else "up to"
    said = (
        f"Share of samples up to each value. D is the largest distance of the two: {svg.share(mark.reference)} of the "
        f"reference and {svg.share(mark.window)} of the window lie {where} {mark.at:.4g}."
    )
    if row.test == "shape" and row.low is not None and row.high is not None:
        return f"{said} The true D lies from {row.low:.3f} to {row.high:.3f} with 95 %."
    return said


def _peak(rows: Sequence[DriftRow]) -> str:
    judged = [row for row in rows if row.verdict != "insufficient"]
    if not judged:
        return ""
    most = max(judged, key=lambda row: row.effect)
    return f"It moved most in the window of {panes(most.window)} until {day(most.pane_end)}: by {most.effect:.3f}."
