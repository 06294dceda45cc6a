"""The warehouse and the poll loop on real Kafka and PostgreSQL."""

import random
import threading
import uuid
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumers.source import Everything, Group, client
from consumers.warehouse import worker
from consumers.warehouse.sort import routes
from infra import kafka, offsets
from infra.embedded import Endpoints
from schemas import messages, reasons
from schemas.reasons import Reason
from support import streams
from support.loop_suite import Collector, LoopSuite, looping, wait
from support.streams import Running, Stream

DAY = 86_400_000


@pytest.fixture
def stream(servers: Endpoints, tmp_path: Path) -> Stream:
    return streams.make(servers, tmp_path)


class KafkaRig:
    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.name = f"loop-{uuid.uuid4().hex[:10]}"
        admin = AdminClient({"bootstrap.servers": bootstrap})
        for made in admin.create_topics([NewTopic(self.name, 2, 1)]).values():
            made.result(30)

    def send(self, partition: int, count: int) -> None:
        sender = kafka.producer(self.bootstrap)
        for _ in range(count):
            sender.produce(self.name, b"x", partition=partition)
        assert sender.flush(30) == 0

    def group(self, start: int | None = None) -> Group:
        return Group(client(self.bootstrap, self.name), [self.name], lambda _topic, _partition: start)

    def everything(self) -> Everything:
        return Everything(client(self.bootstrap, self.name), [(self.name, 0), (self.name, 1)])

    def committed(self) -> dict[int, int]:
        asking = kafka.consumer(self.bootstrap, self.name)
        try:
            found = asking.committed([TopicPartition(self.name, 0), TopicPartition(self.name, 1)], timeout=30)
        finally:
            asking.close()
        return {part.partition: part.offset for part in found if part.offset > 0}


class TestKafka(LoopSuite):
    @pytest.fixture
    def rig(self, servers: Endpoints) -> KafkaRig:
        return KafkaRig(servers.kafka)

    def test_two_members_share_and_pass_over_nothing(self, rig: KafkaRig) -> None:
        rig.send(0, 300)
        rig.send(1, 300)
        stop = threading.Event()
        members = [Collector(stop, 10_000), Collector(stop, 10_000)]
        with looping(stop, (rig.group(), members[0])):
            wait(lambda: members[0].seen)
            with looping(stop, (rig.group(), members[1])):
                wait(lambda: members[1].reached)
                rig.send(0, 300)
                rig.send(1, 300)
                wait(lambda: len(set(members[0].seen) | set(members[1].seen)) == 1_200)
        assert members[0].reached.keys() != members[1].reached.keys()
        assert rig.committed() == {0: 600, 1: 600}

    def test_the_position_reached_includes_transaction_markers(self, rig: KafkaRig) -> None:
        sender = kafka.producer(rig.bootstrap, transactional_id=rig.name, delivery_timeout_ms=30_000)
        sender.init_transactions(30)
        sender.begin_transaction()
        sender.produce(rig.name, b"x", partition=0)
        sender.commit_transaction(30)
        stop = threading.Event()
        found = Collector(stop, 10_000)
        wait(lambda: offsets.ends(rig.bootstrap, rig.name)[0][1] == 2)
        with looping(stop, (rig.group(), found)):
            wait(lambda: found.reached.get((rig.name, 0)) == 2)
        assert found.seen == [(0, 0)]


def prediction(number: int, **changes: Any) -> dict[str, Any]:
    ordinary = {
        "id": f"f{number}", "ts": number * 60_000, "score": 0.25, "class": 0, "version": 2, "shadow": {"1": 0.5},
        "source": [0, number], "features": {"x": number},
    }  # fmt: skip
    return ordinary | changes


def fill(stream: Stream) -> None:
    """Messages in every topic; hostile ones among them."""
    topics = stream.topics
    stream.send(topics.predictions, *(prediction(number) for number in range(50)))
    stream.send(
        topics.predictions,
        prediction(50, id="a\0b"),
        prediction(51, version=10**12),
        prediction(52, ts=10**30),
        prediction(53, id=random.Random(0).randbytes(9_000).hex()),
        prediction(54, source=[0, 10**25]),
        b"not json",
        prediction(55, features={"x": 'tab\tquote"back\\slash\0 ☃'}),
        partition=1,
    )
    stream.send(topics.labels, {"id": "f1", "ts": 5, "label": 1}, {"id": "f1", "ts": 6, "label": True}, b"junk")
    aside = reasons.headers(Reason.NOT_JSON, "nul \0 here", topics.samples, 1, 12)
    stream.send(topics.rejected, b"\0\xff\xfe", headers=aside, key=b"\0")
    stream.send(topics.late, None, headers=reasons.headers(Reason.LATE, "", topics.samples, 1, 13))
    drift = messages.DriftRow(
        version=1, pane_end=DAY, window=2, feature="x", n=1, m=2, effect=0.1, p=0.5, psi=0.2, mean=None, std=1.0,
        reference_mean=0.0, reference_std=1.0, missing=0.0, verdict="stable",
    )  # fmt: skip
    stream.send(topics.drift, drift, msgspec.structs.replace(drift, n=9))
    event = messages.DriftEvent(
        id=f"{topics.stream}-e1", incident="i1", stream=topics.stream, version=1, kind="opened", event_time=DAY,
        shifts=[], sentence="x moved",
    )  # fmt: skip
    stream.send(topics.drift_events, event, event)
    budget = messages.Budget(
        version=1, pane_end=DAY, panes=3, incidents=0, control_panes=3, control_alarms=0, allowed=0.03
    )
    stream.send(topics.budget, budget, msgspec.structs.replace(budget, incidents=1))
    row = messages.Performance(
        role="champion", version=1, pane_start=0, pane_end=DAY, predictions=9, labelled=3, log_loss=0.5, brier=0.2,
        accuracy=0.7, label_lag_ms=60, watermark=20,
    )  # fmt: skip
    older = msgspec.structs.replace(row, predictions=1, labelled=0, watermark=10)
    stream.send(topics.performance, row, older, key=b"champion|1|0")
    decision = messages.Decision(
        retrain="r-1", event="e1", stream=topics.stream, step="started", reason="why", event_time=DAY, at=DAY,
        figures={"rows": 3},
    )  # fmt: skip
    stream.send(topics.decisions, decision)
    ref = messages.ModelRef(version=2, run_id="r", model_sha256="ab", contract_sha256="cd", trained_until=0)
    models = messages.Models(stream=topics.stream, champion=ref, previous=None, shadows=[ref], retrain="r-1", at=DAY)
    stream.send(topics.models, models, None, key=b"k")
    stream.send(
        topics.served, messages.Served(worker="w", partition=1, version=2, model_sha256="ab", from_offset=7, at=DAY)
    )


def contents(stream: Stream) -> dict[str, list[tuple[Any, ...]]]:
    names = ("predictions", "labels", "rejected", "late", "drift", "drift_events", "budget", "decisions", "models")
    return {
        name: stream.ask(f"SELECT t::text FROM {name} t ORDER BY 1")  # noqa: S608 - the names are those above
        for name in (*names, "performance", "served", "positions")
    }


def reached(stream: Stream) -> bool:
    """Whether the tables hold all that the topics do."""
    try:
        held = {
            (topic, part): next_ for topic, part, next_ in stream.ask("SELECT topic, partition, next FROM positions")
        }
    except psycopg.errors.UndefinedTable:
        return False
    ends = {
        (topic, part): limits[1]
        for topic in routes(stream.topics.stream)
        for part, limits in offsets.ends(stream.settings.kafka, topic).items()
    }
    return held == ends


def test_every_topic_comes_into_its_table_and_a_second_reading_changes_nothing(stream: Stream) -> None:
    fill(stream)
    with Running(worker.run, stream):
        wait(lambda: reached(stream))
    once = contents(stream)
    assert {name: len(rows) for name, rows in once.items() if name != "positions"} == {
        "predictions": 51, "labels": 2, "rejected": 7, "late": 1, "drift": 1, "drift_events": 1, "budget": 1,
        "performance": 1, "decisions": 1, "models": 1, "served": 1,
    }  # fmt: skip
    with psycopg.connect(stream.settings.postgres) as connection:
        connection.execute("DELETE FROM positions")
    with Running(worker.run, stream):
        wait(lambda: reached(stream))
    assert contents(stream) == once


def test_what_postgresql_cannot_hold_is_put_aside_with_its_place_and_the_rest_is_kept(stream: Stream) -> None:
    fill(stream)
    with Running(worker.run, stream):
        wait(lambda: reached(stream))
    topic = stream.topics.predictions
    found = stream.ask('SELECT "offset", reason FROM rejected WHERE topic = %s ORDER BY 1', topic)
    assert [reason for _, reason in found] == ["out_of_range"] * 5 + ["not_json"]
    assert [place - found[0][0] for place, _ in found] == [0, 1, 2, 3, 4, 5]
    assert stream.ask("SELECT features->>'x' IS NOT NULL FROM predictions WHERE id = 'f5'") == [(True,)]
    assert stream.ask("SELECT value, key, detail FROM rejected WHERE topic = %s", stream.topics.samples) == [
        (b"\0\xff\xfe", b"\0", "nul \N{REPLACEMENT CHARACTER} here")
    ]
    assert stream.ask("SELECT n, mean FROM drift") == [(9, None)]
    assert stream.ask("SELECT predictions, extract(epoch FROM watermark) * 1000 FROM performance") == [(9, 20)]
    assert stream.ask("SELECT extract(epoch FROM ts) * 1000, shadow FROM predictions WHERE id = 'f7'") == [
        (7 * 60_000, {"1": 0.5})
    ]


def test_a_database_connection_that_is_cut_is_made_again_and_nothing_is_missing(stream: Stream) -> None:
    stream.send(stream.topics.predictions, *(prediction(number) for number in range(100)))
    with Running(worker.run, stream):
        wait(lambda: reached(stream))
        cut = stream.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%.warehouse'"
        )
        assert cut == [(True,)]
        stream.send(stream.topics.predictions, *(prediction(number) for number in range(100, 200)))
        wait(lambda: reached(stream))
    assert stream.ask('SELECT count(*), count(DISTINCT "offset") FROM predictions') == [(200, 200)]
