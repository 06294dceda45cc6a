"""The label join: its rows depend on what is in the two logs, not on how they are read."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.evaluator.case import Prediction
from consumers.evaluator.join import LabelJoin
from schemas.messages import Label, Performance
from support.joining import DELAY, PANE, Event, apply, events, interleaved, join, logs, scored, true


def only(found: LabelJoin) -> Performance:
    (row,) = found.rows()
    return row


def test_a_late_label_is_counted_with_its_lag() -> None:
    row = only(join(events(scored("a", 100, 0.8), true("a", 3_100))))
    assert (row.predictions, row.labelled, row.label_lag_ms, row.accuracy) == (1, 1, 3_000, 1.0)
    assert row.log_loss == pytest.approx(-math.log(0.8), abs=1e-9)
    assert row.brier == pytest.approx(0.04, abs=1e-9)
    assert (row.role, row.version, row.pane_start, row.pane_end, row.watermark) == ("champion", 1, 0, 1_000, 3_100)


def test_an_early_label_waits_for_its_sample() -> None:
    assert only(join(events(true("a", 3_100), scored("a", 100)))).labelled == 1


def test_a_repeated_label_changes_nothing() -> None:
    found = join(events(scored("a", 100, 0.8), true("a", 200), true("a", 200)))
    assert only(found).labelled == 1
    assert (found.counts["repeated"], found.counts["corrected"]) == (1, 0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_labels_the_later_by_time_counts(order: tuple[int, int]) -> None:
    labels = [true("a", 200, 0), true("a", 300, 1)]
    found = join(events(scored("a", 100, 0.9), *(labels[index] for index in order)))
    assert only(found).accuracy == 1.0
    assert only(found).label_lag_ms == 200
    assert found.counts["corrected"] == 1


def test_a_prediction_without_label_is_counted_as_not_labelled() -> None:
    row = only(join(events(scored("a", 100))))
    assert (row.predictions, row.labelled, row.log_loss) == (1, 0, 0.0)


def test_each_shadow_has_rows_of_its_own() -> None:
    found = join(events(scored("a", 100, 0.9, {1: 0.2, 3: 0.6}, version=2), true("a", 200)))
    assert [(row.role, row.version, row.accuracy) for row in found.rows()] == [
        ("champion", 2, 1.0), ("shadow", 1, 0.0), ("shadow", 3, 1.0),
    ]  # fmt: skip


def test_a_certain_and_wrong_score_costs_a_finite_loss() -> None:
    assert only(join(events(scored("a", 100, 0.0), true("a", 200)))).log_loss == pytest.approx(-math.log(1e-15))


def test_a_label_for_nobody_becomes_an_orphan_after_the_delay() -> None:
    found = join(events(true("nobody", 100), scored("a", 4_000)))
    assert found.drain() == []
    apply(found, [("predictions", 0, 9, scored("b", 20_000))])
    assert [(lost.partition, lost.offset) for lost in found.drain()] == [(0, 0)]
    assert found.drain() == []


def test_a_label_beyond_the_delay_does_not_count_and_becomes_an_orphan() -> None:
    found = join(events(scored("a", 100), true("a", 5_101), scored("b", 30_000)))
    assert sum(row.labelled for row in found.rows()) == 0
    assert len(found.drain()) == 1


def test_a_label_dated_years_ahead_disturbs_nobody_and_becomes_an_orphan() -> None:
    found = join(events(scored("a", 100), true("a", 200), true("nobody", 10**12), scored("b", 300), true("b", 400)))
    assert [row.labelled for row in found.rows()] == [2]
    apply(found, [("predictions", 0, 9, scored("c", 20_000))])
    assert [lost.offset for lost in found.drain()] == [2]


def test_what_is_settled_is_forgotten() -> None:
    found = join([event for i in range(200) for event in _pair(i)])
    assert len(found) < 10
    assert sum(row.labelled for row in found.rows()) == 200
    assert found.drain() == []


def _pair(i: int) -> list[Event]:
    return [("predictions", 0, i, scored(str(i), i * 1_000)), ("labels", 0, i, true(str(i), i * 1_000 + 500))]


def test_beyond_the_limit_the_oldest_are_forgotten_and_counted() -> None:
    found = join([("predictions", 0, i, scored(str(i), i * 100)) for i in range(100)], limit=50)
    assert len(found) <= 50
    assert found.counts["forgotten"] == 100 - len(found)
    apply(found, [("labels", 0, 0, true("99", 9_950)), ("labels", 0, 1, true("0", 9_951))])
    assert sum(row.labelled for row in found.rows()) == 1


def test_only_changed_rows_are_given() -> None:
    found = join(events(scored("a", 100), scored("b", 1_100)))
    assert len(found.changed()) == 2
    apply(found, [("labels", 0, 9, true("b", 1_200))])
    assert [row.pane_start for row in found.changed()] == [1_000]
    assert found.changed() == []


@given(logs(), st.randoms(use_true_random=False), st.integers(1, 20))
def test_law_no_interleaving_and_no_batching_changes_the_rows(
    log: list[Event], random: object, settle_each: int
) -> None:
    plain, mixed = join(log), join(interleaved(log, random), settle_each=settle_each)
    assert mixed.rows() == plain.rows()
    assert {(lost.partition, lost.offset) for lost in mixed.drain()} == {
        (lost.partition, lost.offset) for lost in plain.drain()
    }


@given(logs(), st.randoms(use_true_random=False))
def test_law_applying_everything_twice_changes_nothing(log: list[Event], random: object) -> None:
    found = join(interleaved(log, random))
    rows, orphans = found.rows(), len(found.drain())
    apply(found, interleaved(log, random))
    assert (found.rows(), found.drain()) == (rows, [])
    assert orphans == found.counts["orphans"]


@given(logs())
def test_law_the_rows_are_those_of_a_plain_join_over_everything(log: list[Event]) -> None:
    labels = [(event[3], event[2], event[1]) for event in log if isinstance(event[3], Label)]
    expected: dict[tuple[str, int, int], list[tuple[float, int]]] = {}
    predictions: dict[tuple[str, int, int], int] = {}
    for *_, message in log:
        if not isinstance(message, Prediction):
            continue
        fitting = [
            (label.ts, offset, partition, label.label)
            for label, offset, partition in labels
            if label.id == message.id and abs(label.ts - message.ts) <= DELAY
        ]
        for role, version, score in (("champion", message.version, message.score), ("shadow", 1, message.shadow[1])):
            key = (role, version, message.ts // PANE * PANE)
            predictions[key] = predictions.get(key, 0) + 1
            expected.setdefault(key, []).extend([(score, max(fitting)[3])] if fitting else [])
    rows: dict[tuple[str, int, int], Performance] = {
        (row.role, row.version, row.pane_start): row for row in join(log).rows()
    }
    assert {key: row.predictions for key, row in rows.items()} == predictions
    for key, pairs in expected.items():
        assert rows[key].labelled == len(pairs)
        losses = [-math.log(min(max(s if y else 1 - s, 1e-15), 1 - 1e-15)) for s, y in pairs]
        assert rows[key].log_loss * len(pairs) == pytest.approx(math.fsum(losses), abs=1e-8 * (len(pairs) + 1))
