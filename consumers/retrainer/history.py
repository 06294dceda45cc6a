"""What was known at an event time: scored samples joined with the labels known by then.

What has been read is kept in memory, so that each retrain reads new rows only. The result is the same as of reading
everything again: rows are never changed once written, and those of a partition are written in order.
"""

import hashlib
from collections.abc import Mapping

import msgspec
import numpy as np

from consumers.retrainer.quality.observed import Observed
from consumers.retrainer.rows import Labelled, Scored, labelled, scored
from consumers.training.dataset import Dataset, Ints, recoded_column
from infra.boosting import Floats
from infra.postgres.connection import Connection
from schemas.declaration import Declaration
from schemas.errors import Refused

Reached = tuple[Mapping[int, int], Mapping[int, int]]
"""Offsets of samples and of labels, by partition, that were read up to."""


class History:
    """Everything of a stream that has been read; ids are numbered, and samples and labels meet by number."""

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration
        self._numbers: dict[bytes, int] = {}
        self._codes: dict[str, dict[str, int]] = {name: {} for name in declaration.names("category")}
        self._samples = np.empty((0, 4), dtype=np.int64)
        self._rows = np.empty((0, len(declaration.features)))
        self._scores = np.empty(0)
        self._labels = np.empty((0, 5), dtype=np.int64)

    def extend(self, connection: Connection, upto: Reached | None = None) -> None:
        """Reads what is new, or what is below these offsets of samples and of labels.

        Raises:
            Unavailable: PostgreSQL went away; what was read before is kept.
            Refused: new samples do not fit the declaration.
        """
        before, labels_before = upto or (None, None)
        for samples in scored(connection, self._declaration, _next(self._samples), before):
            self.take_samples(samples)
        for labels in labelled(connection, self._declaration, _next(self._labels), labels_before):
            self.take_labels(labels)

    def take_samples(self, samples: Scored) -> None:
        """Adds samples, which must not have been added before."""
        rows = self._coded(samples)
        places = np.column_stack([samples.places, self._numbered(samples.ids)])
        self._samples, self._rows = np.vstack([self._samples, places]), np.vstack([self._rows, rows])
        self._scores = np.append(self._scores, samples.scores)

    def take_labels(self, labels: Labelled) -> None:
        """Adds labels, which must not have been added before."""
        new = np.column_stack([labels.places, self._numbered(labels.ids), labels.labels])
        self._labels = np.vstack([self._labels, new])

    def known(self, as_of: int) -> Dataset:
        """Samples before `as_of` (epoch ms) with the label known then, one row an id, in order of event time.

        The label of an id is its latest until then; of several samples with one id the first counts.

        Raises:
            Refused: there is no such row.
        """
        label, since, places = self._joined(as_of)
        if not len(places):
            raise Refused(f"No labelled sample of {self._declaration.name} before {as_of} is in PostgreSQL")
        numbers, times = self._samples[places, 3], self._samples[places, 2]
        rows, values = self._canonical(self._rows[places])
        labels, known = label[numbers], since[numbers]
        return Dataset(rows, labels, times, known, values, as_of, digest(rows, labels, times, known, values))

    def answered(self, as_of: int) -> tuple[Ints, Ints]:
        """`times` and `known` of the rows that `known` would give."""
        _, since, places = self._joined(as_of)
        return self._samples[places, 2], since[self._samples[places, 3]]

    def observed(self, since: int, as_of: int, rejected: Mapping[int, int]) -> Observed:
        """Samples with since <= event time < as_of, those with a known id too, and the labels known at `as_of`."""
        label, known = self._known_labels(as_of)
        firsts = np.zeros(len(self._samples), dtype=bool)
        firsts[self._first_samples(as_of)] = True
        times = self._samples[:, 2]
        places = np.flatnonzero((times >= since) & (times < as_of))
        places = places[np.argsort(times[places], kind="stable")]
        numbers, values = self._samples[places, 3], {name: list(table) for name, table in self._codes.items()}
        return Observed(
            times[places], self._rows[places], values, label[numbers], known[numbers], firsts[places],
            self._scores[places], rejected,
        )  # fmt: skip

    def ids(self, as_of: int) -> list[str]:
        """The ids of the rows that `known` gives, in their order."""
        names = list(self._numbers)
        return [names[number].decode() for number in self._samples[self._joined(as_of)[2], 3].tolist()]

    def reached(self) -> Reached:
        """The offsets of samples and of labels, by partition, that have been read up to."""
        return _next(self._samples), _next(self._labels)

    def _joined(self, as_of: int) -> tuple[Ints, Ints, Ints]:
        """Label and time since when it is known, by number of id, and the places of samples that have one."""
        label, since = self._known_labels(as_of)
        places = self._first_samples(as_of)
        return label, since, places[since[self._samples[places, 3]] >= 0]

    def _known_labels(self, as_of: int) -> tuple[Ints, Ints]:
        """Label and time since when it is known, by number of id; -1 and -1 where none is."""
        labels = self._labels[self._labels[:, 2] <= as_of]
        labels = labels[np.lexsort((labels[:, 1], labels[:, 2]))]
        label, since = np.full((2, len(self._numbers)), -1, dtype=np.int64)
        label[labels[:, 3]], since[labels[:, 3]] = labels[:, 4], labels[:, 2]  # of several the last one is kept
        return label, since

    def _first_samples(self, as_of: int) -> Ints:
        """Places of the first sample of each id, in order of time, partition and offset."""
        partition, offset, time, number = self._samples.T
        order = np.lexsort((offset, partition, time))
        order = order[time[order] < as_of]
        _, first = np.unique(number[order], return_index=True)
        return order[np.sort(first)]

    def _numbered(self, ids: list[bytes]) -> Ints:
        numbers = self._numbers
        return np.array([numbers.setdefault(name, len(numbers)) for name in ids], dtype=np.int64)

    def _coded(self, samples: Scored) -> Floats:
        """The rows with the codes of this history, new values added."""
        rows = samples.rows
        for name, table in self._codes.items():
            column = rows[:, self._place(name)]
            own = np.array([float(table.setdefault(value, len(table))) for value in samples.values[name]])
            rows[:, self._place(name)] = recoded_column(own, column)
        return rows

    def _canonical(self, rows: Floats) -> tuple[Floats, dict[str, list[str]]]:
        """The rows with codes in the order of the values, whatever order they were read in."""
        values = {}
        for name, table in self._codes.items():
            column = rows[:, self._place(name)]
            present = np.unique(column[~np.isnan(column)]).astype(int)
            names = list(table)
            values[name] = sorted(names[code] for code in present)
            own = np.full(len(table), np.nan)
            own[[table[value] for value in values[name]]] = np.arange(len(values[name]))
            rows[:, self._place(name)] = recoded_column(own, column)
        return rows, values

    def _place(self, name: str) -> int:
        return list(self._declaration.features).index(name)


def digest(rows: Floats, labels: Ints, times: Ints, known: Ints, values: Mapping[str, list[str]]) -> str:
    """SHA-256 of the content, so that two trainings on the same data are seen to be."""
    found = hashlib.sha256(msgspec.json.encode(dict(values)))
    for array in (rows, labels, times, known):
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _next(places: Ints) -> dict[int, int]:
    """The offset to read on from, of each partition that was read."""
    return {
        int(partition): int(places[places[:, 0] == partition, 1].max()) + 1 for partition in np.unique(places[:, 0])
    }
