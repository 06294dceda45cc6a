"""Labelled rows as columns: what a version is trained and judged on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from infra.boosting import Floats
from schemas.declaration import Declaration

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows in order of event time, with the labels known at `as_of`.

    `rows` is float64 (n, k), columns as declared: numbers, booleans as 0 and 1, categories as codes of `values`;
    NaN is missing. `rare[category]` marks rows whose value has no code any more. `labels` is int64 (n,) of 0 and 1;
    `times` (event time) and `known` (when the label became known) are int64 (n,) in epoch milliseconds. `digest`
    identifies the content.
    """

    rows: Floats
    labels: Ints
    times: Ints
    known: Ints
    values: dict[str, list[str]]
    as_of: int
    digest: str
    rare: dict[str, Mask] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, rows: Ints | Mask) -> "Dataset":
        """These rows, as places or a mask; `as_of` and the digest are those of the whole."""
        return replace(
            self,
            rows=self.rows[rows],
            labels=self.labels[rows],
            times=self.times[rows],
            known=self.known[rows],
            rare={name: marked[rows] for name, marked in self.rare.items()},
        )

    def span(self, start: int, end: int) -> Mask:
        """Rows with start <= event time < end."""
        return (self.times >= start) & (self.times < end)


def codes(column: Sequence[str | None]) -> tuple[Floats, list[str]]:
    """A category column as codes in order of first appearance, NaN for None, and the values of the codes."""
    table: dict[str | None, float] = {None: np.nan}
    coded = np.array([table.setdefault(value, len(table) - 1.0) for value in column], dtype=np.float64)
    return coded, [value for value in table if value is not None]


def with_vocabulary(data: Dataset, declaration: Declaration, limit: int) -> Dataset:
    """The same rows with codes 0, 1, ... for the `limit` most frequent values of each category, NaN for the rest.

    Ties are broken by the value itself, so that the same rows in any order give the same codes.
    """
    rows, values, rare = data.rows.copy(), dict(data.values), {}
    for place, name in enumerate(declaration.features):
        if declaration.features[name].kind == "category":
            rows[:, place], values[name] = _cut(rows[:, place], data.values.get(name, []), limit)
            rare[name] = np.isnan(rows[:, place]) & ~np.isnan(data.rows[:, place])
    return replace(data, rows=rows, values=values, rare=rare)


def recoded(
    data: Dataset, declared: Sequence[str], features: Sequence[str], categories: dict[str, list[str]]
) -> Floats:
    """The rows with the columns and category codes of another version's contract: float64 (n, features).

    What is not declared any more, or was a category and is none now or the reverse, is missing.

    Args:
        data: the rows.
        declared: the names of their columns, in order.
        features: of the contract.
        categories: of the contract.
    """
    rows = np.full((len(data), len(features)), np.nan)
    for place, name in enumerate(features):
        if name not in declared or (name in categories) != (name in data.values):
            continue
        rows[:, place] = data.rows[:, list(declared).index(name)]
        if name in categories:
            target = {value: float(code) for code, value in enumerate(categories[name])}
            table = np.array([target.get(value, np.nan) for value in data.values[name]])
            rows[:, place] = recoded_column(table, rows[:, place])
    return rows


def _cut(column: Floats, values: list[str], limit: int) -> tuple[Floats, list[str]]:
    counts = np.bincount(column[~np.isnan(column)].astype(np.intp), minlength=len(values))
    order = sorted(
        (code for code in range(len(values)) if counts[code]), key=lambda code: (-counts[code], values[code])
    )
    table = np.full(len(values), np.nan)
    table[order[:limit]] = np.arange(min(limit, len(order)))
    return recoded_column(table, column), [values[code] for code in order[:limit]]


def recoded_column(table: Floats, column: Floats) -> Floats:
    """table[code] for each code of a column, NaN for NaN."""
    extended = np.append(table, np.nan)
    return extended[np.where(np.isnan(column), len(table), column).astype(np.intp)]


def save(data: Dataset, folder: Path) -> None:
    """Writes the arrays where `load` finds them; values, as_of and digest travel in the job."""
    for name in ("rows", "labels", "times", "known"):
        np.save(folder / f"{name}.npy", getattr(data, name))


def load(folder: Path, values: dict[str, list[str]], as_of: int, digest: str) -> Dataset:
    """Reads what `save` wrote."""
    rows, labels, times, known = (np.load(folder / f"{name}.npy") for name in ("rows", "labels", "times", "known"))
    return Dataset(rows, labels, times, known, values, as_of, digest)
