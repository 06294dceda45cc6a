"""Which values of the declared features are judged by themselves: the frequent ones, and not too many."""

from collections.abc import Iterator

import numpy as np

from infra.cells.samples import Mask, Samples
from schemas.declaration import Declaration
from schemas.reference import BOOLEANS
from schemas.segment import Segment, nameable

VALUES, SEGMENTS, COLUMNS = 8, 32, 512
"""At most so many values of a feature, segments in all, and columns of all of them: each is counted and judged."""
CUTS = 63
"""Of a number in a segment, where the stream as a whole has four times as many: open panes are written four times a
second, with all their cells."""


def watched(declaration: Declaration, segment: Segment) -> list[str]:
    """The features that are judged in a segment; its own has one value there."""
    return [name for name in declaration.features if name not in declaration.unwatched and name != segment.feature]


def segments(declaration: Declaration, data: Samples, inside: Mask) -> list[tuple[Segment, Mask]]:
    """Each with the rows of `data` that are in it, the most frequent ones of a feature first.

    A value has one if at least [drift] minimum of the reference's rows, which are `inside`, hold it, but not all of
    them, and if it can be named.
    """
    found = [one for name in declaration.stream.segments for one in _frequent(declaration, data, inside, name)]
    columns = len(declaration.features) - len(declaration.unwatched)
    most = min(SEGMENTS, max(1, COLUMNS // max(1, columns)))
    kept = sorted(found, key=lambda one: -int((one[1] & inside).sum()))[:most]
    names = [segment for segment, _ in kept]
    return [one for one in found if one[0] in names]


def _frequent(declaration: Declaration, data: Samples, inside: Mask, name: str) -> Iterator[tuple[Segment, Mask]]:
    column = data.rows[:, list(declaration.features).index(name)]
    values = data.values[name] if declaration.features[name].kind == "category" else BOOLEANS
    here = column[inside]
    counts = np.bincount(here[~np.isnan(here)].astype(np.intp), minlength=len(values))
    enough = (counts >= declaration.drift.minimum) & (counts < len(here))
    fit = [code for code, value in enumerate(values) if enough[code] and nameable(value)]
    for code in sorted(fit, key=lambda code: (-counts[code], values[code]))[:VALUES]:
        yield Segment(feature=name, value=values[code]), column == code
