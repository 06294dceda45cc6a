"""The timeline: event order, samples before labels, chunks that change nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.events import Event, Kind, Timeline, Track
from producers.tables import Labels, Samples
from schemas.errors import Refused

TIMES = st.lists(st.integers(1, 50), max_size=30).map(sorted)


def samples(times: list[int], mark: str = "s") -> Samples:
    ids = np.array([f"{mark}{row}" for row in range(len(times))] + [None], dtype=object)[:-1]
    return Samples(np.array(times, np.int64), ids, {"x": np.arange(len(times), dtype=np.float64)})


def labels(times: list[int]) -> Labels:
    ids = np.array([f"l{row}" for row in range(len(times))] + [None], dtype=object)[:-1]
    return Labels(np.array(times, np.int64), ids, np.zeros(len(times), np.int64))


def flat(timeline: Timeline, size: int = 8_192) -> list[Event]:
    return [event for chunk in timeline.chunks(size) for event in chunk]


@given(TIMES, TIMES, TIMES)
def test_events_are_ordered_by_time_and_samples_come_first(a: list[int], b: list[int], c: list[int]) -> None:
    events = flat(Timeline([labels(c), samples(a, "a"), samples(b, "b")]))
    order = [(event.time, event.kind == "label") for event in events]
    assert order == sorted(order)
    assert sorted(event.time for event in events) == sorted(a + b + c)


@given(TIMES, TIMES, st.integers(1, 7))
def test_the_size_of_chunks_changes_nothing(a: list[int], b: list[int], size: int) -> None:
    timeline = Timeline([samples(a), labels(b)])
    assert flat(timeline, size) == flat(timeline)
    assert len(timeline) == timeline.count("sample") + timeline.count("label") == len(a) + len(b)


@given(TIMES, TIMES, st.integers(1, 50))
def test_cutting_at_a_time_splits_the_events_without_loss_or_doubling(a: list[int], b: list[int], cut: int) -> None:
    tracks: list[Track] = [samples(a), labels(b)]
    assert flat(Timeline(tracks, until=cut)) + flat(Timeline(tracks, start=cut)) == flat(Timeline(tracks))


@pytest.mark.parametrize("kind", ["sample", "label"])
def test_a_track_keeps_its_own_order_at_equal_times(kind: Kind) -> None:
    track = samples([5] * 100) if kind == "sample" else labels([5] * 100)
    assert [event.key for event in flat(Timeline([track]), 7)] == [f"{kind[0]}{row}".encode() for row in range(100)]


def test_a_time_before_1970_is_refused() -> None:
    with pytest.raises(Refused, match="after 1970"):
        Timeline([samples([-3, 4])])


def test_an_empty_timeline_has_no_chunks() -> None:
    assert flat(Timeline([])) == []
    assert flat(Timeline([samples([1, 2])], start=2, until=1)) == []
