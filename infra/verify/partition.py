"""One partition, block by block: memory does not grow with the range."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from infra import kafka
from infra.verify import topics as read
from infra.verify.block import SIZE, Block, Outcome, kept_from, outcome
from infra.verify.finding import Finding
from infra.verify.names import Names
from infra.verify.rows import NEVER, Ordered
from infra.verify.stored import Stored
from schemas.position import Position


@dataclass(slots=True)
class Recount:
    """Of one partition. `predictions` and `rejected` are read whole: a row may have been written again at any time."""

    bootstrap: str
    stored: Stored
    partition: int
    tell: Callable[[int], None]
    """Called with the number of offsets that were recounted."""

    names: Names = field(default_factory=Names)

    def run(self, start: int, stop: int, lane: Position) -> Finding:
        """Recounts start..stop, as far as the lane has come.

        Raises:
            Unavailable: Kafka does not answer.
            psycopg.Error: PostgreSQL does not.
        """
        here = Finding(self.partition, start, max(start, min(stop, lane.next)))
        here.waiting = stop - here.stop
        strange: list[int] = []
        topics, p = self.stored.topics, self.partition
        scored = Ordered(read.predictions(self.bootstrap, topics, p, strange))
        rejected = Ordered(read.rejected(self.bootstrap, topics, p, strange))
        for part in scored.below(start):
            self.names.add(part)
        for _ in rejected.below(start):
            pass
        self._blocks(here, scored, rejected)
        for rest in (scored, rejected):
            for _ in rest.below(NEVER):  # to the end
                pass
            again = np.unique(rest.again)
            here.blame("doubled", again[(again >= start) & (again < here.stop)])
        here.strange = len(strange)
        if (start, here.stop) == (0, lane.next):
            here.compare(lane, self._low())
        return here

    def _low(self) -> int:
        return kafka.bounds(self.bootstrap, self.stored.topics.samples, self.partition)[0]

    def _blocks(self, here: Finding, scored: Ordered, rejected: Ordered) -> None:
        topics, p = self.stored.topics, self.partition
        lows = [kafka.bounds(self.bootstrap, topic, p)[0] for topic in (topics.predictions, topics.rejected)]
        records = read.Records(kafka.read(self.bootstrap, topics.samples, p, here.start, here.stop))
        for start in range(here.start, here.stop, SIZE):
            size = min(SIZE, here.stop - start)
            block = Block(
                start,
                np.zeros(size, bool),
                self._outcome(topics.predictions, scored, lows[0], start, size),
                self._outcome(topics.rejected, rejected, lows[1], start, size),
            )
            lost = self._records(block, records, here)
            block.low = self._low()
            self._note(here, block, lost)
            self.tell(size)

    def _outcome(self, topic: str, given: Ordered, low: int, start: int, size: int) -> Outcome:
        scores = topic == self.stored.topics.predictions
        parts = list(given.below(start + size))
        if scores:
            for part in parts:
                self.names.add(part)
        stored = (self.stored.scored if scores else self.stored.rejected)(self.partition, start, start + size)
        passed = self.stored.passed(topic, self.partition)
        return outcome(start, size, parts, stored, kept=kept_from(low, given.first), passed=passed)

    def _records(self, block: Block, records: read.Records, here: Finding) -> list[int]:
        """Fills `present`; counts the duplicates among the records without a row, and gives the offsets of the rest."""
        lost: list[int] = []
        for batch in records.below(block.start + len(block.present)):
            offsets = np.array([message.offset() for message in batch], np.int64)
            block.present[offsets - block.start] = True
            bare = np.flatnonzero(block.open[offsets - block.start]).tolist()
            if bare:
                names = [read.own_id(batch[i].value()) for i in bare]
                lost += self._unknown(names, offsets[bare].tolist())
                here.duplicates += len(bare)
        here.duplicates -= len(lost)
        return lost

    def _unknown(self, names: list[str | None], offsets: list[int]) -> list[int]:
        """The offsets whose id was not predicted before: no duplicates."""
        named = [(name, offset) for name, offset in zip(names, offsets, strict=True) if name is not None]
        nameless = [offset for name, offset in zip(names, offsets, strict=True) if name is None]
        hashes = np.array([hash(name.encode("utf-8", "replace")) for name, _ in named], np.int64)
        known = self.names.earlier(hashes, np.array([offset for _, offset in named], np.int64))
        left = [one for one, found in zip(named, known.tolist(), strict=True) if not found]
        if left:
            places = np.array([offset for _, offset in left], np.int64)
            found = self.stored.earlier(self.partition, [name for name, _ in left], places)
            nameless += places[~found].tolist()
        return nameless

    def _note(self, here: Finding, block: Block, lost: list[int]) -> None:
        here.records += int(block.present.sum())
        here.scored += int(block.scored.any.sum())
        here.rejected += int(block.rejected.any.sum())
        here.gone += block.gone()
        here.underway += int(sum((one.written & ~one.due).sum() for one in (block.scored, block.rejected)))
        here.blame("lost", np.array(lost, np.int64))
        for fault, offsets in block.faults().items():
            here.blame(fault, offsets)
