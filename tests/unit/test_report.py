"""What is told of a version's serving, in the run, in decisions and by `leeway models`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from consumers.training import report
from consumers.training.ways import Choice, Way
from infra import bundle
from infra.boosting import Floats
from infra.cli import models
from infra.cli.tables import Decision


def score(rows: Floats) -> Floats:
    return np.zeros(len(rows))


CHOICE = Choice(
    name="onnx-float64",
    ways={"scikit-learn": Way(score), "onnx-float64": Way(score, b"graph", 2e-16)},
    times={"scikit-learn": {1000: 900.0, 4000: 800.0}, "onnx-float64": {1000: 170.0, 4000: 160.04}},
    faults={"onnx-float32": "gives 3 of 99 rows the other class"},
)
FIGURES: dict[str, Any] = {
    "served_by": "onnx-int8", "compressed": "int8", "serving_us_per_1000_rows": 251.2, "serving_bytes": 19_739.0,
    "log_loss": 0.5338,
}  # fmt: skip


def decision(retrain: str, step: str, version: int | None, figures: dict[str, Any] | None = None) -> Decision:
    moment = datetime(2013, 1, 29, tzinfo=UTC)
    return Decision(retrain, "event", step, "because", moment, moment, version, figures or {})


def test_metrics_tell_bytes_and_times_of_every_way_and_of_the_one_that_serves(tmp_path: Path) -> None:
    (tmp_path / bundle.MODEL).write_bytes(bytes(70))
    assert report.metrics(CHOICE, tmp_path) == {
        "serving_bytes": 5.0, "serving_us_per_1000_rows": 160.0,
        "bytes_scikit_learn": 70.0, "us_per_1000_rows_scikit_learn": 800.0, "score_difference_scikit_learn": 0.0,
        "bytes_onnx_float64": 5.0, "us_per_1000_rows_onnx_float64": 160.0, "score_difference_onnx_float64": 2e-16,
    }  # fmt: skip
    assert report.params(CHOICE) == {
        "served_by": "onnx-float64",
        "not_by.onnx-float32": "gives 3 of 99 rows the other class",
    }


def test_the_reason_says_what_serves_and_nothing_where_nothing_was_made(tmp_path: Path) -> None:
    (tmp_path / bundle.MODEL).write_bytes(bytes(70))
    told = report.params(CHOICE) | {"compressed": "none"}
    said = report.sentence(report.metrics(CHOICE, tmp_path), told)
    assert said == "; served by onnx-float64: 160 us per 1,000 rows, 5 bytes"
    assert "onnx-float64, int8" in report.sentence(report.metrics(CHOICE, tmp_path), told | {"compressed": "int8"})
    assert report.sentence({}, {"compressed": "none"}) == ""


def test_versions_are_put_together_from_the_trail() -> None:
    trail = [
        decision("a", "trained", 1, FIGURES | {"served_by": "kernel", "compressed": "none"}),
        decision("a", "promoted", 1),
        decision("b", "trained", None, FIGURES),
        decision("b", "registered", 2),
        decision("c", "trained", None, FIGURES),
        decision("c", "rejected", None),
        decision("d", "registered", 3),
    ]
    found = models.versions(trail)
    assert [(one.number, one.step, one.served_by, one.size) for one in found] == [
        (1, "promoted", "kernel", 19_739.0),
        (2, "registered", "onnx-int8, int8", 19_739.0),
        (3, "registered", None, None),
    ]
    console = Console(width=160)
    with console.capture() as capture:
        models.show(found, console)
    lines = capture.get().splitlines()
    assert [word in lines[3] for word in ("v2", "onnx-int8, int8", "251", "19,739", "0.5338")] == [True] * 5
    assert "?" in lines[4]


def test_without_versions_it_says_how_to_make_one() -> None:
    console = Console(width=160)
    with console.capture() as capture:
        models.show([], console)
    assert "leeway train" in capture.get()
