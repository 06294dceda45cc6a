"""What the evaluator sends, kept until Kafka has it; what the topics hold already is not sent again."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec
from confluent_kafka import KafkaError, KafkaException

from consumers.evaluator.case import Original
from infra.metrics.catalogue import REJECTED_FOR
from schemas import reasons
from schemas.errors import Unavailable
from schemas.messages import Outcome, Performance, encode
from schemas.reasons import Reason
from schemas.topics import Topics

Key = tuple[str, int, int]
_FLUSH_S = 30.0


class Producer(Protocol):
    """What is used of confluent_kafka.Producer."""

    @property
    def produce(self) -> Callable[..., None]:
        """Queues a record."""

    def poll(self, timeout: float, /) -> int:
        """Calls delivery callbacks."""

    def flush(self, timeout: float, /) -> int:
        """Waits for delivery; the number of records still queued."""


class Outbox:
    """Rows of `performance` and `outcomes`, records for `rejected`, on their way; one sent twice changes nothing."""

    def __init__(self, topics: Topics, producer: Producer) -> None:
        self._topics = topics
        self._producer = producer
        self._rows: dict[Key, Performance] = {}
        self._sent_rows: dict[Key, Performance] = {}
        self._aside: dict[tuple[int, int], tuple[Original, Reason, str]] = {}
        self._sent_aside: set[tuple[int, int]] = set()
        self._outcomes: list[Outcome] = []
        self._sent_outcomes: set[tuple[int, int]] = set()
        self._failed: list[KafkaError] = []

    def holds(
        self, rows: Iterable[Performance], aside: Iterable[tuple[int, int]], outcomes: Iterable[Outcome] = ()
    ) -> None:
        """What the topics hold: rows of `performance`, places of labels in `rejected`, rows of `outcomes`."""
        self._sent_rows |= {key(row): row for row in rows}
        self._sent_aside |= set(aside)
        self._sent_outcomes |= {(row.version, row.pane_start) for row in outcomes}

    def rows(self, rows: Iterable[Performance]) -> None:
        """Adds rows.

        Counts only grow. A row with smaller ones than the topic holds was made from a log whose beginning is gone, and
        must not replace the better one.
        """
        for row in rows:
            place = key(row)
            held = self._sent_rows.get(place)
            if held is None or _grown(held, row):
                self._rows[place] = row
            else:
                self._rows.pop(place, None)

    def aside(self, original: Original, reason: Reason, detail: str) -> None:
        """Adds a label that is put aside."""
        place = original.partition, original.offset
        if place not in self._sent_aside:
            self._aside[place] = original, reason, detail

    def outcomes(self, rows: Iterable[Outcome]) -> None:
        """Adds rows, in order. What was said once is final: verdicts may have been given on it."""
        self._outcomes += [row for row in rows if (row.version, row.pane_start) not in self._sent_outcomes]

    def send(self) -> None:
        """Sends all and waits until Kafka has it.

        Raises:
            Unavailable: it has not; everything is still here, to be sent again.
        """
        if not self._rows and not self._aside and not self._outcomes:
            return
        self._failed.clear()
        try:
            self._queue()
            left = self._producer.flush(_FLUSH_S)
        except (KafkaException, BufferError) as error:
            raise Unavailable(f"{self._topics.performance}: Kafka takes no records: {error}") from error
        if left or self._failed:
            reason = self._failed[0].str() if self._failed else f"{left} records not delivered in {_FLUSH_S:.0f} s"
            raise Unavailable(f"{self._topics.performance}: not sent, and kept to be sent again: {reason}")
        self._sent_rows |= self._rows
        for _, reason, _ in self._aside.values():
            REJECTED_FOR.live.labels(reason).inc()
        self._sent_aside |= set(self._aside)
        self._sent_outcomes |= {(row.version, row.pane_start) for row in self._outcomes}
        self._rows, self._aside, self._outcomes = {}, {}, []

    def _queue(self) -> None:
        for (role, version, pane_start), row in self._rows.items():
            self._produce(self._topics.performance, key=f"{role}|{version}|{pane_start}".encode(), value=encode(row))
        for outcome in self._outcomes:
            name = f"{outcome.version}|{outcome.pane_start}".encode()
            self._produce(self._topics.outcomes, key=name, value=encode(outcome))
        for original, reason, detail in self._aside.values():
            said = reasons.headers(reason, detail, self._topics.labels, original.partition, original.offset)
            self._produce(self._topics.rejected, key=original.key, value=original.value, headers=said)

    def _produce(self, topic: str, **record: Any) -> None:
        """Queues a record; a full queue is waited for once, which is as long as a delivery may take."""
        try:
            self._producer.produce(topic, on_delivery=self._delivered, **record)
        except BufferError:
            self._producer.flush(_FLUSH_S)
            self._producer.produce(topic, on_delivery=self._delivered, **record)
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, _message: object) -> None:
        if error is not None:
            self._failed.append(error)


def key(row: Performance) -> Key:
    """Of the rows of one key the last one counts."""
    return row.role, row.version, row.pane_start


def _grown(held: Performance, row: Performance) -> bool:
    if row.predictions < held.predictions or row.labelled < held.labelled:
        return False
    return msgspec.structs.replace(held, watermark=row.watermark) != row
