"""`python -m benchmarks.peers.bare BOOTSTRAP DECLARATION BUNDLE IN OUT`: the product's job by hand, at least once.

A loop over the bare client as one would write it: fetch a batch, do the same decoding, validation, scoring, counting
and encoding on the records of each partition, produce, flush, commit. Nothing is kept over a restart but the offsets.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Consumer, Producer

from infra import bundle
from schemas.declaration import load
from schemas.frame import Frame
from schemas.messages import ModelRef
from schemas.position import Position
from streams.recent import RecentIds
from streams.score import Partition, Scorer, Serving, Stage

BATCH = 10_000


def frames(messages: list[Any]) -> list[Frame]:
    """The records of each partition, as the stage takes them."""
    by_partition: dict[int, list[Any]] = {}
    for message in messages:
        if message.error() is None:
            by_partition.setdefault(message.partition(), []).append(message)
    found = []
    for partition, records in by_partition.items():
        first = records[0].offset()
        offsets = [record.offset() - first for record in records]
        times = [record.timestamp()[1] for record in records]
        values = [record.value() for record in records]
        found.append(Frame(partition, first, first, offsets, times, [], values))
    return found


def main(bootstrap: str, declaration: str, folder: str, source: str, target: str) -> None:
    """Runs until it is ended."""
    declared = load(Path(declaration))
    ref = msgspec.json.decode((Path(folder) / "ref.json").read_bytes(), type=ModelRef)
    scorer, stage = Scorer(declared, bundle.load(Path(folder), ref)), Stage(declared)
    serving = Serving(scorer, (scorer,) if declared.model.baseline == "first" else ())
    states: dict[int, Partition] = {}
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": f"{target}-bare", "auto.offset.reset": "earliest",
         "enable.auto.commit": False, "queued.min.messages": 50_000, "queued.max.messages.kbytes": 16_384}
    )  # fmt: skip
    producer = Producer(
        {"bootstrap.servers": bootstrap, "linger.ms": 20, "compression.type": "lz4", "enable.idempotence": True,
         "queue.buffering.max.messages": 400_000}
    )  # fmt: skip
    consumer.subscribe([source])
    while True:
        messages = consumer.consume(BATCH, 0.1)
        for frame in frames(messages):
            state = states.setdefault(frame.partition, Partition(frame.partition, Position(), RecentIds()))
            for key, value, time in stage.apply(state, frame, serving).predictions:
                producer.produce(target, value, key, frame.partition, None, None, time)
        if messages:
            producer.flush()
            consumer.commit(asynchronous=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
