"""The contract of a new version: its columns and codes, the reference that drift is measured from, and its probe."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from consumers.training.dataset import Dataset, Ints, Mask
from consumers.training.held import Grid, grid, held
from consumers.training.outcomes import outcomes
from consumers.training.season import Calendar, calendar, in_time
from consumers.training.segments import CUTS, segments, watched
from consumers.training.selection import Selection, unseen
from infra.boosting import Floats
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.reference import BOOLEANS, SCORE, Cells, Contract, places

MAX_CUTS = 255
PROBES = 32


def contract(
    declaration: Declaration,
    data: Dataset,
    selection: Selection | None,
    trained: Mask,
    score: Callable[[Floats], Floats],
    importance: Mapping[str, float],
) -> Contract:
    """The contract of a model that `score`s coded rows and was trained on the rows `trained` of `data`."""
    inside = reference_rows(declaration, data)
    features = list(declaration.features)
    days = Days.of(declaration, data.times[inside])
    within = _grid(declaration, data, days)
    cells = [_in_time(*_cells(declaration, data, name, inside), days, within) for name in features]
    scores = _scores(data, selection, inside, score)
    said = _score(scores, Days.of(declaration, data.times[scores.places]), within)
    apart = _apart(declaration, data, scores, inside, within)
    probe = data.rows[np.linspace(0, len(data) - 1, PROBES).astype(int)]
    return Contract(
        stream=declaration.name,
        features=features,
        categories={name: data.values[name] for name in declaration.names("category")},
        reference=[*cells, said, *apart],
        probe=[[None if np.isnan(value) else float(value) for value in row] for row in probe],
        probe_scores=[float(value) for value in score(probe)],
        trained_from=int(data.times[trained].min()),
        trained_until=data.as_of,
        rows=int(trained.sum()),
        importance=dict(importance),
        outcomes=outcomes(data, selection, inside),
    )


def reference_rows(declaration: Declaration, data: Dataset) -> Mask:
    """Rows of the last [drift] reference before as-of; all rows if there are none."""
    inside = data.times >= data.as_of - milliseconds(declaration.drift.reference)
    return inside if inside.any() else np.ones(len(data), dtype=bool)


@dataclass(frozen=True, slots=True)
class Days:
    """Event times of samples, int64 (n,), and the blocks that they fall into; made once for all columns of them."""

    times: Ints
    calendar: Calendar | None

    @classmethod
    def of(cls, declaration: Declaration, times: Ints) -> "Days":
        """As declared."""
        return cls(times, calendar(times, declaration.pane_ms, declaration.season_ms))


def _grid(declaration: Declaration, data: Dataset, days: Days) -> Grid | None:
    """Blocks for all columns, from where the reference begins, or its first sample if the history does not go back."""
    if days.calendar is None:
        return None
    start = data.as_of - milliseconds(declaration.drift.reference)
    first, last = int(days.times.min()), int(days.times.max())
    return grid(days.calendar.whole, start if data.times[0] < start <= first else first, last + 1)


def numbers(name: str, column: Floats, most: int = MAX_CUTS) -> Cells:
    """Cells of a numeric column: a cut at every value, or `most` from the least to the largest, evenly by rank."""
    present = column[~np.isnan(column)]
    cuts = np.unique(present)
    if len(cuts) > most:
        cuts = np.unique(np.quantile(present, np.linspace(0, 1, most), method="inverted_cdf"))
    counts = np.bincount(places(cuts, present), minlength=2 * len(cuts) + 1)
    mean = float(present.mean()) if len(present) else None
    m2 = float(np.square(present - mean).sum()) if mean is not None else None
    return Cells(
        feature=name,
        kind="number",
        cuts=[float(cut) for cut in cuts],
        counts=[*(int(count) for count in counts), len(column) - len(present)],
        n=len(present),
        mean=mean,
        m2=m2,
        kurtosis=_kurtosis(present),
    )


def _kurtosis(present: Floats) -> float | None:
    deviation = present.std() if len(present) else 0.0
    return float(np.mean(((present - present.mean()) / deviation) ** 4)) if 0 < deviation < np.inf else None


def categories(name: str, codes: Floats, values: Sequence[str], new: int) -> Cells:
    """Cells of a category: one a value, then the `new` values that are not listed, then the missing."""
    present = codes[~np.isnan(codes)].astype(np.intp)
    counts = [int(count) for count in np.bincount(present, minlength=len(values))]
    missing = len(codes) - len(present) - new
    return Cells(
        feature=name, kind="category", values=list(values), counts=[*counts, new, missing], n=len(present) + new
    )


def _cells(
    declaration: Declaration, data: Dataset, name: str, inside: Mask, most: int = MAX_CUTS
) -> tuple[Cells, Floats]:
    """Of one feature, and its column as it is counted in them: numbers, or codes of cells."""
    column = data.rows[inside, list(declaration.features).index(name)]
    kind = declaration.features[name].kind
    if kind == "category":
        rare = data.rare[name][inside]
        cells = categories(name, column, data.values[name], int(rare.sum()))
        return cells, np.where(rare, float(cells.size - 2), column)
    return (categories(name, column, BOOLEANS, 0) if kind == "boolean" else numbers(name, column, most)), column


def _in_time(cells: Cells, column: Floats, days: Days, within: Grid | None) -> Cells:
    missing = np.isnan(column)
    found = np.full(len(column), cells.size - 1, np.int64)
    present = column[~missing]
    found[~missing] = places(np.array(cells.cuts), present) if cells.kind == "number" else present
    cells = in_time(cells, found, days.calendar)
    return replace(cells, held=held(found, days.times, cells.size, within)) if within else cells


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of reference rows, float64 (n,), and their places in the data set, int64 (n,)."""

    places: Ints
    values: Floats


def _scores(data: Dataset, selection: Selection | None, inside: Mask, score: Callable[[Floats], Floats]) -> Scored:
    """What the recipe said of reference rows it had not seen, or, where there are too few, what the model says."""
    honest = unseen(selection, inside)
    return Scored(*honest) if honest is not None else Scored(np.flatnonzero(inside), score(data.rows[inside]))


def _score(scores: Scored, days: Days, within: Grid | None, most: int = MAX_CUTS) -> Cells:
    return _in_time(numbers(SCORE, scores.values, most), scores.values, days, within)


def _apart(
    declaration: Declaration, data: Dataset, scores: Scored, inside: Mask, within: Grid | None
) -> Iterator[Cells]:
    """The columns of each segment: its watched features, and the score of its samples."""
    for segment, rows in segments(declaration, data, inside):
        mine = inside & rows
        days = Days.of(declaration, data.times[mine])
        for name in watched(declaration, segment):
            cells = _in_time(*_cells(declaration, data, name, mine, CUTS), days, within)
            yield replace(cells, segment=segment)
        own = Scored(scores.places[rows[scores.places]], scores.values[rows[scores.places]])
        if len(own.places):
            days = Days.of(declaration, data.times[own.places])
            yield replace(_score(own, days, within, CUTS), segment=segment)
