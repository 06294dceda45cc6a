"""What the evaluator sends, kept until Kafka has it; what the topics hold already is not sent again."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec
import structlog
from confluent_kafka import KafkaError, KafkaException

from consumers.evaluator.case import Original
from consumers.headers import headers
from infra import kafka, offsets
from schemas import reasons
from schemas.errors import Unavailable
from schemas.messages import Performance, encode
from schemas.reasons import Reason
from schemas.topics import Topics

Key = tuple[str, int, int]
_FLUSH_S = 30.0
_log = structlog.get_logger()


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
    """Rows of `performance` and records for `rejected` on their way; sending one twice changes nothing."""

    def __init__(self, topics: Topics, producer: Producer) -> None:
        self._topics = topics
        self._producer = producer
        self._rows: dict[Key, Performance] = {}
        self._sent_rows: dict[Key, Performance] = {}
        self._aside: dict[tuple[int, int], tuple[Original, Reason, str]] = {}
        self._sent_aside: set[tuple[int, int]] = set()
        self._failed: list[KafkaError] = []

    def holds(self, rows: Iterable[Performance], aside: Iterable[tuple[int, int]]) -> None:
        """What the topics hold: rows of `performance`, and places of labels in `rejected`."""
        self._sent_rows |= {_key(row): row for row in rows}
        self._sent_aside |= set(aside)

    def rows(self, rows: Iterable[Performance]) -> None:
        """Adds rows.

        Counts only grow. A row with smaller ones than the topic holds was made from a log whose beginning is gone, and
        must not replace the better one.
        """
        for row in rows:
            key = _key(row)
            held = self._sent_rows.get(key)
            if held is None or _grown(held, row):
                self._rows[key] = row
            else:
                self._rows.pop(key, None)

    def aside(self, original: Original, reason: Reason, detail: str) -> None:
        """Adds a label that is put aside."""
        place = original.partition, original.offset
        if place not in self._sent_aside:
            self._aside[place] = original, reason, detail

    def send(self) -> None:
        """Sends all and waits until Kafka has it.

        Raises:
            Unavailable: it has not; everything is still here, to be sent again.
        """
        if not self._rows and not self._aside:
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
        self._sent_aside |= set(self._aside)
        self._rows, self._aside = {}, {}

    def _queue(self) -> None:
        for (role, version, pane_start), row in self._rows.items():
            self._produce(self._topics.performance, key=f"{role}|{version}|{pane_start}".encode(), value=encode(row))
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


def stored_rows(bootstrap: str, topics: Topics) -> list[Performance]:
    """The rows that `performance` holds, the last of each key.

    Raises:
        Unavailable: the broker does not answer.
    """
    found: dict[Key, Performance] = {}
    for partition in offsets.ends(bootstrap, topics.performance):
        for message in kafka.read(bootstrap, topics.performance, partition):
            try:
                row = msgspec.json.decode(message.value() or b"", type=Performance)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                _log.warning("unreadable_row", partition=partition, offset=message.offset(), error=str(error))
            else:
                found[_key(row)] = row
    return list(found.values())


def stored_aside(bootstrap: str, topics: Topics) -> list[tuple[int, int]]:
    """Partition and offset of each label that `rejected` holds.

    Raises:
        Unavailable: the broker does not answer.
    """
    found = []
    for partition in offsets.ends(bootstrap, topics.rejected):
        for message in kafka.read(bootstrap, topics.rejected, partition):
            place = headers(message).get(reasons.SOURCE, b"")
            if place.startswith(f"{topics.labels}/".encode()):
                _, at, offset = reasons.source(place.decode())
                found.append((at, offset))
    return found


def _key(row: Performance) -> Key:
    return row.role, row.version, row.pane_start


def _grown(held: Performance, row: Performance) -> bool:
    if row.predictions < held.predictions or row.labelled < held.labelled:
        return False
    return msgspec.structs.replace(held, watermark=row.watermark) != row
