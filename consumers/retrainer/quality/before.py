"""The champion's reference as panes that lie before the live ones."""

import zlib

import numpy as np

from consumers.retrainer.quality.observed import BESIDE, CLASS, Panes, only, stacked
from infra.boosting import Floats
from schemas.declaration import Declaration
from schemas.reference import Cells, Contract

ASSUMED = 7
"""Panes of labels as the reference had them: its blocks are counted by feature, not by label."""


def panes(declaration: Declaration, contract: Contract) -> Panes | None:
    """The held blocks of the reference, columns as `live.panes`; None where it has none."""
    cells = {one.feature: one for one in contract.reference}
    held = next((one.held for one in contract.reference if one.held), None)
    if held is None:
        return None
    count = len(zlib.decompress(held.counts)) // (4 * next(one.size for one in contract.reference if one.held))
    columns = [
        _column(cells[name], count) if name in cells and cells[name].held else _nothing(count)
        for name in declaration.features
    ]
    beside = {CLASS: _class(contract, count)}
    return stacked([*columns, *(beside.get(name, _nothing(count)) for name in BESIDE)], below=False)


def _column(cells: Cells, count: int) -> Panes:
    counts = np.frombuffer(zlib.decompress(cells.held.counts if cells.held else b""), "<u4").reshape(count, cells.size)
    n, there = counts.sum(axis=1).astype(np.float64), counts[:, :-1].astype(np.float64)
    present = there.sum(axis=1)
    values = _values(cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = there @ values / present
        std = np.sqrt(np.maximum(0, there @ values**2 / present - mean**2))
        new = there[:, -1] / present if cells.kind == "category" else np.full(count, np.nan)
        missing = 1 - present / n
    return Panes(*(one[:, None] for one in (n, present, missing, mean, std, new)))


def _values(cells: Cells) -> Floats:
    """What each cell stands for: its value, the middle between its neighbours, or the code of a category."""
    if cells.kind == "category":
        return np.arange(cells.size - 1, dtype=np.float64)
    cuts = np.array(cells.cuts)
    if not len(cuts):
        return np.zeros(1)
    found = np.empty(2 * len(cuts) + 1)
    found[1::2] = cuts
    found[0::2] = np.concatenate([cuts[:1], (cuts[1:] + cuts[:-1]) / 2, cuts[-1:]])
    return found


def _class(contract: Contract, count: int) -> Panes:
    """Labels by the rate of the reference."""
    known = contract.outcomes
    if known is None:
        return _nothing(count)
    rate = known.positives / known.n
    column = np.full(count, np.nan)
    rows = [column.copy() for _ in range(6)]
    for row, value in zip(rows, (known.n, known.n, 0.0, rate, np.sqrt(rate * (1 - rate)), 0.0), strict=True):
        row[-ASSUMED:] = value
    return Panes(*(row[:, None] for row in rows))


def _nothing(count: int) -> Panes:
    return only(np.full(count, np.nan), np.full(count, np.nan))
