"""frame -> batch: typed decoding of records; those that do not decode are put aside with their reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.reasons import Reason
from schemas.sample import event_time, features_type, sample_id, sample_type
from streams.explain import Explainer

MAX_ID = 200
"""Characters of the longest id."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A record put aside: its place in the frame, and why."""

    index: int
    reason: Reason
    detail: str


@dataclass(slots=True)
class Batch:
    """The good records of a frame, in order; `index` are their places in it.

    `numbers`: float64 (n, features of kind number, integer or boolean), missing as NaN; `texts`: a tuple a category.
    """

    index: NDArray[np.int64]
    ids: list[str]
    own_id: list[bool]
    times: NDArray[np.int64]
    raw: list[msgspec.Raw]
    numbers: NDArray[np.float64]
    texts: list[tuple[str | None, ...]]
    aside: list[Aside] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, keep: NDArray[np.bool_]) -> "Batch":
        """Those where `keep` (bool, one a record) is true; `aside` goes along."""
        if keep.all():
            return self
        where = np.flatnonzero(keep).tolist()
        return Batch(
            self.index[keep],
            [self.ids[i] for i in where],
            [self.own_id[i] for i in where],
            self.times[keep],
            [self.raw[i] for i in where],
            self.numbers[keep],
            [tuple(column[i] for i in where) for column in self.texts],
            self.aside,
        )


class Decoder:
    """Compiled from a declaration; pure."""

    def __init__(self, declaration: Declaration) -> None:
        self.max_bytes = declaration.stream.max_bytes
        self.numeric = declaration.names("number", "integer", "boolean")
        self.categories = declaration.names("category")
        self._envelope = msgspec.json.Decoder(sample_type(declaration)).decode
        self._features = msgspec.json.Decoder(features_type(declaration)).decode
        self._explain = Explainer(declaration)
        bounds = [(declaration.features[n].min, declaration.features[n].max) for n in self.numeric]
        self._low = np.array([-np.inf if low is None else low for low, _ in bounds])
        self._high = np.array([np.inf if high is None else high for _, high in bounds])

    def __call__(
        self, partition: int, offsets: Sequence[int], record_times: Sequence[int], values: Sequence[bytes | None]
    ) -> Batch:
        """Decodes records at `offsets` of `partition` that Kafka stamped with `record_times` (epoch ms)."""
        rows: list[tuple[int, str, bool, int, msgspec.Raw, Any]] = []
        aside: list[Aside] = []
        for index, value in enumerate(values):
            try:
                envelope: Any = self._envelope(self._sized(value))
                features = self._features(envelope.features)
                time = record_times[index] if envelope.ts is None else event_time(envelope.ts)
                name = sample_id(envelope.id, partition, offsets[index])
                if not 0 < len(name) <= MAX_ID or "\0" in name:
                    aside.append(Aside(index, Reason.BAD_ID, f"id: 1 to {MAX_ID} characters, none of them NUL"))
                else:
                    rows.append((index, name, envelope.id is not None, time, envelope.features, features))
            except (ValueError, OverflowError, RecursionError):  # msgspec's errors are ValueErrors
                aside.append(Aside(index, *self._explain(value)))
        return self._bounded(self._columns(rows, aside))

    def _sized(self, value: bytes | None) -> bytes:
        if value is None or len(value) > self.max_bytes:
            raise ValueError
        return value

    def _columns(self, rows: list[tuple[int, str, bool, int, msgspec.Raw, Any]], aside: list[Aside]) -> Batch:
        index, ids, own, times, raw, features = zip(*rows, strict=True) if rows else ((),) * 6
        return Batch(
            np.array(index, np.int64),
            list(ids),
            list(own),
            np.array(times, np.int64),
            list(raw),
            _matrix(features, self.numeric),
            [tuple(map(attrgetter(name), features)) for name in self.categories],
            aside,
        )

    def _bounded(self, batch: Batch) -> Batch:
        """Without the records that have a value outside the declared limits."""
        if not batch.numbers.size:
            return batch
        outside = (batch.numbers < self._low) | (batch.numbers > self._high)
        if not outside.any():
            return batch
        bad = np.asarray(outside.any(axis=1))
        for row in np.flatnonzero(bad).tolist():
            column = int(np.argmax(outside[row]))
            detail = (
                f"features.{self.numeric[column]}: {batch.numbers[row, column]:g} is not within "
                f"{self._low[column]:g} to {self._high[column]:g}"
            )
            batch.aside.append(Aside(int(batch.index[row]), Reason.OUT_OF_RANGE, detail))
        return batch.take(np.logical_not(bad))


def _matrix(features: Sequence[Any], names: Sequence[str]) -> NDArray[np.float64]:
    if not features or not names:
        return np.empty((len(features), len(names)))
    if len(names) == 1:
        return np.array([[getattr(row, names[0])] for row in features], np.float64)
    return np.array(list(map(attrgetter(*names), features)), np.float64)
