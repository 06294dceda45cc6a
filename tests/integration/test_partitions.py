"""Partitions added to a running stream by Kafka's own tool: refused with what to do, and handled when it is done."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import kafka, provisioning
from infra.embedded import Endpoints
from schemas.errors import Refused
from support.models import declaration
from support.processes import end, until
from support.toy_stream import TOPICS, Stream, running


@pytest.fixture
def stream(servers: Endpoints, tmp_path: Path) -> Iterator[Stream]:
    with running(servers.kafka, tmp_path) as found:
        found.promote(1)
        yield found


def alter(stream: Stream, topic: str, partitions: int) -> None:
    """By Kafka's own tool."""
    words = ["topics", "--bootstrap-server", stream.bootstrap, "--alter", "--topic", topic]
    command = [sys.executable, "-m", "infra.cli", "kafka", *words, "--partitions", str(partitions)]
    subprocess.run(command, check=True, capture_output=True)


def test_partitions_added_to_samples_alone_are_refused_and_taken_in_once_all_topics_have_them(stream: Stream) -> None:
    framer = stream.start("toy_framer")
    scorer = stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 3_000)
    until(stream.drained, 60, "first samples scored")

    alter(stream, TOPICS.samples, 5)
    assert framer.wait(60) == Refused.exit_code
    assert "Set [stream] partitions to" in stream.log()
    with pytest.raises(Refused, match=r"Set \[stream\] partitions to 5"):
        provisioning.topics(stream.bootstrap, declaration(3))

    stream.producer = kafka.producer(stream.bootstrap)
    stream.samples(3_000, 3_000)
    assert kafka.bounds(stream.bootstrap, TOPICS.samples, 4)[1] > 0
    end(scorer)
    provisioning.topics(stream.bootstrap, declaration(5))
    stream.partitions = 5
    stream.start("toy_framer")
    stream.start("toy_scorer", "scorer-0", "5")

    until(stream.drained, 90, "samples of all partitions scored")
    scored = stream.sources()
    assert (len(scored), max(scored.values())) == (6_000, 1)
    assert all(p.open == 0 and p.next for p in stream.positions())


def test_a_stream_widened_by_its_declaration_goes_on_without_a_refusal(stream: Stream) -> None:
    framer = stream.start("toy_framer")
    stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 3_000)
    until(stream.drained, 60, "first samples scored")

    provisioning.topics(stream.bootstrap, declaration(4))
    stream.partitions = 4
    stream.producer = kafka.producer(stream.bootstrap)
    stream.samples(3_000, 3_000)

    until(stream.drained, 90, "samples of all partitions scored, by processes that were not started again")
    scored = stream.sources()
    assert (len(scored), max(scored.values())) == (6_000, 1)
    assert framer.poll() is None
