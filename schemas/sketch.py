"""The mergeable sketch: counts and moments of one pane, of one partition, in the cells of one version's reference."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.errors import Refused

Counts = NDArray[np.int64]
Moments = NDArray[np.float64]


class SketchRow(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """A message of `sketches`; its key is `version/pane_start/partition`, so a later one replaces an earlier.

    `closed` is the end of the last pane that this partition has closed (epoch ms): its counts up to there are final.
    `reference` names the cells that were counted in: counts over others are not added to them.
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
    reference: str = ""

    @property
    def key(self) -> bytes:
        """The compaction key."""
        return f"{self.version}/{self.pane_start}/{self.partition}".encode()


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(SketchRow).decode


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """counts: int64 (cells of all features, in a row); moments: float64 (features, 3) of n, mean, m2.

    `reference` names the cells: see `schemas.reference.identity`.
    """

    counts: Counts
    moments: Moments
    reference: str

    @classmethod
    def empty(cls, cells: int, features: int, reference: str) -> "Sketch":
        """The neutral element of `merge`."""
        return cls(np.zeros(cells, np.int64), np.zeros((features, 3)), reference)

    @classmethod
    def from_row(cls, row: SketchRow) -> "Sketch":
        """What `row` holds; it may be added to."""
        moments = np.frombuffer(row.moments, np.float64).reshape(-1, 3)
        return cls(np.frombuffer(row.counts, np.int64).copy(), moments.copy(), row.reference)

    def to_bytes(self) -> tuple[bytes, bytes]:
        """Counts and moments, little-endian."""
        return self.counts.tobytes(), self.moments.tobytes()

    def merge(self, other: "Sketch") -> "Sketch":
        """Of both together. Counts are exact in any order; moments by Chan, Golub and LeVeque (1979).

        Raises:
            Refused: they are over different references.
        """
        self.check(other.reference)
        return Sketch(self.counts + other.counts, merge_moments(self.moments, other.moments), self.reference)

    def check(self, reference: str) -> None:
        """That these are counts over this reference.

        Raises:
            Refused: they are not.
        """
        if self.reference != reference:
            raise Refused(
                f"counts over the reference {self.reference!r} cannot be added to counts over {reference!r}: a version "
                "was made again under the same number. Nothing was added: `leeway replay-from` counts anew from samples"
            )


def merge_moments(a: Moments, b: Moments) -> Moments:
    """n, mean and sum of squared deviations of two disjoint sets together; arrays of (features, 3)."""
    n = a[:, 0] + b[:, 0]
    share = np.divide(b[:, 0], n, out=np.zeros_like(n), where=n > 0)
    delta = b[:, 1] - a[:, 1]
    mean = np.where(a[:, 0] == 0, b[:, 1], a[:, 1] + delta * share)
    m2 = a[:, 2] + b[:, 2] + np.where((a[:, 0] == 0) | (b[:, 0] == 0), 0.0, delta**2 * a[:, 0] * share)
    return np.column_stack((n, mean, m2))
