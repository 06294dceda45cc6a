"""The reference in time: its rhythm, and whether it is better kept by the hour of the day or of the week."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from infra.cells.rhythm import Blocks, Ints, blocks, rhythm
from schemas.reference import Cells, Season

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
GROUPS = 10
REPEATS = 3
"""A season must be in the reference so often."""
ENOUGH = 100
"""Samples that a slot must have on average."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The blocks of a reference of `samples`, and those of each season that it is long enough for, by slot.

    It is a function of event times alone, so columns of the same samples share it.
    """

    samples: int
    whole: Blocks
    seasons: list[tuple[int, int, Blocks]]
    """Period and length of a slot, ms."""


def calendar(times: Ints, pane_ms: int, season_ms: int | None) -> Calendar | None:
    """Of int64 (n,) epoch milliseconds; None where there are too few. `season_ms` is the longest season to look for."""
    whole = blocks(times, pane_ms, None, pane_ms)
    return None if whole is None else Calendar(len(times), whole, list(_seasons(times, pane_ms, season_ms, whole)))


def in_time(cells: Cells, places: Ints, within: Calendar | None) -> Cells:
    """The same cells, with what is known of them in time.

    A season is kept where the windows of one pane then differ less from their reference, by what the blocks say.

    Args:
        cells: of one column.
        places: int64 (n,), the cell of each sample, that of the missing last.
        within: of these samples; None where too few of them tell anything.
    """
    if within is None:
        return cells
    groups, ordered, whole = _groups(cells, places), cells.kind == "number", within.whole
    best, season = rhythm(groups, whole, ordered=ordered), None
    sampling = whole.count / within.samples
    least = (best.values.between + sampling) * (1 + 1 / whole.count)
    for period, slot, found in within.seasons:
        rest = rhythm(groups, found, ordered=ordered)
        slots = len(np.unique(found.slot))
        varies = (rest.values.between + sampling) * (1 + slots / found.count)
        if varies < least:
            best, least = rest, varies
            season = _season(cells, places, found, period, slot)
    return replace(cells, rhythm=best, season=season)


def _seasons(times: Ints, pane_ms: int, season_ms: int | None, whole: Blocks) -> Iterator[tuple[int, int, Blocks]]:
    """Period and slot length, with blocks that know their slot: days, and the season itself."""
    slot = max(pane_ms, HOUR_MS)
    span = int(times.max() - times.min()) + 1
    for period in sorted({DAY_MS, season_ms} if season_ms else ()):
        fits = period % slot == 0 and slot % pane_ms == 0 and period > slot and whole.block_ms == pane_ms
        if fits and span >= REPEATS * period - slot and len(times) >= ENOUGH * (period // slot):
            found = blocks(times, pane_ms, period, slot)
            if found is not None:
                yield period, slot, found


def _season(cells: Cells, places: Ints, found: Blocks, period: int, slot: int) -> Season:
    slots = period // slot
    counts = np.bincount(found.slot[found.of] * cells.size + places, minlength=slots * cells.size)
    return Season(
        period_ms=period,
        slot_ms=slot,
        counts=zlib.compress(counts.astype("<u4").tobytes(), 9),
        blocks=np.bincount(found.slot, minlength=slots).tolist(),
    )


def _groups(cells: Cells, places: Ints) -> Ints:
    """The group of each sample, -1 for missing: the tenth in which the middle of its cell lies, or the value itself."""
    counts = np.asarray(cells.counts[:-1], np.int64)
    of = np.arange(len(counts))
    if cells.kind == "number":
        of = np.minimum((2 * np.cumsum(counts) - counts) * GROUPS // max(1, 2 * int(counts.sum())), GROUPS - 1)
    found: NDArray[np.int64] = np.append(of, -1)[places]
    return found
