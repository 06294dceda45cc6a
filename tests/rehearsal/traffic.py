"""Samples and labels that come in steadily, and what can be wrong with them."""

import threading
import time
from dataclasses import dataclass, field

import msgspec
import numpy as np
from confluent_kafka import Producer

from infra import kafka
from producers.generate import CITIES
from schemas.topics import Topics

RATE, STEP_MS = 40, 60_000
"""Samples a second, and event time between two: a pane of six hours passes in nine seconds."""
TICK_S = 0.1
LABEL_MS = 15 * STEP_MS
MOVED = 2.0


@dataclass(slots=True)
class Traffic:
    """Sends from a thread until it is closed; what is wrong is set while it runs.

    `bad`: share of samples that are none; `shifted`: every x moved and the truth turned round; `labelled`: whether
    labels come; `times`: how many times faster it sends.
    """

    bootstrap: str
    topics: Topics
    start_ms: int
    bad: float = 0.0
    shifted: bool = False
    labelled: bool = True
    times: int = 1
    sent: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def open(self) -> None:
        """Begins."""
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)

    def _run(self) -> None:
        client, random, owed = kafka.producer(self.bootstrap), np.random.default_rng(3), 0.0
        while not self._stop.wait(TICK_S):
            owed += RATE * TICK_S * self.times
            while owed >= 1:
                self._send(client, random)
                owed -= 1
            client.poll(0)
            time.sleep(0)
        client.flush(10)

    def _send(self, client: Producer, random: np.random.Generator) -> None:
        number, self.sent = self.sent, self.sent + 1
        at, name = self.start_ms + number * STEP_MS, f"r-{number}".encode()
        x, moved = random.normal(size=3), self.shifted
        chance = 1 / (1 + np.exp(-(x @ np.array([2.0, 1.25, 0.5])) * (-1 if moved else 1)))
        if random.random() < self.bad:
            client.produce(self.topics.samples, b'{"features": "none"}', name)
            return
        features = {f"x{i}": round(float(x[i] + MOVED * moved), 6) for i in range(3)}
        features |= {"city": CITIES[int(random.integers(len(CITIES)))]}  # type: ignore[dict-item] # one of them is text
        sample = {"id": name.decode(), "ts": at, "features": features}
        client.produce(self.topics.samples, msgspec.json.encode(sample), name)
        if self.labelled:
            label = {"id": name.decode(), "ts": at + LABEL_MS, "label": int(random.random() < chance)}
            client.produce(self.topics.labels, msgspec.json.encode(label), name)
