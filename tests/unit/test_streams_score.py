"""The scoring stage is a function of a partition's log alone: cuts, repeats and overlaps of frames change nothing."""

import json
from dataclasses import dataclass, field

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.frame import Frame, pack
from schemas.messages import ModelRef
from schemas.position import Position
from schemas.reasons import Reason
from schemas.reference import Contract
from streams.recent import RecentIds
from streams.score import Partition, Scorer, Serving, Stage
from support.models import MINUTE, contract, declaration, scorer, serving
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


@dataclass
class Partial:
    """A model with no score for the sample whose x is `silent`."""

    silent: float
    ref: ModelRef = field(default_factory=lambda: scorer().model.ref)
    contract: Contract = field(default_factory=contract)

    def predict(self, x: NDArray[np.float64], /) -> NDArray[np.float64]:
        return np.where(x[:, 0] == self.silent, np.nan, 0.5)


def test_a_score_that_is_no_number_is_rejected_and_one_of_a_shadow_left_out() -> None:
    values = [sample(0, "a", x=1.0), sample(0, "b", x=2.0), sample(0, "c", x=3.0)]
    shadow = Scorer(declaration(), Partial(3.0))
    shadow.version = 2

    outcome = run(frames(log(values), []), Serving(Scorer(declaration(), Partial(2.0)), (shadow,)))

    assert outcome.aside == [(1, Reason.NOT_FINITE)]
    assert [msgspec.json.decode(value)["shadow"] for _, value, _ in outcome.predictions] == [{"2": 0.5}, {}]
    found = outcome.state.position
    assert (found.received, found.scored, found.rejected) == (3, 2, 1)
    assert outcome.state.panes[1, 0].moments[:, 0].tolist() == [2, 0, 0, 2]


@settings(max_examples=60)
@given(logs)
def test_bad_records_change_nothing_for_the_good_ones(values: list[bytes | None]) -> None:
    records = log(values)
    mixed = run(frames(records, []))
    wrong = {offset for offset, reason in mixed.aside if reason not in {Reason.LATE, Reason.AHEAD}}
    rest = [record for record in records if record.place not in wrong]

    alone = run(frames(rest, [])) if rest else None

    assert (alone.predictions if alone else []) == mixed.predictions
    assert (counts(alone.state) if alone else {}) == counts(mixed.state)


def test_compaction_gaps_are_no_holes() -> None:
    records = [r for r in log([sample(i, f"{i}") for i in range(9)]) if r.place not in {2, 3, 7}]

    found = run([pack(0, 0, records[:3]), pack(0, 5, records[3:])])

    assert [msgspec.json.decode(value)["source"][1] for _, value, _ in found.predictions] == [0, 1, 4, 5, 6, 8]
