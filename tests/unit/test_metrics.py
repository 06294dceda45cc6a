"""The balance as Prometheus reads it."""

from pathlib import Path
from urllib.request import urlopen

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra import metrics
from schemas.errors import Refused, Unavailable
from schemas.position import Position

BOOKED = {2: Position(next=12, received=10, empty=2, scored=6, rejected=1, duplicates=1, late=3, unavailable=1)}


def reading(*collectors: metrics.Balance) -> dict[str, float]:
    with urlopen(f"http://127.0.0.1:{metrics.serve(0, *collectors)}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            sample.name: sample.value
            for family in families
            for sample in family.samples
            if sample.labels == {"stream": "s", "partition": "2"}
        }


def test_the_committed_balance_is_told_by_partition() -> None:
    assert reading(metrics.Balance("s", lambda: BOOKED, lambda _: 20)) == {
        "leeway_samples_received_total": 10,
        "leeway_samples_scored_total": 6,
        "leeway_samples_rejected_total": 1,
        "leeway_samples_duplicates_total": 1,
        "leeway_samples_late_total": 3,
        "leeway_samples_ahead_total": 0,
        "leeway_samples_unavailable_total": 1,
        "leeway_samples_open": 1,
        "leeway_samples_waiting": 8,
    }


def test_without_a_broker_what_is_committed_is_told_all_the_same() -> None:
    def away(_partition: int) -> int:
        raise Unavailable("no answer")

    found = reading(metrics.Balance("s", lambda: BOOKED, away))

    assert found["leeway_samples_scored_total"] == 6
    assert "leeway_samples_waiting" not in found


def test_a_port_that_is_taken_is_refused_with_what_to_do() -> None:
    taken = metrics.serve(0)

    with pytest.raises(Refused, match="--metrics 0"):
        metrics.serve(taken)


def test_prometheus_finds_the_port_by_file(tmp_path: Path) -> None:
    metrics.announce(tmp_path, "s.scorer-0", 1)
    path = metrics.announce(tmp_path, "s.scorer-0", 4711)

    assert [one.name for one in path.parent.iterdir()] == ["s.scorer-0.json"]
    assert msgspec.json.decode(path.read_bytes()) == [
        {"targets": ["127.0.0.1:4711"], "labels": {"process": "s.scorer-0"}}
    ]


def test_each_metric_is_a_field_of_the_position() -> None:
    assert set(metrics.COUNTS) <= set(Position.__struct_fields__)
