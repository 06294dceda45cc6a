"""The verdict of one check, and the rows that champion and challenger are compared on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from consumers.training.dataset import Dataset, Ints
from infra.boosting import Floats


class Check(Struct, frozen=True, kw_only=True):
    """`reason` says what was found in a sentence of its own; `figures` have names that no other check uses."""

    name: str
    passed: bool
    reason: str
    figures: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Common:
    """Rows after the champion's training, scored by it and, out of fold, by the challenger.

    `champion` and `challenger` are float64 (n,), probabilities of class 1; `labels` int64 (n,) of 0 and 1; `times`
    int64 (n,), event times in epoch milliseconds; `segments[feature]` the value of each row, (n,) of text.
    """

    champion: Floats
    challenger: Floats
    labels: Ints
    times: Ints
    segments: Mapping[str, npt.NDArray[np.str_]]

    def __len__(self) -> int:
        return len(self.labels)


UNKNOWN = "(other or missing)"
"""The segment of values that are rare or not there."""


def values(data: Dataset, place: int, name: str, rows: Ints) -> npt.NDArray[np.str_]:
    """The texts of a category column, the one at `place`, in these rows."""
    names = np.array([*data.values.get(name, []), UNKNOWN], dtype=np.str_)
    codes = data.rows[rows, place]
    return names[np.where(np.isnan(codes), len(names) - 1, codes).astype(np.intp)]
