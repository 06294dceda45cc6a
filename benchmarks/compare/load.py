"""`python -m benchmarks.compare.load BOOTSTRAP TOPIC RUN RATE COUNT NUMBERS`: samples at a steady rate, 0 for none.

A sample's event time is the moment when it was due, not when it was sent: a sender that falls behind makes latency
longer, not shorter. Prints one line of JSON at the end.
"""

import sys
import time

import msgspec
from confluent_kafka import Producer

from benchmarks.compare.subject import Numbers, value
from infra import kafka

TICK_S = 0.002
POOL = 10_000
"""Different samples."""


class Sent(msgspec.Struct):
    """How many went out from when to when (seconds since the epoch), and how far behind the last of them was."""

    count: int
    first: float
    last: float
    behind_ms: float


def main(bootstrap: str, topic: str, run: str, rate: float, count: int, numbers: int) -> None:
    """Sends and says so."""
    features = Numbers(numbers).features(POOL)
    client = kafka.producer(bootstrap, linger_ms=1, queue_buffering_max_messages=500_000)
    client.list_topics(topic, timeout=10)  # connected before the clock starts
    first, sent, behind = time.time(), 0, 0.0
    while sent < count:
        now = time.time()
        due = min(count, int((now - first) * rate) + 1) if rate else min(count, sent + 1000)
        for i in range(sent, due):
            at = first + i / rate if rate else now
            name = f"{run}-{i:09d}"
            _produce(client, topic, value(name, int(at * 1000), features[i % POOL]), name)
        if rate and due > sent:
            behind = max(behind, time.time() - (first + (due - 1) / rate))
        sent = due
        client.poll(0)
        if rate:
            time.sleep(max(0.0, first + sent / rate - time.time(), TICK_S))
    if client.flush(60):
        raise SystemExit(f"{topic}: not everything was delivered")
    sys.stdout.write(msgspec.json.encode(Sent(sent, first, time.time(), round(behind * 1000, 1))).decode() + "\n")


def _produce(client: Producer, topic: str, data: bytes, name: str) -> None:
    while True:
        try:
            client.produce(topic, data, name)
        except BufferError:
            client.poll(0.01)
        else:
            return


if __name__ == "__main__":
    bootstrap, topic, run, rate, count, numbers = sys.argv[1:]
    main(bootstrap, topic, run, float(rate), int(count), int(numbers))
