"""The scoring stage is a function of a partition's log alone: cuts, repeats and overlaps of frames change nothing."""

import json
from dataclasses import dataclass

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.frame import Frame, pack
from schemas.position import Position
from schemas.reasons import Reason
from streams.recent import RecentIds
from streams.score import Partition, Serving, Stage
from support.models import MINUTE, declaration, serving
from support.records import frames, log, sample

STAGE = Stage(declaration())
bad = st.sampled_from([None, b"", b"{", sample(0, x="?"), sample(5, x=200.0)])
good = st.builds(
    lambda time, name, x, color: sample(time, name, x=x, color=color),
    st.integers(0, 5 * MINUTE),
    st.sampled_from("abcdefgh") | st.none(),
    st.none() | st.floats(-9, 9),
    st.sampled_from(["red", "blue", "never seen"]),
)
logs = st.lists(good | bad, min_size=1, max_size=40)


@dataclass
class Outcome:
    predictions: list[tuple[bytes, bytes, int]]
    aside: list[tuple[int, str]]
    state: Partition


def run(parts: list[Frame], served: Serving | None = None) -> Outcome:
    state = Partition(0, Position(), RecentIds())
    outcome = Outcome([], [], state)
    for frame in parts:
        output = STAGE.apply(state, frame, served or serving(1, 2))
        outcome.predictions += output.predictions
        outcome.aside += [(frame.first + frame.offsets[a.index], a.reason) for a in (*output.rejected, *output.late)]
    return outcome


def counts(state: Partition) -> dict[tuple[int, int], list[int]]:
    return {key: pane.counts.tolist() for key, pane in state.panes.items()}


@settings(max_examples=60)
@given(logs, st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_cuts_do_not_matter(values: list[bytes | None], one: set[int], other: set[int]) -> None:
    records = log(values)

    a, b = run(frames(records, sorted(one))), run(frames(records, sorted(other)))

    assert a.predictions == b.predictions
    assert sorted(a.aside) == sorted(b.aside)
    assert a.state.position == b.state.position
    assert counts(a.state) == counts(b.state)


@settings(max_examples=60)
@given(logs, st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_repeated_and_overlapping_frames_change_nothing(
    values: list[bytes | None], one: set[int], other: set[int]
) -> None:
    records = log(values)
    once, again = frames(records, sorted(one)), frames(records, sorted(other))

    a, b = run(once), run([*once[:1], *again, *once])

    assert a.predictions == b.predictions
    assert a.state.position == b.state.position
    assert counts(a.state) == counts(b.state)


@settings(max_examples=60)
@given(logs)
def test_the_balance_is_zero(values: list[bytes | None]) -> None:
    found = run(frames(log(values), [])).state.position

    assert found.received == len(values) == found.scored + found.rejected + found.duplicates


def test_a_prediction_says_what_was_scored_by_which_version() -> None:
    outcome = run(frames(log([sample(7, "a", x=0.0)]), []))

    key, value, time = outcome.predictions[0]
    assert (key, time) == (b"a", 7)
    assert json.loads(value) == {
        "id": "a",
        "ts": 7,
        "score": 0.5,
        "class": 1,
        "version": 1,
        "shadow": {"2": 0.5},
        "source": [0, 0],
        "features": {"x": 0.0, "color": "red", "open": True},
    }


def test_unseen_and_missing_values_are_scored_and_counted_apart() -> None:
    outcome = run(frames(log([sample(0, color="never seen"), sample(0, x=None)]), []))

    parts = dict(zip(["x", "color"], serving().champion.counter.parts(outcome.state.panes[1, 0].counts), strict=False))
    assert parts["color"][1].tolist() == [0, 1, 1, 0]
    assert parts["x"][1][-1] == 1


def test_an_event_time_a_day_after_its_record_is_rejected() -> None:
    outcome = run(frames(log([sample(10**12), sample(10**12 + 86_400_001), sample(-1)], stamp=10**12), []))

    assert [reason for _, reason in outcome.aside] == [Reason.BAD_TIMESTAMP] * 2


def test_compaction_gaps_are_no_holes() -> None:
    records = [r for r in log([sample(i, f"{i}") for i in range(9)]) if r.place not in {2, 3, 7}]

    found = run([pack(0, 0, records[:3]), pack(0, 5, records[3:])])

    assert [msgspec.json.decode(value)["source"][1] for _, value, _ in found.predictions] == [0, 1, 4, 5, 6, 8]
