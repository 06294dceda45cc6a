"""The contract of a new version: its columns and codes, the reference that drift is measured from, and its probe."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from consumers.training.dataset import Dataset, Ints, Mask
from consumers.training.outcomes import outcomes
from consumers.training.season import in_time
from consumers.training.selection import Selection
from infra.boosting import Floats
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.reference import SCORE, Cells, Contract, places

MAX_CUTS = 255
PROBES = 32
MIN_OUT_OF_FOLD = 500
"""With fewer out-of-fold scores in the reference window, the model's own scores are its reference."""


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
    cells = [_cells(declaration, data, name, inside) for name in features]
    scores, scored = _scores(data, selection, inside, score)
    probe = data.rows[np.linspace(0, len(data) - 1, PROBES).astype(int)]
    return Contract(
        stream=declaration.name,
        features=features,
        categories={name: data.values[name] for name in declaration.names("category")},
        reference=[*cells, _in_time(declaration, numbers(SCORE, scores), scores, scored)],
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


def numbers(name: str, column: Floats) -> Cells:
    """Cells of a numeric column: a cut at every value, or 255 from the least to the largest, evenly by rank."""
    present = column[~np.isnan(column)]
    cuts = np.unique(present)
    if len(cuts) > MAX_CUTS:
        cuts = np.unique(np.quantile(present, np.linspace(0, 1, MAX_CUTS), method="inverted_cdf"))
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


def _cells(declaration: Declaration, data: Dataset, name: str, inside: Mask) -> Cells:
    column, times = data.rows[inside, list(declaration.features).index(name)], data.times[inside]
    kind = declaration.features[name].kind
    if kind == "category":
        rare = data.rare[name][inside]
        cells = categories(name, column, data.values[name], int(rare.sum()))
        return _in_time(declaration, cells, np.where(rare, float(cells.size - 2), column), times)
    cells = categories(name, column, ["false", "true"], 0) if kind == "boolean" else numbers(name, column)
    return _in_time(declaration, cells, column, times)


def _in_time(declaration: Declaration, cells: Cells, column: Floats, times: Ints) -> Cells:
    missing = np.isnan(column)
    found = np.full(len(column), cells.size - 1, np.int64)
    present = column[~missing]
    found[~missing] = places(np.array(cells.cuts), present) if cells.kind == "number" else present
    return in_time(cells, found, times, declaration.pane_ms, declaration.season_ms)


def _scores(
    data: Dataset, selection: Selection | None, inside: Mask, score: Callable[[Floats], Floats]
) -> tuple[Floats, Ints]:
    """What the recipe said of reference rows it had not seen, or, where there are too few, what the model says.

    With their times.
    """
    if selection is not None:
        seen = inside[selection.places]
        if int(seen.sum()) >= MIN_OUT_OF_FOLD:
            return selection.scores[selection.chosen][seen], data.times[selection.places][seen]
    return score(data.rows[inside]), data.times[inside]
