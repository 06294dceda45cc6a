"""Follows what is committed, from threads: lanes by their positions in `state`, history by its rows in PostgreSQL."""

import threading
import time
from contextlib import closing
from dataclasses import dataclass, field

import psycopg
from confluent_kafka import TopicPartition

from faults import quiet
from faults.stream import PARTITIONS
from faults.traffic import Traffic
from infra import kafka
from infra.settings import Settings
from schemas import position
from schemas.topics import Topics

EVERY_S = 0.25
CONNECT_S = 2


HISTORY = ("PostgreSQL", "disk of PostgreSQL", "kill warehouse", "term warehouse", "clock of the warehouse")
"""Faults, by their beginning, that keep history back and not the lanes: over when PostgreSQL has caught up."""


@dataclass(slots=True)
class Mark:
    """A fault, and when what `samples` held at its beginning (`ends`) was committed; seconds, monotonic.

    `lanes_at`: scored by every lane; `history_at`: in PostgreSQL too.
    """

    kind: str
    target: str
    began: float
    ends: dict[int, int]
    detail: str = ""
    ended: float | None = None
    lanes_at: float | None = None
    history_at: float | None = None

    @property
    def recovered_at(self) -> float | None:
        """When what the fault kept back was done; None if it was not."""
        return self.history_at if self.kind.startswith(HISTORY) else self.lanes_at


@dataclass(slots=True)
class Point:
    """One moment of the time line; offsets summed over partitions."""

    at: float
    sent: int
    scored: int
    stored: int


@dataclass(slots=True)
class Watch:
    """`next`: committed position of each lane; `commits`: when each lane committed one that got on."""

    settings: Settings
    topics: Topics
    traffic: Traffic
    next: dict[int, int] = field(default_factory=dict)
    stored: dict[int, int] = field(default_factory=dict)
    commits: dict[int, list[float]] = field(default_factory=lambda: {p: [] for p in range(PARTITIONS)})
    marks: list[Mark] = field(default_factory=list)
    line: list[Point] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begins to follow."""
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._lanes, self._history, self._look)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def mark(self, kind: str, target: str) -> Mark:
        """A fault begins now."""
        found = Mark(kind, target, time.monotonic(), dict(self.traffic.ends))
        self.marks.append(found)
        return found

    def passed(self, ends: dict[int, int]) -> bool:
        """Whether every lane has committed up to there."""
        return all(self.next.get(p, 0) >= end for p, end in ends.items())

    def recovered(self) -> bool:
        """Whether all faults so far are over, for lanes and history."""
        return all(mark.lanes_at and mark.history_at and mark.ended for mark in self.marks)

    def hindmost(self) -> tuple[int, int]:
        """How far the last lane is, and the last partition in PostgreSQL."""
        return min(self.next.values(), default=0), min(self.stored.values(), default=0)

    def _lanes(self) -> None:
        client = kafka.consumer(self.settings.kafka, "faults-watch", fetch_wait_max_ms=50, logger=quiet.LOGGER)
        client.assign([TopicPartition(self.topics.state, p, 0) for p in range(PARTITIONS)])
        while not self._stop.is_set():
            message = client.poll(0.05)
            if message is None or message.error() is not None or message.key() != position.KEY:
                continue
            number, now = message.partition() or 0, time.monotonic()
            row = position.decode(message.value() or b"")
            if row.next > self.next.get(number, 0):
                self.next[number] = row.next
                self.commits[number].append(now)
        client.close()

    def _history(self) -> None:
        query = 'SELECT max("offset") FROM predictions WHERE stream = %s AND partition = %s'
        while not self._stop.wait(EVERY_S):
            try:
                with closing(psycopg.connect(self.settings.postgres, connect_timeout=CONNECT_S)) as connection:
                    while not self._stop.wait(EVERY_S):
                        for p in range(PARTITIONS):
                            row = connection.execute(query, (self.topics.stream, p)).fetchone()
                            self.stored[p] = (row[0] if row and row[0] is not None else -1) + 1
                        connection.rollback()
            except psycopg.Error:  # away, as a fault may want it
                continue

    def _look(self) -> None:
        while not self._stop.wait(EVERY_S / 2):
            now = time.monotonic()
            for mark in self.marks:
                if mark.lanes_at is None and self.passed(mark.ends):
                    mark.lanes_at = now
                if mark.history_at is None and all(self.stored.get(p, 0) >= end for p, end in mark.ends.items()):
                    mark.history_at = now
            sums = (sum(found.values()) for found in (self.traffic.ends, self.next, self.stored))
            self.line.append(Point(now, *sums))
