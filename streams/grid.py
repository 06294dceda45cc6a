"""Finds the cell of each value, compiled: a grid says nearly where among the cuts, and a short search the rest.

A search by halves over all cuts takes ten times as long: each of its steps is a branch that no processor foresees. Here
a step is arithmetic on the sign of a difference, and there are as many for each value of a column.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infra.kernel import kernel

BUCKETS = 4096
TAIL = 0.002
"""Of the cuts, on either side, that the outermost buckets take: one far value must not make all the others wide."""
FIRST, AFTER, CELL, MISSING, REACH = range(5)
"""Of a column's plan: its part of the table, its first cell and that of missing, and the search's first step."""


class Grid:
    """Of all columns in turn. Tables are the ascending cuts of a number, or the cell of each code of a category."""

    def __init__(self, tables: Sequence[NDArray[np.float64]], number: Sequence[bool], cells: Sequence[int]) -> None:
        """`cells[j]` is the first cell of column j; the last one of all columns comes after the last."""
        self._plan = np.zeros((len(tables), 5), np.uint64)
        self._lines = np.zeros((len(tables), 2))
        self._nearly = np.zeros((len(tables), BUCKETS), np.uint32)
        parts, first = [], 0
        for j, table in enumerate(tables):
            part, reach = table, 0
            if number[j]:
                self._lines[j] = _line(table)
                inside = np.bincount(_buckets(table, *self._lines[j]), minlength=BUCKETS)
                self._nearly[j] = first + np.cumsum(inside) - inside
                reach = 1 << (int(inside.max()).bit_length() - 1) if len(table) else 1
                part = np.concatenate((table + 0.0, np.full(2 * reach, np.inf)))  # -0.0 would look less than 0.0
            self._plan[j] = first, first + len(table), cells[j], cells[j + 1] - 1, reach
            parts.append(part)
            first += len(part)
        self._table = np.concatenate(parts)

    def count(self, x: NDArray[np.float64], column: int, counts: NDArray[np.int64]) -> None:
        """Adds the values of x, float64 (n, columns from `column` on), to the cells that they belong to."""
        locate(x, column, self._lines, self._nearly, self._table, self._plan, counts)


def _line(cuts: NDArray[np.float64]) -> tuple[float, float]:
    """The bucket of a value is (value - zero) * per, cut off; all in the first one where that cannot be."""
    if not len(cuts):
        return 0.0, 0.0
    low, high = cuts[int(TAIL * len(cuts))], cuts[-1 - int(TAIL * len(cuts))]
    with np.errstate(over="ignore", divide="ignore"):
        per = BUCKETS / (high - low)
    return (float(low), float(per)) if 0 < per < np.inf else (0.0, 0.0)


def _buckets(values: NDArray[np.float64], zero: float, per: float) -> NDArray[np.intp]:
    """As the kernel has it, operation by operation: whatever is rounded keeps the order of values."""
    with np.errstate(over="ignore"):
        return np.clip((values - zero) * per, 0.0, BUCKETS - 1).astype(np.intp)


@kernel("void(float64[:,::1], uint64, float64[:,::1], uint32[:,::1], float64[::1], uint64[:,::1], int64[::1])")
def locate(x: Any, column: Any, lines: Any, nearly: Any, table: Any, plan: Any, counts: Any) -> None:
    """Counts n samples into cells. `schemas.reference.places` says the same of a whole column.

    Args:
        x: float64 (n, some columns); what is not finite is missing, -1 an unseen category.
        column: the number of the first of them.
        lines: float64 (columns, 2), zero and per of the buckets.
        nearly: uint32 (columns, BUCKETS), the first place in `table` that a value of the bucket may have.
        table: float64, cuts and then infinities, or the cells of codes with that of unseen ones last.
        plan: uint64 (columns, 5), see FIRST and after.
        counts: int64 (cells of all columns,), changed.
    """
    one, top = np.uint64(1), np.float64(BUCKETS - 1)
    for k in range(np.uint64(x.shape[1])):
        j = column + k
        first, after, cell, missing, reach = plan[j, 0], plan[j, 1], plan[j, 2], plan[j, 3], plan[j, 4]
        zero, per = lines[j, 0], lines[j, 1]
        near = nearly[j]
        for i in range(np.uint64(x.shape[0])):
            value = x[i, k]
            if np.isnan(value - value):  # not finite
                counts[missing] += 1
            elif reach:
                bucket = np.uint64(min(max((value - zero) * per, 0.0), top))
                place, step = np.uint64(near[bucket]), reach
                while step:
                    behind = np.float64(table[place + step - one] - value)
                    place += step & np.uint64(behind.view(np.int64) >> 63)
                    step >>= one
                counts[cell + ((place - first) << one) + np.uint64(table[place] == value)] += 1
            else:
                code = first + np.uint64(value) if 0 <= value < after - first else after - one
                counts[cell + np.uint64(table[code])] += 1
