"""inputs and scores -> sketches: counts each sample into the cells of the version's reference, pane by pane."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.reference import SCORE, Cells, Contract
from schemas.sketch import Moments, Sketch
from streams.encode import UNSEEN, Inputs

_BOOLEANS = ["false", "true"]


class Counter:
    """Compiled from a contract; pure. Columns are the contract's features, then the score."""

    def __init__(self, declaration: Declaration, contract: Contract) -> None:
        by_name = {cells.feature: cells for cells in contract.reference}
        self.cells = [by_name[name] for name in [*contract.features, SCORE]]
        self._codes = [_codes(declaration, contract, cells) for cells in self.cells]
        self._starts = np.concatenate(([0], np.cumsum([cells.size for cells in self.cells])))

    @property
    def size(self) -> int:
        """Cells of all columns together."""
        return int(self._starts[-1])

    def parts(self, counts: NDArray[np.int64]) -> Iterator[tuple[Cells, NDArray[np.int64]]]:
        """Each column's reference and its part of a sketch's counts."""
        for cells, start, end in zip(self.cells, self._starts[:-1], self._starts[1:], strict=True):
            yield cells, counts[start:end]

    def empty(self) -> Sketch:
        """No samples."""
        return Sketch.empty(self.size, len(self.cells))

    def count(self, inputs: Inputs, scores: NDArray[np.float64], panes: NDArray[np.int64]) -> dict[int, Sketch]:
        """One sketch a pane.

        Args:
            inputs: of n samples.
            scores: float64 (n,).
            panes: int64 (n,), the start of each sample's pane, epoch ms.
        """
        x = np.column_stack((inputs.x, scores))
        index = np.column_stack([self._column(j, x[:, j]) for j in range(x.shape[1])]) + self._starts[:-1]
        found: dict[int, Sketch] = {}
        for pane in np.unique(panes).tolist():
            rows = panes == pane
            counts = np.bincount(index[rows].ravel(), minlength=self.size)
            found[pane] = Sketch(counts.astype(np.int64), self._moments(x[rows]))
        return found

    def _column(self, j: int, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """The cell of each value: int64 (n,)."""
        cells, missing = self.cells[j], np.isnan(x)
        if cells.kind == "number":
            place = np.searchsorted(np.asarray(cells.cuts), x, side="left")
        else:
            place = self._codes[j][np.where(missing, UNSEEN, x).astype(np.int64)]
        return np.where(missing, cells.size - 1, place)

    def _moments(self, x: NDArray[np.float64]) -> Moments:
        """n, mean and sum of squared deviations a column; zeros where the column is a category."""
        present = ~np.isnan(x)
        present[:, [cells.kind == "category" for cells in self.cells]] = False
        n = present.sum(axis=0)
        mean = np.where(present, x, 0).sum(axis=0) / np.maximum(n, 1)
        m2 = np.where(present, (x - mean) ** 2, 0).sum(axis=0)
        return np.column_stack((n, mean, m2))


def _codes(declaration: Declaration, contract: Contract, cells: Cells) -> NDArray[np.int64]:
    """Cell by category code; the last entry, which code -1 finds, is the cell of unseen values."""
    feature = declaration.features.get(cells.feature)
    known = _BOOLEANS if feature and feature.kind == "boolean" else contract.categories.get(cells.feature, [])
    place = {value: i for i, value in enumerate(cells.values)}
    unseen = cells.size - 2
    return np.array([*(place.get(value, unseen) for value in known), unseen], np.int64)
