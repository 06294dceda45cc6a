"""inputs and scores -> sketches: counts each sample into the cells of the version's reference, pane by pane."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.reference import BOOLEANS, SCORE, Cells, Contract, identity
from schemas.sketch import Sketch
from streams.drift.reference import Reference
from streams.encode import Inputs
from streams.grid import Grid
from streams.parts import parts
from streams.tally import EXPONENTS, tally


class Counter:
    """Compiled from a contract; pure. Columns are the contract's features, the score, then those of segments."""

    def __init__(self, declaration: Declaration, contract: Contract) -> None:
        whole = {cells.feature: cells for cells in contract.reference if not cells.segment}
        apart = [cells for cells in contract.reference if cells.segment]
        self.cells = [*(whole[name] for name in [*contract.features, SCORE]), *apart]
        self.references = [Reference(cells) for cells in self.cells]
        self.reference = identity(self.cells)
        self.importance = contract.skill and contract.skill | {SCORE: 1.0}  # what people see is all that matters
        self.outcomes = contract.outcomes
        self._starts = np.concatenate(([0], np.cumsum([cells.size for cells in self.cells])))
        self._number = np.array([cells.kind == "number" for cells in self.cells], np.uint8)
        tables = [_table(declaration, contract, cells) for cells in self.cells]
        self._grid = Grid(tables, self._number.tolist(), self._starts.tolist())
        self._parts = parts(contract, apart)
        self._desk = np.zeros((EXPONENTS, 4), np.int64)

    @property
    def size(self) -> int:
        """Cells of all columns together."""
        return int(self._starts[-1])

    def parts(self, counts: NDArray[np.int64]) -> Iterator[tuple[Reference, NDArray[np.int64]]]:
        """Each column's reference and its part of a sketch's counts."""
        for reference, start, end in zip(self.references, self._starts[:-1], self._starts[1:], strict=True):
            yield reference, counts[start:end]

    def samples(self, sketch: Sketch) -> NDArray[np.int64]:
        """How many were counted in each column: int64 (columns,)."""
        counted: NDArray[np.int64] = np.add.reduceat(sketch.counts, self._starts[:-1])
        return counted

    def empty(self) -> Sketch:
        """No samples."""
        return Sketch.empty(self.size, len(self.cells), self.reference)

    def count(self, inputs: Inputs, scores: NDArray[np.float64], into: Sketch) -> None:
        """Adds samples of one pane to its sketch, in place.

        The sketch is then a function of the samples, in whatever order and batches they came.

        Args:
            inputs: of n samples.
            scores: float64 (n,).
            into: changed.

        Raises:
            Refused: `into` was counted over another reference.
        """
        into.check(self.reference)
        self._add(np.ascontiguousarray(inputs.x), 0, into)
        self._add(np.ascontiguousarray(scores[:, None]), inputs.x.shape[1], into)
        if self._parts:
            both = np.column_stack((inputs.x, scores))
            for part in self._parts:
                self._add(part.of(both), part.first, into)

    def _add(self, x: NDArray[np.float64], column: int, into: Sketch) -> None:
        self._grid.count(x, column, into.counts)
        tally(x, column, self._number, self._desk, into.sums)


def _table(declaration: Declaration, contract: Contract, cells: Cells) -> NDArray[np.float64]:
    """What tells the cell of a value: the cuts of a number; the cell of each code of a category, unseen ones last."""
    if cells.kind == "number":
        return np.asarray(cells.cuts, np.float64)
    feature = declaration.features.get(cells.feature)
    known = BOOLEANS if feature and feature.kind == "boolean" else contract.categories.get(cells.feature, ())
    place = {value: i for i, value in enumerate(cells.values)}
    unseen = cells.size - 2
    return np.array([*(place.get(value, unseen) for value in known), unseen], np.float64)
