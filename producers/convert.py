"""Arrow columns, as text or typed, to arrays of a declared kind; the first value that does not fit is named by row."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from producers.events import Times
from schemas.declaration import Kind
from schemas.sample import event_time

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")
"""Words that mean "no value" in columns that are not categories; in a category only the empty text does."""
_TRUTHS = {"true": True, "false": False, "1": True, "0": False}


class Unreadable(Exception):
    """The value in this row (counted from 0) cannot be read as what it should be."""

    def __init__(self, row: int, what: str) -> None:
        super().__init__(what)
        self.row = row


def convert(column: Any, kind: Kind) -> NDArray[Any]:
    """The column as float64 (NaN is missing), int64, bool, or object with None where a value is missing.

    Raises:
        Unreadable: a value is not of this kind, or is infinite.
    """
    return _CONVERTERS[kind](_plain(column))


def texts(column: Any) -> NDArray[np.object_]:
    """The column as object array of str, None where it is missing or empty; equal texts share their memory."""
    column = _plain(column)
    if not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    encoded = pc.dictionary_encode(column)
    values = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    values[values == ""] = None
    codes: NDArray[np.int64] = pc.fill_null(encoded.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    return values[codes]


def times(column: Any) -> tuple[Times, NDArray[np.bool_]]:
    """Epoch milliseconds (0 where missing) and where they are present; a time without a zone is UTC.

    Raises:
        Unreadable: a value is neither ISO 8601 nor a whole number of milliseconds.
    """
    column = _plain(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = pc.cast(pc.cast(column, pa.timestamp("ms"), safe=False), pa.int64())
    present = pc.is_valid(column).to_numpy(zero_copy_only=False)
    if pa.types.is_integer(column.type):
        return pc.fill_null(pc.cast(column, pa.int64()), 0).to_numpy(zero_copy_only=False), present
    found = np.zeros(len(column), np.int64)
    for row, value in enumerate(column.to_pylist()):
        if value is None or value in MISSING:
            present[row] = False
        else:
            found[row] = _moment(row, value)
    return found, present


def _moment(row: int, value: object) -> int:
    try:
        text = str(value).strip()
        return int(text) if text.lstrip("-").isdecimal() and len(text) > len("20130101") else event_time(text)
    except ValueError:
        raise Unreadable(row, f"{str(value)[:80]!r} is neither ISO 8601 nor epoch milliseconds") from None


def _numbers(column: Any) -> NDArray[np.float64]:
    found: NDArray[np.float64] = _floats(column)
    infinite = np.flatnonzero(np.isinf(found))
    if infinite.size:
        raise Unreadable(int(infinite[0]), "the number is infinite, which JSON cannot carry")
    return found


def _floats(column: Any) -> NDArray[np.float64]:
    column = _worded(column)
    try:
        array: NDArray[np.float64] = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return np.array([_float(row, value) for row, value in enumerate(column.to_pylist())], np.float64)
    return array


def _float(row: int, value: Any) -> float:
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError):
        raise Unreadable(row, f"{str(value)[:80]!r} is not a number") from None


def _integers(column: Any) -> NDArray[Any]:
    if pa.types.is_integer(column.type) and column.null_count == 0:
        whole: NDArray[Any] = pc.cast(column, pa.int64()).to_numpy(zero_copy_only=False)
        return whole
    found = _numbers(column)
    broken = np.flatnonzero(found != np.floor(found))
    for row in broken.tolist():
        if not np.isnan(found[row]):
            raise Unreadable(row, f"{found[row]} is not a whole number")
    missing = np.isnan(found)
    whole = np.where(missing, 0, found).astype(np.int64)
    return _with_gaps(whole, missing)


def _booleans(column: Any) -> NDArray[Any]:
    if pa.types.is_boolean(column.type):
        found = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
        return _with_gaps(found, pc.is_null(column).to_numpy(zero_copy_only=False))
    values = _worded(pc.cast(column, pa.string())).to_pylist()
    return _with_gaps(
        np.array([_truth(row, value) for row, value in enumerate(values)], dtype=bool),
        np.array([value is None for value in values], dtype=bool),
    )


def _truth(row: int, value: str | None) -> bool:
    if value is None:
        return False
    try:
        return _TRUTHS[value.lower()]
    except KeyError:
        raise Unreadable(row, f"{value[:80]!r} is not true or false") from None


def _with_gaps(values: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    if not missing.any():
        return values
    found = values.astype(object)
    found[missing] = None
    return found


def _worded(column: Any) -> Any:
    """Text without blanks around it, null where it is a word for "no value"; other types as they are."""
    if not pa.types.is_string(column.type):
        return column
    column = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(column, pa.array(MISSING)), pa.scalar(None, pa.string()), column)


def _plain(column: Any) -> Any:
    """One array instead of chunks, texts as `string`, dictionaries decoded."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column


_CONVERTERS: dict[Kind, Callable[[Any], NDArray[Any]]] = {
    "number": _numbers,
    "integer": _integers,
    "boolean": _booleans,
    "category": texts,
}
