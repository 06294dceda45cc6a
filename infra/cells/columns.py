"""The cells of one column: of numbers or of categories, and what is known of them in time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from infra.boosting import Floats
from infra.cells.held import Grid, held
from infra.cells.rhythm import Ints
from infra.cells.season import Calendar, calendar, in_time
from schemas.declaration import Declaration
from schemas.reference import Cells, places

MAX_CUTS = 255


@dataclass(frozen=True, slots=True)
class Days:
    """Event times of samples, int64 (n,), and the blocks that they fall into; made once for all columns of them."""

    times: Ints
    calendar: Calendar | None

    @classmethod
    def of(cls, declaration: Declaration, times: Ints) -> "Days":
        """As declared."""
        return cls(times, calendar(times, declaration.pane_ms, declaration.season_ms))


def numbers(name: str, column: Floats, most: int = MAX_CUTS) -> Cells:
    """Cells of a numeric column: a cut at every value, or `most` from the least to the largest, evenly by rank."""
    present = column[~np.isnan(column)]
    cuts = np.unique(present)
    if len(cuts) > most:
        cuts = np.unique(np.quantile(present, np.linspace(0, 1, most), method="inverted_cdf"))
    counts = np.bincount(places(cuts, present), minlength=2 * len(cuts) + 1)
    mean = float(present.mean()) if len(present) else None
    m2 = float(np.square(present - mean).sum()) if mean is not None else None
    return Cells(
        feature=name,
        kind="number",
        cuts=[float(cut) for cut in cuts],
        counts=[*(int(count) for count in counts), len(column) - len(present)],
        n=len(present),
        mean=mean,
        m2=m2,
        kurtosis=_kurtosis(present),
    )


def _kurtosis(present: Floats) -> float | None:
    deviation = present.std() if len(present) else 0.0
    return float(np.mean(((present - present.mean()) / deviation) ** 4)) if 0 < deviation < np.inf else None


def categories(name: str, codes: Floats, values: Sequence[str], new: int) -> Cells:
    """Cells of a category: one a value, then the `new` values that are not listed, then the missing."""
    present = codes[~np.isnan(codes)].astype(np.intp)
    counts = [int(count) for count in np.bincount(present, minlength=len(values))]
    missing = len(codes) - len(present) - new
    return Cells(
        feature=name, kind="category", values=list(values), counts=[*counts, new, missing], n=len(present) + new
    )


def timed(cells: Cells, column: Floats, days: Days, within: Grid | None) -> Cells:
    """The same cells with their rhythm, season and held-out blocks; `column` is as they were counted from."""
    missing = np.isnan(column)
    found = np.full(len(column), cells.size - 1, np.int64)
    present = column[~missing]
    found[~missing] = places(np.array(cells.cuts), present) if cells.kind == "number" else present
    cells = in_time(cells, found, days.calendar)
    return replace(cells, held=held(found, days.times, cells.size, within)) if within else cells
