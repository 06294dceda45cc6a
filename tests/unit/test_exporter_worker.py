"""The exporter between its topics, Kafka's answers and Prometheus."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka.admin import AdminClient
from prometheus_client.core import Metric

from consumers.exporter import machine, worker
from consumers.exporter.looking import LOOK_S, Lags
from consumers.exporter.picture import Picture
from consumers.exporter.worker import Exporter
from infra import embedded, offsets
from infra.embedded import ProcessState, State
from schemas.errors import Unavailable
from schemas.messages import ModelRef, Models, encode
from schemas.topics import Topics
from support.fake_kafka import FakeMessage

TOPICS = Topics("s")
MODEL = ModelRef(version=3, run_id="", model_sha256="", contract_sha256="", trained_until=0)
MODELS = encode(Models(stream="s", champion=MODEL, previous=None, shadows=[], retrain="", at=0))


class Kafka:
    """What a broker would answer; `away` answers nothing."""

    def __init__(self) -> None:
        self.committed: dict[str, dict[tuple[str, int], int]] = {}
        self.ends: dict[tuple[str, int], int] = {}
        self.away = False
        self.clients = 0

    def answer_groups(self, _bootstrap: str, _prefix: str) -> list[str]:
        self.ask()
        return sorted(self.committed)

    def answer_committed(self, _client: object, group: str) -> dict[tuple[str, int], int]:
        self.ask()
        return self.committed[group]

    def answer_newest(self, _client: object, places: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
        self.ask()
        return {place: self.ends[place] for place in places}

    def ask(self) -> None:
        if self.away:
            raise Unavailable("no answer")


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    found = Kafka()
    for name in ("groups", "committed", "newest"):
        monkeypatch.setattr(offsets, name, getattr(found, f"answer_{name}"))
    return found


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lags(kafka: Kafka, clock: Clock) -> Lags:
    def connect() -> AdminClient:
        kafka.clients += 1
        return cast("AdminClient", kafka)

    return Lags("s", "nowhere", connect, clock)


def values(metrics: Iterator[Metric] | Sequence[Metric]) -> dict[tuple[str, ...], float]:
    return {(one.name, *one.labels.values()): one.value for metric in metrics for one in metric.samples}


def test_a_reader_that_stands_falls_behind_by_a_second_a_second(kafka: Kafka, clock: Clock, lags: Lags) -> None:
    kafka.committed = {"s.warehouse": {("s.labels", 0): 100, ("s.labels", 1): 7}}
    for look in range(5):
        kafka.ends = {("s.labels", 0): 100 + 10 * look, ("s.labels", 1): 7}
        lags.look()
        clock.now += LOOK_S

    found = values(lags.tell())
    assert found["leeway_consumer_lag_records", "s.warehouse", "s.labels", "0"] == 40
    assert found["leeway_consumer_lag_records", "s.warehouse", "s.labels", "1"] == 0
    assert found["leeway_consumer_lag_seconds", "s.warehouse", "s.labels"] == 3 * LOOK_S


def test_kafka_is_asked_every_few_seconds_and_not_at_each_record(kafka: Kafka, clock: Clock, lags: Lags) -> None:
    kafka.committed, kafka.ends = {"s.framer": {("s.samples", 0): 1}}, {("s.samples", 0): 1}
    lags.look()
    kafka.ends = {("s.samples", 0): 50}
    lags.look()
    assert values(lags.tell())["leeway_consumer_lag_records", "s.framer", "s.samples", "0"] == 0
    clock.now += LOOK_S
    lags.look()
    assert values(lags.tell())["leeway_consumer_lag_records", "s.framer", "s.samples", "0"] == 49


def test_without_an_answer_the_last_look_stands_and_its_age_can_be_seen(kafka: Kafka, clock: Clock, lags: Lags) -> None:
    kafka.committed, kafka.ends = {"s.framer": {("s.samples", 0): 1}}, {("s.samples", 0): 9}
    lags.look()
    kafka.away = True
    clock.now += 100
    lags.look()

    found = values(lags.tell())
    assert found["leeway_consumer_lag_records", "s.framer", "s.samples", "0"] == 8
    assert found["leeway_exporter_looked_seconds",] == 1_000


def test_after_a_fault_a_new_client_asks(kafka: Kafka, clock: Clock, lags: Lags) -> None:
    """Seen: after a broker stood still, a client was refused for its old leader epoch, again and again."""
    for away in (False, False, True, False, False):
        kafka.away = away
        lags.look()
        clock.now += LOOK_S

    assert kafka.clients == 2
    assert lags.looked == clock.now - LOOK_S


def test_where_faust_says_that_the_judge_sits_is_no_lag(kafka: Kafka, lags: Lags) -> None:
    kafka.committed = {"s.scorer": {("s.sketches", 0): 1, ("s.frames", 0): 4}}
    kafka.ends = {("s.sketches", 0): 2, ("s.frames", 0): 4}
    lags.look()

    assert not [key for key in values(lags.tell()) if "s.sketches" in key]


def exporter(lags: Lags, ends: dict[tuple[str, int], int]) -> Exporter:
    return Exporter(TOPICS, Picture(1, 1), lags, ends, lambda: iter(()))


def record(topic: str, offset: int, value: bytes | None) -> Any:
    return FakeMessage(topic, 0, offset, cast("bytes", value))


def test_nothing_of_topics_is_told_before_they_were_read_to_where_they_ended(lags: Lags) -> None:
    found = exporter(lags, {(TOPICS.models, 0): 2, (TOPICS.drift, 0): 0})
    assert "1 partitions" in found.unready()
    found.handle([record(TOPICS.models, 0, MODELS)], {(TOPICS.models, 0): 1})
    assert not [key for key in values(list(found.collect())) if key[0] == "leeway_model_version"]

    found.handle([], {(TOPICS.models, 0): 2})

    assert found.unready() == ""
    assert values(list(found.collect()))["leeway_model_version", "champion"] == 3


def test_what_cannot_be_read_is_passed_over(lags: Lags) -> None:
    found = exporter(lags, {})
    found.handle(
        [record(TOPICS.drift, 0, b"\xff"), record(TOPICS.models, 0, None), record(TOPICS.models, 1, MODELS)],
        {(TOPICS.models, 0): 2},
    )

    assert values(list(found.collect()))["leeway_model_version", "champion"] == 3


def test_every_small_topic_is_read() -> None:
    assert set(worker.takers(Picture(1, 1), TOPICS)) == {
        TOPICS.models, TOPICS.served, TOPICS.drift, TOPICS.drift_events, TOPICS.budget, TOPICS.performance,
        TOPICS.outcomes, TOPICS.decisions,
    }  # fmt: skip


def test_of_supervised_processes_those_that_have_done_their_one_thing_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = [
        ProcessState(name="kafka", state="ready", rss=5),
        ProcessState(name="s.provisioning", state="stopped", last_exit=0),
        ProcessState(name="mlflow", state="starting", restarts=4),
        ProcessState(name="s.warehouse", state="stopped", last_exit=1),
    ]
    monkeypatch.setattr(embedded, "state", lambda _: State(pid=1, started=0.0, processes=processes))

    found = values(machine.tell(tmp_path))

    running = {key[1]: value for key, value in found.items() if key[0] == "leeway_supervised_running"}
    assert running == {"kafka": 1, "mlflow": 0, "s.warehouse": 0}
    assert found["leeway_supervised_restarts_total", "mlflow"] == 4
    assert 0 < found["leeway_disk_free_bytes",] <= found["leeway_disk_size_bytes",]


def test_where_another_supervisor_works_the_machine_alone_is_told(tmp_path: Path) -> None:
    assert {key[0] for key in values(machine.tell(tmp_path))} == {
        "leeway_disk_free_bytes", "leeway_disk_size_bytes", "leeway_network_received_bytes_total",
        "leeway_network_sent_bytes_total",
    }  # fmt: skip
