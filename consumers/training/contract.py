"""The contract of a new version: its columns and codes, the reference that drift is measured from, and its probe."""

from collections.abc import Callable, Mapping

import numpy as np

from consumers.training.dataset import Dataset, Mask
from consumers.training.outcomes import outcomes
from consumers.training.selection import Selection, unseen
from infra.boosting import Floats
from infra.cells.making import Scored, reference
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.reference import Contract

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
    probe = data.rows[np.linspace(0, len(data) - 1, PROBES).astype(int)]
    return Contract(
        stream=declaration.name,
        features=features,
        categories={name: data.values[name] for name in declaration.names("category")},
        reference=reference(declaration, data, inside, _scores(data, selection, inside, score)),
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


def _scores(data: Dataset, selection: Selection | None, inside: Mask, score: Callable[[Floats], Floats]) -> Scored:
    """What the recipe said of reference rows it had not seen, or, where there are too few, what the model says."""
    honest = unseen(selection, inside)
    return Scored(*honest) if honest is not None else Scored(np.flatnonzero(inside), score(data.rows[inside]))
