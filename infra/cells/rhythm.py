"""How alike samples of the same stretch of time are: what makes a thousand samples of one day worth a few."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.reference import Alike, Rhythm, averaged

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BLOCKS = 20
"""The reference is cut into so many blocks where it has fewer panes."""
LEAST = 5
"""Samples that a block must have on average, and longer spans that must be there to tell for how long it lasts."""
LONGEST = 8
"""Blocks of the longest span."""
RATES: list[float] = np.geomspace(0.01, 100, 400).tolist()


@dataclass(frozen=True, slots=True)
class Blocks:
    """Samples by block of time: `of` is int64 (n,), the block of each sample; `slot` int64 (blocks,) of each block.

    The first one begins at `start_ms`.
    """

    of: Ints
    slot: Ints
    block_ms: int
    start_ms: int

    @property
    def count(self) -> int:
        """Blocks, empty ones not counted."""
        return len(self.slot)


def blocks(times: Ints, pane_ms: int, period_ms: int | None, slot_ms: int) -> Blocks | None:
    """Panes, or finer where there are too few; None where there are too few samples.

    With a period each block knows its slot.
    """
    start, span = int(times.min()), int(times.max() - times.min()) + 1
    length = pane_ms if span >= BLOCKS * pane_ms else max(1, -(-span // BLOCKS))
    first = start - start % pane_ms if length == pane_ms else start
    places, of = np.unique((times - first) // length, return_inverse=True)
    if len(places) < BLOCKS // 2 or len(times) < LEAST * len(places):
        return None
    starts = first + places * length
    slot = np.zeros(len(places), np.int64) if period_ms is None else starts % period_ms // slot_ms
    return Blocks(of.astype(np.int64), slot.astype(np.int64), length, first)


def rhythm(groups: Ints, found: Blocks, *, ordered: bool) -> Rhythm:
    """Of one column.

    Args:
        groups: int64 (n,), the group of each sample, -1 where it is missing.
        found: their blocks.
        ordered: whether groups lie in a row; then shares up to a group are looked at instead of shares of it.
    """
    width = int(groups.max(initial=0)) + 2
    table = np.bincount(found.of * width + groups + 1, minlength=found.count * width).reshape(found.count, width)
    missing, here = table[:, :1], table[:, 1:]
    inside = here.sum(axis=1) > 0
    looked = np.cumsum(here, axis=1)[:, :-1] if ordered else here
    values = _alike(looked[inside], here.sum(axis=1)[inside], found.slot[inside], found.block_ms)
    whole = missing.sum()
    gaps = _alike(missing, table.sum(axis=1), found.slot, found.block_ms) if 0 < whole < table.sum() else values
    return Rhythm(block_ms=found.block_ms, blocks=found.count, values=values, missing=gaps)


def _alike(hits: Ints, n: Ints, slot: Ints, block_ms: int) -> Alike:
    """Estimated from above, by one standard error: who is too sure of it cries wolf.

    Args:
        hits: int64 (blocks, indicators), how many samples of each block are counted by each indicator.
        n: int64 (blocks,), of how many.
        slot: int64 (blocks,), blocks are compared with those of the same slot.
        block_ms: the length of a block.
    """
    _, slot = np.unique(slot, return_inverse=True)
    freedom = len(n) - int(slot.max(initial=-1)) - 1
    if freedom < 1 or hits.size == 0:
        return Alike(between=0.0, lasting_ms=block_ms)
    one, noise = intraclass(hits, n, slot), float(np.sqrt(1 / freedom) / (n.sum() / len(n)))
    between = min(1.0, max(0.0, one) * (1 + float(np.sqrt(2 / freedom))) + noise)
    span = min(LONGEST, len(n) // LEAST)
    known = one if one > 2 * noise else between  # what hardly shows does not show for how long it lasts
    lasting = _lasting(hits, n, slot, span, known) if span > 1 else RATES[-1]
    return Alike(between=between, lasting_ms=block_ms / float(lasting))


def intraclass(hits: Ints, n: Ints, slot: Ints) -> float:
    """The share of an indicator's variance that lies between blocks of one slot (analysis of variance; Donner 1986).

    Pooled over indicators by their variance; below 0 by chance where blocks are not alike.
    """
    slots = int(slot.max()) + 1
    total = np.bincount(slot, n, slots)
    expected = np.stack([np.bincount(slot, column, slots) for column in hits.T], axis=1) / total[:, None]
    share, freedom = hits / n[:, None], len(n) - slots
    outer = (n[:, None] * (share - expected[slot]) ** 2).sum(axis=0) / freedom
    inner = (hits * (1 - share)).sum(axis=0) / max(1, n.sum() - len(n))
    size = (n.sum() - (np.bincount(slot, n.astype(np.float64) ** 2, slots) / total).sum()) / freedom
    spread = float(inner.sum() + (outer - inner).sum() / size)
    return float((outer - inner).sum() / size / spread) if spread > 0 else 0.0


def _lasting(hits: Ints, n: Ints, slot: Ints, span: int, between: float) -> float:
    """Blocks per correlation time, at which a process of Ornstein and Uhlenbeck loses as much by averaging `span`."""
    share = np.stack([np.bincount(slot, column) for column in hits.T], axis=1) / np.bincount(slot, n)[:, None]
    rest = hits - share[slot] * n[:, None]
    use = len(n) // span * span
    sums, sizes = rest[:use].reshape(-1, span, rest.shape[1]).sum(axis=1), n[:use].reshape(-1, span).sum(axis=1)
    variance = (share * (1 - share))[slot].mean(axis=0)
    long = (((sums / sizes[:, None]) ** 2 - variance / sizes.mean()).mean(axis=0)).sum() / (variance.sum() or 1.0)
    kept = min(1.0, max(1 / span, float(long) / between))
    return min(RATES, key=lambda rate: abs(averaged(span * rate) / averaged(rate) - kept))
