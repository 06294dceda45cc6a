"""What `drift-events` says, and when a reader of committed records hears it."""

import time
from collections.abc import Sequence
from threading import Event, Thread
from typing import Self

from confluent_kafka import TopicPartition

from infra import kafka
from schemas.messages import DriftEvent, decode_event
from schemas.topics import Topics

Heard = tuple[float, DriftEvent]
"""When (seconds since the epoch), and what."""


class Reader:
    """Reads the events of some streams in a thread, until the block ends."""

    def __init__(self, bootstrap: str, streams: Sequence[str]) -> None:
        self.of: dict[str, list[Heard]] = {name: [] for name in streams}
        """By stream, in order; grows."""
        self._client = kafka.consumer(bootstrap, "slo.reader", fetch_wait_max_ms=10)
        self._client.assign([TopicPartition(Topics(name).drift_events, 0, 0) for name in streams])
        self._stop, self._thread = Event(), Thread(target=self._read)

    def _read(self) -> None:
        while not self._stop.is_set():
            message = self._client.poll(0.1)
            if message is not None and message.error() is None:
                event = decode_event(message.value() or b"")
                self.of[event.stream].append((time.time(), event))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()
