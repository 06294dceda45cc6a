"""Which recipe to train by: time-split cross-validation, every candidate judged on the same later rows.

All history is the choice unless another candidate is better beyond doubt: the rows of a few days say little, and taking
the smaller loss of them chose the recent window wrongly (docs/decisions/0003-gate-out-of-fold.md has the figures).
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np

from consumers.training.candidates import Candidate, candidates
from consumers.training.dataset import Dataset, Ints, Mask
from consumers.training.loss import interval, log_loss
from infra.boosting import Floats
from schemas.declaration import Retrain
from schemas.duration import milliseconds
from schemas.errors import Refused

MAX_FOLD_ROWS = 1_000_000
"""Rows a model of a fold is trained on at most, drawn evenly: a bound on memory and time, not a saving, since the
champion that the challenger is measured against was trained on all of its rows."""

Score = Callable[[Floats], Floats]
Fit = Callable[[Floats, Ints, Floats | None], Score]
"""From rows, labels and weights (None: all alike) to a function that gives the probability of class 1 of rows."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch that was held out: `rows` are places in the data set, `score` a model that was trained before them."""

    rows: Ints
    score: Score


@dataclass(frozen=True, slots=True)
class Selection:
    """What cross-validation found. `scores[candidate]` are out-of-fold, for the rows `places` of the data set.

    `folds` are those of the chosen candidate, one after another the rows `places`.
    """

    chosen: str
    places: Ints
    scores: dict[str, Floats]
    losses: dict[str, float]
    folds: list[Fold]


LEAST_UNSEEN = 500
"""Rows; fewer scores, or losses, are too uncertain for a later window to be held against them."""


def unseen(selection: Selection | None, inside: Mask) -> tuple[Ints, Floats] | None:
    """The rows `inside`, as places in the data set, that the chosen recipe scored without having seen them.

    And its scores of them; None where there are fewer than LEAST_UNSEEN.
    """
    if selection is None:
        return None
    kept = inside[selection.places]
    found = selection.places[kept], selection.scores[selection.chosen][kept]
    return found if len(found[0]) >= LEAST_UNSEEN else None


def blocks(data: Dataset, retrain: Retrain) -> list[tuple[int, int]]:
    """The last `folds` stretches of `fold` before the newest labelled row, oldest first."""
    length = milliseconds(retrain.fold)
    end = min(data.as_of, int(data.times.max()) + 1)
    return [(end - (back + 1) * length, end - back * length) for back in reversed(range(retrain.folds))]


def folds(data: Dataset, retrain: Retrain) -> list[tuple[int, Ints]]:
    """Start and rows of each block that has some and that every candidate can train for."""
    tried = candidates(retrain).values()
    found = [(start, np.flatnonzero(data.span(start, end))) for start, end in blocks(data, retrain)]
    return [
        (start, block)
        for start, block in found
        if len(block) and not any(_one_class(data, one.rows(data, start)) for one in tried)
    ]


def select(data: Dataset, retrain: Retrain, fit: Fit, seed: int, pool: Executor) -> Selection:
    """Trains each candidate on what was known before each block, scores the block, and takes the best one.

    A later candidate replaces an earlier one when the 95 % interval of its gain is above zero. Candidates that
    come to the same rows and weights are trained once. Blocks that nothing can be trained for are left out.

    Args:
        data: what is known.
        retrain: the folds and the candidates.
        fit: is called in threads of `pool`.
        seed: of sampling and of the interval.
        pool: runs the fits.

    Raises:
        Refused: no block has labelled rows with both classes known before it.
    """
    tried = candidates(retrain)
    places: list[Ints] = []
    waiting: dict[str, list[Future[tuple[Score, Floats]]]] = {name: [] for name in tried}
    for start, block in folds(data, retrain):
        places.append(block)
        for name, scored in _scored(data, start, block, tried, fit, seed, pool).items():
            waiting[name].append(scored)
    if not places:
        raise Refused(
            f"{len(data)} labelled rows until {data.as_of} leave no stretch of {retrain.fold} that a model trained "
            "before it could be tested on. Wait for more labels or shorten retrain.fold"
        )
    done = {name: [part.result() for part in parts] for name, parts in waiting.items()}
    scores = {name: np.concatenate([found for _, found in parts]) for name, parts in done.items()}
    chosen, losses = _best(np.concatenate(places), scores, data, seed)
    held = [Fold(block, score) for block, (score, _) in zip(places, done[chosen], strict=True)]
    return Selection(chosen, np.concatenate(places), scores, losses, held)


def _best(places: Ints, scores: dict[str, Floats], data: Dataset, seed: int) -> tuple[str, dict[str, float]]:
    """The candidate to take, and the loss of each."""
    labels, times = data.labels[places], data.times[places]
    losses = {name: log_loss(part, labels) for name, part in scores.items()}
    chosen, *others = losses
    for name in others:
        if interval(losses[chosen] - losses[name], times, seed)[0] > 0:
            chosen = name
    return chosen, {name: float(part.mean()) for name, part in losses.items()}


def _scored(
    data: Dataset, start: int, block: Ints, tried: dict[str, Candidate], fit: Fit, seed: int, pool: Executor
) -> dict[str, Future[tuple[Score, Floats]]]:
    """Each candidate's model and its scores of the block, under way."""

    def score(rows: Ints, weights: Floats | None) -> tuple[Score, Floats]:
        model = fit(data.rows[rows], data.labels[rows], weights)
        return model, model(data.rows[block])

    begun: dict[bytes, Future[tuple[Score, Floats]]] = {}
    result = {}
    for name, one in tried.items():
        rows = sample(np.flatnonzero(one.rows(data, start)), seed)
        weights = one.weights(data.times[rows], start)
        same = rows.tobytes() + (b"" if weights is None else weights.tobytes())
        if same not in begun:
            begun[same] = pool.submit(score, rows, weights)
        result[name] = begun[same]
    return result


def sample(rows: Ints, seed: int) -> Ints:
    """At most MAX_FOLD_ROWS of these rows, in their order."""
    if len(rows) <= MAX_FOLD_ROWS:
        return rows
    drawn = np.random.default_rng(seed).choice(len(rows), MAX_FOLD_ROWS, replace=False, shuffle=False)
    return np.sort(rows[drawn])


def _one_class(data: Dataset, mask: Mask) -> bool:
    labels = data.labels[mask]
    return not len(labels) or bool(labels.min() == labels.max())
