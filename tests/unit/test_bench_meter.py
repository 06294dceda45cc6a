"""The window in which competitors are measured."""

from pathlib import Path

import psutil
import pytest

from benchmarks.compare.meter import Meter, Reading


def meter(*done: int, total: int = 1000) -> Meter:
    readings = [Reading(at=float(i), done=n, cpu=2.0 * i, broker=0.5 * i) for i, n in enumerate(done)]
    return Meter(lambda: 0, total, psutil.Process(), Path("log"), readings)


def test_the_window_leaves_start_and_end_out() -> None:
    found = meter(0, 0, 90, 200, 400, 600, 800, 1000).measured()

    assert (found.records, found.wall, found.cpu, found.broker) == (600, 3.0, 6.0, 1.5)
    assert (found.per_second, found.per_cpu_second) == (200, 100)


def test_who_commits_in_steps_is_measured_from_step_to_step() -> None:
    found = meter(0, 0, 300, 300, 300, 600, 600, 600, 600, 1000).measured()

    assert (found.records, found.wall) == (300, 3.0)


def test_no_figure_is_made_of_one_step() -> None:
    with pytest.raises(RuntimeError, match="at once"):
        meter(0, 0, 1000).measured()
