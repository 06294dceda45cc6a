"""Each check of the gate finds its own harm, and only that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.training.checks import budget, calibration, labels, segments
from consumers.training.checks.check import UNKNOWN, Check, Common, values
from consumers.training.job import Gate
from consumers.training.loss import by_days
from consumers.training.trial import LOSS, extended
from infra.boosting import Floats
from support.labelled import DAY, HOUR, dataset, rows


def common(seed: int, size: int = 4_000) -> Common:
    """Two models that say the truth but for noise of their own; half of the rows are of each airport."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(2, 3, size)
    champion, challenger = (_moved(truth, rng.normal(0, 0.2, size)) for _ in range(2))
    labels = (rng.random(size) < truth).astype(np.int64)
    place = np.array(["JFK", "LGA"])[rng.integers(0, 2, size)]
    return Common(champion, challenger, labels, np.arange(size) * HOUR // 10, {"origin": place})


def _moved(scores: Floats, by: Floats | float) -> Floats:
    """In log-odds."""
    found: Floats = 1 / (1 + np.exp(-(np.log(scores / (1 - scores)) + by)))
    return found


def with_challenger(found: Common, scores: Floats) -> Common:
    return Common(found.champion, scores, found.labels, found.times, found.segments)


@given(st.integers(0, 2**31))
def test_a_model_does_no_harm_to_itself(seed: int) -> None:
    found = common(seed, 1_000)
    same = with_challenger(found, found.champion)

    assert segments.check(segments.table(same)).passed
    assert calibration.check(same, seed).passed


def test_equals_are_held_back_more_rarely_than_the_level_says() -> None:
    trials = [common(seed) for seed in range(60)]

    assert sum(not segments.check(segments.table(one)).passed for one in trials) <= 3
    assert sum(not calibration.check(one, 0).passed for one in trials) <= 3


def test_harm_to_one_airport_is_found_under_a_gain_on_the_whole() -> None:
    found = common(0)
    at = found.segments["origin"] == "JFK"
    knows = np.where(found.labels == 1, 0.8, 0.2)
    bad = with_challenger(found, np.where(at, _moved(found.champion, 1.0), knows))
    table = segments.table(bad)
    verdict = segments.check(table)

    assert [one.name for one in table if one.harmed] == ["origin = JFK"]
    assert not verdict.passed
    assert "origin = JFK" in verdict.reason
    assert "LGA" not in verdict.reason
    assert verdict.figures["segments_harmed"] == 1


def test_a_segment_of_few_rows_or_days_is_shown_and_not_judged() -> None:
    found = common(0, 150)
    short = Common(found.champion, 1 - found.champion, found.labels, found.times, found.segments)
    table = segments.table(short)

    assert len(table) == 2
    assert not any(one.judged for one in table)
    assert "none of 2 segments has 200 rows" in segments.check(table).reason


def test_values_without_a_code_are_a_segment_of_their_own() -> None:
    data = dataset(rows(2, turn=100), 2 * DAY)
    found = values(data, 2, "color", np.arange(len(data)))

    assert set(found.tolist()) == {"red", "blue", "green", UNKNOWN}
    assert (found == UNKNOWN).sum() == np.isnan(data.rows[:, 2]).sum()


@pytest.mark.parametrize("spread", [2.5, 0.3])
def test_probabilities_too_sure_or_too_timid_are_found_though_the_order_is_the_same(spread: float) -> None:
    found = common(1, 20_000)
    odds = np.log(found.champion / (1 - found.champion))
    verdict = calibration.check(with_challenger(found, 1 / (1 + np.exp(-spread * odds))), 0)

    assert not verdict.passed
    assert verdict.figures["reliability"] > verdict.figures["champion_reliability"] + calibration.TOLERANCE
    assert "worse beyond doubt" in verdict.reason


def test_the_reliability_term_has_no_bias_by_few_rows() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        scores = rng.beta(2, 3, 200)
        sums = calibration._sums(scores, (rng.random(200) < scores).astype(np.int64), np.zeros(200, np.int64))  # noqa: SLF001 - the term of one sample
        found.append(float(calibration.reliability(sums[0])))

    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(300)  # Murphy's own would be .01


def test_the_curve_tells_what_came_true() -> None:
    scores = np.repeat([0.25, 0.75], 400)
    labels_ = np.tile([1, 0, 0, 0], 100).tolist() + np.tile([1, 1, 1, 0], 100).tolist()
    curve = calibration.curve(scores, np.array(labels_))

    np.testing.assert_allclose(curve.said, curve.came)
    assert curve.rows.sum() == 800


@given(st.integers(0, 200), st.integers(0, 200))
def test_labels_of_one_class_prove_nothing(zeros: int, ones: int) -> None:
    found = labels.check(np.array([0] * zeros + [1] * ones, dtype=np.int64))

    assert found.passed == (min(zeros, ones) >= labels.LEAST)


def test_what_is_too_slow_or_too_large_is_told_with_its_limit() -> None:
    slow = budget.latency({1_000: 10_000_000.0, 4_000: 2_500_000.0}, 100_000)
    large = budget.size({"model.skops": 150, "contract.json": 60}, 200)

    assert (slow.passed, slow.reason) == (False, "10,000,000 us per 1,000 rows, above max_us_per_1000_rows 100,000")
    assert (large.passed, large.reason) == (
        False,
        "210 bytes (model.skops 150, contract.json 60), above max_bytes 200",
    )
    assert budget.latency({1_000: 1.0, 4_000: 1.0}, 1).passed
    assert budget.size({"model.skops": 200}, 200).passed


def test_the_interval_by_days_holds_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    times = np.repeat(np.arange(6), 50) * DAY
    held = 0
    for _ in range(1_000):
        gains = rng.normal(0, 1, 300) + np.repeat(rng.normal(0, 1, 6), 50)
        low, high = by_days(gains, times, 0.99)
        held += low <= 0 <= high

    assert 980 <= held <= 1_000


def test_the_gate_passes_when_all_of_its_checks_do() -> None:
    loss = Check(name=LOSS, passed=True, reason="gain +0.01")
    gate = Gate(passed=True, reason="", rows=1, champion=0.5, challenger=0.4, gain=0.1, low=0, high=1, checks=[loss])
    good, bad = Check(name="size", passed=True, reason="small"), Check(name="reload", passed=False, reason="it broke")

    assert extended(gate, [good]).passed
    assert extended(gate, [good]).reason == "gain +0.01; passed: size"
    found = extended(gate, [good, bad])
    assert (found.passed, found.failed) == (False, ["reload"])
    assert found.reason == "gain +0.01; reload FAILED: it broke; passed: size"
    assert found.metrics()["gate/reload_passed"] == 0.0
    assert found.figures()["failed"] == "reload"
