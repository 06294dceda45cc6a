"""A year of samples with labels; the same year shuffled in time; and its beginning as history to train on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from producers.tables import Column, History, Samples

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Year:
    """Rows in order of time: `labels` int64 (n,) are known `delays` ms after their sample; -1 is never."""

    samples: Samples
    labels: Ints
    delays: Ints

    def shuffled(self, seed: int) -> "Year":
        """The same times; what happened then, features with label and delay, is another row's."""
        order = np.random.default_rng(seed).permutation(len(self.labels))
        features = {name: column[order] for name, column in self.samples.features.items()}
        samples = Samples(self.samples.times, self.samples.ids[order], features, self.samples.event_time)
        return Year(samples, self.labels[order], self.delays[order])

    def history(self, path: Path, until: int) -> None:
        """Writes the samples before `until` (epoch ms), with what labels were known then, as `leeway train` reads."""
        count = int(np.searchsorted(self.samples.times, until))
        known = (self.delays[:count] >= 0) & (self.samples.times[:count] + self.delays[:count] < until)
        columns: dict[str, Column] = {"id": self.samples.ids, self.samples.event_time: self.samples.times}
        columns |= self.samples.features
        columns |= {"label": self.labels, "label_ts": self.samples.times + self.delays}
        table = {name: pa.array(column[:count], from_pandas=True) for name, column in columns.items()}
        pq.write_table(pa.table(table).filter(pa.array(known)), path)


def year(history: History) -> Year:
    """The rows of a history."""
    samples, known = history.samples, history.labels
    place = {name: row for row, name in enumerate(samples.ids.tolist())}
    rows = np.array([place[name] for name in known.ids.tolist()], np.int64)
    labels, delays = (np.full(len(samples.times), -1, np.int64) for _ in range(2))
    labels[rows], delays[rows] = known.values, known.times - samples.times[rows]
    return Year(samples, labels, delays)
