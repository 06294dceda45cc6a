"""frame -> batch: typed decoding of records; those that do not decode are put aside with their reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.reasons import Reason
from schemas.sample import MAX_ID, event_time, features_type, sample_id, sample_type
from streams.explain import Explainer


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
        kept = keep.tolist()
        return Batch(
            self.index[keep],
            list(compress(self.ids, kept)),
            list(compress(self.own_id, kept)),
            self.times[keep],
            list(compress(self.raw, kept)),
            self.numbers[keep],
            [tuple(compress(column, kept)) for column in self.texts],
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
        order = list(declaration.features)
        self._numbers = [order.index(name) for name in self.numeric]
        self._texts = [order.index(name) for name in self.categories]
        bounds = [(declaration.features[n].min, declaration.features[n].max) for n in self.numeric]
        self._low = np.array([-np.inf if low is None else low for low, _ in bounds])
        self._high = np.array([np.inf if high is None else high for _, high in bounds])

    def __call__(
        self, partition: int, offsets: Sequence[int], record_times: Sequence[int], values: Sequence[bytes | None]
    ) -> Batch:
        """Decodes records at `offsets` of `partition` that Kafka stamped with `record_times` (epoch ms)."""
        index: list[int] = []
        envelopes: list[Any] = []
        features: list[Any] = []
        aside: list[Aside] = []
        for place, value in enumerate(values):  # the one loop over samples: everything after it is columns
            try:
                envelope: Any = self._envelope(self._sized(value))
                features.append(self._features(envelope.features))
            except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
                aside.append(Aside(place, *self._explain(value)))
            else:
                index.append(place)
                envelopes.append(envelope)
        names, own = _ids(envelopes, partition, [offsets[place] for place in index])
        times, timeless = _times(envelopes, [record_times[place] for place in index])
        numbers, texts = self._columns(features)
        raw = [envelope.features for envelope in envelopes]
        batch = Batch(np.array(index, np.int64), names, own, times, raw, numbers, texts, aside)
        return self._bounded(self._explained(batch, {*timeless, *_unusable(names)}, values))

    def _sized(self, value: bytes | None) -> bytes:
        if value is None or len(value) > self.max_bytes:
            raise ValueError
        return value

    def _columns(self, features: list[Any]) -> tuple[NDArray[np.float64], list[tuple[str | None, ...]]]:
        if not features:
            return np.empty((0, len(self.numeric))), [() for _ in self.categories]
        columns = list(zip(*map(msgspec.structs.astuple, features), strict=True))
        numbers = np.array([columns[place] for place in self._numbers], np.float64).reshape(-1, len(features)).T
        return numbers, [columns[place] for place in self._texts]

    def _explained(self, batch: Batch, wrong: set[int], values: Sequence[bytes | None]) -> Batch:
        """Without the rows in `wrong`, which decode but have a time or an id that cannot be used."""
        if not wrong:
            return batch
        keep = np.ones(len(batch), bool)
        keep[list(wrong)] = False
        places = batch.index[~keep].tolist()
        batch.aside.extend(Aside(place, *self._explain(values[place])) for place in places)
        return batch.take(keep)

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


def _ids(envelopes: list[Any], partition: int, offsets: list[int]) -> tuple[list[str], list[bool]]:
    """The id of each sample, and whether it is its own."""
    names = list(map(attrgetter("id"), envelopes))
    if None not in names:
        return names, [True] * len(names)
    own = [name is not None for name in names]
    for row in [row for row, given in enumerate(own) if not given]:
        names[row] = sample_id(None, partition, offsets[row])
    return names, own


def _unusable(names: list[str]) -> list[int]:
    """The rows whose id is empty, too long, or has a NUL, which PostgreSQL cannot keep."""
    if names and all(names) and max(map(len, names)) <= MAX_ID and "\0" not in "".join(names):
        return []
    return [row for row, name in enumerate(names) if not 0 < len(name) <= MAX_ID or "\0" in name]


def _times(envelopes: list[Any], record_times: list[int]) -> tuple[NDArray[np.int64], list[int]]:
    """Event times, that of the record where a sample has none; and the rows whose time cannot be read."""
    given = list(map(attrgetter("ts"), envelopes))
    if set(map(type, given)) == {int}:
        return np.array(given, np.int64), []
    timeless = []
    for row in [row for row, ts in enumerate(given) if type(ts) is not int]:
        ts = given[row]
        try:
            given[row] = record_times[row] if ts is None else event_time(ts)
        except (ValueError, OverflowError):
            given[row] = 0
            timeless.append(row)
    return np.array(given, np.int64), timeless
