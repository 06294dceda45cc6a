"""Tracks made of columns: samples and labels that are encoded as JSON only when their turn comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from producers.events import Times
from schemas.messages import Label

Column = NDArray[Any]
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples as columns, in event order.

    `times` is int64[n] epoch milliseconds, `ids` object[n] of str or None; `features` maps a name to an array[n]:
    float64 (NaN is missing), int64, bool, or object with None where a value is missing.
    """

    times: Times
    ids: Column
    features: Mapping[str, Column]
    event_time: str = "ts"
    kind: Literal["sample"] = "sample"

    def records(self, low: int, high: int) -> list[tuple[bytes | None, bytes]]:
        """Key and JSON of the samples `low` to `high` (exclusive); msgspec writes NaN as null."""
        row = msgspec.defstruct("Row", list(self.features), gc=False)
        envelope = msgspec.defstruct(
            "Envelope",
            [("id", Any), ("ts", Any), ("features", Any)],
            rename={"ts": self.event_time},
            gc=False,
        )
        ids = self.ids[low:high].tolist()
        rows = map(row, *(column[low:high].tolist() for column in self.features.values()))
        values = map(_encode, map(envelope, ids, self.times[low:high].tolist(), rows))
        return list(zip((key and key.encode() for key in ids), values, strict=True))


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels as columns, in the order in which they became known: `values` is int64[n] of 0 and 1."""

    times: Times
    ids: Column
    values: NDArray[np.int64]
    kind: Literal["label"] = "label"

    def records(self, low: int, high: int) -> list[tuple[bytes | None, bytes]]:
        """Key and JSON of the labels `low` to `high` (exclusive)."""
        part = slice(low, high)
        rows = zip(self.ids[part].tolist(), self.times[part].tolist(), self.values[part].tolist(), strict=True)
        return [(key.encode(), _encode(Label(id=key, ts=time, label=value))) for key, time, value in rows]


@dataclass(frozen=True, slots=True)
class History:
    """Samples and the labels that became known of some of them."""

    samples: Samples
    labels: Labels


def history(
    times: Times,
    ids: Column,
    features: Mapping[str, Column],
    known: NDArray[np.bool_],
    label_times: Times,
    labels: NDArray[np.int64],
    event_time: str = "ts",
) -> History:
    """Sorts rows of samples by `times`, and those where `known` by `label_times`; ties keep their order.

    All arrays have one entry a row; where `known` is false, the row's label and its time are not looked at.
    """
    order = np.argsort(times, kind="stable")
    later = np.flatnonzero(known)
    later = later[np.argsort(label_times[later], kind="stable")]
    columns = {name: column[order] for name, column in features.items()}
    return History(
        Samples(times[order], ids[order], columns, event_time),
        Labels(label_times[later], ids[later], labels[later].astype(np.int64)),
    )
