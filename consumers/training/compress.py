"""Smaller variants of the recipe that was chosen, weighed on the gate's own rows before one of them goes there.

`prune` keeps the first trees of an ensemble; `quantise` computes a network's layers in 8 bits. The smallest variant
that loses at most [model] compress_loss takes the recipe's place: its out-of-fold scores are what the gate then judges.
"""

import copy
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from consumers.training import export
from consumers.training.candidates import Candidate, candidates
from consumers.training.dataset import Dataset, Ints
from consumers.training.loss import log_loss
from consumers.training.selection import Selection, folds, sample
from infra import onnxmodel
from infra.boosting import Floats
from infra.serving import scorer
from schemas.declaration import Declaration

SHARES = {"an eighth": 0.125, "a quarter": 0.25, "half": 0.5, "three quarters": 0.75}
"""Of the trees that are kept, smallest first."""


@dataclass(frozen=True, slots=True)
class Compressed:
    """A fitted pipeline, smaller; with `content`, the graph that is served in its place."""

    pipeline: Any
    content: bytes | None = None

    @property
    def score(self) -> Callable[[Floats], Floats]:
        """The probability of class 1."""
        return scorer(self.pipeline) if self.content is None else onnxmodel.scorer(self.content)


@dataclass(frozen=True, slots=True)
class Weighed:
    """`selection` has the scores and the loss of the variant `chosen` in place of the recipe's, if there is one.

    `whole` is the log-loss of the recipe as it was trained, `losses` those of every variant.
    """

    selection: Selection
    whole: float
    chosen: str | None = None
    losses: dict[str, float] = field(default_factory=dict)


Make = Callable[[Floats, Ints, Floats | None], Any]
"""From rows, labels and weights (None: all alike) to a fitted pipeline."""
Variant = Callable[[Any, Floats], Compressed]
"""From a fitted pipeline, and coded rows that it was trained on, to its smaller self."""


def variants(kind: str) -> dict[str, Variant]:
    """The variants of [model] compress by name, smallest first."""
    pruning: dict[str, Variant] = {
        f"{name} of the trees": lambda pipeline, _, share=share: Compressed(pruned(pipeline, share))  # type: ignore[misc] # bound
        for name, share in SHARES.items()
    }
    quantising: dict[str, Variant] = {
        "int8": lambda pipeline, rows: Compressed(pipeline, export.quantised(pipeline, rows))
    }
    return {"prune": pruning, "quantise": quantising}.get(kind, {})


def pruned(pipeline: Any, share: float) -> Any:
    """The pipeline with this share of its ensemble's trees, the first ones; at least one."""
    name, estimator = pipeline.steps[-1]
    small, whole = copy.copy(estimator), copy.copy(pipeline)
    trees = "_predictors" if hasattr(estimator, "_predictors") else "estimators_"
    kept = max(1, round(share * len(getattr(estimator, trees))))
    setattr(small, trees, getattr(estimator, trees)[:kept])
    if hasattr(estimator, "n_estimators_"):
        small.n_estimators_ = kept
    whole.steps = [*pipeline.steps[:-1], (name, small)]
    return whole


def weigh(declaration: Declaration, data: Dataset, selection: Selection, fit: Make, pool: Executor) -> Weighed:
    """Scores every variant out of fold, on the rows of `selection`.

    Args:
        declaration: for the kind, the folds, and the loss allowed.
        data: what is known.
        selection: of this data.
        fit: makes a pipeline; called once a fold.
        pool: runs the fits.
    """
    kinds = variants(declaration.model.compress)
    whole = selection.losses[selection.chosen]
    if not kinds:
        return Weighed(selection, whole)
    chosen_one = candidates(declaration.retrain)[selection.chosen]
    parts = [
        pool.submit(_scored, declaration, data, chosen_one, start, block, kinds, fit)
        for start, block in folds(data, declaration.retrain)
    ]
    scores = {name: np.concatenate([part.result()[name] for part in parts]) for name in kinds}
    labels = data.labels[selection.places]
    losses = {name: float(log_loss(found, labels).mean()) for name, found in scores.items()}
    chosen = smallest(losses, whole + declaration.model.compress_loss)
    judged = _instead(selection, scores[chosen], losses[chosen]) if chosen else selection
    return Weighed(judged, whole, chosen, losses)


def smallest(losses: dict[str, float], allowed: float) -> str | None:
    """The first variant that does not lose more than is allowed; a loss that is no number is more."""
    return next((name for name, loss in losses.items() if loss <= allowed), None)


def _instead(selection: Selection, scores: Floats, loss: float) -> Selection:
    """With the variant's figures in place of the recipe's."""
    name = selection.chosen
    return replace(selection, scores=selection.scores | {name: scores}, losses=selection.losses | {name: loss})


def _scored(
    declaration: Declaration,
    data: Dataset,
    one: Candidate,
    start: int,
    block: Ints,
    kinds: dict[str, Variant],
    fit: Make,
) -> dict[str, Floats]:
    """A fold's rows by each variant of one model."""
    trained = sample(np.flatnonzero(one.rows(data, start)), declaration.model.seed)
    rows = data.rows[trained]
    pipeline = fit(rows, data.labels[trained], one.weights(data.times[trained], start))
    return {name: kind(pipeline, rows).score(data.rows[block]) for name, kind in kinds.items()}
