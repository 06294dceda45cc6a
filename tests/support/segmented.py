"""A stream judged by color: its contract, and sketches of days in which what is asked for has moved."""

from collections.abc import Callable, Iterator

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from consumers.training import contract as training
from consumers.training.dataset import Dataset, recoded, with_vocabulary
from schemas.declaration import Declaration
from schemas.reference import Contract
from schemas.sketch import SketchRow
from streams.encode import Inputs
from streams.judge import Judge
from streams.summarize import Counter
from streams.verdict import Judged
from support import labelled
from support.labelled import DAY

DAYS, PER_DAY = 28, 600
X, COLOR = 0, 2
"""Columns."""
Floats = NDArray[np.float64]


def declaration(*segments: str, **drift: object) -> Declaration:
    """Of features x, n, color and open."""
    plain = labelled.declaration()
    settings = replace(plain.drift, **drift)
    return replace(plain, stream=replace(plain.stream, segments=segments), drift=settings)


def history(declared: Declaration, seed: int = 0) -> Dataset:
    """Four weeks in which nothing changes."""
    data = labelled.dataset(labelled.rows(DAYS, turn=DAYS, per_day=PER_DAY, seed=seed), DAYS * DAY)
    return with_vocabulary(data, declared, 200)


def score(rows: Floats) -> Floats:
    """As a model would: of x alone."""
    said: Floats = 1 / (1 + np.exp(-np.nan_to_num(rows[:, X])))
    return said


def contract(declared: Declaration, data: Dataset) -> Contract:
    """Of a model that was made of all rows."""
    return training.contract(
        declared, data, None, np.ones(len(data), bool), score, {"x": 0.06, "n": 0.0, "color": 0.04}
    )


def nothing(day: int, coded: Floats) -> None:
    """No change."""


def sketches(
    counter: Counter, made: Contract, days: int, change: Callable[[int, Floats], None] = nothing, *,
    partitions: int = 1, seed: int = 1,
) -> Iterator[SketchRow]:  # fmt: skip
    """Of `days` that follow, dealt to partitions; `change` is given each day's coded rows, to change them."""
    data = labelled.dataset(labelled.rows(days, turn=days, per_day=PER_DAY, seed=seed), (days + 1) * DAY)
    coded = recoded(data, made.features, made.features, made.categories)
    for day in range(days):
        rows = coded[data.span(day * DAY, (day + 1) * DAY)].copy()
        change(day, rows)
        start = (DAYS + day) * DAY
        for partition in range(partitions):
            sketch, mine = counter.empty(), rows[partition::partitions]
            counter.count(Inputs(mine, [COLOR]), score(mine), sketch)
            counts, sums = sketch.to_bytes()
            yield SketchRow(
                partition=partition, version=1, pane_start=start, reach=0, closed=start + DAY, counts=counts, sums=sums,
                reference=counter.reference,
            )  # fmt: skip


def judged(declared: Declaration, counter: Counter, rows: Iterator[SketchRow], partitions: int = 1) -> list[Judged]:
    """The verdicts on them."""
    judge = Judge(replace(declared, stream=replace(declared.stream, partitions=partitions)))
    found: list[Judged] = []
    for row in rows:
        judge.fold(row)
        found += judge.verdicts({1: counter})
    return found
