"""The stream on a real Kafka: every sample ends in one place, once, through kills, holes and hostile records."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from infra import kafka
from infra.embedded import Endpoints
from support.processes import end, until
from support.records import sample
from support.toy_stream import TOPICS, Stream, running

HOSTILE: list[tuple[bytes, str]] = [
    (b"", "empty"),
    (b"{", "not_json"),
    (b"\xff\xfe", "not_utf8"),
    (b"[1]", "not_an_object"),
    (b"x" * 2_000_000, "too_large"),
    (sample(1, "h1", more=2), "unknown_field"),
    (sample(1, "h2", x="1"), "wrong_type"),
    (sample(1, "h3", x=float("nan")), "not_finite"),
    (sample(1, "h4", x=1e9), "out_of_range"),
    (sample(4 * 10**12, "h5"), "bad_timestamp"),
]


@pytest.fixture
def stream(servers: Endpoints, tmp_path: Path) -> Iterator[Stream]:
    with running(servers.kafka, tmp_path) as found:
        yield found


def test_each_sample_once_through_kills_holes_and_hostile_records(stream: Stream) -> None:
    stream.promote(1)
    framer = stream.start("toy_framer")
    scorer = stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 20_000)
    until(lambda: sum(p.next for p in stream.positions()) > 0, 60, "first samples scored")
    end(scorer)
    end(framer)
    for value, _ in HOSTILE:
        stream.send(value)
    for i in range(5):
        stream.send(sample(i * 100, f"id-{i}"), f"id-{i}".encode())  # sent twice: the same key, the same partition
    stream.samples(20_000, 20_000)
    stream.start("toy_framer")
    stream.start("toy_scorer", "scorer-0")
    stream.start("toy_scorer", "scorer-1")

    until(stream.drained, 90, "everything scored")

    totals = stream.positions()
    scored = stream.sources()
    assert max(scored.values()) == 1
    assert len(scored) == 40_000
    assert Counter(stream.rejected().values()) == Counter(reason for _, reason in HOSTILE)
    assert sum(p.duplicates for p in totals) == 5
    assert sum(p.received for p in totals) == stream.sent == 40_000 + len(HOSTILE) + 5
    assert all(p.received == p.scored + p.rejected + p.duplicates for p in totals)


def test_frames_that_are_gone_are_made_up_from_samples(stream: Stream) -> None:
    stream.promote(1)
    stream.start("toy_framer")
    scorer = stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 3_000)
    until(stream.drained, 60, "first samples scored")
    end(scorer)
    stream.samples(3_000, 3_000)
    admin = AdminClient({"bootstrap.servers": stream.bootstrap})
    until(lambda: stream.framed() == stream.sent, 30, "all samples framed")
    for done in admin.delete_records([TopicPartition(TOPICS.frames, p, -1) for p in range(3)]).values():
        done.result(30)
    stream.samples(6_000, 3_000)
    stream.start("toy_scorer", "scorer-0")

    until(stream.drained, 60, "everything scored")

    scored = stream.sources()
    assert (len(scored), max(scored.values())) == (9_000, 1)
    assert sum(p.unavailable for p in stream.positions()) == 0


def test_a_new_version_is_served_without_restart_from_a_said_offset_on(stream: Stream) -> None:
    stream.promote(1)
    stream.start("toy_framer")
    stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 1_000)
    until(stream.drained, 60, "version 1 scores")

    stream.promote(2)
    until(lambda: {p.version for p in stream.positions()} == {2}, 30, "version 2 is served")
    stream.samples(1_000, 1_000)
    until(stream.drained, 30, "version 2 scores")

    said = [msgspec.json.decode(m.value() or b"") for m in kafka.read(stream.bootstrap, TOPICS.served, 0)]
    switched = {row["partition"]: row["from_offset"] for row in said if row["version"] == 2}
    for partition in range(3):
        for message in kafka.read(stream.bootstrap, TOPICS.predictions, partition):
            row = msgspec.json.decode(message.value() or b"")
            assert row["version"] == (2 if row["source"][1] >= switched[partition] else 1)
