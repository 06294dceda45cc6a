"""The two models' log-losses out of panes: who counts where."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.cli.demo.measures import hold, in_flight, promotions, retrains
from infra.cli.demo.moment import DAY_MS, Day, Losses, losses, milliseconds
from infra.cli.tables import Decision, Quality
from schemas.messages import ModelRef, Models

START = datetime(2013, 1, 29, tzinfo=UTC)


def quality(role: str, version: int, day: int, labelled: int, log_loss: float) -> Quality:
    return Quality(role, version, START + timedelta(days=day), labelled, log_loss, 0.2, 0.7)


def decision(retrain: str, step: str, day: int = 0, version: int | None = None) -> Decision:
    return Decision(retrain, "event", step, "", START + timedelta(days=day), START, version, {})


def first(retrain: str = "first") -> Models:
    reference = ModelRef(version=1, run_id="r", model_sha256="", contract_sha256="", trained_until=0)
    return Models(stream="flights", champion=reference, previous=None, shadows=[], retrain=retrain, at=0)


def test_before_the_first_promotion_both_are_the_same_model() -> None:
    found = losses([quality("champion", 1, 0, 10, 0.5)], first=1, since=0)

    assert found.total() == (0.5, 0.5)


def test_afterwards_the_first_version_counts_from_the_shadow() -> None:
    found = losses([quality("champion", 2, 0, 10, 0.4), quality("shadow", 1, 0, 10, 0.6)], first=1, since=0)

    assert found.total() == pytest.approx((0.4, 0.6))


def test_in_the_pane_of_a_promotion_parts_are_weighted_by_their_samples() -> None:
    rows = [quality("champion", 1, 0, 30, 0.6), quality("champion", 2, 0, 10, 0.2), quality("shadow", 1, 0, 10, 1.0)]

    assert losses(rows, first=1, since=0).total() == pytest.approx((0.5, 0.7))


def test_other_shadows_do_not_count_as_the_first_version() -> None:
    rows = [quality("champion", 3, 0, 10, 0.4), quality("shadow", 1, 0, 10, 0.6), quality("shadow", 4, 0, 10, 9.0)]

    assert losses(rows, first=1, since=0).total() == pytest.approx((0.4, 0.6))


def test_panes_of_the_first_training_do_not_count() -> None:
    rows = [quality("champion", 1, -1, 10, 0.1), quality("champion", 1, 0, 10, 0.5)]

    assert losses(rows, first=1, since=milliseconds(START)).total() == (0.5, 0.5)


def test_rolling_looks_back_28_days_and_no_further() -> None:
    days = tuple(Day(start=day * DAY_MS, labelled=1, live=float(day), never=0.0) for day in range(40))

    rolling = Losses(days).rolling()

    assert rolling[0] == (0, 0.0, 0.0)
    assert rolling[39][1] == pytest.approx(sum(range(12, 40)) / 28)


def test_without_labels_there_is_no_loss() -> None:
    assert Losses().total() == (None, None)
    assert Losses().rolling() == []


def test_a_retrain_is_in_flight_from_its_start_to_its_final_step() -> None:
    begun = [decision("a", "requested"), decision("a", "started"), decision("a", "trained")]

    found = in_flight(begun)

    assert in_flight(begun[:1]) is None
    assert found is not None
    assert found.retrain == "a"
    assert in_flight([*begun, decision("a", "failed")]) is None


def test_a_hold_lasts_since_the_start() -> None:
    found = hold([decision("a", "started")], START.timestamp() + 6)

    assert found is not None
    assert found.seconds == pytest.approx(6)


def test_the_first_training_is_neither_retrain_nor_promotion() -> None:
    trail = [
        decision("first", "started"), decision("first", "promoted", version=1),
        decision("a", "started"), decision("a", "promoted", day=3, version=2),
        decision("b", "started"), decision("b", "rejected"), decision("c", "requested"), decision("c", "skipped"),
    ]  # fmt: skip

    assert retrains(trail, first()) == 2
    assert promotions(trail, first()) == ((milliseconds(START) + 3 * DAY_MS, 2),)
