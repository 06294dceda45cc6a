"""Looks at the columns of a history: which kind of feature each one is, or why it is none."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from producers.convert import Unreadable, convert, texts, times
from producers.rawtable import CSV, RawTable
from schemas.declaration import Kind

FEW_INTEGERS = 64
"""Whole numbers of at most this many values stay `integer`; more are measured as `number`."""
MANY_TEXTS = 1_000
"""Texts of more values than this say who it was, not of what sort."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_ID_NAME = re.compile(r"(^|.*_)(id|uuid|key|number|nr|no)", re.IGNORECASE)
_FEW_ROWS = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What a column is: `kind` None if it is no feature; `note` says in words what was seen.

    `low` and `high` are the smallest and largest number (None unless it is one); `missing` is a share.
    """

    name: str
    kind: Kind | None
    note: str
    missing: float = 0.0
    low: float | None = None
    high: float | None = None


def survey(table: RawTable, taken: set[str]) -> list[Finding]:
    """A finding for each column but the `taken` ones, in the order of the file."""
    typed = not table.path.name.endswith(CSV)
    return [_look(name, column, typed) for name, column in table.columns.items() if name not in taken]


def _look(name: str, column: Any, typed: bool) -> Finding:  # noqa: FBT001 - whether values have types or are spelt
    if not _NAME.fullmatch(name):
        return Finding(name, None, "its name is not of letters, digits and _: rename it to use it")
    if column is None:
        return Finding(name, None, "its values are of several types")
    kind = _typed_kind(column.type) if typed else _spelt_kind(column)
    return Finding(name, None, "not a number, text, true or false") if kind is None else _describe(name, kind, column)


def _describe(name: str, kind: Kind, column: Any) -> Finding:
    try:
        values = convert(column, kind)
    except Unreadable as error:
        return Finding(name, None, f"in row {error.row + 1} {error}")
    gaps = np.array([value is None or value != value for value in values.tolist()], dtype=bool)  # noqa: PLR0124 - NaN
    present, missing = values[~gaps], float(gaps.mean())
    if not present.size:
        return Finding(name, None, "it holds no values")
    if kind == "category":
        return _text(name, column, present, missing)
    if kind == "boolean":
        return Finding(name, kind, f"true in {_percent(float(present.astype(bool).mean()))}", missing)
    return _number(name, kind, present, missing)


def _typed_kind(kind: Any) -> Kind | None:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    return "category" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None


def _spelt_kind(column: Any) -> Kind:
    """The narrowest kind that every value can be read as; 0 and 1 are integers, only words are booleans."""
    words = {word.lower() for word in texts(column).tolist()[:_FEW_ROWS] if word is not None}
    kinds: tuple[Kind, ...] = ("boolean", "integer", "number") if words <= {"true", "false"} else ("integer", "number")
    for kind in kinds:
        try:
            convert(column, kind)
        except Unreadable:
            continue
        return kind
    return "category"


def _text(name: str, column: Any, present: Any, missing: float) -> Finding:
    distinct = len(set(present.tolist()))
    if _is_time(column, present):
        return Finding(name, None, "a time; make numbers of it, such as the hour, to use it")
    if distinct > MANY_TEXTS or (present.size >= _FEW_ROWS and distinct > present.size / 2):
        return Finding(name, None, f"{distinct} different texts in {present.size} rows: says who, not of what sort")
    values, counts = np.unique(present.astype(str), return_counts=True)
    common = values[np.argsort(-counts, kind="stable")][:5].tolist()
    return Finding(name, "category", f"{distinct} values, most often {', '.join(map(repr, common))}", missing)


def _is_time(column: Any, present: Any) -> bool:
    try:
        times(pa.array(present[:_FEW_ROWS].tolist()))
        times(column)
    except Unreadable:
        return False
    return True


def _number(name: str, kind: Kind, present: Any, missing: float) -> Finding:
    numbers = present.astype(np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    distinct = np.unique(numbers).size
    if kind == "integer" and distinct == numbers.size >= _FEW_ROWS:
        if (np.diff(numbers) == 1).all():
            return Finding(name, None, "it counts the rows")
        if _ID_NAME.fullmatch(name):
            return Finding(name, None, "each value stands there once: an id")
    if kind == "integer" and distinct <= FEW_INTEGERS:
        return Finding(name, "integer", f"whole numbers, {distinct} different, {low:g} to {high:g}", missing, low, high)
    whole = "whole numbers" if kind == "integer" else "numbers"
    return Finding(name, "number", f"{whole}, {low:g} to {high:g}", missing, low, high)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
