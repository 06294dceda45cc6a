"""The features of a raw table as columns of numbers, so that distributions can be compared."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from producers.convert import convert
from producers.rawtable import RawTable
from producers.survey import Finding

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """float64 (n,), NaN where missing; codes 0, 1, ... of values unless `ordered`."""

    values: Floats
    ordered: bool


def columns(table: RawTable, findings: Iterable[Finding], rows: Any) -> dict[str, Column]:
    """The features among the findings, of these rows only; categories and booleans as codes."""
    found = {}
    for finding in findings:
        if finding.kind:
            values = convert(table.columns[finding.name], finding.kind)[rows]
            ordered = finding.kind in ("number", "integer")
            found[finding.name] = Column(_floats(values) if ordered else _codes(values), ordered)
    return found


def _floats(values: Any) -> Floats:
    """None becomes NaN."""
    floats: Floats = values.astype(np.float64)
    return floats


def _codes(values: Any) -> Floats:
    here = np.array([value is not None for value in values.tolist()])
    codes = np.full(len(values), np.nan)
    codes[here] = np.unique(values[here].astype(str), return_inverse=True)[1]
    return codes
