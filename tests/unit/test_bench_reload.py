"""What `make bench-reload` concludes from what it heard: stall, skew, loss."""

import numpy as np

from benchmarks.compare.load import Sent
from benchmarks.compare.subject import PARTITIONS
from benchmarks.reload import STALL_MS, Heard, Told, conclude
from schemas.messages import Served

RATE, SECONDS = 200, 44
TOLD = [Told(version, 14.0 + 10 * place) for place, version in enumerate((2, 3, 4))]


def heard(stall_ms: float = 0.0, lost: int = 0) -> Heard:
    """Every sample after 60 to 80 ms; those due at the first reload so much later."""
    found = Heard()
    rng = np.random.default_rng(0)
    for number in range(RATE * SECONDS - lost):
        due = number / RATE
        wait = 0.06 + 0.02 * rng.random() + (stall_ms / 1000 if 14.2 < due < 14.3 else 0)
        found.numbers.append(number)
        found.versions.append(1 + sum(due > one.at for one in TOLD))
        found.due.append(due)
        found.read.append(due + wait)
    return found


def served(after: float, partitions: int = PARTITIONS) -> list[tuple[float, Served]]:
    return [
        (
            one.at + after * (place + 1) / PARTITIONS,
            Served(worker=f"w{place % 2}", partition=place, version=one.version, model_sha256="", from_offset=0, at=0),
        )
        for one in TOLD
        for place in range(partitions)
    ]


SENT = Sent(RATE * SECONDS, 0.0, float(SECONDS), 1.0)


def test_a_reload_that_nobody_feels_meets_every_goal() -> None:
    found = conclude(heard(), TOLD, served(0.8), SENT)

    assert found["missed"] == []
    assert [one["skew_ms"] for one in found["reloads"]] == [800] * 3
    assert all(one["workers"] == 2 and one["stall_ms"] < 5 for one in found["reloads"])
    assert (found["lost"], found["doubled"]) == (0, 0)


def test_a_stall_a_late_partition_and_a_lost_sample_are_told() -> None:
    found = conclude(heard(stall_ms=STALL_MS + 50, lost=3), TOLD, served(0.8, PARTITIONS - 1), SENT)

    assert 140 < found["reloads"][0]["stall_ms"] < 160
    assert found["reloads"][1]["stall_ms"] < 5
    assert found["lost"] == 3
    assert [one.split(":")[0] for one in found["missed"]] == [
        "version 2", "version 2", "version 3", "version 4", "3 samples lost",
    ]  # fmt: skip
