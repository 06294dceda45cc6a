"""The newest part of the reference, block by block, so that it can be held against the rest of it."""

import zlib
from dataclasses import dataclass

import numpy as np

from infra.cells.rhythm import Blocks, Ints
from schemas.reference import Held

MOST = 64
"""Blocks: as many verdicts say what a reference can say of its budget, and a contract stays small."""


@dataclass(frozen=True, slots=True)
class Grid:
    """So many whole blocks of `block_ms` from `start_ms` on, the same for every column."""

    start_ms: int
    block_ms: int
    blocks: int


def grid(found: Blocks, start: int, stop: int) -> Grid | None:
    """The newest blocks that lie wholly within [start, stop); None if there is none.

    Args:
        found: the blocks of the reference.
        start: where the reference begins, epoch ms.
        stop: where it ends.
    """
    first = max(0, -(-(start - found.start_ms) // found.block_ms))
    last = (stop - found.start_ms) // found.block_ms
    first = max(first, last - MOST)
    return Grid(found.start_ms + first * found.block_ms, found.block_ms, last - first) if last > first else None


def held(places: Ints, times: Ints, size: int, within: Grid) -> Held:
    """Of one column of `size` cells: int64 (n,) the cell of each sample, and its time."""
    of = (times - within.start_ms) // within.block_ms
    inside = (of >= 0) & (of < within.blocks)
    counts = np.bincount(of[inside] * size + places[inside], minlength=within.blocks * size)
    return Held(
        start_ms=within.start_ms, block_ms=within.block_ms, counts=zlib.compress(counts.astype("<u4").tobytes(), 9)
    )
