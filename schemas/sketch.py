"""The mergeable sketch: counts and sums of one pane, of one partition, in the cells of one version's reference."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas import moments
from schemas.errors import Refused
from schemas.moments import Sums

Counts = NDArray[np.int64]


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
    sums: bytes = b""
    reference: str = ""

    @property
    def key(self) -> bytes:
        """The compaction key."""
        return f"{self.version}/{self.pane_start}/{self.partition}".encode()


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(SketchRow).decode


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """counts: int64 (cells of all features, in a row); sums: int64 (features, WIDTH), see `schemas.moments`.

    `reference` names the cells: see `schemas.reference.identity`.
    """

    counts: Counts
    sums: Sums
    reference: str

    @classmethod
    def empty(cls, cells: int, features: int, reference: str) -> "Sketch":
        """The neutral element of `merge`."""
        return cls(np.zeros(cells, np.int64), moments.nothing(features), reference)

    @classmethod
    def from_row(cls, row: SketchRow) -> "Sketch":
        """What `row` holds; it may be added to."""
        return cls(np.frombuffer(row.counts, np.int64).copy(), moments.unpack(row.sums), row.reference)

    def to_bytes(self) -> tuple[bytes, bytes]:
        """Counts, little-endian, and sums as packed: the same samples give the same bytes, in whatever order."""
        return self.counts.tobytes(), moments.pack(self.sums)

    def merge(self, other: "Sketch") -> "Sketch":
        """Of both together: integers, so exact in any order.

        Raises:
            Refused: they are over different references.
        """
        self.check(other.reference)
        return Sketch(self.counts + other.counts, self.sums + other.sums, self.reference)

    @property
    def moments(self) -> NDArray[np.float64]:
        """float64 (features, 3): n, mean, sum of squared deviations; zeros where a feature has none."""
        return moments.moments(self.sums)

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
