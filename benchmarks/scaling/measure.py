"""The parts of a stream one after the other on the same samples, so that each one's cost stands alone."""

import time
from contextlib import closing

import psycopg
from confluent_kafka import Consumer, TopicPartition

from benchmarks.scaling import costs, judging, subject, trickle
from benchmarks.scaling.costs import BOTH, PARTS, Part
from benchmarks.scaling.meter import Costs, Meter, Spent, ends
from benchmarks.scaling.place import Place, Stream
from benchmarks.scaling.subject import PARTITIONS, Record
from infra import balance, kafka

SAMPLES, FEW = 300_000, 5
"""Of the large pass, and how many times fewer there are in the small one."""
READS = 3
"""Plain reads: one alone is over too soon."""


def measure(place: Place, count: int = SAMPLES) -> dict[str, float]:
    """Every figure by its name; see `inputs` for what each says."""
    records = subject.samples(count)
    few = records[: count // FEW]
    _pass(place, place.stream("cold"), few, PARTS[:2])  # the broker's code is compiled while it works
    fewer, _ = _pass(place, place.stream("few"), few, PARTS)
    stream = place.stream("many")
    more, found = _pass(place, stream, records, PARTS)
    found |= {"count": float(count)} | costs.figures({name: Costs(fewer[name], more[name]) for name in more})
    found |= _stored(place, stream, count) | _read(place, stream, count) | judging.measure(place, stream)
    return found | _together(place, records) | trickle.measure(place, place.stream("trickle"), records)


def _pass(
    place: Place, stream: Stream, records: list[Record], parts: tuple[Part, ...]
) -> tuple[dict[str, Spent], dict[str, float]]:
    """Sends the samples and lets each part do its work on them, one after the other."""
    found = _sent(place, stream, records)
    return {part.name: _alone(place, stream, part, len(records)) for part in parts}, found


def _sent(place: Place, stream: Stream, records: list[Record]) -> dict[str, float]:
    before = place.spent("kafka")
    subject.send(place.settings.kafka, stream.topics.samples, records)
    return {
        "sample_json_b": sum(len(value) for _, value in records) / len(records),
        "broker_produce_us": (place.spent("kafka") - before) / len(records) * 1e6,
    }


def _read(place: Place, stream: Stream, count: int) -> dict[str, float]:
    """What reading costs the broker: a consumer that does nothing."""
    before = place.spent("kafka")
    for turn in range(READS):
        reader: Consumer = kafka.consumer(place.settings.kafka, f"scaling-{turn}", queued_max_messages_kbytes=65_536)
        with closing(reader):
            reader.assign([TopicPartition(stream.topics.samples, partition, 0) for partition in range(PARTITIONS)])
            _drain(reader, count)
    megabytes = READS * place.stored(stream.topics.samples) / 1e6
    return {"broker_read_us_mb": (place.spent("kafka") - before) / megabytes * 1e6}


def _drain(reader: Consumer, count: int) -> None:
    read, deadline = 0, time.monotonic() + 60
    while read < count:
        read += len(reader.consume(10_000, 0.5))
        if time.monotonic() > deadline:
            raise TimeoutError(f"{read} of {count} samples were read in a minute")


def _stored(place: Place, stream: Stream, count: int) -> dict[str, float]:
    """Bytes a sample in Kafka and in PostgreSQL, where the samples of the smaller passes are too."""
    topics = stream.topics
    names = {
        "samples": topics.samples,
        "frames": topics.frames,
        "predictions": topics.predictions,
        "state": topics.state,
    }
    found = {f"{name}_b": place.stored(topic) / count for name, topic in names.items()}
    rows = _asked(place, "SELECT count(*) FROM predictions")
    wal = _asked(place, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
    return found | {
        "postgres_row_b": _asked(place, "SELECT pg_total_relation_size('predictions')") / rows,
        "postgres_wal_b": (wal - place.wal) / rows,
    }


def _together(place: Place, records: list[Record]) -> dict[str, float]:
    """Framer and scorer at once on a backlog: what the simulation of this machine must foresee."""
    stream = place.stream("together")
    _sent(place, stream, records)
    return {"together_rate": _alone(place, stream, BOTH, len(records)).rate}


def _asked(place: Place, query: str) -> float:
    with closing(psycopg.connect(place.settings.postgres)) as connection:
        row = connection.execute(query.encode()).fetchone()
    if row is None:
        raise RuntimeError(f"PostgreSQL gave no row for {query}")
    return float(str(row[0]))


def _alone(place: Place, stream: Stream, part: Part, count: int) -> Spent:
    began = time.monotonic()
    total = ends(place.settings.kafka, part.reads(stream)) if part.reads else count
    with closing(part.done(place, stream)) as done, place.running(*part.commands(stream)) as processes:
        spent = Meter(place, done, total, count).watch(processes, began)
        if part.commits:
            _until_scored(place, stream, count)
    print(f"{part.name:12} {count:>8,} samples {spent.rate:>9,.0f}/s", flush=True)  # noqa: T201 - progress
    return spent


def _until_scored(place: Place, stream: Stream, count: int) -> None:
    deadline = time.monotonic() + 60
    while _scored(place, stream) < count:
        if time.monotonic() > deadline:
            raise TimeoutError("not everything was committed within a minute")
        time.sleep(0.1)


def _scored(place: Place, stream: Stream) -> int:
    lanes = balance.lanes(place.settings.kafka, stream.topics, range(PARTITIONS))
    return sum(lane.next for lane in lanes.values())
