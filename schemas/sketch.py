"""The mergeable sketch: counts and moments of one pane, of one partition, in the cells of one version's reference."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Moments = NDArray[np.float64]


class SketchRow(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """A message of `sketches`; its key is `version/pane_start/partition`, so a later one replaces an earlier.

    `closed` is the end of the last pane that this partition has closed (epoch ms): its counts up to there are final.
    An `idle` row (version 0, no counts) says that the partition had nothing to read: it no longer holds verdicts up.
    """

    partition: int
    version: int
    pane_start: int
    reach: int
    closed: int
    idle: bool = False
    counts: bytes = b""
    moments: bytes = b""

    @property
    def key(self) -> bytes:
        """The compaction key."""
        return f"{self.version}/{self.pane_start}/{self.partition}".encode()


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(SketchRow).decode


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """counts: int64 (cells of all features, in a row); moments: float64 (features, 3) of n, mean, m2."""

    counts: Counts
    moments: Moments

    @classmethod
    def empty(cls, cells: int, features: int) -> "Sketch":
        """The neutral element of `merge`."""
        return cls(np.zeros(cells, np.int64), np.zeros((features, 3)))

    @classmethod
    def from_bytes(cls, counts: bytes, moments: bytes) -> "Sketch":
        """As written by `to_bytes`; it may be added to."""
        return cls(np.frombuffer(counts, np.int64).copy(), np.frombuffer(moments, np.float64).reshape(-1, 3).copy())

    def to_bytes(self) -> tuple[bytes, bytes]:
        """Counts and moments, little-endian."""
        return self.counts.tobytes(), self.moments.tobytes()

    def merge(self, other: "Sketch") -> "Sketch":
        """Of both together. Counts are exact in any order; moments by Chan, Golub and LeVeque (1979)."""
        return Sketch(self.counts + other.counts, merge_moments(self.moments, other.moments))


def merge_moments(a: Moments, b: Moments) -> Moments:
    """n, mean and sum of squared deviations of two disjoint sets together; arrays of (features, 3)."""
    n = a[:, 0] + b[:, 0]
    share = np.divide(b[:, 0], n, out=np.zeros_like(n), where=n > 0)
    delta = b[:, 1] - a[:, 1]
    mean = np.where(a[:, 0] == 0, b[:, 1], a[:, 1] + delta * share)
    m2 = a[:, 2] + b[:, 2] + np.where((a[:, 0] == 0) | (b[:, 0] == 0), 0.0, delta**2 * a[:, 0] * share)
    return np.column_stack((n, mean, m2))
