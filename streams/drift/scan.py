"""One walk over the cells of a window, compiled: how far each column lies from its reference, and its PSI.

What depends on the reference alone is made once. A window of a column with 255 cuts then takes about a microsecond.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from infra.kernel import kernel

GROUPS = 10
"""Of about equal reference counts, that ordered cells are put into for PSI."""
SURE = 1e-12
"""Far more than a product with 1/n can differ from the quotient by n that it is tried for."""

TINY = 1e-9
"""More than nothing, less than any count."""


class Scan(NamedTuple):
    """Of one column; missing values are left out, and all but m and n is 0 where a side has no others.

    `distance` is D of ordered cells, the total variation of unordered ones. `hidden` is the largest distance that may
    lie inside cells between values, where both samples have some. PSI was summed over `groups`.
    """

    m: float
    n: float
    distance: float
    hidden: float
    psi: float
    groups: float


class Scanner:
    """Of all columns in turn. The last cell of each is that of missing values."""

    def __init__(self, references: Sequence[NDArray[np.float64]], ordered: Sequence[bool]) -> None:
        """References: float64 (cells,) of each column, counts that need not be whole numbers."""
        known = [_known(counts[:-1]) for counts in references]
        self._starts = np.cumsum([0, *map(len, references)]).astype(np.uint32)
        self._ordered = np.array(ordered, np.uint8)
        self._counts = np.concatenate(references)
        self._shares = np.concatenate([np.append(one.shares, 0.0) for one in known])
        self._edges = np.array([one.edges for one in known], np.uint32)
        self._groups = np.array([one.groups for one in known])

    def __call__(self, window: NDArray[np.int64]) -> list[Scan]:
        """Of each column; window: int64 (cells of all columns,)."""
        return [Scan(*row) for row in self.figures(window).tolist()]

    def figures(self, window: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same as float64 (columns, 6)."""
        found = np.zeros((len(self._ordered), len(Scan._fields)))
        scan(
            self._counts, self._shares, self._edges, self._groups, self._ordered, self._starts, window, found
        )  # fmt: skip
        return found


class _Known(NamedTuple):
    """Of one reference: cumulative shares; where the cells of each group begin and the last one's end; their counts."""

    shares: NDArray[np.float64]
    edges: NDArray[np.intp]
    groups: NDArray[np.float64]


def _known(counts: NDArray[np.float64]) -> _Known:
    so_far = np.concatenate(([0.0], np.cumsum(counts)))
    edges = np.searchsorted(so_far[:-1] * GROUPS, np.arange(GROUPS + 1) * so_far[-1], side="left")
    edges[0], edges[-1] = 0, len(counts)
    return _Known(so_far[1:] / (so_far[-1] or 1.0), edges, np.diff(so_far[edges]))


@kernel("Tuple((float64, float64))(float64[::1], float64[::1], float64)")
def stability(there: Any, here: Any, least: Any) -> Any:
    """PSI = sum (q - p) ln(q / p), half a count added to each group, and of how many: those with `least` of both."""
    used, m, n = 0.0, 0.0, 0.0
    for g in range(np.uint64(there.shape[0])):
        if there[g] + here[g] >= least:
            used += 1
            m += there[g]
            n += here[g]
    psi = 0.0
    for g in range(np.uint64(there.shape[0])):
        if there[g] + here[g] >= least:
            p, q = (there[g] + 0.5) / (m + 0.5 * used), (here[g] + 0.5) / (n + 0.5 * used)
            psi += (q - p) * math.log(q / p)
    return psi, used


@kernel("Tuple((float64, float64))(float64[::1], float64[::1], int64[::1], uint32[::1], float64, float64[::1])")
def walk(counts: Any, shares: Any, window: Any, edges: Any, n: Any, here: Any) -> Any:
    """Distance and what may be hidden, of one ordered column, and in `here` the counts of each group of the window.

    From one value of the window to the next its own share stands still and that of the reference only grows, so that
    the distance is largest just before a value or upon one.
    """
    one, two = np.uint64(1), np.uint64(2)
    inverse, distance, hidden, so_far = 1 / n, 0.0, 0.0, 0
    for g in range(np.uint64(GROUPS)):
        before_group = so_far
        for i in range(np.uint64(edges[g]), np.uint64(edges[g + one])):
            if window[i]:
                share, below, before = shares[i], shares[i - one] if i else 0.0, so_far
                so_far += window[i]
                if abs(below - np.float64(before) * inverse) > distance - SURE:
                    distance = max(distance, abs(below - np.float64(before) / n))
                if abs(share - np.float64(so_far) * inverse) > distance - SURE:
                    distance = max(distance, abs(share - np.float64(so_far) / n))
                if i % two == 0 and counts[i] > 0:
                    if share - np.float64(before) * inverse > hidden - SURE:
                        hidden = max(hidden, share - np.float64(before) / n)
                    if np.float64(so_far) * inverse - below > hidden - SURE:
                        hidden = max(hidden, np.float64(so_far) / n - below)
        here[g] = np.float64(so_far - before_group)
    return distance, hidden


@kernel(
    "void(float64[::1], float64[::1], uint32[:,::1], float64[:,::1], uint8[::1], uint32[::1], int64[::1], "
    "float64[:,::1])"
)
def scan(counts: Any, shares: Any, edges: Any, groups: Any, ordered: Any, starts: Any, window: Any, found: Any) -> None:
    """Fills in `found`, a row a column as in `Scan`.

    Args:
        counts: float64 (cells of all columns,), the reference.
        shares: float64 (cells of all columns,), of it up to and with each cell of a column.
        edges: uint32 (columns, GROUPS + 1), where the cells of each group of a column begin, and the last one's end.
        groups: float64 (columns, GROUPS), the reference in these groups.
        ordered: uint8 (columns,).
        starts: uint32 (columns + 1,), where the cells of a column begin; its last one is of missing.
        window: int64 (cells of all columns,).
        found: float64 (columns, 6), changed.
    """
    few = np.empty(GROUPS)
    for j in range(np.uint64(ordered.shape[0])):
        start, end = starts[j], starts[j + np.uint64(1)] - np.uint32(1)
        there, here = counts[start:end], window[start:end]
        m, n = groups[j].sum(), np.float64(here.sum())
        found[j, 0], found[j, 1] = m, n
        if m > 0 and n > 0:
            if ordered[j]:
                found[j, 2], found[j, 3] = walk(there, shares[start:end], here, edges[j], n, few)
                found[j, 4], found[j, 5] = stability(groups[j], few, TINY)
            else:
                apart = 0.0
                for i in range(np.uint64(there.shape[0])):
                    apart += abs(there[i] / m - np.float64(here[i]) / n)
                found[j, 2] = apart / 2
                found[j, 4], found[j, 5] = stability(there, here.astype(np.float64), 0.0)
