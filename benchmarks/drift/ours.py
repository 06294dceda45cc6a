"""The product's own path: the scorer's counter into a pane's sketch, and the judge's walk over its cells."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift.events import NAMES, Floats
from infra.cells.columns import numbers
from schemas.declaration import parse
from schemas.reference import SCORE, Cells, Contract, places
from streams.drift.column import Window, examine
from streams.encode import Inputs
from streams.summarize import Counter

Distances = tuple[Floats, Floats]
"""D and PSI, float64 (windows, columns)."""
Run = Callable[[int, int], Distances]
"""Of so many windows of so many events."""
NO_SEASON: dict[int, int] = {}
TOML = '[stream]\nname = "bench"\n' + "".join(f'[features.{name}]\nkind = "number"\n' for name in NAMES[:-1])


def counter(reference: Floats, cells: Callable[[str, Floats], Cells] = numbers) -> Counter:
    """The last column takes the place of the score, which the product counts like any other."""
    columns = [cells(name, column) for name, column in zip((*NAMES[:-1], SCORE), reference.T, strict=True)]
    made = Contract(
        stream="bench", features=list(NAMES[:-1]), categories={}, reference=columns, probe=[], probe_scores=[],
        trained_from=0, trained_until=0, rows=len(reference),
    )  # fmt: skip
    return Counter(parse(TOML.encode(), "bench.toml"), made)


def exact(name: str, column: Floats) -> Cells:
    """Cells with a cut at every value, however many: D is then that of the values."""
    cuts = np.unique(column)
    counts = np.bincount(places(cuts, column), minlength=2 * len(cuts) + 1)
    return Cells(feature=name, kind="number", cuts=cuts.tolist(), counts=[*counts.tolist(), 0], n=len(column),
                 mean=float(column.mean()), m2=float(np.square(column - column.mean()).sum()))  # fmt: skip


def walks(made: Counter, x: Floats) -> Run:
    """D and PSI."""
    inputs, scores = np.ascontiguousarray(x[:, :-1]), np.ascontiguousarray(x[:, -1])

    def run(windows: int, size: int) -> Distances:
        found = np.empty((windows, len(NAMES), 2))
        for k in range(windows):
            sketch = made.empty()
            part = slice(k * size, (k + 1) * size)
            made.count(Inputs(inputs[part], []), scores[part], sketch)
            for j, (reference, counts) in enumerate(made.parts(sketch.counts)):
                one = reference.against(NO_SEASON).scan(counts)
                found[k, j] = one.distance, one.psi
        return found[:, :, 0], found[:, :, 1]

    return run


def findings(made: Counter, x: Floats) -> Run:
    """All that the judge finds of a column: p and intervals, what is missing, what is outside, beside D and PSI."""
    inputs, scores = np.ascontiguousarray(x[:, :-1]), np.ascontiguousarray(x[:, -1])

    def run(windows: int, size: int) -> Distances:
        found: NDArray[Any] = np.empty((windows, len(NAMES), 2))
        for k in range(windows):
            sketch = made.empty()
            part = slice(k * size, (k + 1) * size)
            made.count(Inputs(inputs[part], []), scores[part], sketch)
            columns = zip(made.parts(sketch.counts), sketch.moments, strict=True)
            for j, ((reference, counts), moments) in enumerate(columns):
                one = examine(reference, Window(counts, moments, {k: size}, 1))
                found[k, j] = one.tests["shape"].effect, one.psi
        return found[:, :, 0], found[:, :, 1]

    return run
