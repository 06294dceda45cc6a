"""What the recount of one partition found, and whether it agrees with the lane's own counts."""

from dataclasses import dataclass, field

import numpy as np

from infra.verify.rows import Numbers
from schemas.position import Position

FIRST = 10
"""Offending offsets named of each fault."""


@dataclass(slots=True)
class Finding:
    """Offsets start..stop of a partition, each in one of the counts; faults are counted beside.

    `gone`: neither a record nor a row is left. `underway`: rows that PostgreSQL has still to read.
    `waiting`: offsets of the range that the lane has not come to yet. `strange`: messages that are no rows of ours.
    """

    partition: int
    start: int
    stop: int
    records: int = 0
    scored: int = 0
    rejected: int = 0
    duplicates: int = 0
    gone: int = 0
    underway: int = 0
    waiting: int = 0
    strange: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[int]] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether every offset is accounted for, once, the same everywhere."""
        return not (self.faults or self.disagreements or self.waiting)

    def blame(self, fault: str, offsets: Numbers) -> None:
        """Notes a fault of these offsets, each of which is given once."""
        if not len(offsets):
            return
        self.faults[fault] = self.faults.get(fault, 0) + len(offsets)
        known = self.first.get(fault, [])
        self.first[fault] = sorted([*known, *np.sort(offsets)[:FIRST].tolist()])[:FIRST]

    def compare(self, lane: Position, low: int) -> None:
        """With what the lane counted below `stop`, where the range is the whole; samples begins at `low`."""
        found = {"scored": self.scored, "rejected": self.rejected}
        if low == 0:
            found |= {"received": self.records, "duplicates": self.duplicates}
        said = {name: getattr(lane, name) for name in found}
        self.disagreements += [
            f"the lane counted {said[name]:,} {name}, and {found[name]:,} are found"
            for name in found
            if said[name] != found[name]
        ]
        if low and lane.unavailable > self.gone:
            self.disagreements.append(
                f"the lane counted {lane.unavailable:,} unavailable; only {self.gone:,} offsets are gone without a row"
            )
