"""Samples and labels at a steady pace, whatever happens, from a thread; it keeps count of what Kafka has taken."""

import threading
import time
from collections import Counter
from typing import Any

from confluent_kafka import KafkaError

from faults import quiet
from faults.stream import Given, records
from infra import kafka
from schemas.topics import Topics

BEAT_S = 0.02
FLUSH_S = 120
BURST_S = 2.0
"""What could not be sent is caught up with, but never more than so much of it: a load, not a flood."""


class Traffic:
    """`ends`: per partition, how many offsets of `samples` Kafka has acknowledged; `failed`: errors of delivery."""

    def __init__(self, bootstrap: str, topics: Topics, seed: int, rate: int) -> None:
        self.ends: dict[int, int] = {}
        self.acknowledged = self.labels = 0
        self.failed: Counter[str] = Counter()
        self._topics, self._rate = topics, rate
        self._records = records(seed)
        self._producer = kafka.producer(
            bootstrap, linger_ms=20, queue_buffering_max_messages=1_000_000, logger=quiet.LOGGER
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends, and waits until Kafka has everything.

        Raises:
            RuntimeError: it has not within FLUSH_S.
        """
        self._stop.set()
        self._thread.join()
        left = self._producer.flush(FLUSH_S)
        if left:
            raise RuntimeError(f"{left} records of the traffic were not taken by Kafka within {FLUSH_S} s")

    def _run(self) -> None:
        owed, last = 0.0, time.monotonic()
        while not self._stop.wait(BEAT_S):
            now = time.monotonic()
            owed = min(owed + (now - last) * self._rate, BURST_S * self._rate)
            last = now
            while owed >= 1 and self._send(next(self._records)):
                owed -= 1
            self._producer.poll(0)

    def _send(self, given: Given) -> bool:
        topics, partition = self._topics, given.partition
        while not self._stop.is_set():
            try:
                self._producer.produce(
                    topics.samples, given.value, given.key, partition=partition, on_delivery=self._delivered
                )
                if given.label:
                    self._producer.produce(topics.labels, given.label, given.key, partition=partition)
                    self.labels += 1
            except BufferError:
                self._producer.poll(0.05)
            else:
                return True
        return False

    def _delivered(self, error: KafkaError | None, message: Any) -> None:
        if error is not None:
            self.failed[error.str()] += 1
            return
        self.acknowledged += 1
        self.ends[message.partition()] = max(self.ends.get(message.partition(), 0), message.offset() + 1)
