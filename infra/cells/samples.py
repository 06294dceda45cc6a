"""What a reference is made from."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from infra.boosting import Floats
from infra.cells.rhythm import Ints

Mask = NDArray[np.bool_]


class Samples(Protocol):
    """Samples in order of event time, as `consumers.training.dataset.Dataset` has them; labels do not matter here.

    `rows` float64 (n, k), columns as declared: codes of `values` for categories, NaN for missing; `rare` marks those
    whose value has no code.
    """

    @property
    def rows(self) -> Floats:
        """See above."""
        ...

    @property
    def times(self) -> Ints:
        """Event times, int64 (n,), epoch ms."""
        ...

    @property
    def values(self) -> Mapping[str, list[str]]:
        """Of each category, in the order of their codes."""
        ...

    @property
    def rare(self) -> Mapping[str, Mask]:
        """Of each category, bool (n,)."""
        ...

    @property
    def as_of(self) -> int:
        """Until when samples are looked at, epoch ms."""
        ...
