"""Which version scored which offset, by what `served` says."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Refused
from schemas.frame import encode
from schemas.messages import Served
from schemas.position import Position
from streams import past
from streams.rebuild import Published, reach
from support.records import Stored, frames, log, sample


def said(version: int, offset: int, partition: int = 0) -> Served:
    return Served(worker="w", partition=partition, version=version, model_sha256=str(version), from_offset=offset, at=0)


def test_of_two_versions_at_one_offset_the_later_one_scored() -> None:
    found = past.switches([said(1, 0), said(2, 50), said(9, 3, partition=1), said(3, 50), said(4, 80)], 0)

    assert [(one.version, one.from_offset) for one in found] == [(1, 0), (3, 50), (4, 80)]


@given(st.sets(st.integers(0, 200), min_size=1), st.sets(st.integers(1, 200)))
def test_no_batch_is_scored_by_two_versions_and_no_record_is_left_out(places: set[int], edges: set[int]) -> None:
    versions = past.switches([said(0, 0), *(said(i, edge) for i, edge in enumerate(sorted(edges), 1))], 0)
    batches = list(past.cut([Stored(place, b"") for place in sorted(places)], versions))

    assert [one.place for batch in batches for one in batch] == sorted(places)
    for batch in batches:
        assert {past.adopt(Position(), versions, one.place).version for one in batch} == {
            past.adopt(Position(), versions, batch[0].place).version
        }
    for before, after in pairwise(batches):
        assert past.adopt(Position(), versions, before[0].place) != past.adopt(Position(), versions, after[0].place)


def test_a_version_that_nobody_tells_of_is_refused() -> None:
    here = Position()
    with pytest.raises(Refused, match="nothing was changed"):
        past.adopt(here, [said(1, 10)], 9)
    past.adopt(here, [said(1, 10)], 10)
    assert (here.version, here.switched) == (1, 10)


def test_reading_frames_goes_on_at_the_first_that_holds_anything_new() -> None:
    made = frames(log([sample(i) for i in range(30)]), [10, 20])
    messages = [Stored(7, encode(made[0])), Stored(8, b"?"), Stored(9, encode(made[1])), Stored(10, encode(made[2]))]

    assert reach(messages, 0, 10) == (9, True)
    assert reach(messages, 0, 9) == (7, True)
    assert reach(messages, 0, 30) == (11, False)
    assert reach([], 0, 0) == (0, False)


def test_what_samples_has_lost_is_counted_by_its_outputs() -> None:
    found, here = Published(low=10), Position()
    found.scored += found.count([0, 1, 2, 3, 12])
    found.rejected += found.count([5])
    found.carry(here)

    assert found.end == 13
    assert (here.next, here.received, here.scored, here.rejected, here.unavailable) == (10, 10, 4, 1, 5)
    assert msgspec.structs.replace(here, unavailable=4).open == 1
