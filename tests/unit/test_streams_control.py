"""The A/A line: silent where nothing changed, and not silent where something did."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray

from infra.cells.columns import numbers
from infra.cells.held import MOST, Grid, grid, held
from infra.cells.rhythm import blocks
from infra.cells.season import calendar, in_time
from schemas.reference import Cells, Contract, Rhythm, places
from streams.control import Measured, control, unheard
from streams.drift.column import Window, examine
from streams.drift.reference import Reference
from streams.summarize import Counter
from support.models import MINUTE, contract, declaration

Values = NDArray[np.float64]
BLOCKS, SIZE = 40, 200
TIMES = np.arange(BLOCKS * SIZE) * (MINUTE // SIZE)


def cells(x: Values, *, in_clusters: bool = True, season_ms: int | None = None) -> Cells:
    """Of a reference of BLOCKS panes of SIZE values each, in their order."""
    found = numbers("x", x)
    missing = np.isnan(x)
    place = np.full(len(x), found.size - 1)
    place[~missing] = places(np.array(found.cuts), x[~missing])
    known = in_time(found, place, calendar(TIMES, MINUTE, season_ms)) if in_clusters else found
    return replace(known, held=held(place, TIMES, found.size, Grid(0, MINUTE, BLOCKS)))


def made(x: Cells) -> Contract:
    toy = contract()
    return replace(toy, reference=[x, *toy.reference[1:]])


def line(x: Cells, **drift: float) -> list[Measured]:
    declared = declaration()
    declared = replace(declared, drift=replace(declared.drift, **drift))
    return list(control(declared, 1, Counter(declared, made(x))))


def test_a_reference_in_which_nothing_changes_raises_no_alarm_and_each_block_counts_once() -> None:
    for seed in range(5):
        found = line(cells(np.random.default_rng(seed).normal(size=BLOCKS * SIZE)))

        assert [one.panes for one in found] == list(range(1, BLOCKS + 1))
        assert found[-1].alarms == 0


def test_a_reference_that_is_torn_in_two_alarms() -> None:
    x = np.random.default_rng(0).normal(size=BLOCKS * SIZE) + (np.arange(BLOCKS * SIZE) >= BLOCKS * SIZE // 2)

    assert line(cells(x, in_clusters=False))[-1].alarms > 0


def test_samples_that_come_in_clusters_alarm_only_a_judge_who_does_not_know() -> None:
    alarms = {True: 0, False: 0}
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = np.repeat(rng.normal(0, 0.7, BLOCKS), SIZE) + rng.normal(size=BLOCKS * SIZE)
        for known in alarms:
            alarms[known] += line(cells(x, in_clusters=known))[-1].alarms

    assert alarms[True] == 0
    assert alarms[False] > 0


def test_values_of_one_block_alone_alarm_as_values_that_the_rest_never_held() -> None:
    x = np.random.default_rng(0).normal(size=BLOCKS * SIZE)
    x[20 * SIZE : 20 * SIZE + SIZE // 2] += 10

    found = line(cells(x, in_clusters=False), tolerance=0.99, persistence=1)

    assert [one.alarms for one in found].index(1) == 20


def test_blocks_are_judged_together_over_longer_windows() -> None:
    found = line(cells(np.random.default_rng(0).normal(size=BLOCKS * SIZE)), minimum=3 * SIZE)

    assert [one.panes for one in found] == [0, 0, *range(1, BLOCKS - 1)]


def test_blocks_with_too_few_samples_measure_nothing() -> None:
    x = np.random.default_rng(0).normal(size=BLOCKS)
    found, times = numbers("x", x), np.arange(BLOCKS) * MINUTE
    few = replace(found, held=held(places(np.array(found.cuts), x), times, found.size, Grid(0, MINUTE, BLOCKS)))

    assert {one.panes for one in line(few)} == {0}


def test_a_version_without_blocks_has_no_line() -> None:
    toy = contract()
    bare = replace(toy, reference=[replace(one, held=None) for one in toy.reference])

    assert list(control(declaration(), 1, Counter(declaration(), bare))) == []


@pytest.mark.parametrize("season_ms", [None, 8 * MINUTE])
def test_a_reference_without_blocks_is_that_of_the_other_samples(season_ms: int | None) -> None:
    hours = Stretched(60)
    x = np.random.default_rng(1).normal(size=BLOCKS * SIZE) + np.sin(np.arange(BLOCKS * SIZE) // SIZE % 8)
    x[::7] = np.nan
    whole = hours.cells(x, season_ms and season_ms * 60)
    assert (whole.season is not None) == (season_ms is not None)
    out = {start: hours.block(whole, x, start) for start in (3 * hours.pane, 4 * hours.pane)}
    keep = ~np.isin(hours.times // hours.pane, (3, 4))

    rest = Reference(whole).without(out)
    panes = {5 * hours.pane: 150, 12 * hours.pane: 50}
    found = rest.against(panes).counts / rest.against(panes).counts.sum()

    if season_ms is None:
        expected = hours.count(whole, x[keep]).astype(float)
        assert rest.cells.rhythm == replace(rhythm(whole), blocks=BLOCKS - 2)
    else:
        slots = hours.times[keep] // hours.pane % 8
        shares = {slot: hours.count(whole, x[keep][slots == slot]) for slot in (5, 4)}
        expected = sum(w * shares[slot] / shares[slot].sum() for slot, w in ((5, 0.75), (4, 0.25)))
        n, between = hours.count(whole, x[keep][slots == 3]).sum(), rhythm(whole).values.between
        assert rest.against({3 * hours.pane: 1}).values == pytest.approx(1 / ((1 - between) / n + between / 4))
    assert found == pytest.approx(expected / expected.sum())
    assert sum(rest.cells.counts) == keep.sum()


def rhythm(of: Cells) -> Rhythm:
    assert of.rhythm is not None
    return of.rhythm


class Stretched:
    """The same samples with panes of so many minutes: a season's slots are of an hour at least."""

    def __init__(self, minutes: int) -> None:
        self.pane, self.times = minutes * MINUTE, TIMES * minutes

    def place(self, of: Cells, x: Values) -> NDArray[np.int64]:
        found = np.full(len(x), of.size - 1)
        found[~np.isnan(x)] = places(np.array(of.cuts), x[~np.isnan(x)])
        return found

    def count(self, of: Cells, x: Values) -> NDArray[np.int64]:
        return np.bincount(self.place(of, x), minlength=of.size)

    def block(self, of: Cells, x: Values, start: int) -> NDArray[np.int64]:
        return self.count(of, x[self.times // self.pane == start // self.pane])

    def cells(self, x: Values, season_ms: int | None) -> Cells:
        found = numbers("x", x)
        return in_time(found, self.place(found, x), calendar(self.times, self.pane, season_ms))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=6, max_size=12),
    st.sampled_from(["number", "category"]),
)
def test_what_the_rest_never_held_is_counted_as_such_and_nothing_is_lost(
    pairs: list[tuple[int, int]], kind: str
) -> None:
    there, window = (np.array(side) for side in zip(*pairs, strict=True))
    found = unheard(
        Cells(feature="x", kind="category" if kind == "category" else "number", counts=there.tolist(), n=1), window
    )

    assert found.sum() == window.sum()
    assert found[-1] == window[-1]
    held_there = np.flatnonzero(there[:-1])
    if held_there.size:
        inner = np.arange(1, len(there) - 2)
        beyond = inner[(inner < held_there[0]) | (inner > held_there[-1])]
        assert not found[beyond if kind == "number" else inner[there[inner] == 0]].any()


def test_a_value_of_one_block_alone_is_outside_of_the_rest() -> None:
    x = np.random.default_rng(2).normal(size=BLOCKS * SIZE)
    x[:SIZE] += 10
    whole = cells(x, in_clusters=False)
    block = np.bincount(places(np.array(whole.cuts), x[:SIZE]), minlength=whole.size)
    rest = Reference(whole).without({0: block})

    found = examine(rest, Window(unheard(rest.cells, block), np.zeros(3), {0: SIZE}, MINUTE))

    assert found.tests["outside"].effect > 0.9  # the lowest of them share a cell with the largest of the rest
    assert examine(rest, Window(block, np.zeros(3), {0: SIZE}, MINUTE)).tests["outside"].effect == 0


def within(times: NDArray[np.int64], start: int, stop: int) -> Grid | None:
    found = blocks(times, MINUTE, None, MINUTE)
    return None if found is None else grid(found, start, stop)


def test_the_grid_holds_whole_blocks_of_the_newest_panes() -> None:
    times = np.arange(0, 100 * MINUTE, 500)
    assert within(times, 0, 100 * MINUTE) == Grid((100 - MOST) * MINUTE, MINUTE, MOST)
    later = times[times >= 70 * MINUTE + 1]
    assert within(later, 70 * MINUTE + 1, 99 * MINUTE + 1) == Grid(71 * MINUTE, MINUTE, 28)
    short = within(np.arange(0, 10 * MINUTE, 500), 0, 10 * MINUTE)
    assert short == Grid(0, -(-(10 * MINUTE - 499) // 20), 20)  # a reference of few panes is cut finer
    assert within(np.arange(3) * MINUTE, 0, 3 * MINUTE) is None


def test_held_blocks_add_up_to_the_reference() -> None:
    x = np.random.default_rng(3).normal(size=BLOCKS * SIZE)
    whole = cells(x)
    assert whole.held is not None
    counts = np.frombuffer(zlib.decompress(whole.held.counts), "<u4").reshape(BLOCKS, -1)

    assert counts.sum(axis=0).tolist() == whole.counts
    assert counts.sum(axis=1).tolist() == [SIZE] * BLOCKS
