"""Samples and labels in a .jsonl file as one table with a column a feature, to look at rather than to send."""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from producers.rawtable import RawTable
from schemas.errors import Refused

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read_samples(path: Path) -> RawTable:
    """The samples of a file, each with the last label of its id in columns `label` and `label_ts`, if there are any.

    A column whose values are of several types is None.

    Raises:
        Refused: the file cannot be read, or a line is neither a sample nor a label.
    """
    rows: list[dict[str, Any]] = []
    labels: dict[Any, dict[str, Any]] = {}
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    _take(path, number, line, rows, labels)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror})") from error
    for row in rows:
        known = labels.get(row.get("id"))
        if known is not None:
            row |= {"label": known["label"], "label_ts": known.get("ts")}
    names = list(dict.fromkeys(name for row in rows for name in row))
    return RawTable(path, {name: _column([row.get(name) for row in rows]) for name in names}, len(rows))


def _take(path: Path, number: int, line: bytes, rows: list[dict[str, Any]], labels: dict[Any, dict[str, Any]]) -> None:
    try:
        found = _decode(line)
    except msgspec.DecodeError as error:
        raise Refused(f"{path}, line {number}: {error}") from error
    features = found.pop("features", None)
    if isinstance(features, dict):
        rows.append(found | features)
    elif "label" in found and isinstance(found.get("id"), str):
        labels[found["id"]] = found
    else:
        raise Refused(f"{path}, line {number}: neither a sample with `features` nor a label with `id` and `label`")


def _column(values: list[Any]) -> Any:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return None
