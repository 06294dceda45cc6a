"""Samples of one stream as they fall due, shifted or not; when each was sent is kept."""

import time
from array import array
from collections.abc import Callable

import msgspec
import numpy as np

from benchmarks.slo.stream import LATENESS_MS, PARTITIONS, RATE, Shift, rows
from infra import kafka

TICK_S = 0.02
LINGER_MS = 20
_encode = msgspec.json.Encoder().encode


class Sender:
    """Sample i is due at `start` + i / RATE seconds, which is its event time, and goes to partition i % PARTITIONS."""

    def __init__(self, bootstrap: str, topic: str, seed: int) -> None:
        self.sent = array("d")
        """Of each sample, when it was given to the client: seconds since the epoch."""
        self.start = 0.0
        self._topic, self._random = topic, np.random.default_rng(seed)
        self._rows = rows(self._random)
        self._client = kafka.producer(bootstrap, linger_ms=LINGER_MS)
        self._client.list_topics(topic, timeout=10)  # connected before the clock starts

    @property
    def count(self) -> int:
        """Samples sent."""
        return len(self.sent)

    def time_ms(self, sample: int) -> int:
        """The event time of a sample (epoch ms)."""
        return int((self.start + sample / RATE) * 1000)

    def deciding(self, pane_end: int) -> int:
        """The first sample after which every partition has closed the pane that ends there."""
        first = int((pane_end + LATENESS_MS) / 1000 * RATE - self.start * RATE) - 1
        while self.time_ms(first) < pane_end + LATENESS_MS:
            first += 1
        return first + PARTITIONS - 1

    def go_on(self, shift: Shift | None, until: Callable[[], bool]) -> None:
        """Sends what falls due, until a condition holds that is looked at every TICK_S."""
        self.start = self.start or time.time()
        while not until():
            for sample in range(self.count, int((time.time() - self.start) * RATE) + 1):
                self._send(sample, shift)
            self._client.poll(0)
            time.sleep(TICK_S)

    def _send(self, sample: int, shift: Shift | None) -> None:
        row = next(self._rows)
        if shift is not None:
            shift.apply(row, float(self._random.random()))
        value = _encode({"id": f"s-{sample}", "ts": self.time_ms(sample), "features": row})
        self.sent.append(time.time())
        self._client.produce(self._topic, value, partition=sample % PARTITIONS)

    def close(self) -> None:
        """Waits for Kafka to have everything, and parts with it."""
        if self._client.flush(30):
            raise TimeoutError(f"{self._topic}: not everything was delivered")
        self._client.close()
