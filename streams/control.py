"""the reference, block by block -> false alarms: held against the rest of itself as live panes are against it (A/A).

Within the reference nothing has changed by definition, so an incident that opens is a false alarm. Cells, tests, error
levels, tolerance and persistence are those of live panes. Each block is judged once: to go round again would count the
same samples as new evidence.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.reference import Cells, Held
from streams.drift.column import Window, bet, examine
from streams.drift.reference import Reference
from streams.drift.sequence import Urn
from streams.summarize import Counter
from streams.verdict import Examined, Verdicts

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measured:
    """Blocks of the reference that were judged, those with too few samples not counted; and incidents opened."""

    panes: int = 0
    alarms: int = 0


@dataclass(frozen=True, slots=True)
class _Column:
    """One column's held-out blocks: int64 (blocks, cells)."""

    reference: Reference
    held: Held
    blocks: Ints

    def start(self, number: int) -> int:
        return self.held.start_ms + number * self.held.block_ms

    def window(self, number: int, length: int) -> tuple[Reference, Window]:
        """The `length` blocks that end with this one, as far as there are any; and the reference without them."""
        used = [place for place in range(max(0, number - length + 1), number + 1) if self.blocks[place].any()]
        apart = {self.start(place): self.blocks[place] for place in used}
        rest = self.reference.without(apart)
        counts = unheard(rest.cells, sum(apart.values(), np.zeros(rest.cells.size, np.int64)))
        samples = {start: int(block.sum()) for start, block in apart.items()}
        return rest, Window(counts, np.zeros(3), samples, self.held.block_ms)

    def examined(self, number: int, windows: Sequence[int]) -> Iterator[Examined]:
        for length in sorted({1, *windows}):
            rest, window = self.window(number, length)
            won = bet(Urn(), rest, window) if length == 1 else None
            yield Examined(length, rest.cells, examine(rest, window), won)


def control(declaration: Declaration, version: int, counter: Counter) -> Iterator[Measured]:
    """What was measured after one more block, from the first to the last that the version's reference holds."""
    columns = [_column(one) for one in counter.references if one.cells.feature not in declaration.unwatched]
    held = [column for column in columns if column is not None]
    verdicts, panes, alarms = Verdicts(declaration), 0, 0
    for number in range(min((len(column.blocks) for column in held), default=0)):
        found = [one for column in held for one in column.examined(number, declaration.drift.windows)]
        judged = verdicts.of(held[0].start(number + 1), {version: found})
        panes += any(row.verdict != "insufficient" for row in judged.rows)
        alarms += sum(event.kind == "opened" for event in judged.events)
        yield Measured(panes, alarms)


def _column(reference: Reference) -> _Column | None:
    held = reference.cells.held
    if held is None:
        return None
    counts = np.frombuffer(zlib.decompress(held.counts), "<u4").astype(np.int64)
    return _Column(reference, held, counts.reshape(-1, reference.cells.size))


def unheard(rest: Cells, window: Ints) -> Ints:
    """The window's counts with what the rest never held where a reference made of the rest would count it.

    That is "new", or beyond the outermost values. Cells that lie between values of the rest stay as they are.
    """
    found, there = window.copy(), np.flatnonzero(rest.counts[:-1])
    if not there.size:
        return found
    place = np.arange(rest.size - 1)
    beyond = (
        [(0, place < there[0]), (-2, place > there[-1])] if rest.kind == "number" else [(-2, ~np.isin(place, there))]
    )
    for end, cells in beyond:
        moved = found[:-1][cells].sum()
        found[:-1][cells] = 0
        found[end] += moved
    return found
