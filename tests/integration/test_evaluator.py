"""The evaluator on real Kafka."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from consumers.evaluator import worker
from infra.embedded import Endpoints
from schemas.messages import LOSS_SCALE, Outcome, Performance
from schemas.reasons import REASON, SOURCE
from support import streams
from support.loop_suite import wait
from support.streams import Running, Stream

DAY = 86_400_000


@pytest.fixture
def stream(servers: Endpoints, tmp_path: Path) -> Stream:
    return streams.make(servers, tmp_path)


def predictions(stream: Stream, first: int, count: int, day: int) -> None:
    stream.send(
        stream.topics.predictions,
        *(
            {"id": f"f{i}", "ts": day * DAY + i, "score": 0.75, "class": 1, "version": 2, "shadow": {"1": 0.5},
             "source": [0, i], "features": {"x": [1, {"deep": None}]}}
            for i in range(first, first + count)
        ),
    )  # fmt: skip


def labels(stream: Stream, first: int, count: int, day: int, label: int = 1, late_ms: int = 1_000) -> None:
    given = ({"id": f"f{i}", "ts": day * DAY + i + late_ms, "label": label} for i in range(first, first + count))
    stream.send(stream.topics.labels, *given)


def rows(stream: Stream) -> dict[tuple[str, int, int], Performance]:
    found = [
        msgspec.json.decode(message.value(), type=Performance) for message in stream.read(stream.topics.performance)
    ]
    return {(row.role, row.version, row.pane_start // DAY): row for row in found}


def rejected(stream: Stream) -> list[tuple[bytes, bytes, bytes]]:
    found: list[Any] = stream.read(stream.topics.rejected)
    told = [(dict(message.headers()), message.value()) for message in found]
    return sorted((said[REASON], said[SOURCE].rsplit(b"/", 2)[0], value) for said, value in told)


def test_labels_late_early_twice_and_never(stream: Stream) -> None:
    labels(stream, 0, 10, day=1)
    predictions(stream, 0, 30, day=1)
    labels(stream, 10, 10, day=1)
    labels(stream, 0, 20, day=1)
    labels(stream, 15, 5, day=1, label=0, late_ms=5_000)
    with Running(worker.run, stream):
        wait(lambda: rows(stream) and min(row.labelled for row in rows(stream).values()) == 20)
        wait(lambda: rows(stream)["champion", 2, 1].accuracy == 0.75)
    found = rows(stream)
    assert set(found) == {("champion", 2, 1), ("shadow", 1, 1)}
    row = found["champion", 2, 1]
    assert (row.predictions, row.labelled, row.label_lag_ms) == (30, 20, 2_000)
    assert row.log_loss == pytest.approx((15 * 0.28768207 + 5 * 1.38629436) / 20)


def test_a_second_run_sends_nothing_again_and_goes_on(stream: Stream) -> None:
    predictions(stream, 0, 20, day=1)
    labels(stream, 0, 10, day=1)
    stream.send(stream.topics.labels, b"junk", {"id": "f1", "label": 2})
    with Running(worker.run, stream):
        wait(lambda: rows(stream) and len(rejected(stream)) == 2)
    before = len(stream.read(stream.topics.performance))
    with Running(worker.run, stream):
        predictions(stream, 20, 5, day=3)
        wait(lambda: ("shadow", 1, 3) in rows(stream))
        labels(stream, 20, 5, day=3)
        wait(lambda: rows(stream)["shadow", 1, 3].labelled == 5)
    after = stream.read(stream.topics.performance)[before:]
    assert {msgspec.json.decode(message.value(), type=Performance).pane_start // DAY for message in after} == {3}
    assert len(rejected(stream)) == 2


def test_bad_labels_and_labels_for_nobody_are_put_aside_with_reason_and_place(stream: Stream) -> None:
    nobody = b'{"id":"nobody","ts":%d,"label":1}' % DAY
    stream.send(stream.topics.labels, b"junk", b"", nobody, b'{"id":"f1","label":"maybe"}')
    predictions(stream, 0, 20, day=1)
    predictions(stream, 100, 20, day=20)
    with Running(worker.run, stream):
        wait(lambda: len(rejected(stream)) == 4)
    place = stream.topics.labels.encode()
    assert rejected(stream) == [
        (b"bad_label", place, b'{"id":"f1","label":"maybe"}'),
        (b"empty", place, b""),
        (b"no_sample", place, nobody),
        (b"not_json", place, b"junk"),
    ]


def test_an_unreadable_prediction_is_left_out_and_stops_nothing(stream: Stream) -> None:
    stream.send(stream.topics.predictions, b"junk", b'{"id":"a","ts":1,"score":1e300,"version":1,"shadow":{}}')
    predictions(stream, 0, 3, day=1)
    with Running(worker.run, stream):
        wait(lambda: rows(stream))
    assert rows(stream)["champion", 2, 1].predictions == 3


def outcomes(stream: Stream) -> list[Outcome]:
    return [msgspec.json.decode(message.value(), type=Outcome) for message in stream.read(stream.topics.outcomes)]


def everywhere(stream: Stream, day: int) -> None:
    """A sample and a label in each partition of both topics, at noon of this day."""
    for partition in (0, 1):
        at = day * DAY + DAY // 2
        stream.send(
            stream.topics.predictions,
            {"id": f"p{day}.{partition}", "ts": at, "score": 0.5, "class": 1, "version": 2, "shadow": {}},
            partition=partition,
        )
        stream.send(stream.topics.labels, {"id": f"p{day}.{partition}", "ts": at, "label": 0}, partition=partition)


def test_a_pane_has_one_outcome_once_its_labels_are_due_and_restarts_say_the_same(stream: Stream) -> None:
    predictions(stream, 0, 30, day=1)
    labels(stream, 0, 20, day=1)
    everywhere(stream, 1)
    labels(stream, 20, 5, day=1, late_ms=3 * DAY)
    with Running(worker.run, stream):
        wait(lambda: rows(stream)["champion", 2, 1].labelled == 27 if rows(stream) else False)
        assert outcomes(stream) == []
        everywhere(stream, 4)
        wait(lambda: outcomes(stream))
    (row,) = outcomes(stream)
    assert (row.version, row.pane_start, row.pane_end) == (2, DAY, 2 * DAY)
    assert (row.predictions, row.labelled, row.positives) == (32, 22, 20)
    assert row.loss / LOSS_SCALE == pytest.approx(20 * 0.28768207 + 2 * 0.69314718, abs=1e-6)
    assert (row.adwin_width, row.changed) == (22, False)
    with Running(worker.run, stream):
        everywhere(stream, 8)
        wait(lambda: len(outcomes(stream)) == 2)
    assert [found.pane_start // DAY for found in outcomes(stream)] == [1, 4]
    assert outcomes(stream)[1].adwin_width == 24  # the state of before the restart, and two more


def test_two_evaluators_of_the_same_topics_say_the_same_bytes(stream: Stream) -> None:
    for day in range(1, 8):
        predictions(stream, day * 100, 40, day)
        labels(stream, day * 100, 40, day, label=day % 2)
        everywhere(stream, day)
    with Running(worker.run, stream), Running(worker.run, stream):
        wait(lambda: rows(stream).keys() >= {("champion", 2, 7)})
        wait(lambda: len({row.pane_start for row in outcomes(stream)}) == 5)
    said = [message.value() for message in stream.read(stream.topics.outcomes)]
    assert len(set(said)) == 5
