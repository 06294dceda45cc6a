"""Event time of one partition: what is late, what is too far ahead, and which panes are closed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.position import NEVER, Position

LEAP = 25
"""So many samples in a row beyond `max_jump` are believed: the stream has really leapt."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """Where a partition stands: the largest event time believed (epoch ms), and how many leapt beyond it in a row."""

    largest: int = NEVER
    leaping: int = 0

    def closed(self, lateness: int, pane: int) -> int:
        """The end of the last closed pane (epoch ms): panes up to there take no more samples."""
        return NEVER if self.largest == NEVER else (self.largest - lateness) // pane * pane


def standing(position: Position) -> Watermark:
    """The watermark of a partition that stands there."""
    return Watermark(position.largest, position.leaping)


@dataclass(frozen=True, slots=True)
class Times:
    """Per sample, bool (n,): `late` for its pane, `ahead` of the stream; and the watermark after the last one."""

    late: NDArray[np.bool_]
    ahead: NDArray[np.bool_]
    watermark: Watermark


def advance(start: Watermark, times: NDArray[np.int64], *, lateness: int, pane: int, max_jump: int) -> Times:
    """Passes samples in offset order; a function of the sequence alone, however it is cut into batches.

    One record with a wrong clock must not close every pane before it: a time more than `max_jump` beyond the
    largest is not believed, unless LEAP of them come in a row.

    Args:
        start: where the partition stood before.
        times: int64 (n,), event times in epoch ms.
        lateness: ms that a sample may come after later ones.
        pane: ms of a pane.
        max_jump: ms.
    """
    if not times.size:
        return Times(np.zeros(0, bool), np.zeros(0, bool), start)
    before = _before(start.largest, times)
    ahead = np.zeros(times.size, bool)
    after = Watermark(max(start.largest, int(times.max())))
    gaps = times - before
    gaps[before == NEVER] = 0
    if start.leaping or (gaps > max_jump).any():
        before, ahead, after = _one_by_one(start, times, max_jump)
    pane_end = times // pane * pane + pane
    late = (before != NEVER) & (pane_end <= (before - lateness) // pane * pane) & ~ahead
    return Times(late, ahead, after)


def _before(largest: int, times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The largest time seen before each sample."""
    return np.maximum.accumulate(np.concatenate(([largest], times)))[:-1].astype(np.int64)


def _one_by_one(
    start: Watermark, times: NDArray[np.int64], max_jump: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], Watermark]:
    largest, leaping = start.largest, start.leaping
    before, ahead = np.empty(times.size, np.int64), np.zeros(times.size, bool)
    for i, time in enumerate(times.tolist()):
        before[i] = largest
        beyond = largest != NEVER and time - largest > max_jump
        leaping = leaping + 1 if beyond else 0
        if beyond and leaping < LEAP:
            ahead[i] = True
        else:
            largest, leaping = max(largest, time), 0
    return before, ahead, Watermark(largest, leaping)
