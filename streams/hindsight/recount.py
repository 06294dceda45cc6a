"""samples -> rows of `sketches`: the past counted again as lanes count, in whatever cells; nothing is written."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas import frame
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.messages import Served
from schemas.position import Position
from schemas.sketch import SketchRow
from streams import past
from streams.recent import RecentIds
from streams.score import Partition, Serving, Stage
from streams.watermark import standing

Records = Callable[[int], Iterable[Any]]
"""The records of one partition of `samples` that are kept, in order."""


@dataclass(slots=True)
class Recount:
    """`serving` loads what a row of `served` names; `tell` is called with the number of records applied.

    `samples` were counted so far; `gone` records at the beginnings of partitions were not there any more.
    """

    declaration: Declaration
    serving: Callable[[Served], Serving]
    tell: Callable[[int], None] = lambda _: None
    samples: int = 0
    gone: int = 0
    _stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        self._stage = Stage(self.declaration)

    def rows(self, said: Sequence[Served], records: Records) -> Iterator[SketchRow]:
        """Of all partitions, one after another; a partition that leaves no pane open holds no verdict up.

        Raises:
            Refused: `served` does not tell what scored, or the version is gone.
        """
        for number in range(self.declaration.stream.partitions):
            yield from self._partition(number, past.switches(said, number), records(number))

    def _partition(self, number: int, versions: Sequence[Served], records: Iterable[Any]) -> Iterator[SketchRow]:
        state = Partition(number, Position(), RecentIds())
        here = state.position
        for batch in past.cut(records, versions):
            if not here.received:
                here.next = batch[0].offset()
                self.gone += here.next
            serving = self.serving(past.adopt(here, versions, batch[0].offset()))
            self._stage.apply(state, frame.pack(number, here.next, batch), serving)
            yield from self._closed(state)
            self.tell(len(batch))
        self.samples += here.scored
        if not state.panes:
            yield SketchRow(partition=number, version=0, pane_start=0, reach=here.next, closed=here.sketched, idle=True)

    def _closed(self, state: Partition) -> Iterator[SketchRow]:
        """As `streams.lane` does it: only the last row of a batch says how far it closes."""
        here, pane = state.position, self._stage.pane
        closed = standing(here).closed(milliseconds(self.declaration.stream.lateness), pane)
        here.sketched = max(here.sketched, closed)
        done = sorted((start, version) for version, start in state.panes if start + pane <= closed)
        for start, version in done:
            sketch = state.panes.pop((version, start))
            counts, sums = sketch.to_bytes()
            yield SketchRow(
                partition=state.number, version=version, pane_start=start, reach=here.next,
                closed=closed if (start, version) == done[-1] else start,
                counts=counts, sums=sums, reference=sketch.reference,
            )  # fmt: skip
