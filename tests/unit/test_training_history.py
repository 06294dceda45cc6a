"""A file of history says the same in every format, and what is wrong with it is said by column."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from consumers.training import history
from schemas.errors import Refused
from support.labelled import DAY, HOUR, Rows, declaration, rows


def table(found: Rows) -> pa.Table:
    count = len(found.times)
    labels = [None if place % 10 == 0 else int(found.labels[place]) for place in range(count)]
    return pa.table(
        {
            "id": [f"s{place}" for place in range(count)],
            "ts": [datetime.fromtimestamp(time / 1000, UTC).isoformat() for time in found.times.tolist()],
            "x": pa.array(found.x, from_pandas=True),
            "n": found.n,
            "color": found.color,
            "open": found.open,
            "label": labels,
            "label_ts": found.times + HOUR,
        }
    )


def write(folder: Path, suffix: str, found: pa.Table) -> Path:
    path = folder / f"history{suffix}"
    if suffix == ".parquet":
        parquet.write_table(found, path)
    elif suffix == ".csv":
        csv.write_csv(found, path)
    else:
        path.write_text(str(found.to_pandas().to_json(orient="records", lines=True)))
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_every_format_gives_the_rows_known_by_then(tmp_path: Path, suffix: str) -> None:
    made = rows(4, turn=100, per_day=50)
    data = history.read(write(tmp_path, suffix, table(made)), declaration(), 3 * DAY)
    kept = (made.times + HOUR <= 3 * DAY) & (np.arange(len(made.times)) % 10 != 0)
    np.testing.assert_array_equal(data.times, made.times[kept])
    np.testing.assert_array_equal(data.known, made.times[kept] + HOUR)
    np.testing.assert_array_equal(data.labels, made.labels[kept])
    np.testing.assert_allclose(data.rows[:, 0], made.x[kept], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(data.rows[:, 3], made.open[kept])
    colors = [None if np.isnan(code) else data.values["color"][int(code)] for code in data.rows[:, 2]]
    assert colors == [color for color, keep in zip(made.color, kept, strict=True) if keep]
    assert data.as_of == 3 * DAY


def test_without_a_date_everything_known_counts(tmp_path: Path) -> None:
    made = rows(2, turn=100, per_day=50)
    data = history.read(write(tmp_path, ".parquet", table(made)), declaration(), None)
    assert data.as_of == int(data.known.max()) + 1


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("label", [2, 0], "holds something else than 0 and 1"),
        ("x", ["a", "b"], "column 'x' is not numbers"),
        ("x", [float("inf"), 1.0], "infinite"),
        ("color", [1, 2], "must be texts"),
        ("ts", ["yesterday", "today"], "neither ISO 8601"),
    ],
)
def test_what_does_not_fit_is_refused_by_column(
    tmp_path: Path, column: str, values: list[object], message: str
) -> None:
    good = table(rows(1, turn=100, per_day=3)).slice(1, 2)
    bad = good.set_column(good.column_names.index(column), column, pa.array(values))
    with pytest.raises(Refused, match=message):
        history.read(write(tmp_path, ".parquet", bad), declaration(), None)


def test_a_missing_column_file_or_format_is_refused(tmp_path: Path) -> None:
    good = table(rows(1, turn=100, per_day=3))
    with pytest.raises(Refused, match="has no column 'color'"):
        history.read(write(tmp_path, ".parquet", good.drop_columns("color")), declaration(), None)
    with pytest.raises(Refused, match="cannot be read"):
        history.fingerprint(tmp_path / "nothing.csv")
    with pytest.raises(Refused, match=r"\.parquet, \.csv"):
        history.read(tmp_path / "history.xlsx", declaration(), None)
    (tmp_path / "broken.parquet").write_bytes(b"no table")
    with pytest.raises(Refused, match="cannot be read"):
        history.read(tmp_path / "broken.parquet", declaration(), None)
