"""Some consecutive offsets of a partition, and what is known of each: compared without any I/O."""

from dataclasses import dataclass

import numpy as np

from infra.verify.rows import NEVER, Flags, Numbers, Rows

SIZE = 1 << 18
"""Offsets of a block."""
FAULTS = {
    "lost": "a record of samples, in neither predictions nor rejected, and no duplicate",
    "doubled": "in predictions or rejected more than once, or in both",
    "not stored": "in the topic, and not in PostgreSQL, which says that it has passed it",
    "only stored": "in PostgreSQL, and not in the topic, which holds what came before it",
    "invented": "in predictions or rejected, and samples holds no record there",
}


@dataclass(slots=True)
class Outcome:
    """One way a sample can end: bool (n,) each.

    `written`: a row of the topic; `due`: one that PostgreSQL must hold; `stored`: a row of PostgreSQL. The topic
    holds rows of samples from `kept` (an offset) on; retention has taken those before.
    """

    written: Flags
    due: Flags
    stored: Flags
    kept: int

    @property
    def any(self) -> Flags:
        """Whether a row tells this outcome."""
        return self.written | self.stored


def outcome(start: int, size: int, parts: list[Rows], stored: Numbers, *, kept: int, passed: int) -> Outcome:
    """Of offsets start..start+size: the topic's rows, PostgreSQL's offsets, and up to where PostgreSQL has read."""
    found = Outcome(np.zeros(size, bool), np.zeros(size, bool), np.zeros(size, bool), kept)
    for part in parts:
        found.written[part.source - start] = True
        found.due[part.source[part.place < passed] - start] = True
    found.stored[stored - start] = True
    return found


@dataclass(slots=True)
class Block:
    """Offsets start..start+n of one partition; `present`, bool (n,): samples holds a record there."""

    start: int
    present: Flags
    scored: Outcome
    rejected: Outcome
    low: int = 0
    """Offsets below are gone from `samples`."""

    @property
    def open(self) -> Flags:
        """Records without a row: duplicates, or lost."""
        return self.present & ~self.scored.any & ~self.rejected.any

    def faults(self) -> dict[str, Numbers]:
        """The offsets of each fault that one block shows; `lost` is for who knows the ids."""
        offsets = np.arange(self.start, self.start + len(self.present))
        either, neither = (self.scored, self.rejected), ~self.present & (offsets >= self.low)
        found = {
            "doubled": self.scored.any & self.rejected.any,
            "not stored": np.any([one.due & ~one.stored for one in either], axis=0),
            "only stored": np.any([one.stored & ~one.written & (offsets >= one.kept) for one in either], axis=0),
            "invented": neither & (self.scored.any | self.rejected.any),
        }
        return {name: offsets[flags] for name, flags in found.items()}

    def gone(self) -> int:
        """Offsets that nothing tells of any more: neither a record nor a row."""
        offsets = np.arange(self.start, self.start + len(self.present))
        return int(((offsets < self.low) & ~self.present & ~self.scored.any & ~self.rejected.any).sum())


def kept_from(low: int, first: int) -> int:
    """From which sample on a topic is whole that begins at offset `low` with a row of the sample `first`."""
    return 0 if low == 0 else min(first, NEVER)
