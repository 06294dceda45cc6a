"""What the exporter makes of the topics."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from consumers.exporter.drift import Drift
from consumers.exporter.lag import MOST, Trail
from consumers.exporter.picture import Picture
from consumers.exporter.quality import KEPT, Qualities
from consumers.exporter.retrains import Retrains
from infra.metrics import catalogue
from schemas.messages import (
    Budget,
    Decision,
    DriftEvent,
    DriftRow,
    ModelRef,
    Models,
    Outcome,
    Performance,
    Served,
    Step,
)

HOUR = 3_600_000


def performance(pane: int, labelled: int, loss: float, *, role: str = "champion", version: int = 2) -> Performance:
    return Performance(
        role="shadow" if role == "shadow" else "champion", version=version, pane_start=pane * HOUR,
        pane_end=(pane + 1) * HOUR, predictions=2 * labelled, labelled=labelled, log_loss=loss, brier=loss / 2,
        accuracy=1 - loss, label_lag_ms=60_000, watermark=0,
    )  # fmt: skip


def outcome(pane: int, predictions: int, labelled: int, version: int = 2) -> Outcome:
    return Outcome(
        version=version, pane_start=pane * HOUR, pane_end=(pane + 1) * HOUR, predictions=predictions, labelled=labelled,
        positives=0, loss=0, squares=0, adwin_width=None, adwin_mean=None, adwin_delta=0.1, changed=False,
    )  # fmt: skip


def decision(step: Step, retrain: str = "r-1", at: int = 0, **figures: float) -> Decision:
    return Decision(
        retrain=retrain, event="e", stream="s", step=step, reason="", event_time=0, at=at, figures=dict(figures)
    )


def event(kind: str, incident: str, version: int = 2) -> DriftEvent:
    return DriftEvent(
        id=f"{incident}-{kind}", incident=incident, stream="s", version=version,
        kind="closed" if kind == "closed" else "opened", event_time=0, shifts=[], sentence="",
    )  # fmt: skip


def ref(version: int) -> ModelRef:
    return ModelRef(version=version, run_id="", model_sha256="", contract_sha256="", trained_until=7_000)


def drift_row(pane_end: int, effect: float, *, window: int = 1, version: int = 2) -> DriftRow:
    return DriftRow(
        version=version, pane_end=pane_end, window=window, feature="wind", n=10, m=10, effect=effect, p=0.01, psi=0.2,
        mean=None, std=None, reference_mean=None, reference_std=None, missing=0.1, verdict="drifted", limit=0.05,
    )  # fmt: skip


def told(picture: Picture) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in picture.tell():
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


ENDS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50)), min_size=1, max_size=600)


@given(ENDS, st.integers(0, 10_000))
def test_a_lag_is_never_told_longer_than_it_is_and_nothing_unread_is_none(
    moves: list[tuple[int, int]], offset: int
) -> None:
    """A record at an offset came in at the first look whose end lies beyond it, or before."""
    trail, now, end, came = Trail(), 0.0, 0, None
    for pause, records in moves:
        now, end = now + pause, end + records
        trail.look(now, end)
        came = now if came is None and end > offset else came
    waited = trail.waited(now, offset)

    if came is None:
        assert waited == 0
    else:
        assert 0 <= waited <= now - came
        if len(moves) <= MOST:
            assert waited == now - came


def test_a_lag_that_outlasts_the_trail_is_told_as_long_as_the_trail_reaches() -> None:
    trail = Trail()
    for look in range(10 * MOST):
        trail.look(look, look + 1)

    assert trail.waited(10 * MOST, 0) == 10 * MOST
    assert trail.waited(10 * MOST, 10 * MOST) == 0


def test_a_topic_that_was_made_again_begins_a_new_trail() -> None:
    trail = Trail()
    trail.look(0, 100)
    trail.look(10, 5)

    assert trail.waited(12, 0) == 2


def test_quality_is_a_mean_over_labelled_samples_of_the_last_panes_that_have_any() -> None:
    found = Qualities()
    for pane in range(10):
        found.performed(performance(pane, labelled=10, loss=9.0 if pane < 3 else 0.5))
    found.performed(performance(10, labelled=30, loss=0.9))
    found.performed(performance(11, labelled=0, loss=0.0))
    found.performed(performance(9, labelled=10, loss=0.7))  # a later row of a pane replaces the earlier

    mean = found.mean("champion", 2, lambda row: row.log_loss)

    assert mean is not None
    assert abs(mean - (5 * 10 * 0.5 + 10 * 0.7 + 30 * 0.9) / 90) < 1e-12
    assert found.mean("shadow", 2, lambda row: row.log_loss) is None


def test_what_is_remembered_of_a_version_is_bounded() -> None:
    found = Qualities()
    for pane in range(5 * KEPT):
        found.performed(performance(pane, 1, 0.5))

    assert len(found.rows["champion", 2]) == KEPT


def test_coverage_and_delay_are_of_panes_whose_labels_were_due() -> None:
    found = Qualities()
    assert found.behind_ms() is None
    for pane in range(3):
        found.performed(performance(pane, 5, 0.5))
    found.turned_out(outcome(0, predictions=100, labelled=40))
    found.turned_out(outcome(1, predictions=100, labelled=60))

    assert found.coverage() == 0.5
    assert found.lag_ms() == 60_000
    assert found.behind_ms() == HOUR


def standing(found: Retrains) -> tuple[int, int, str | None]:
    return found.failures, found.rejections, found.flight


def test_retrains_that_came_to_nothing_are_counted_in_a_row() -> None:
    found = Retrains()
    for step in ("started", "failed", "started", "rejected", "started", "failed"):
        found.take(decision(step))
    assert standing(found) == (1, 3, None)

    found.take(decision("started", "r-4", at=1_000))
    assert standing(found) == (1, 3, "r-4")
    found.take(decision("trained", "r-4", at=5_000, serving_bytes=700, rows=90))
    found.take(decision("promoted", "r-4"))

    assert standing(found) == (0, 0, None)
    assert (found.training_ms, found.size, found.rows) == (4_000, 700, 90)
    assert found.steps == {"started": 4, "failed": 2, "rejected": 1, "trained": 1, "promoted": 1}


def test_an_incident_is_open_until_it_is_closed_or_a_new_version_answers_it() -> None:
    found = Drift()
    for one in (event("opened", "a", 1), event("opened", "b"), event("opened", "c"), event("closed", "c")):
        found.happened(one)

    assert found.open(champion=1) == {"inputs": 2, "outcomes": 0}
    assert found.open(champion=2) == {"inputs": 1, "outcomes": 0}
    assert found.events == {("opened", "inputs"): 3, ("closed", "inputs"): 1}


def takes(picture: Picture, rows: Iterable[DriftRow]) -> None:
    for row in rows:
        picture.drift.judged(row)


def test_of_drift_the_champions_last_window_is_told() -> None:
    picture = Picture(HOUR, HOUR)
    takes(
        picture, [drift_row(1_000, 0.1), drift_row(2_000, 0.3), drift_row(1_000, 0.9), drift_row(5_000, 0.7, version=1)]
    )
    assert "leeway_drift_effect" not in told(picture)

    picture.on_models(Models(stream="s", champion=ref(2), previous=None, shadows=[ref(3)], retrain="", at=9_000))
    picture.drift.budgeted(
        Budget(version=2, pane_end=0, panes=9, incidents=1, control_panes=50, control_alarms=2, allowed=1.5)
    )
    found = told(picture)

    assert found["leeway_drift_effect"] == {("wind", "1"): 0.3}
    assert found["leeway_drift_verdict"] == {("wind", "1"): 1}
    assert found["leeway_drift_judged_seconds"] == {(): 2.0}
    assert found["leeway_false_alarms_measured"] == {(): 2}
    assert found["leeway_model_version"] == {("champion",): 2, ("shadow",): 3}
    assert found["leeway_model_trained_until_seconds"] == {(): 7}


def test_while_nothing_of_a_new_champion_is_known_the_one_before_it_is_told() -> None:
    picture = Picture(HOUR, HOUR)
    takes(picture, [drift_row(1_000, 0.1, version=1)])
    picture.qualities.performed(performance(0, 10, 0.5, version=1))
    picture.on_models(Models(stream="s", champion=ref(2), previous=ref(1), shadows=[], retrain="", at=0))

    assert told(picture)["leeway_drift_effect"] == {("wind", "1"): 0.1}
    assert told(picture)["leeway_model_log_loss"] == {("previous", "1"): 0.5}
    takes(picture, [drift_row(2_000, 0.2)])
    assert told(picture)["leeway_drift_effect"] == {("wind", "1"): 0.2}


def test_a_partition_that_reported_another_version_last_is_skew() -> None:
    picture = Picture(HOUR, HOUR)
    picture.on_models(Models(stream="s", champion=ref(2), previous=ref(1), shadows=[], retrain="", at=0))
    for partition, version in ((0, 1), (1, 2), (0, 2), (2, 1)):
        picture.on_served(
            Served(worker="w", partition=partition, version=version, model_sha256="", from_offset=0, at=0)
        )

    assert told(picture)["leeway_model_skew_partitions"] == {(): 1}
    assert told(picture)["leeway_model_served_partitions"] == {("1",): 1, ("2",): 2}


def test_of_many_versions_the_newest_are_remembered_and_those_that_are_served() -> None:
    picture = Picture(HOUR, HOUR)
    takes(picture, [drift_row(1_000, 0.1, version=version) for version in range(1, 30)])
    picture.on_models(Models(stream="s", champion=ref(2), previous=None, shadows=[], retrain="", at=0))

    assert sorted(picture.drift.rows) == [2, *range(22, 30)]


def test_a_fresh_stream_without_a_model_tells_only_what_is_known() -> None:
    found = told(Picture(HOUR, HOUR))

    assert found["leeway_incidents_open"] == {("inputs",): 0, ("outcomes",): 0}
    assert found["leeway_label_wait_seconds"] == {(): 3600}
    assert "leeway_model_version" not in found
    assert set(found) <= set(catalogue.ALL)


def test_a_shadow_is_no_work_and_a_way_back_is_no_challenger_that_failed() -> None:
    found = Retrains()
    found.take(decision("started", "a-1", at=1))
    found.take(decision("shadowing", "a-1", at=2))
    assert standing(found) == (0, 0, None)
    found.take(decision("promoting", "a-1", at=3))
    assert standing(found) == (0, 0, "a-1")
    found.take(decision("promoted", "a-1", at=4))
    found.take(decision("failed", "b-1", at=5))
    found.take(decision("rolling_back", "a-1", at=6))
    assert standing(found) == (1, 1, "a-1")
    found.take(decision("rolled_back", "a-1", at=7))
    assert standing(found) == (1, 1, None)
