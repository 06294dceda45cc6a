"""The past judged again: as live with the same settings, otherwise with others, and refused where that cannot be."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import messages
from schemas.errors import Refused
from schemas.messages import Budget, DriftEvent
from streams.hindsight import kept, rejudge
from streams.hindsight.command import missing
from streams.hindsight.kept import Live
from streams.hindsight.now import against_itself
from streams.hindsight.settings import changed, sweep
from streams.hindsight.spans import spans
from streams.judge import Judge
from streams.verdict import Judged
from support.models import MINUTE, declaration
from support.sketches import COUNTERS, PANES, rows
from support.turnouts import rows as turnouts

DECLARATION = declaration()


def record(judged: list[Judged]) -> tuple[dict[rejudge.Key, bytes], dict[str, bytes]]:
    """As the court publishes it."""
    every = [row for one in judged for row in one.rows]
    events = [event for one in judged for event in one.events]
    return (
        {(row.version, row.pane_end, row.window, row.feature): messages.encode(row) for row in every},
        {event.id: messages.encode(event) for event in events},
    )


def test_a_data_incident_is_no_verdict_of_the_judge() -> None:
    found = DriftEvent(
        id="e", incident="i", stream="s", version=1, kind="opened", event_time=5, shifts=[], sentence="x is missing"
    )
    broken = messages.encode(msgspec.structs.replace(found, id="d", subject="data"))
    assert kept.verdicts([messages.encode(found), broken]) == {"e": messages.encode(found)}


@settings(max_examples=20)
@given(st.lists(st.integers(1, 3 * PANES), max_size=6), st.integers(3, PANES))
def test_with_the_same_settings_the_live_verdicts_come_out_again_byte_for_byte(cuts: list[int], second: int) -> None:
    stream, judge = rows(6, [0, 1, 2], second), Judge(DECLARATION)
    live: list[Judged] = []
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(stream)], strict=True):
        for row in stream[start:stop]:
            judge.fold(row)
        live += judge.verdicts(COUNTERS)

    again = rejudge.judged(DECLARATION, rejudge.past(DECLARATION, stream, COUNTERS))

    found = rejudge.agreement(again, *record(live))
    assert (found.whole, found.same) == (True, sum(len(one.rows) + len(one.events) for one in live))


@given(st.integers(0, 30), st.integers(0, 2**20))
def test_outcomes_come_out_again_byte_for_byte_as_far_as_they_were_published(told: int, seed: int) -> None:
    outcomes = turnouts(30, worse_from=16, version_2_from=24, seed=seed, size=40)
    inputs = rejudge.judged(DECLARATION, rejudge.past(DECLARATION, rows(6, [0, 1, 2]), COUNTERS))
    live = rejudge.turned_out(DECLARATION, outcomes[:told], COUNTERS)

    again = rejudge.turned_out(DECLARATION, outcomes, COUNTERS)

    found = rejudge.agreement([*inputs, *again], *record([*inputs, *live]))
    assert found.whole
    assert found.same == sum(len(one.rows) + len(one.events) for one in [*inputs, *live])


def test_one_changed_byte_one_lost_row_and_one_too_many_are_told_apart() -> None:
    judged = rejudge.judged(DECLARATION, rejudge.past(DECLARATION, rows(6, [0, 1, 2]), COUNTERS))
    kept, events = record(judged)
    first, second, *_, last = kept
    kept[first] += b" "
    kept[last[0], last[1], 99, "x"] = b""
    del kept[second]

    found = rejudge.agreement(judged, kept, events)

    assert (found.different, found.only_live, found.only_now) == (1, 1, 1)
    assert not found.whole


def test_panes_whose_sketches_are_past_retention_are_said_by_date() -> None:
    stream = rows(6, [0, 1, 2])
    whole, rest = (rejudge.past(DECLARATION, given, COUNTERS) for given in (stream, stream[9:]))
    live = Live(*record(rejudge.judged(DECLARATION, whole)))
    ever, late = (0, 2**62), (3 * MINUTE + 1, 2**62)

    assert missing(whole, live, ever, 0) == ""
    said = missing(rest, live, ever, 9)
    assert said.startswith("Missing: 3 panes judged between 1970-01-01 00:01 and 1970-01-01 00:03: the first 9 records")
    assert "windows, bets and incidents that reach back to them may differ" in said
    assert missing(rest, live, late, 9).endswith("are past retention, and so is what `drift` said of them")
    assert "nothing is kept to judge them from" in missing(rest, live, ever, 0)


def test_other_settings_judge_the_same_evidence_otherwise() -> None:
    past = rejudge.past(DECLARATION, rows(6, [0, 1, 2]), COUNTERS)
    mild, strict = (
        rejudge.judged(changed(DECLARATION, [f"tolerance={t}", f"share_tolerance={t}"]), past) for t in (0.1, 0.99)
    )

    assert [event.kind for one in mild for event in one.events][:1] == ["opened"]
    assert not any(one.events for one in strict)
    assert [one.pane_end for one in mild] == [one.pane_end for one in strict]


def test_the_usual_rules_alarm_at_the_shift() -> None:
    past = rejudge.past(DECLARATION, rows(6, [0, 1, 2]), COUNTERS)

    by_p, by_psi = rejudge.naive(past, 0.05, 0.1)

    assert past[7][0] in by_p
    assert past[7][0] in by_psi


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tolerance"], "say KEY=VALUE"),
        (["tolerance=many"], "not TOML"),
        (["tolerance=3"], r"tolerance.*Keys: .*budget"),
        (["tolerant=0.1"], "unknown field"),
        (['segments=["x"]'], "stream.segments: x; allowed are"),
    ],
)
def test_settings_that_cannot_be_are_refused(words: list[str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        changed(DECLARATION, words)


def test_a_sweep_is_evenly_spaced_and_whole_where_the_key_is() -> None:
    assert list(sweep(DECLARATION, "tolerance=0.1:0.3:3")) == ["tolerance 0.1", "tolerance 0.2", "tolerance 0.3"]
    assert [one.drift.persistence for one in sweep(DECLARATION, "persistence=1:3:5").values()] == [1, 2, 3]
    for wrong in ("tolerance=1", "tolerance=0:1:2.5", "tolerance=0:1:1000"):
        with pytest.raises(Refused):
            sweep(DECLARATION, wrong)


def told(panes: int, alarms: int) -> Budget:
    return Budget(
        version=1, pane_end=0, panes=9, incidents=0, control_panes=panes, control_alarms=alarms, allowed=panes / 100
    )


def test_the_reference_against_itself_is_said_and_more_alarms_than_allowed_stand_out() -> None:
    good, bad, none = (against_itself(one, "100d") for one in (told(28, 0), told(28, 2), told(0, 0)))

    assert good.plain == (
        "A/A: 0 false alarms in 28 panes of the reference against the rest of it; "
        "0.28 are allowed by the budget of 100d"
    )
    assert (good.style, bad.style) == ("", "red")
    assert none.plain == against_itself(None, "100d").plain != good.plain


def test_spans_are_from_opening_to_closing_and_open_ones_have_no_end() -> None:
    def event(kind: str, incident: str, at: int) -> DriftEvent:
        given = {"id": f"{at}", "incident": incident, "stream": "toy", "version": 1, "kind": kind, "event_time": at,
                 "shifts": [], "sentence": f"said at {at}"}  # fmt: skip
        return msgspec.convert(given, DriftEvent)

    found = spans(
        [event("opened", "a", 1), event("escalated", "a", 2), event("closed", "a", 3), event("opened", "b", 5)]
    )

    assert [(one.start, one.stop, one.sentence) for one in found] == [(1, 3, "said at 2"), (5, None, "said at 5")]
    assert [one.escalated for one in found] == [(2,), ()]
