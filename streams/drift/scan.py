"""One walk over the cells of a window, compiled: how far each column lies from its reference, and its PSI.

What depends on the reference alone is made once. A window of a column with 255 cuts then takes about a microsecond.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from infra.kernel import kernel

GROUPS = 10
"""That ordered cells are put into for PSI, by the tenth of the reference in which their middle lies."""
SURE = 1e-12
"""Far more than a product with 1/n can differ from the quotient by n that it is tried for."""


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
    """Of one column's reference: counts, float64 (cells,), that need not be whole numbers; the last is of missing."""

    def __init__(self, counts: NDArray[np.float64], *, ordered: bool) -> None:
        self._counts, self._ordered = np.ascontiguousarray(counts[:-1]), ordered
        so_far, middles = np.cumsum(self._counts), np.cumsum(self._counts) - self._counts / 2
        total = so_far[-1] if len(so_far) else 0.0
        edges = np.searchsorted(middles * GROUPS, np.arange(GROUPS + 1) * total, side="left")
        edges[0], edges[-1] = 0, len(so_far)
        self._shares, self._edges = so_far / (total or 1.0), edges.astype(np.uint32)
        self._groups = np.diff(np.concatenate(([0.0], so_far))[edges])

    def __call__(self, window: NDArray[np.int64], m: float = 0.0, n: float = 0.0) -> Scan:
        """Window: int64 (cells,). PSI is of groups taken to add up to `m` and `n`, if they are given."""
        return Scan(*scan(self._counts, self._shares, self._edges, self._groups, self._ordered, window, m, n))


@kernel("Tuple((float64, float64))(float64[::1], float64[::1])")
def stability(there: Any, here: Any) -> Any:
    """PSI = sum (q - p) ln(q / p) over groups that are not empty, half a count added to each, and their number."""
    used, m, n = 0.0, 0.0, 0.0
    for g in range(np.uint64(there.shape[0])):
        if there[g] + here[g] > 0:
            used += 1
            m += there[g]
            n += here[g]
    psi = 0.0
    for g in range(np.uint64(there.shape[0])):
        if there[g] + here[g] > 0:
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
    "UniTuple(float64, 6)(float64[::1], float64[::1], uint32[::1], float64[::1], boolean, int64[::1], float64, float64)"
)
def scan(counts: Any, shares: Any, edges: Any, groups: Any, ordered: Any, window: Any, m: Any, n: Any) -> Any:
    """The fields of a `Scan`.

    Args:
        counts: float64 (cells,), the reference without the missing.
        shares: float64 (cells,), of it up to and with each cell.
        edges: uint32 (GROUPS + 1,), where the cells of each group begin, and the last one's end.
        groups: float64 (GROUPS,), the reference in these groups.
        ordered: of the cells.
        window: int64 (cells + 1,), the last one of missing.
        m: what the groups of the reference are taken to add up to for PSI; 0: what they do.
        n: those of the window.
    """
    here = window[:-1]
    there_all, here_all = groups.sum(), np.float64(here.sum())
    distance, hidden, psi, used = 0.0, 0.0, 0.0, 0.0
    if there_all > 0 and here_all > 0:
        worth_m, worth_n = m / there_all if m > 0 else 1.0, n / here_all if n > 0 else 1.0
        if ordered:
            few = np.empty(GROUPS)
            distance, hidden = walk(counts, shares, here, edges, here_all, few)
            psi, used = stability(groups * worth_m, few * worth_n)
        else:
            for i in range(np.uint64(counts.shape[0])):
                distance += abs(counts[i] / there_all - np.float64(here[i]) / here_all)
            distance /= 2
            psi, used = stability(counts * worth_m, here * worth_n)
    return there_all, here_all, distance, hidden, psi, used
