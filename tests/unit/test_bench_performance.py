"""The page made of the result file."""

from typing import Any

import pytest

from benchmarks import performance

ROW = {"rate": 1000, "p50_ms": 20.0, "p99_ms": 90.0, "max_ms": 99.0, "sender_behind_ms": 1.0, "most": 4000.0}
MADE = {"at": "2026-01-01 00:00", "rounds": 3, "took_s": 10, "machine": "two cores"}


def test_a_part_that_was_not_measured_is_left_out() -> None:
    found: dict[str, Any] = {"checkpoints": {"rows": [ROW | {"checkpoint": "50ms"}], **MADE}, "missed": ["p99: 7"]}

    text = performance.text(found)

    assert "## Checkpoints" in text
    assert "## What exactly once costs" not in text
    assert "| 50ms | 4,000.0 | 1,000 | 20.0 | 90.0 | 99.0 | 1.0 |" in text
    assert "- p99: 7" in text


@pytest.mark.parametrize("value", [None, 1234.5, 3, "words"])
def test_a_cell_never_says_none(value: Any) -> None:
    assert "None" not in performance.table(["", "x"], [["row", value]])
