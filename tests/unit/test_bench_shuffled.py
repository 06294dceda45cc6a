"""A shuffled year has the same times and the same rows, each with its own label."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.shuffled.year import Year, year
from producers.generate import Traffic, traffic

START = 1_735_689_600_000
STEP = 10_000


def rows(one: Year) -> list[tuple[object, ...]]:
    columns = [one.samples.ids, *one.samples.features.values(), one.labels, one.delays]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_shuffling_moves_whole_rows_over_the_same_times() -> None:
    real = year(traffic(Traffic(n=500, start_ms=START, step_ms=STEP)))
    other = real.shuffled(1)

    assert np.array_equal(other.samples.times, real.samples.times)
    assert rows(other) != rows(real)
    assert sorted(rows(other), key=str) == sorted(rows(real), key=str)
    assert rows(real.shuffled(1)) == rows(other)


def test_history_holds_what_was_known_by_then(tmp_path: Path) -> None:
    real, until = year(traffic(Traffic(n=500, start_ms=START, step_ms=STEP))), START + 300 * STEP
    real.history(tmp_path / "history.parquet", until)
    table = pq.read_table(tmp_path / "history.parquet").to_pydict()
    known = [i for i in range(300) if START + i * STEP + real.delays[i] < until]

    assert table["id"] == real.samples.ids[known].tolist()
    assert table["label"] == real.labels[known].tolist()
    assert max(table["label_ts"]) < until
