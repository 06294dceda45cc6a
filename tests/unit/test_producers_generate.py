"""Generated traffic: the same seed the same bytes, and a shift that a model would feel."""

from pathlib import Path

import numpy as np
import pytest

from producers.events import Timeline
from producers.files import tracks
from producers.generate import Traffic, traffic, write
from producers.initialise import Asked, initialise
from producers.tables import History
from schemas.declaration import load
from schemas.errors import Refused

ASKED = Traffic(n=4_000, seed=3, shift_at=0.5)


def record_bytes(made: History) -> list[bytes]:
    return [event.value for chunk in Timeline([made.samples, made.labels]).chunks() for event in chunk]


def test_a_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert record_bytes(traffic(ASKED)) == record_bytes(traffic(ASKED))
    assert record_bytes(traffic(ASKED)) != record_bytes(traffic(Traffic(n=4_000, seed=4, shift_at=0.5)))


def test_the_shift_moves_features_and_reverses_the_concept() -> None:
    made = traffic(ASKED)
    x0 = made.samples.features["x0"]
    assert abs(x0[:2_000].mean()) < 0.1
    assert x0[2_000:].mean() == pytest.approx(2, abs=0.1)
    label = dict(zip(made.labels.ids.tolist(), made.labels.values.tolist(), strict=True))
    y = np.array([label[key] for key in made.samples.ids.tolist()])
    assert np.corrcoef(x0[:2_000], y[:2_000])[0, 1] > 0.4
    assert np.corrcoef(x0[2_000:], y[2_000:])[0, 1] < -0.4


def test_labels_come_between_one_and_two_delays_later() -> None:
    made = traffic(ASKED)
    begun = dict(zip(made.samples.ids.tolist(), made.samples.times.tolist(), strict=True))
    delays = [time - begun[key] for key, time in zip(made.labels.ids.tolist(), made.labels.times.tolist(), strict=True)]
    assert ASKED.delay_ms <= min(delays) < max(delays) <= 2 * ASKED.delay_ms


def test_what_is_written_reads_back_as_the_same_events(tmp_path: Path) -> None:
    made = traffic(ASKED)
    (csv,), lines = write(made, tmp_path / "t.csv"), write(made, tmp_path / "t.jsonl")
    declared = load(initialise(csv, tmp_path / "t.toml", Asked())[0])
    for sources in ([csv], lines):
        read = tracks([str(path) for path in sources], declared)
        found = [event.value for chunk in Timeline(read).chunks() for event in chunk]
        assert found == record_bytes(made)


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"ends in \.csv or \.jsonl"):
        write(traffic(Traffic(n=1)), tmp_path / "t.xlsx")
