"""The streams that are shifted: their declaration, their history, their samples, and the ways in which they shift."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

RATE, PANE_S, LATENESS_MS, PARTITIONS = 400, 1, 250, 2
"""Samples a second of one stream, whose event time is the clock on the wall."""
TOLERANCE = 0.05
HISTORY = 20_000
NORMAL = ("x0", "x1", "x2", "x3")
CITIES, SHARES = ("berlin", "lagos", "lima", "osaka"), (0.4, 0.3, 0.2, 0.1)
BLOCK = 4_096
DECLARATION = """\
[stream]
name = "{name}"
pane = "{pane}s"
lateness = "{lateness}ms"
partitions = {partitions}
{numbers}[features.amount]
kind = "number"
required = false
[features.age]
kind = "integer"
required = false
[features.city]
kind = "category"
[model]
estimator = "sklearn.linear_model:LogisticRegression"
[drift]
tolerance = {tolerance}
"""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shift:
    """`kind` as it is told; `size` is in standard deviations, or the share of samples that it happens to."""

    kind: str
    feature: str = ""
    size: float = 0.0

    def apply(self, row: Row, chance: float) -> None:
        """Changes a sample; `chance` is uniform over 0 to 1."""
        if self.kind.startswith("mean"):
            row[self.feature] += self.size
        elif chance < self.size:
            row[self.feature] = None if self.kind.startswith("missing") else "atlantis"


CALM = "nothing"
KINDS = (CALM, "mean .25 sd", "mean .5 sd", "mean 1 sd", "new category 20 %", "missing 15 %")
_SIZES = {"mean .25 sd": 0.25, "mean .5 sd": 0.5, "mean 1 sd": 1.0, "new category 20 %": 0.2, "missing 15 %": 0.15}


def shift(kind: str, random: np.random.Generator) -> Shift:
    """One of this kind, in a feature that it can happen to."""
    what = kind.partition(" ")[0]
    able = {"mean": NORMAL, "missing": (*NORMAL, "amount", "age"), "new": ("city",)}.get(what, ("",))
    return Shift(kind, str(random.choice(able)), _SIZES.get(kind, 0.0))


def rows(random: np.random.Generator) -> Iterator[Row]:
    """Features without end, independent of one another and of those before; a shift may change what it is given."""
    names = (*NORMAL, "amount", "age", "city")
    while True:
        columns = [
            *random.normal(size=(len(NORMAL), BLOCK)).tolist(),
            random.lognormal(size=BLOCK).tolist(),
            random.integers(18, 90, BLOCK).tolist(),
            random.choice(CITIES, BLOCK, p=SHARES).tolist(),
        ]
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))


def declaration(name: str) -> str:
    """The text of a stream's declaration."""
    numbers = "".join(f'[features.{one}]\nkind = "number"\nrequired = false\n' for one in NORMAL)
    return DECLARATION.format(
        name=name, pane=PANE_S, lateness=LATENESS_MS, partitions=PARTITIONS, numbers=numbers, tolerance=TOLERANCE
    )


def history(path: Path, seed: int, until: float) -> None:
    """Writes labelled samples at the stream's own rate up to `until` (seconds since the epoch)."""
    random = np.random.default_rng(seed)
    made = rows(random)
    table = pa.Table.from_pylist([next(made) for _ in range(HISTORY)])
    logit = np.column_stack([table[name].to_numpy() for name in NORMAL]) @ np.linspace(1.5, -0.5, len(NORMAL))
    labels = (random.random(HISTORY) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    times = np.int64(until * 1000) - (np.arange(HISTORY, 0, -1) * 1000 // RATE)
    told = {"id": [f"h-{i}" for i in range(HISTORY)], "ts": times, "label": labels, "label_ts": times + 1}
    for name, column in told.items():
        table = table.append_column(name, pa.array(column))
    pq.write_table(table, path)
