"""What the evaluator sends, and what it does not send again."""

from typing import Any

import pytest
from confluent_kafka import KafkaError

from consumers.evaluator.case import Original
from consumers.evaluator.outbox import Outbox
from consumers.evaluator.progress import CONFIRMATIONS, Progress
from schemas.errors import Unavailable
from schemas.messages import Performance
from schemas.reasons import REASON, SOURCE, Reason
from schemas.topics import Topics


class Wire:
    """A producer whose deliveries can be made to fail."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.error: KafkaError | None = None

    def produce(self, topic: str, **record: Any) -> None:
        self.sent.append((topic, record))
        record["on_delivery"](self.error, None)

    def poll(self, _timeout: float, /) -> int:
        return 0

    def flush(self, _timeout: float, /) -> int:
        return 0


def row(predictions: int = 1, labelled: int = 0, watermark: int = 0, loss: float = 0.0) -> Performance:
    return Performance(
        role="champion", version=1, pane_start=0, pane_end=10, predictions=predictions, labelled=labelled,
        log_loss=loss, brier=0, accuracy=0, label_lag_ms=0, watermark=watermark,
    )  # fmt: skip


def test_a_row_is_sent_once_and_again_when_it_changed() -> None:
    wire = Wire()
    outbox = Outbox(Topics("toy"), wire)
    for given in (row(), row(watermark=5), row(labelled=1, watermark=6), row(labelled=1, watermark=7)):
        outbox.rows([given])
        outbox.send()
    assert [(topic, record["key"]) for topic, record in wire.sent] == [("toy.performance", b"champion|1|0")] * 2


def test_a_row_that_the_topic_holds_is_not_sent_nor_one_with_less_in_it() -> None:
    wire = Wire()
    outbox = Outbox(Topics("toy"), wire)
    outbox.holds([row(5, 3)], [])
    outbox.rows([row(5, 3, watermark=9)])
    outbox.rows([row(4, 3, watermark=9)])
    outbox.rows([row(5, 2, watermark=9)])
    outbox.send()
    assert wire.sent == []
    outbox.rows([row(5, 3, loss=0.5)])
    outbox.send()
    assert len(wire.sent) == 1


def test_a_label_is_put_aside_once_with_its_place_and_bytes() -> None:
    wire = Wire()
    outbox = Outbox(Topics("toy"), wire)
    outbox.holds([], [(0, 6)])
    for _ in range(2):
        outbox.aside(Original(0, 7, b"k", b"v"), Reason.NO_SAMPLE, "why")
        outbox.aside(Original(0, 6, b"k", b"v"), Reason.NO_SAMPLE, "why")
        outbox.send()
    ((topic, record),) = wire.sent
    assert (topic, record["key"], record["value"]) == ("toy.rejected", b"k", b"v")
    assert dict(record["headers"])[SOURCE] == b"toy.labels/0/7"
    assert dict(record["headers"])[REASON] == b"no_sample"


def test_what_was_not_delivered_is_kept_and_sent_again() -> None:
    wire = Wire()
    outbox = Outbox(Topics("toy"), wire)
    outbox.rows([row()])
    wire.error = KafkaError(KafkaError._MSG_TIMED_OUT)  # noqa: SLF001 - confluent-kafka's only name for it
    with pytest.raises(Unavailable, match="kept to be sent again"):
        outbox.send()
    wire.error = None
    outbox.send()
    outbox.send()
    assert len(wire.sent) == 2


def test_progress_is_not_moved_by_a_stray_but_by_a_stream_that_jumped() -> None:
    progress = Progress(100)
    assert [progress.see(ts) for ts in (0, 50, 10, 1_000_000, 60)] == [0, 50, 50, 50, 60]
    assert [progress.see(ts) for ts in [9_999] * CONFIRMATIONS][-2:] == [60, 9_999]
