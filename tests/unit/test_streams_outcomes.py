"""Verdicts on outcomes: a function of the rows, beyond tolerance and chance, and never twice of one pane."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.messages import DriftEvent, DriftRow, Outcome
from schemas.reference import LABEL, LOSS, Outcomes
from streams.drift.loss import PANES
from streams.incident import Incident
from streams.outcomes import OutcomeJudge
from streams.verdict import Judged
from support.models import MINUTE, REFERENCE, declaration
from support.turnouts import outcome, rows

UNKNOWN = PANES + 1
"""Before so many panes, and the two that persistence asks for, nothing is known of how alike panes are."""


def judge(given: list[Outcome], reference: Outcomes | None = REFERENCE, **drift: object) -> list[Judged]:
    declared = declaration()
    judge = OutcomeJudge(replace(declared, drift=replace(declared.drift, **{"budget": "1d"} | drift)))
    return [found for row in given if (found := judge.of(row, reference)) is not None]


def events(judged: list[Judged]) -> list[DriftEvent]:
    return [event for one in judged for event in one.events]


def verdicts(judged: list[Judged], feature: str, window: int = 1) -> list[str]:
    return [row.verdict for one in judged for row in one.rows if (row.feature, row.window) == (feature, window)]


def last(judged: list[Judged], feature: str, window: int = 1) -> DriftRow:
    return next(row for row in judged[-1].rows if (row.feature, row.window) == (feature, window))


def test_each_pane_has_two_rows_a_window() -> None:
    found = judge(rows(3))
    assert [(row.feature, row.window) for row in found[-1].rows] == [
        (name, window) for window in (1, 2, 4, 8) for name in (LABEL, LOSS)
    ]
    row = last(found, LOSS, 2)
    assert (row.n, row.m, row.pane_end, row.reference_mean, row.reference_std) == (600, 5_000, 3 * MINUTE, 0.5, 0.3)


def test_nothing_changes_nothing_is_said() -> None:
    found = judge(rows(60))
    assert events(found) == []
    assert set(verdicts(found, LOSS)[UNKNOWN:]) == set(verdicts(found, LABEL)[UNKNOWN:]) == {"stable"}


def test_before_it_is_known_how_alike_panes_are_data_are_insufficient() -> None:
    found = judge(rows(UNKNOWN + 3, worse_from=0))
    assert verdicts(found, LOSS) == ["insufficient"] * UNKNOWN + ["drifted"] * 3


def test_worse_answers_open_an_incident_that_says_by_how_much() -> None:
    found = judge(rows(24, worse_from=16))
    first = events(found)[0]
    assert (first.kind, first.subject, first.stream, first.version) == ("opened", "outcomes", "toy", 1)
    assert first.event_time == 18 * MINUTE  # two panes in a row
    assert [shift.feature for shift in first.shifts] == [LOSS]
    assert "Until 1970-01-01 00:18 toy version 1 answered worse over 1 pane: log-loss 0.69" in first.sentence
    assert "against 0.50 when it was made (+37 %, 95 % from" in first.sentence
    assert "label rate 0.2" in first.sentence


def test_a_lower_loss_is_no_incident_however_much_lower() -> None:
    better = [replace(row, loss=row.loss // 4, squares=row.squares // 16) for row in rows(24)]
    found = judge(better)
    assert events(found) == []
    assert last(found, LOSS).effect == pytest.approx(-0.75, abs=0.05)
    assert last(found, LOSS).p > 0.99


def test_a_rise_within_its_tolerance_is_no_incident() -> None:
    assert events(judge(rows(24, worse_from=16), loss_tolerance=0.6)) == []


def test_other_labels_open_an_incident_of_their_own_words() -> None:
    first = events(judge(rows(24, other_from=16)))[0]
    assert [shift.feature for shift in first.shifts] == [LABEL]
    assert "toy version 1 met other labels over 1 pane: label rate 0." in first.sentence


def test_it_closes_when_answers_are_as_good_again() -> None:
    given = rows(60, worse_from=16)
    calm = rows(60, seed=1)
    found = events(judge([*given[:22], *calm[22:]]))
    assert [event.kind for event in found] == ["opened", "closed"]
    assert found[1].sentence == "toy version 1 is back within its tolerance."
    assert (found[1].subject, found[1].incident) == ("outcomes", found[0].incident)


def test_a_new_version_closes_the_incident_of_the_old_and_is_held_against_its_own_reference() -> None:
    given = rows(24, worse_from=16, version_2_from=20)
    judge = OutcomeJudge(declaration())
    references = {1: REFERENCE, 2: replace(REFERENCE, loss=0.7)}
    found = [one for row in given if (one := judge.of(row, references[row.version])) is not None]
    assert [(event.kind, event.version) for event in events(found)] == [("opened", 1), ("closed", 1)]
    assert events(found)[1].sentence == "toy version 1 was followed by version 2."
    assert last(found, LOSS, 8).n == 4 * 300


def test_a_version_without_reference_has_insufficient_data() -> None:
    found = judge(rows(24, worse_from=16), reference=None)
    assert events(found) == []
    assert set(verdicts(found, LOSS)) == set(verdicts(found, LABEL)) == {"insufficient"}
    assert last(found, LOSS).mean == pytest.approx(0.7, abs=0.1)


def test_panes_without_labels_are_insufficient_and_stop_nothing() -> None:
    found = judge([*rows(12), outcome(12, [], 0, predictions=40, adwin=None)])
    assert (last(found, LOSS).verdict, last(found, LABEL).verdict) == ("insufficient", "insufficient")
    assert (last(found, LOSS).n, last(found, LOSS).missing, last(found, LOSS).mean) == (0, 1.0, None)


def test_where_panes_are_alike_the_same_rise_is_not_enough() -> None:
    found = judge(rows(48, worse_from=40, between=0.2))
    assert events(found) == []
    row = last(found, LOSS, 8)
    assert row.worth_n is not None
    assert row.worth_n < row.n / 10


def test_adwin_is_heard_where_panes_are_calm() -> None:
    risen = rows(16)
    risen += [
        replace(row, changed=row.pane_end == 17 * MINUTE, adwin_width=3_000, adwin_mean=0.56) for row in rows(20)[16:]
    ]
    found = judge(risen)
    (opened,) = events(found)
    assert (opened.kind, opened.event_time) == ("opened", 18 * MINUTE)
    assert "(+12 %, by ADWIN, 95 % from" in opened.sentence
    row = last(found, LOSS)
    assert (row.test, row.p, row.verdict) == ("adwin", 1e-6, "drifted")
    assert {last(found, LOSS, window).test for window in (2, 4, 8)} == {"loss"}


def test_adwin_is_not_heard_where_panes_are_alike_or_it_is_less_sure_than_the_budget() -> None:
    def risen(between: float) -> list[Outcome]:
        return [
            replace(row, changed=row.pane_end == 17 * MINUTE, adwin_width=3_000, adwin_mean=0.56)
            for row in rows(20, between=between)
        ]

    assert events(judge(risen(0.2))) == []
    assert events(judge(risen(0.0))) != []
    assert events(judge([replace(row, adwin_delta=0.4) for row in risen(0.0)])) == []


def test_a_pane_is_judged_once() -> None:
    given = rows(24, worse_from=16)
    again = [row for pair in zip(given, given, strict=True) for row in pair]
    assert judge([*again, *given]) == judge(given)


@settings(max_examples=30)
@given(st.integers(0, 24), st.integers(0, 24), st.integers(0, 2**20))
def test_law_what_was_judged_before_does_not_depend_on_what_comes_later(cut: int, worse: int, seed: int) -> None:
    given = rows(24, worse_from=worse, seed=seed, size=40)
    assert judge(given)[:cut] == judge(given[:cut])


def test_incidents_of_inputs_and_outcomes_have_names_of_their_own() -> None:
    moved = DriftRow(
        version=1, pane_end=MINUTE, window=1, feature="x", n=1, m=1, effect=1.0, p=0.0, psi=0.0, mean=None, std=None,
        reference_mean=None, reference_std=None, missing=0.0, verdict="drifted",
    )  # fmt: skip
    theirs = Incident("toy", 1, 1).take(18 * MINUTE, [moved], {}, lambda _: "moved")
    ours = events(judge(rows(24, worse_from=16)))[0]
    assert theirs is not None
    assert ours.event_time == theirs.event_time
    assert {ours.id, ours.incident}.isdisjoint({theirs.id, theirs.incident})
    assert (theirs.subject, ours.subject) == ("inputs", "outcomes")
