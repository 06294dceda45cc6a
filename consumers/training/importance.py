"""Permutation importance: how much worse the recipe does on rows that it had not seen when a column means nothing.

The held-out rows are a few days, in which it may not have rained once: dealt anew among themselves their values would
say that rain does not matter. So a column's values are drawn from all of history (docs/decisions/0022-importance.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from consumers.training.dataset import Dataset, Ints
from consumers.training.loss import log_loss
from consumers.training.selection import Fold
from infra.boosting import Floats

ROWS = 5_000
REPEATS = 5
LIMIT_S = 3.0
"""After so long it ends, with the repeats that are whole: a slow model delays its retrain no longer."""


@dataclass(frozen=True, slots=True)
class Importance:
    """The increase of the mean log-loss (nats) with a column of other rows: mean and deviation over repeats."""

    mean: float
    std: float


def permuted(
    data: Dataset, folds: Sequence[Fold], names: Sequence[str], seed: int, clock: Callable[[], float]
) -> dict[str, Importance]:
    """Of each column, by the models of the folds on the rows that they had not seen (Breiman 2001).

    The same data and seed give the same figures, but for models so slow that the time ends first.

    Args:
        data: what the rows of the folds are of, and the values that are drawn.
        folds: at least one.
        names: of the columns, in order.
        seed: of what is drawn.
        clock: monotonic seconds.

    Returns:
        Without what gave scores that are not numbers; nothing where not even one repeat was done in time.
    """
    rng, end = np.random.default_rng(seed), clock() + LIMIT_S
    drawn = _drawn(folds, rng)
    places = np.concatenate([fold.rows for fold in drawn])
    rows, labels = data.rows[places], data.labels[places]
    before = _loss(drawn, rows, labels)
    losses: list[list[float]] = [[] for _ in names]
    for _, (column, found) in product(range(REPEATS), enumerate(losses)):
        if clock() >= end:
            break
        other = rows.copy()
        other[:, column] = data.rows[rng.integers(0, len(data), len(rows)), column]
        found.append(_loss(drawn, other, labels) - before)
    whole = len(losses[-1])
    figures = {name: _figures(found[:whole]) for name, found in zip(names, losses, strict=True)} if whole else {}
    return {name: one for name, one in figures.items() if np.isfinite(one.mean)}


def _figures(increases: list[float]) -> Importance:
    return Importance(float(np.mean(increases)), float(np.std(increases)))


def _loss(folds: Sequence[Fold], rows: Floats, labels: Ints) -> float:
    """Mean log-loss over these rows, each scored by its fold's model."""
    ends = np.cumsum([len(fold.rows) for fold in folds])[:-1]
    parts = zip(folds, np.split(rows, ends), strict=True)
    return float(log_loss(np.concatenate([fold.score(part) for fold, part in parts]), labels).mean())


def _drawn(folds: Sequence[Fold], rng: np.random.Generator) -> list[Fold]:
    """At most ROWS rows of all folds together, in their order."""
    total = sum(len(fold.rows) for fold in folds)
    if total <= ROWS:
        return list(folds)
    chosen = np.zeros(total, dtype=bool)
    chosen[rng.choice(total, ROWS, replace=False)] = True
    parts = np.split(chosen, np.cumsum([len(fold.rows) for fold in folds])[:-1])
    return [Fold(fold.rows[part], fold.score) for fold, part in zip(folds, parts, strict=True) if part.any()]
