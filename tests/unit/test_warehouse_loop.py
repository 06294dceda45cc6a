"""The poll loop's promises on a topic in memory, and what only that can show: rebalances and errors at will."""

import threading
import time

import pytest
from confluent_kafka import KafkaError

from consumers import loop
from consumers.source import Everything, Group
from schemas.errors import Fatal, Unavailable
from support.fake_kafka import FakeClient, FakeTopic
from support.loop_suite import Collector, LoopSuite, collect


class FakeRig:
    def __init__(self) -> None:
        self.topic = FakeTopic("t", {0: [], 1: []})

    def send(self, partition: int, count: int) -> None:
        self.topic.partitions[partition] += [b"x"] * count

    def group(self, start: int | None = None) -> Group:
        return Group(FakeClient(self.topic), ["t"], lambda _topic, _partition: start)

    def everything(self) -> Everything:
        return Everything(FakeClient(self.topic), [("t", 0), ("t", 1)])

    def committed(self) -> dict[int, int]:
        return {partition: offset for partition, offset in self.topic.committed.items() if offset}


@pytest.fixture
def rig() -> FakeRig:
    return FakeRig()


class TestFake(LoopSuite):
    pass


def test_a_batch_that_a_rebalance_went_through_is_read_again_and_nothing_is_lost(rig: FakeRig) -> None:
    rig.send(0, 500)
    client = FakeClient(rig.topic)

    class Rebalancing(Collector):
        def handle(self, messages: object, reached: object, /) -> None:
            super().handle(messages, reached)  # type: ignore[arg-type] # passed on as given
            client.rebalance = len(self.attempts) in (1, 3)

    stop = threading.Event()
    found = Rebalancing(stop, 500)
    loop.run(Group(client, ["t"], lambda *_: None), found, stop, batch=100, wait_s=0)
    assert found.seen == [(0, offset) for offset in range(500)]


def test_a_fatal_client_error_ends_the_process(rig: FakeRig) -> None:
    client = FakeClient(rig.topic)
    client.errors = [KafkaError(KafkaError._FATAL, "fenced", fatal=True)]  # noqa: SLF001 - confluent-kafka's only name
    with pytest.raises(Fatal, match="fenced"):
        loop.run(Group(client, ["t"], lambda *_: None), Collector(threading.Event(), 1), threading.Event())
    assert client.closed


def test_an_error_that_stays_ends_after_the_patience(rig: FakeRig) -> None:
    client = FakeClient(rig.topic)
    client.errors = [KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "unknown topic") for _ in range(1_000_000)]
    with pytest.raises(Unavailable, match="Do its topics exist"):
        loop.run(
            Group(client, ["t"], lambda *_: None), Collector(threading.Event(), 1), threading.Event(), patience_s=0.05
        )


def test_a_silent_broker_is_asked_and_ends_the_process(rig: FakeRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SILENCE_S", 0)
    rig.topic.down = True
    with pytest.raises(Unavailable, match=r"nobody in 5\.0 s"):
        collect(rig.group(), 1, patience_s=0)


def test_a_process_says_that_it_stands_and_one_that_waits_for_another_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    loop.begun.clear()
    assert "has not begun" in loop.unready()
    loop.stand_by()
    assert loop.unready() == ""
    monkeypatch.setattr(loop, "_turned", [time.monotonic() - loop.STANDS_S])
    assert "stands at one batch for 60 s" in loop.unready()
    loop.begun.clear()
