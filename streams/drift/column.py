"""One column of a window against its reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas.messages import DriftTest
from streams.drift.distance import Distance, chance, kolmogorov_smirnov, total_variation
from streams.drift.moments import UNKNOWN, Moment, deviations, means, spread
from streams.drift.reference import Against, Panes, Reference
from streams.drift.scan import Scan
from streams.drift.sequence import Urn
from streams.drift.shares import share
from streams.drift.stability import grouped, stability_limit

TESTS = 3
"""Of one column: the shape of its values, what is missing, and what the reference never held."""
NOTHING = Distance(0.0, 1.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Window:
    """counts: int64 (cells,), missing last; moments: float64 (3,) of n, mean, m2; samples of each pane."""

    counts: NDArray[np.int64]
    moments: NDArray[np.float64]
    panes: Panes
    pane_ms: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What each test of a column says: "shape", "missing", and "outside" (numbers) or "new" (categories).

    `n` and `m` count values, missing ones included; `worth_n` and `worth_m` are the independent ones that would tell as
    much. `groups` are those that PSI was summed over.
    """

    n: int
    m: int
    worth_n: float = 0.0
    worth_m: float = 0.0
    ordered: bool = True
    mean: Moment = UNKNOWN
    std: Moment = UNKNOWN
    missing: float = 0.0
    psi: float = 0.0
    groups: int = 0
    tests: Mapping[DriftTest, Distance] = field(default_factory=lambda: {"shape": NOTHING})

    def decisive(self, tolerance: float, of_shares: float, level: float) -> tuple[DriftTest, Distance, bool]:
        """The test furthest beyond its tolerance among those that are beyond it and significant, or of all."""
        by_weight = {}
        for name, test in self.tests.items():
            beyond = test.effect / (tolerance if name == "shape" else of_shares)
            by_weight[name] = (beyond >= 1 and test.p < level, beyond)
        name = max(by_weight, key=by_weight.__getitem__)
        return name, self.tests[name], by_weight[name][0]

    def limit(self, level: float) -> float | None:
        """What D stays below by chance, but for `level`; None for what is not ordered."""
        return chance(level, self.worth_m, self.worth_n) if self.ordered and self.worth_n > 0 < self.worth_m else None

    def stability_limit(self, level: float) -> float:
        """What PSI stays below by chance, but for `level`."""
        return stability_limit(self.worth_m, self.worth_n, self.groups, level) if self.groups else 0.0


def examine(reference: Reference, window: Window) -> Finding:
    """Compares a window with its reference."""
    cells, counts = reference.cells, window.counts
    there, n, m = reference.against(window.panes), int(counts.sum()), sum(cells.counts)
    ordered, span = cells.kind == "number", len(window.panes) * window.pane_ms
    if n == 0 or there.values <= 0:
        return Finding(n, m, ordered=ordered)
    worth = reference.window(n, span)
    gaps, was = float(counts[-1] / n), float(there.counts[-1] / there.counts.sum())
    tests: dict[DriftTest, Distance] = {
        "missing": share(was, gaps, there.missing, reference.window(n, span, missing=True))
    }
    psi, groups = 0.0, 0
    if gaps < 1 and was < 1:
        sizes = there.values * (1 - was), worth * (1 - gaps)
        found = there.scan(counts, *sizes)
        tests |= _of_values(found, there.counts[:-1], counts[:-1], *sizes, ordered=ordered)
        psi, groups = found.psi, int(found.groups)
    mean, std = _moments(reference, there, window, worth)
    return Finding(n, m, worth, there.values, ordered, mean, std, gaps, psi, groups, tests)


def bet(urn: Urn, reference: Reference, pane: Window) -> float:
    """Log E: what the pane's values say for a change since the reference and all that the urn has seen."""
    there, ordered = reference.against(pane.panes), reference.cells.kind == "number"
    n, m = int(pane.counts[:-1].sum()), there.counts[:-1].sum()
    if n == 0 or m == 0:
        return 0.0
    was, now = grouped(there.counts[:-1], pane.counts[:-1], ordered=ordered)
    return urn.bet(was * (there.values / m), now * (reference.lasting(n, pane.pane_ms) / n), ordered=ordered)


def _of_values(
    found: Scan, reference: NDArray[np.float64], window: NDArray[np.int64], m: float, n: float, *, ordered: bool
) -> dict[DriftTest, Distance]:
    """Of what is there; the outermost cells of numbers, and the last one of categories, hold what is unheard of."""
    ends = [0, -1] if ordered else [-1]
    there, here = (float(counts[ends].sum() / counts.sum()) for counts in (reference, window))
    shape = kolmogorov_smirnov if ordered else total_variation
    return {"shape": shape(found, reference, window, m, n), "outside" if ordered else "new": share(there, here, m, n)}


def _moments(reference: Reference, there: Against, window: Window, worth: float) -> tuple[Moment, Moment]:
    """Against the reference as a whole, whatever the season."""
    cells, (n, mean, m2) = reference.cells, window.moments
    was, now = spread(cells.n, cells.mean, cells.m2, there.values), spread(n, float(mean), float(m2), worth)
    return (means(was, now), deviations(was, now, cells.kurtosis)) if was and now else (UNKNOWN, UNKNOWN)
