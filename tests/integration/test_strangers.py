"""Strangers, deleted records and topics made again: detected, said, and survived or refused, on a real Kafka."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from consumers.warehouse import worker
from infra import kafka, postgres, provisioning
from infra.embedded import Endpoints
from infra.settings import Settings
from schemas import frame, sketch
from schemas.errors import Refused
from schemas.frame import Frame
from support import models, streams
from support.models import declaration
from support.processes import end, until
from support.records import frames, log, sample
from support.toy_stream import TOPICS, Stream, delete, running


@pytest.fixture
def stream(servers: Endpoints, tmp_path: Path) -> Iterator[Stream]:
    with running(servers.kafka, tmp_path) as found:
        found.promote(1)
        yield found


def strange(number: int) -> list[bytes]:
    """Messages that no framer of this stream wrote to this partition, or that are damaged."""
    good = frames(log([sample(1, "stranger")]), [], number)[0]
    elsewhere = Frame((number + 1) % 3, 0, 0, [0], [0], [None], [sample(1, "other")])
    beyond = Frame(number, 0, 10**9, [0], [0], [None], [sample(1, "beyond")])
    return [b"", b"not a frame", frame.encode(good)[:-7], frame.encode(elsewhere), frame.encode(beyond)]


def write_frames(stream: Stream, number: int, messages: list[bytes]) -> None:
    for message in messages:
        stream.producer.produce(TOPICS.frames, message, partition=number)
    assert stream.producer.flush(30) == 0


def test_strangers_in_frames_are_passed_over_and_counted(stream: Stream) -> None:
    for number in range(3):
        write_frames(stream, number, strange(number))
    stream.start("toy_framer")
    stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 3_000)
    until(stream.drained, 60, "samples before and after the strangers' frames scored")
    for number in range(3):
        write_frames(stream, number, strange(number))
    until(lambda: sum(p.foreign for p in stream.positions()) == 30, 30, "the strangers' frames counted")
    stream.samples(3_000, 3_000)
    until(stream.drained, 60, "everything scored")

    scored = stream.sources()
    assert (len(scored), max(scored.values())) == (6_000, 1)
    assert all(p.received == p.scored and not p.doubt for p in stream.positions())
    assert stream.log().count("lane.foreign_frame") == 30


def test_samples_behind_a_damaged_last_frame_are_read_from_samples(stream: Stream) -> None:
    stream.samples(0, 300)
    for number in range(3):
        write_frames(stream, number, [b"damaged"])
    stream.start("toy_scorer", "scorer-0")  # and no framer: nothing of ours will follow

    until(stream.drained, 60, "everything scored")

    scored = stream.sources()
    assert (len(scored), max(scored.values())) == (300, 1)


def test_records_deleted_before_the_framer_read_them_are_counted_as_unavailable(stream: Stream) -> None:
    stream.start("toy_scorer", "scorer-0")
    framer = stream.start("toy_framer")
    stream.samples(0, 3_000)
    until(stream.drained, 60, "first samples scored")
    end(framer)
    stream.samples(3_000, 3_000)
    admin = AdminClient({"bootstrap.servers": stream.bootstrap})
    for done in admin.delete_records([TopicPartition(TOPICS.samples, p, -1) for p in range(3)]).values():
        done.result(30)
    stream.samples(6_000, 3_000)
    stream.start("toy_framer")

    until(stream.drained, 60, "what is left scored")

    totals = stream.positions()
    assert sum(p.unavailable for p in totals) == 3_000
    assert sum(p.scored for p in totals) == 6_000
    assert all(p.received == p.next == p.scored + p.unavailable for p in totals)
    assert "framer.unavailable" in stream.log()


def test_samples_made_again_are_refused_by_running_and_by_new_processes(stream: Stream) -> None:
    framer = stream.start("toy_framer")
    scorer = stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 300)
    until(stream.drained, 60, "first samples scored")
    until(lambda: all(p.source for p in stream.positions()), 10, "the topic's id is in the state")

    delete(stream.bootstrap, [TOPICS.samples])
    until(lambda: _made_again(stream), 30, "samples made again")
    stream.samples(300, 300)

    for process in (framer, scorer):
        assert process.wait(40) == Refused.exit_code
    assert stream.start("toy_scorer", "scorer-0").wait(60) == Refused.exit_code
    assert stream.log().count("deleted and made again") >= 3
    assert len(stream.sources()) == 300


def _made_again(stream: Stream) -> bool:
    provisioning.topics(stream.bootstrap, declaration())
    return kafka.bounds(stream.bootstrap, TOPICS.samples, 0) == (0, 0)


def downstream(stream: Stream, tables: streams.Stream) -> dict[str, object]:
    """All that was made of samples: counts of closed panes, and every row of PostgreSQL with its version."""
    sketches = [sketch.decode(m.value() or b"") for m in kafka.read(stream.bootstrap, TOPICS.sketches, 0)]
    return {
        "sketches": [row for row in sketches if not row.idle],
        "predictions": tables.ask('SELECT xmin::text, p::text FROM predictions p ORDER BY partition, "offset"'),
        "rejected": tables.ask('SELECT xmin::text, r::text FROM rejected r ORDER BY partition, "offset"'),
        "late": tables.ask('SELECT xmin::text, l::text FROM late l ORDER BY partition, "offset"'),
    }


def test_frames_made_again_from_the_beginning_change_nothing(
    stream: Stream, servers: Endpoints, tmp_path: Path
) -> None:
    path = tmp_path / "toy.toml"
    path.write_bytes(models.TOML)
    dsn = streams.database(servers.postgres, f"toy{uuid4().hex[:8]}")
    postgres.migrate(dsn)
    tables = streams.Stream(path, Settings(kafka=stream.bootstrap, postgres=dsn, mlflow="", home=tmp_path), TOPICS)
    with streams.Running(worker.run, tables):
        reset_changes_nothing(stream, tables)


def reset_changes_nothing(stream: Stream, tables: streams.Stream) -> None:
    framer = stream.start("toy_framer")
    stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 3_000)
    for i in range(20):
        stream.send(b"{", f"id-{i}".encode())
        stream.send(sample(i * 100, f"late-{i}"), f"id-{i}".encode())
    stream.producer.flush()
    until(stream.drained, 60, "everything scored")
    until(lambda: tables.ask("SELECT count(*) FROM predictions") == [(3_020,)], 60, "predictions in PostgreSQL")
    until(lambda: tables.ask("SELECT count(*) FROM rejected") == [(20,)], 60, "rejected in PostgreSQL")
    until(lambda: tables.ask("SELECT count(*) FROM late") == [(20,)], 60, "late in PostgreSQL")
    end(framer)
    before, made = stream.positions(), downstream(stream, tables)
    assert made["sketches"]
    until(lambda: _reset(stream), 60, "the framer's group is empty and its offsets are reset")
    ends = [kafka.bounds(stream.bootstrap, TOPICS.frames, p)[1] for p in range(3)]
    stream.start("toy_framer")
    until(lambda: stream.framed() == stream.sent, 60, "all samples framed again")
    until(
        lambda: all(p.reach > reached for p, reached in zip(stream.positions(), ends, strict=True)),
        60,
        "they were taken",
    )

    scored = stream.sources()
    assert (len(scored), max(scored.values())) == (3_020, 1)
    assert downstream(stream, tables) == made
    assert [(p.next, p.received, p.scored, p.duplicates) for p in stream.positions()] == [
        (p.next, p.received, p.scored, p.duplicates) for p in before
    ]


def _reset(stream: Stream) -> bool:
    """By Kafka's own tool, which refuses while the killed framer still counts as a member."""
    place = ["--bootstrap-server", stream.bootstrap, "--group", "toy.framer", "--topic", TOPICS.samples]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "infra.cli",
            "kafka",
            "consumer-groups",
            *place,
            "--reset-offsets",
            "--to-earliest",
            "--execute",
        ],
        check=True,
        capture_output=True,
    )
    return stream.framed() == 0
