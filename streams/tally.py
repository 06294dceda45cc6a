"""The counting itself, compiled: each value of each sample into its cell, and into the moments of its column."""

from typing import Any

import numpy as np

from infra.kernel import kernel


@kernel("void(float64[:,::1], uint8[::1], float64[::1], uint32[::1], uint32[::1], int64[::1], float64[:,::1])")
def tally(x: Any, number: Any, table: Any, rooms: Any, starts: Any, counts: Any, moments: Any) -> None:
    """Adds n samples to the counts and moments of their pane.

    Moments are updated sample by sample (Welford 1962). `schemas.reference.places` says the same of a whole column.

    Args:
        x: float64 (n, columns); NaN is missing, -1 an unseen category.
        number: uint8 (columns,), 1 where a column is of numbers, which alone have moments.
        table: float64, for all columns in turn the ascending cuts of a number, or the cell of each code of a
            category with that of unseen ones last.
        rooms: uint32 (columns + 1,), where the part of a column begins in `table`.
        starts: uint32 (columns + 1,), where the cells of a column begin in `counts`; its last one is of missing.
        counts: int64 (cells of all columns,), changed.
        moments: float64 (columns, 3) of n, mean, m2, changed.
    """
    one = np.uint64(1)
    for i in range(np.uint64(x.shape[0])):
        for j in range(np.uint64(x.shape[1])):
            value = x[i, j]
            low, high = np.uint64(rooms[j]), np.uint64(rooms[j + one])
            if np.isnan(value):
                cell = np.uint64(starts[j + one]) - one
            elif number[j]:
                first = low
                while low < high:
                    middle = (low + high) >> one
                    if table[middle] < value:
                        low = middle + one
                    else:
                        high = middle
                upon = np.uint64(low < np.uint64(rooms[j + one]) and table[low] == value)
                cell = np.uint64(starts[j]) + ((low - first) << one) + upon
                moments[j, 0] += 1
                change = value - moments[j, 1]
                moments[j, 1] += change / moments[j, 0]
                moments[j, 2] += change * (value - moments[j, 1])
            else:
                code = low + np.uint64(value) if 0 <= value < high - low else high - one
                cell = np.uint64(starts[j]) + np.uint64(table[code])
            counts[cell] += 1
