"""What a commit costs, apart from the samples in it: few samples, so that nearly all there is are transactions."""

import time

import psutil

from benchmarks.scaling.place import Place, Stream, cpu
from benchmarks.scaling.subject import PARTITIONS, Record
from infra import kafka
from schemas import position

SECONDS, SETTLE_S = 8.0, 3.0
EVERY_S, AT_ONCE = 0.05, 60
"""A handful for each partition, twenty times a second: every lane commits as often as its checkpoint allows."""
PATIENCE_S = 60.0


def measure(place: Place, stream: Stream, records: list[Record]) -> dict[str, float]:
    """Of framer, scorer and broker together with a small load; the broker's idle cost is taken off."""
    commands = [[stage, "--instance", f"{stage}-0"] for stage in ("frame", "score")]
    argv = [["streams", stage, str(stream.declaration), *more] for stage, *more in commands]
    with place.running(*argv) as [_, scorer]:
        _feed(place, stream, records, SETTLE_S)
        _until_commits(place, stream)
        idle = _broker_idle(place)
        before = _now(place, stream, scorer.pid)
        took = _feed(place, stream, records[len(records) // 2 :], SECONDS)
        after = _now(place, stream, scorer.pid)
    commits, own, broker, state = (b - a for a, b in zip(before, after, strict=True))
    return {
        "commits_s": commits / took,
        "scorer_commit_us": own / commits * 1e6,
        "broker_commit_us": (broker - idle * took) / commits * 1e6,
        "state_commit_b": state / commits,
        "broker_idle_cores": idle,
    }


def _feed(place: Place, stream: Stream, records: list[Record], seconds: float) -> float:
    began, sent = time.monotonic(), 0
    client = kafka.producer(place.settings.kafka, linger_ms=1)
    while time.monotonic() - began < seconds:
        for key, value in records[sent : sent + AT_ONCE]:
            client.produce(stream.topics.samples, value, key)
        sent += AT_ONCE
        client.poll(EVERY_S)
        time.sleep(max(0.0, began + sent / AT_ONCE * EVERY_S - time.monotonic()))
    client.flush(30)
    return time.monotonic() - began


def _until_commits(place: Place, stream: Stream) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while _commits(place, stream) < PARTITIONS:
        if time.monotonic() > deadline:
            raise TimeoutError("the lanes have committed nothing")
        time.sleep(0.2)


def _broker_idle(place: Place) -> float:
    """Cores that the broker takes while only fetches wait."""
    before = place.spent("kafka")
    time.sleep(SETTLE_S)
    return (place.spent("kafka") - before) / SETTLE_S


def _now(place: Place, stream: Stream, pid: int) -> tuple[float, float, float, float]:
    """Commits so far; CPU of the scorer, of the broker; bytes of `state`."""
    return (
        _commits(place, stream),
        cpu(psutil.Process(pid)),
        place.spent("kafka"),
        place.stored(stream.topics.state),
    )


def _commits(place: Place, stream: Stream) -> int:
    """Every commit of a lane writes its position once."""
    return sum(
        message.key() == position.KEY
        for partition in range(PARTITIONS)
        for message in kafka.read(place.settings.kafka, stream.topics.state, partition)
    )
