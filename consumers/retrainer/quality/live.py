"""Samples and labels -> their panes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from consumers.retrainer.quality.observed import Observed, Panes, only, stacked
from consumers.training.dataset import Ints, Mask, recoded_column
from infra.boosting import Floats
from schemas.declaration import Declaration


@dataclass(frozen=True, slots=True)
class Grid:
    """`count` panes of `length` ms, the first one beginning at `start`, epoch ms."""

    start: int
    length: int
    count: int

    def of(self, times: Ints) -> tuple[Mask, Ints]:
        """Which times lie within, and the panes of those."""
        found = (times - self.start) // self.length
        inside = (found >= 0) & (found < self.count)
        return inside, found[inside]

    def end(self, pane: int) -> int:
        """When it ends, epoch ms."""
        return self.start + (pane + 1) * self.length


def panes(declaration: Declaration, known: Mapping[str, list[str]], seen: Observed, grid: Grid, as_of: int) -> Panes:
    """Of each feature, then of what is BESIDE them.

    Args:
        declaration: names the features, and how long labels are waited for.
        known: by category, the values that the reference has.
        seen: samples and labels.
        grid: the panes.
        as_of: what is known.
    """
    inside, of = grid.of(seen.times)
    rows = seen.rows[inside]
    columns = []
    for place, (name, feature) in enumerate(declaration.features.items()):
        column, listed = rows[:, place], known.get(name)
        if feature.kind == "category":
            listed = listed or []
            column = _coded(column, seen.values.get(name, []), listed)
        columns.append(_column(column, of, grid.count, listed))
    columns.append(_repeats(seen.first[inside], rows, of, grid.count))
    columns.append(_coverage(seen.known[inside] >= 0, of, grid, as_of - declaration.wait_ms))
    columns.append(_rejects(seen.rejected, of, grid))
    return stacked([*columns, *_labels(seen, grid)], below=False)


def _coded(column: Floats, values: list[str], listed: list[str]) -> Floats:
    """With the codes of the reference; those of new values come after them."""
    table: dict[str, float] = {value: float(code) for code, value in enumerate(listed)}
    return recoded_column(np.array([table.setdefault(value, float(len(table))) for value in values]), column)


def _column(column: Floats, of: Ints, count: int, listed: list[str] | None) -> Panes:
    """Of a feature; `listed` are values that are not new, None where every value may be."""
    there = ~np.isnan(column)
    values, where = column[there], of[there]
    n = _sums(of, None, count)
    present = _sums(where, None, count)
    mean = _ratio(_sums(where, values, count), present)
    std = np.sqrt(_ratio(_sums(where, (values - mean[where]) ** 2, count), present))
    new = np.full(count, np.nan)
    if listed:
        new = _ratio(_sums(where, values >= len(listed), count), present)
    return Panes(*(one[:, None] for one in (n, present, 1 - _ratio(present, n), mean, std, new)))


def _repeats(first: Mask, rows: Floats, of: Ints, count: int) -> Panes:
    """The share of samples with an id that came before, or with the very values of another one of the same pane."""
    weights = np.random.default_rng(0).normal(size=rows.shape[1])
    mixed = (np.nan_to_num(rows, nan=0.5) * weights).sum(axis=1)  # not @, which may round alike rows differently
    order = np.lexsort((mixed, of))
    again = np.zeros(len(of), dtype=bool)
    again[order[1:]] = (np.diff(mixed[order]) == 0) & (np.diff(of[order]) == 0)
    n = _sums(of, None, count)
    return only(n, _ratio(_sums(of, again | ~first, count), n))


def _coverage(labelled: Mask, of: Ints, grid: Grid, until: int) -> Panes:
    """The share of samples without a label, of panes that ended before their labels were due."""
    n = _sums(of, None, grid.count)
    n[[grid.end(pane) > until for pane in range(grid.count)]] = 0
    return only(n, 1 - _ratio(_sums(of, labelled, grid.count), n))


def _rejects(rejected: Mapping[int, int], of: Ints, grid: Grid) -> Panes:
    """The share of records that were rejected."""
    first = grid.start // grid.length
    aside = np.array([rejected.get(first + pane, 0) for pane in range(grid.count)], dtype=np.float64)
    n = _sums(of, None, grid.count) + aside
    return only(n, _ratio(aside, n))


def _labels(seen: Observed, grid: Grid) -> list[Panes]:
    """CLASS and AGREEMENT."""
    inside, of = grid.of(seen.known)
    labels, scores = seen.labels[inside].astype(np.float64), seen.scores[inside]
    both = ~np.isnan(scores)
    pairs, where = _sums(of[both], None, grid.count), of[both]
    mixed = [_ratio(_sums(where, part[both], grid.count), pairs) for part in (labels, scores)]
    apart = [part[both] - mean[where] for part, mean in zip((labels, scores), mixed, strict=True)]
    squares = [np.sqrt(_sums(where, part * part, grid.count)) for part in apart]
    correlation = _ratio(_sums(where, apart[0] * apart[1], grid.count), squares[0] * squares[1])
    nothing = np.full(grid.count, np.nan)
    agreement = (pairs, pairs, np.where(np.isnan(correlation), np.nan, 0), correlation, nothing, nothing)
    rate = _column(labels, of, grid.count, None)
    return [replace(rate, new=np.zeros_like(rate.new)), Panes(*(one[:, None] for one in agreement))]


def _sums(of: Ints, weights: Floats | Mask | None, count: int) -> Floats:
    """Of each pane; without weights how many."""
    return np.bincount(of, weights, count).astype(np.float64)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """NaN where there is nothing."""
    found: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return found
