"""Delays and alarms as the page tells them, of episodes whose times are known."""

from array import array
from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.slo.conclude import Watched, delays, false_alarms, figures
from benchmarks.slo.episodes import Episode
from benchmarks.slo.heard import Heard
from benchmarks.slo.sender import Sender
from benchmarks.slo.stream import CALM, KINDS, LATENESS_MS, PARTITIONS, RATE, Shift, rows, shift
from schemas.messages import DriftEvent, FeatureShift

START_S = 1_000_000
SHIFTED = Shift("mean 1 sd", "x1", 1.0)


@pytest.fixture
def sender() -> Sender:
    """Has sent 40 seconds of samples, each 5 ms after it was due."""
    found = Sender.__new__(Sender)
    found.start = float(START_S)
    found.sent = array("d", [START_S + i / RATE + 0.005 for i in range(40 * RATE)])
    return found


def opened(second: int, heard_s: float, *features: str) -> Heard:
    moved = [FeatureShift(feature=name, window=1, effect=0.3, p=0.0, psi=0.2) for name in features]
    return START_S + heard_s, DriftEvent(
        id=str(second), incident="i", stream="s", version=1, kind="opened", event_time=(START_S + second) * 1000,
        shifts=moved, sentence=f"at {second}",
    )  # fmt: skip


def episode(sender: Sender, shift: Shift, first: int, last: int, told: Heard | None) -> Episode:
    return Episode(shift, first, last, sender.time_ms(first), sender.time_ms(last), told)


def watched(sender: Sender, heard: Sequence[Heard], *episodes: Episode) -> Watched:
    return Watched(sender, heard, episodes)


def test_a_delay_counts_from_the_first_shifted_sample_to_the_pane_that_decides(sender: Sender) -> None:
    event = opened(12, 12.5, "x0", "x1")
    first = 10 * RATE + RATE // 4
    (delay,) = delays(watched(sender, [event], episode(sender, SHIFTED, first, 13 * RATE, event)))

    assert delay.samples == 12 * RATE - first
    assert delay.event_s == pytest.approx(1.75)
    assert delay.wall_s == pytest.approx(12.5 - 10.25 - 0.005)
    assert delay.after_end_s == pytest.approx(0.5)
    assert (delay.named, delay.first) == (True, False)


def test_the_deciding_sample_is_the_first_with_which_every_partition_has_passed_the_end(sender: Sender) -> None:
    end = (START_S + 12) * 1000
    found = sender.deciding(end)

    def passed(sample: int) -> list[bool]:
        last = [sample - (sample - p) % PARTITIONS for p in range(PARTITIONS)]
        return [sender.time_ms(one) - LATENESS_MS >= end for one in last]

    assert all(passed(found))
    assert not all(passed(found - 1))


def test_an_alarm_is_false_where_no_window_held_a_shifted_sample(sender: Sender) -> None:
    true, early, late = opened(12, 12.5, "x1"), opened(9, 9.5, "x1"), opened(30, 30.5, "x2")
    found = watched(sender, [early, true, late], episode(sender, SHIFTED, 10 * RATE, 13 * RATE, true))

    assert false_alarms(found) == ["at 9", "at 30"]
    assert "false alarm: at 9" in figures([found])["missed"]


def test_an_alarm_of_a_control_episode_is_false(sender: Sender) -> None:
    event = opened(12, 12.5, "x1")
    found = watched(sender, [event], episode(sender, Shift(CALM), 10 * RATE, 34 * RATE, event))

    assert false_alarms(found) == ["at 12"]
    assert delays(found) == []


def test_a_shift_that_is_not_told_misses_the_goal(sender: Sender) -> None:
    found = figures([watched(sender, [], episode(sender, SHIFTED, 10 * RATE, 34 * RATE, None))])

    assert "mean 1 sd: 0 of 1 told, goal all" in found["missed"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_shift_does_what_it_is_called(kind: str) -> None:
    random = np.random.default_rng(0)
    one, made = shift(kind, random), rows(random)
    plain = [next(made) for _ in range(4_000)]
    moved = [dict(row) for row in plain]
    for row in moved:
        one.apply(row, float(random.random()))
    changed = sum(row != other for row, other in zip(plain, moved, strict=True)) / len(plain)
    share = {CALM: 0.0, "new category 20 %": 0.2, "missing 15 %": 0.15}.get(kind, 1.0)

    assert changed == pytest.approx(share, abs=0.02)
    if kind.startswith("mean"):
        assert np.mean([row[one.feature] for row in moved]) == pytest.approx(one.size, abs=0.05)
