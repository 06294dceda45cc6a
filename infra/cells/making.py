"""All columns of a reference: features, the score, and those of segments."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from infra.boosting import Floats
from infra.cells.columns import MAX_CUTS, Days, categories, numbers, timed
from infra.cells.held import Grid, grid
from infra.cells.rhythm import Ints
from infra.cells.samples import Mask, Samples
from infra.cells.segments import CUTS, segments, watched
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.reference import BOOLEANS, SCORE, Cells


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of reference rows, float64 (n,), and their places in the data set, int64 (n,)."""

    places: Ints
    values: Floats


def reference(declaration: Declaration, data: Samples, inside: Mask, scores: Scored | None) -> list[Cells]:
    """The cells of each feature, of the score, and of what is judged by segment.

    Args:
        declaration: what is watched, and for how long back.
        data: the samples.
        inside: bool (n,), those that the reference is made of; not all false.
        scores: of those of them that are scored; None: the score is not among the columns.
    """
    days = Days.of(declaration, data.times[inside])
    within = _grid(declaration, data, days)
    cells = [timed(*_cells(declaration, data, name, inside), days, within) for name in declaration.features]
    said = [_score(scores, Days.of(declaration, data.times[scores.places]), within)] if scores else []
    return [*cells, *said, *_apart(declaration, data, scores, inside, within)]


def _grid(declaration: Declaration, data: Samples, days: Days) -> Grid | None:
    """Blocks for all columns, from where the reference begins, or its first sample if the history does not go back."""
    if days.calendar is None:
        return None
    start = data.as_of - milliseconds(declaration.drift.reference)
    first, last = int(days.times.min()), int(days.times.max())
    return grid(days.calendar.whole, start if data.times[0] < start <= first else first, last + 1)


def _cells(
    declaration: Declaration, data: Samples, name: str, inside: Mask, most: int = MAX_CUTS
) -> tuple[Cells, Floats]:
    """Of one feature, and its column as it is counted in them: numbers, or codes of cells."""
    column = data.rows[inside, list(declaration.features).index(name)]
    kind = declaration.features[name].kind
    if kind == "category":
        rare = data.rare[name][inside]
        cells = categories(name, column, data.values[name], int(rare.sum()))
        return cells, np.where(rare, float(cells.size - 2), column)
    return (categories(name, column, BOOLEANS, 0) if kind == "boolean" else numbers(name, column, most)), column


def _score(scores: Scored, days: Days, within: Grid | None, most: int = MAX_CUTS) -> Cells:
    return timed(numbers(SCORE, scores.values, most), scores.values, days, within)


def _apart(
    declaration: Declaration, data: Samples, scores: Scored | None, inside: Mask, within: Grid | None
) -> Iterator[Cells]:
    """The columns of each segment: its watched features, and the score of its samples."""
    for segment, rows in segments(declaration, data, inside):
        mine = inside & rows
        days = Days.of(declaration, data.times[mine])
        for name in watched(declaration, segment):
            cells = timed(*_cells(declaration, data, name, mine, CUTS), days, within)
            yield replace(cells, segment=segment)
        if scores is None:
            continue
        own = Scored(scores.places[rows[scores.places]], scores.values[rows[scores.places]])
        if len(own.places):
            days = Days.of(declaration, data.times[own.places])
            yield replace(_score(own, days, within, CUTS), segment=segment)
