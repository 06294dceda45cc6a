"""A file of labelled history as a data set: Parquet, CSV or JSON lines, with id, event time, features and label."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from consumers.training.dataset import Dataset, Ints, codes
from infra.boosting import Floats
from schemas.declaration import Declaration, Kind
from schemas.errors import Refused
from schemas.sample import event_time

if TYPE_CHECKING:
    from collections.abc import Callable

LABEL, KNOWN = "label", "label_ts"
_CATEGORY: Kind = "category"


def read(path: Path, declaration: Declaration, until: int | None) -> Dataset:
    """The rows of the file whose label was known at `until` (epoch ms; None = all), in order of event time.

    Rows without a label are left out. Without a column label_ts a label counts as known at its event time.

    Raises:
        Refused: the file cannot be read, a column is missing, or a value is not of the declared kind.
    """
    table = _table(path, declaration)
    time_name = declaration.stream.event_time
    needed = [time_name, LABEL, *declaration.features]
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise Refused(f"{path}: has no column {missing[0]!r}; it has {', '.join(table.column_names)}")
    labels = _numbers(path, LABEL, table)
    times = _times(path, time_name, table)
    known = _times(path, KNOWN, table) if KNOWN in table.column_names else times
    kept = np.flatnonzero(~np.isnan(labels) & (known <= (np.iinfo(np.int64).max if until is None else until)))
    if not len(kept):
        raise Refused(f"{path}: holds no row whose label was known {'' if until is None else 'by then'}".rstrip())
    if not np.isin(labels[kept], (0, 1)).all():
        raise Refused(f"{path}: column {LABEL!r} holds something else than 0 and 1")
    kept = kept[np.argsort(times[kept], kind="stable")]
    rows, values = _features(path, declaration, table)
    as_of = until if until is not None else int(max(times[kept].max(), known[kept].max())) + 1
    return Dataset(
        rows[kept], labels[kept].astype(np.int64), times[kept], known[kept], values, as_of, fingerprint(path)
    )


def fingerprint(path: Path) -> str:
    """The file's SHA-256."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}). Give a file of labelled history") from error


def _table(path: Path, declaration: Declaration) -> Any:
    """The file as an Arrow table; categories are always texts."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only `train` reads files
    from pyarrow import csv, json, parquet  # noqa: PLC0415 - as above

    texts = dict.fromkeys(declaration.names(_CATEGORY), pa.string())
    options = csv.ConvertOptions(column_types=texts, strings_can_be_null=True, quoted_strings_can_be_null=False)
    readers: dict[str, Callable[[Path], Any]] = {
        ".parquet": parquet.read_table,
        ".csv": lambda file: csv.read_csv(file, convert_options=options),
        ".jsonl": json.read_json,
    }
    name = path.name.removesuffix(".gz")
    reader = readers.get(Path(name).suffix)
    if reader is None:
        raise Refused(f"{path}: history is a .parquet, .csv, .csv.gz or .jsonl file")
    try:
        return reader(path)
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"{path}: cannot be read: {str(error).splitlines()[0][:300]}") from error


def _features(path: Path, declaration: Declaration, table: Any) -> tuple[Floats, dict[str, list[str]]]:
    rows = np.empty((table.num_rows, len(declaration.features)))
    values = {}
    for place, (name, feature) in enumerate(declaration.features.items()):
        if feature.kind == _CATEGORY:
            rows[:, place], values[name] = codes(_texts(path, name, table))
        else:
            rows[:, place] = _numbers(path, name, table)
    return rows, values


def _texts(path: Path, name: str, table: Any) -> list[str | None]:
    found: list[Any] = table[name].to_pylist()
    if any(value is not None and not isinstance(value, str) for value in found):
        raise Refused(f"{path}: column {name!r} is a category, so its values must be texts")
    return found


def _numbers(path: Path, name: str, table: Any) -> Floats:
    """Numbers, and booleans as 0 and 1; missing as NaN."""
    try:
        found = np.asarray(table[name].cast("float64").to_numpy(), dtype=np.float64)
    except (ValueError, NotImplementedError) as error:  # Arrow's errors are among these
        raise Refused(f"{path}: column {name!r} is not numbers: {str(error).splitlines()[0][:200]}") from error
    if np.isinf(found).any():
        raise Refused(f"{path}: column {name!r} holds an infinite value")
    return found


def _times(path: Path, name: str, table: Any) -> Ints:
    """Epoch milliseconds from such integers, timestamps or ISO 8601 texts; a missing one counts as never."""
    import pyarrow as pa  # noqa: PLC0415 - see _table

    column = table[name]
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ms")).cast(pa.int64())
    never = np.iinfo(np.int64).max
    try:
        return np.array([never if value is None else event_time(value) for value in column.to_pylist()], dtype=np.int64)
    except (ValueError, TypeError) as error:
        raise Refused(f"{path}: column {name!r} is neither ISO 8601 nor epoch milliseconds: {error}") from error
