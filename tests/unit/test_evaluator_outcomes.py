"""Outcomes: one final row a pane, a function of what is in the two logs."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.evaluator.case import Prediction
from consumers.evaluator.change import Change
from consumers.evaluator.outcomes import Outcomes
from schemas.messages import LOSS_SCALE, SQUARE_SCALE, Label, Outcome, encode
from support.joining import (
    DELAY,
    DELTA,
    LATENESS,
    PANE,
    WAIT,
    Event,
    apply,
    events,
    interleaved,
    join,
    logs,
    scored,
    true,
)

DUE = PANE + WAIT + LATENESS
"""When the row of the first pane is due."""


def outcomes(given: list[Event], *, settle_each: int = 1, limit: int = 1_000) -> list[Outcome]:
    kept = Outcomes(PANE, WAIT, LATENESS, delta=DELTA, limit=limit)
    join(given, settle_each=settle_each, outcomes=kept)
    return kept.drain()


Messages = list[Prediction | Label]


def passed(ts: int = DUE) -> tuple[Prediction, Label]:
    """A sample and a label that take both topics there."""
    return scored("later", ts), true("later", ts)


def test_a_row_is_made_when_both_topics_have_passed_its_due_time() -> None:
    given: Messages = [
        scored("a", 100, 0.8),
        true("a", 300),
        scored("b", 200, 0.4),
        true("b", 400, 0),
        scored("c", 300),
    ]
    assert outcomes(events(*given, *passed(DUE - 1))) == []
    assert outcomes(events(*given, scored("later", DUE))) == []
    (row,) = outcomes(events(*given, *passed()))
    assert (row.version, row.pane_start, row.pane_end) == (1, 0, PANE)
    assert (row.predictions, row.labelled, row.positives) == (3, 2, 1)
    losses = [-math.log(0.8), -math.log(0.6)]
    assert row.loss / LOSS_SCALE == pytest.approx(sum(losses), abs=1e-8)
    assert row.squares / SQUARE_SCALE == pytest.approx(sum(loss * loss for loss in losses), abs=1e-5)
    assert row.adwin_width == 2
    assert row.adwin_mean == pytest.approx(sum(losses) / 2)


def test_a_label_that_was_known_too_late_does_not_count_and_an_earlier_one_does() -> None:
    late: Messages = [scored("a", 100, 0.8), true("a", 200, 0), true("a", PANE + WAIT + 1)]
    assert [row.positives for row in outcomes(events(*late, *passed()))] == [0]
    timely: Messages = [scored("a", 100, 0.8), true("a", 200, 0), true("a", PANE + WAIT)]
    assert [row.positives for row in outcomes(events(*timely, *passed()))] == [1]


def test_what_comes_behind_the_due_time_is_counted_and_changes_no_row() -> None:
    kept = Outcomes(PANE, WAIT, LATENESS, delta=DELTA, limit=1_000)
    found = join(events(scored("a", 100), true("a", 200), *passed()), outcomes=kept)
    (row,) = kept.drain()
    apply(found, [("predictions", 0, 9, scored("b", 150)), ("labels", 0, 9, true("b", 160)), *events(*passed(9_000))])
    assert row.predictions == 1
    assert [later.pane_start for later in kept.drain()] == []
    assert kept.counts["after_outcome"] == 1


def test_only_the_champion_has_outcomes() -> None:
    given: Messages = [scored("a", 100, 0.9, {1: 0.2}, version=2), true("a", 200)]
    assert [row.version for row in outcomes(events(*given, *passed()))] == [2]


@given(logs(disorder=2 * LATENESS), st.randoms(use_true_random=False), st.integers(1, 20))
def test_law_no_interleaving_and_no_batching_changes_a_row(log: list[Event], chance: object, settle_each: int) -> None:
    plain, mixed = outcomes(log), outcomes(interleaved(log, chance), settle_each=settle_each)
    assert [encode(row) for row in mixed] == [encode(row) for row in plain]
    order = [(row.pane_start, row.version) for row in plain]
    assert order == sorted(set(order))


@given(logs())
def test_law_the_rows_are_those_of_a_plain_join_over_everything(log: list[Event]) -> None:
    labels = [(event[3], event[2], event[1]) for event in log if isinstance(event[3], Label)]
    expected: dict[tuple[int, int], list[tuple[float, int] | None]] = {}
    for *_, message in log:
        if isinstance(message, Prediction):
            start = message.ts // PANE * PANE
            fitting = [
                (label.ts, offset, partition, label.label)
                for label, offset, partition in labels
                if label.id == message.id and abs(label.ts - message.ts) <= DELAY and label.ts <= start + PANE + WAIT
            ]
            told = (message.score, max(fitting)[3]) if fitting else None
            expected.setdefault((start, message.version), []).append(told)
    for row in outcomes(log):
        samples = expected[row.pane_start, row.version]
        pairs = [sample for sample in samples if sample is not None]
        assert (row.predictions, row.labelled) == (len(samples), len(pairs))
        assert row.positives == sum(label for _, label in pairs)
        losses = [-math.log(min(max(s if y else 1 - s, 1e-15), 1 - 1e-15)) for s, y in pairs]
        assert row.loss == sum(round(loss * LOSS_SCALE) for loss in losses)


def test_beyond_the_limit_the_oldest_pane_is_added_up_at_once_and_kept_from_adwin() -> None:
    given: Messages = []
    for i in range(8):
        given += [scored(f"{i}", i, 0.8), true(f"{i}", i)]
    (row,) = outcomes(events(*given, *passed()), limit=5)
    assert (row.predictions, row.labelled) == (8, 7)
    assert row.loss / LOSS_SCALE == pytest.approx(-7 * math.log(0.8), abs=1e-8)
    assert (row.adwin_width, row.adwin_mean, row.changed) == (None, None, False)


def test_adwin_says_that_it_changed_only_where_it_became_worse() -> None:
    chance = random.Random(0)

    def losses(level: float) -> list[float]:
        return [level + chance.gauss(0, 0.1) for _ in range(1_000)]

    change = Change(0.002)
    assert [change.feed(losses(level)) for level in (0.5, 0.5, 0.8, 0.8, 0.4, 0.4)] == [
        False, False, True, False, False, False,
    ]  # fmt: skip
    assert change.mean == pytest.approx(0.4, abs=0.02)
    assert change.width <= 2_000
