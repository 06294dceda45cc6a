"""The contract of a new version: its columns and codes, the reference that drift is measured from, and its probe."""

from collections.abc import Callable, Sequence

import numpy as np

from consumers.training.dataset import Dataset, Mask
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
) -> Contract:
    """The contract of a model that `score`s coded rows and was trained on the rows `trained` of `data`."""
    inside = reference_rows(declaration, data)
    features = list(declaration.features)
    cells = [_cells(declaration, data, name, inside) for name in features]
    probe = data.rows[np.linspace(0, len(data) - 1, PROBES).astype(int)]
    return Contract(
        stream=declaration.name,
        features=features,
        categories={name: data.values[name] for name in declaration.names("category")},
        reference=[*cells, numbers(SCORE, _scores(data, selection, inside, score))],
        probe=[[None if np.isnan(value) else float(value) for value in row] for row in probe],
        probe_scores=[float(value) for value in score(probe)],
        trained_from=int(data.times[trained].min()),
        trained_until=data.as_of,
        rows=int(trained.sum()),
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
    return Cells(
        feature=name,
        kind="number",
        cuts=[float(cut) for cut in cuts],
        counts=[*(int(count) for count in counts), len(column) - len(present)],
        n=len(present),
        mean=mean,
        m2=float(np.square(present - mean).sum()) if mean is not None else None,
    )


def categories(name: str, codes: Floats, values: Sequence[str], new: int) -> Cells:
    """Cells of a category: one a value, then the `new` values that are not listed, then the missing."""
    present = codes[~np.isnan(codes)].astype(np.intp)
    counts = [int(count) for count in np.bincount(present, minlength=len(values))]
    missing = len(codes) - len(present) - new
    return Cells(
        feature=name, kind="category", values=list(values), counts=[*counts, new, missing], n=len(present) + new
    )


def _cells(declaration: Declaration, data: Dataset, name: str, inside: Mask) -> Cells:
    column = data.rows[inside, list(declaration.features).index(name)]
    kind = declaration.features[name].kind
    if kind == "category":
        return categories(name, column, data.values[name], int(data.rare[name][inside].sum()))
    return categories(name, column, ["false", "true"], 0) if kind == "boolean" else numbers(name, column)


def _scores(data: Dataset, selection: Selection | None, inside: Mask, score: Callable[[Floats], Floats]) -> Floats:
    """What the recipe said of reference rows it had not seen, or, where there are too few, what the model says."""
    if selection is not None:
        honest = selection.scores[selection.chosen][inside[selection.places]]
        if len(honest) >= MIN_OUT_OF_FOLD:
            return honest
    return score(data.rows[inside])
