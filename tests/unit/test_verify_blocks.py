"""The recount: rows in order, duplicates by their ids, and every fault of a block found at its offset."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.cli.advance import progress
from infra.cli.verify import Range, lines
from infra.verify.block import Block, kept_from, outcome
from infra.verify.finding import FIRST, Finding
from infra.verify.names import KEPT, Names
from infra.verify.rows import NEVER, Numbers, Ordered, Rows, joined, rows
from schemas.errors import Refused
from schemas.position import Position
from schemas.topics import Topics


def of(sources: list[int], names: list[int] | None = None) -> Rows:
    return rows(sources, list(range(len(sources))), names or [0] * len(sources))


def batches(sources: list[int], cuts: set[int]) -> Iterator[Rows]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(sources)), len(sources)]
    yield from (of(sources[a:b]) for a, b in pairwise(edges))


@given(st.lists(st.integers(0, 50)), st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_rows_are_given_once_in_order_and_what_came_again_is_told(
    sources: list[int], cuts: set[int], stops: set[int]
) -> None:
    ordered = Ordered(batches(sources, cuts))
    given_out: list[int] = []
    for stop in [*sorted(stops), NEVER]:
        part = joined(list(ordered.below(stop))).source.tolist()
        assert all(source < stop for source in part)
        given_out += part

    first_seen = [s for i, s in enumerate(sources) if s > max(sources[:i], default=-1)]
    assert given_out == first_seen
    assert ordered.again.tolist() == [s for i, s in enumerate(sources) if s <= max(sources[:i], default=-1)]
    assert ordered.first == min(sources[:1], default=NEVER)


def test_an_id_is_known_only_from_an_earlier_sample() -> None:
    names = Names()
    names.add(of([3, 5, 9], [70, 80, 70]))

    found = names.earlier(np.array([70, 70, 80, 90]), np.array([4, 3, 5, 99]))

    assert found.tolist() == [True, False, False, False]


def test_what_is_remembered_of_ids_is_bounded_and_reaches_further_than_a_lane_does() -> None:
    names = Names()
    for start in range(0, 5 * KEPT, KEPT // 2):
        names.add(of(list(range(start, start + KEPT // 2)), list(range(start, start + KEPT // 2))))

    assert sum(len(part.source) for part in names._parts) <= 3 * KEPT  # noqa: SLF001 - the bound under test
    last = 5 * KEPT
    assert names.earlier(np.array([last - KEPT]), np.array([last])).all()


N = 30
Sets = st.sets(st.integers(0, N - 1))


def flags(chosen: set[int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(N, bool)
    found[list(chosen)] = True
    return found


def numbers(chosen: set[int]) -> Numbers:
    return np.array(sorted(chosen), np.int64) + 100


def block(rejects: set[int], **changed: set[int]) -> Block:
    """Offsets 100..130, all of them records, a part rejected, the rest scored; everything stored but for changes."""
    scores = set(range(N)) - rejects
    chosen = {"present": set(range(N)), "scored": scores, "rejected": rejects, "p": scores, "r": rejects} | changed
    return Block(
        100,
        flags(chosen["present"]),
        outcome(100, N, [of(numbers(chosen["scored"]).tolist())], numbers(chosen["p"]), kept=0, passed=NEVER),
        outcome(100, N, [of(numbers(chosen["rejected"]).tolist())], numbers(chosen["r"]), kept=0, passed=NEVER),
    )


def told(found: Block) -> dict[str, set[int]]:
    return {fault: set((offsets - 100).tolist()) for fault, offsets in found.faults().items() if len(offsets)}


@given(Sets)
def test_a_sound_block_shows_no_fault(rejects: set[int]) -> None:
    found = block(rejects)

    assert told(found) == {}
    assert not found.open.any()


@given(Sets, Sets)
def test_each_fault_is_told_with_exactly_its_offsets(rejects: set[int], chosen: set[int]) -> None:
    scores = set(range(N)) - rejects
    unscored = block(rejects, scored=scores - chosen, p=scores - chosen)

    assert set(np.flatnonzero(unscored.open).tolist()) == scores & chosen
    assert told(block(rejects, p=scores - chosen)) == ({"not stored": scores & chosen} if scores & chosen else {})
    assert told(block(rejects, scored=scores - chosen)) == ({"only stored": scores & chosen} if scores & chosen else {})
    assert told(block(rejects, present=set(range(N)) - chosen)) == ({"invented": chosen} if chosen else {})
    twice = block(rejects, scored=scores | chosen, p=scores | chosen)
    assert told(twice) == ({"doubled": rejects & chosen} if rejects & chosen else {})


def test_what_retention_has_taken_is_no_fault() -> None:
    gone = block(set(), present=set(range(10, N)), scored=set(range(20, N)))
    gone.low, gone.scored.kept = 110, kept_from(7, 120)

    assert told(gone) == {}
    assert gone.gone() == 0
    nothing = block(set(), present=set(range(10, N)), scored=set(range(10, N)), p=set(range(10, N)))
    nothing.low = 110
    assert (told(nothing), nothing.gone()) == ({}, 10)


def test_rows_that_postgres_has_not_read_yet_are_not_due() -> None:
    part = of([100, 101, 102])
    found = outcome(100, 3, [part], np.array([100]), kept=0, passed=1)

    assert found.due.tolist() == [True, False, False]


def test_a_whole_recount_must_match_the_lanes_own_counts() -> None:
    lane = Position(next=10, received=10, scored=8, rejected=1, duplicates=1)
    good = Finding(0, 0, 10, records=10, scored=8, rejected=1, duplicates=1)
    bad = Finding(0, 0, 10, records=10, scored=7, rejected=1, duplicates=2)
    good.compare(lane, 0)
    bad.compare(lane, 0)

    assert good.agrees
    assert bad.disagreements == [
        "the lane counted 8 scored, and 7 are found",
        "the lane counted 1 duplicates, and 2 are found",
    ]


def test_the_first_offsets_of_a_fault_are_named() -> None:
    found = Finding(2, 0, 99)
    found.blame("lost", np.arange(50, 60))
    found.blame("lost", np.arange(7, 0, -1))

    assert found.first["lost"] == [1, 2, 3, 4, 5, 6, 7, 50, 51, 52]
    assert len(found.first["lost"]) == FIRST
    assert next(lines(found, Topics("s"))).startswith("s.samples/2: 17 lost")


def test_a_range_ends_where_the_lane_is_unless_said_otherwise() -> None:
    ends, lanes = {0: (0, 50), 1: (5, 9)}, {0: Position(next=40)}

    assert Range().of(ends, lanes) == {0: (0, 40), 1: (0, 0)}
    assert Range(1, 2, 100).of(ends, lanes) == {1: (2, 9)}
    with pytest.raises(Refused, match="no partition 2"):
        Range(2).of(ends, lanes)
    with pytest.raises(Refused, match="Nothing to recount"):
        Range(0, 45).of(ends, lanes)


def test_progress_says_what_is_left() -> None:
    assert "250 of 1,000 offsets, 125/s, 6 s left" in progress(250, 1_000, "offsets", 2.0)
