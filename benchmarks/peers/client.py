"""`python -m benchmarks.peers.client BOOTSTRAP IN OUT`: consume and produce, no job at all: what the client can do."""

import sys

from confluent_kafka import Consumer, Producer

BATCH = 10_000


def main(bootstrap: str, source: str, target: str) -> None:
    """Runs until it is ended."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": f"{target}-client", "auto.offset.reset": "earliest",
         "enable.auto.commit": False, "queued.min.messages": 50_000, "queued.max.messages.kbytes": 16_384}
    )  # fmt: skip
    producer = Producer(
        {"bootstrap.servers": bootstrap, "linger.ms": 20, "compression.type": "lz4", "enable.idempotence": True,
         "queue.buffering.max.messages": 400_000}
    )  # fmt: skip
    consumer.subscribe([source])
    while True:
        messages = consumer.consume(BATCH, 0.1)
        for message in messages:
            place = message.partition() or 0
            producer.produce(target, message.value(), message.key(), place, None, None, message.timestamp()[1])
        if messages:
            producer.flush()
            consumer.commit(asynchronous=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
