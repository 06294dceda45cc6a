"""The counts of one window, merged again from the rows that `sketches` keeps."""

from collections.abc import Iterable

from schemas.declaration import Declaration
from schemas.reference import Cells
from schemas.sketch import Counts, SketchRow
from streams.hindsight.choice import Choice
from streams.judge import Judge
from streams.summarize import Counter

Shapes = dict[str, tuple[Cells, Counts]]
"""By column, the reference's cells and the window's counts: int64 (cells.size,)."""


def shapes(declaration: Declaration, rows: Iterable[SketchRow], counter: Counter, choice: Choice) -> Shapes:
    """The window's counts, as its version counted them; `rows` in their order; zeros where some are gone."""
    judge = Judge(declaration)
    for row in rows:
        judge.fold(row)
    of_length = {panes.length: sketch for panes, sketch in judge.merged(choice.pane_end, choice.version, counter)}
    merged = of_length.get(choice.window, counter.empty())
    return {ref.cells.column: (ref.cells, counts) for ref, counts in counter.parts(merged.counts)}
