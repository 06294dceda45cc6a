"""The toy stream of `labelled` with faults of producers, as the quality gate sees it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from consumers.retrainer.quality import judge
from consumers.retrainer.quality.judge import Quality
from consumers.retrainer.quality.leftout import Span
from consumers.retrainer.quality.observed import Observed
from consumers.training.contract import contract
from consumers.training.dataset import Dataset, Ints, with_vocabulary
from infra.boosting import Floats
from schemas.declaration import Declaration
from schemas.reference import Contract
from support.labelled import DAY, HOUR, dataset, declaration, rows

TRAINED = 14
"""Days that the champion knows."""


@cache
def seen(days: int = 40, turn: float = 100) -> Observed:
    """Samples of so many days, each labelled an hour later."""
    data = dataset(rows(days, turn), days * DAY + HOUR)
    return Observed(data.times, data.rows, data.values, data.labels, data.known, np.ones(len(data), bool), scores(data))


def scores(data: Dataset) -> Floats:
    """Of a champion that knows what large x meant before the world turned round."""
    found: Floats = 1 / (1 + np.exp(-2 * np.nan_to_num(data.rows[:, 0])))
    return found


@cache
def reference(days: int = TRAINED) -> Contract:
    """Of a champion that was trained on the first days."""
    data = with_vocabulary(dataset(rows(40, 100), days * DAY), declaration(), 200)
    return of(declaration(), data)


def of(declared: Declaration, data: Dataset) -> Contract:
    """The contract of a model that was trained on `data`, without one: the gate does not look at scores."""
    everything = np.ones(len(data), dtype=bool)
    return contract(declared, data, None, everything, lambda given: np.linspace(0.1, 0.9, len(given)), {})


def between(found: Observed, start: float, end: float) -> Ints:
    """Places of the samples of these days."""
    return np.flatnonzero((found.times >= start * DAY) & (found.times < end * DAY))


def column(found: Observed, place: int, start: float, end: float, value: float, factor: float = 0) -> Observed:
    """A column as value + factor * what it was, in these days."""
    changed, at = found.rows.copy(), between(found, start, end)
    was = changed[at, place] if factor else 0.0
    changed[at, place] = value + factor * was
    return replace(found, rows=changed)


def labels(found: Observed, start: float, end: float, value: int) -> Observed:
    """All labels that came in these days are the same."""
    changed = found.labels.copy()
    changed[(found.known >= start * DAY) & (found.known < end * DAY)] = value
    return replace(found, labels=changed)


def unlabelled(found: Observed, start: float, end: float, every: int) -> Observed:
    """Of the samples of these days, every so-manieth has a label."""
    at = between(found, start, end)
    at = at[np.arange(len(at)) % every != 0]
    changed, when = found.labels.copy(), found.known.copy()
    changed[at], when[at] = -1, -1
    return replace(found, labels=changed, known=when)


def until(found: Observed, day: float) -> Observed:
    """What was known then."""
    rest = found.times < day * DAY
    known = np.where(found.known <= day * DAY, found.known, -1)
    times, answers, first = found.times[rest], found.labels[rest], found.first[rest]
    return Observed(
        times, found.rows[rest], found.values, answers, known[rest], first, found.scores[rest], found.rejected
    )


def look(found: Observed, day: float, known: Sequence[Span] = (), declared: Declaration | None = None) -> Quality:
    """What the gate says on that day."""
    as_of = int(day * DAY)
    return judge.judge(declared or declaration(), reference(), until(found, day), as_of, known)
