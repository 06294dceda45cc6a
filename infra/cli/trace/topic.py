"""What the topics know of a sample: its bytes, and what PostgreSQL has not taken over yet."""

from collections.abc import Iterator, Mapping

import msgspec
from confluent_kafka import Message
from msgspec import Struct

from infra import kafka, offsets
from infra.cli.rejected import first_bytes, of_message
from infra.cli.trace.found import Aside, Record
from schemas.topics import Topics

RECENT = 20_000
"""Records at the end of a partition that are looked through for an id that nobody else knows."""
SHOWN = 2_000
"""Bytes of a value that are shown."""


class _Named(Struct):
    id: str | None = None


_decode = msgspec.json.Decoder(_Named).decode


def record(bootstrap: str, topic: str, partition: int, offset: int) -> Record:
    """The record at this place.

    Raises:
        Unavailable: Kafka does not answer.
    """
    found = next(iter(kafka.read(bootstrap, topic, partition, offset, offset + 1)), None)
    if found is None or found.offset() != offset:
        return Record(topic=topic, partition=partition, offset=offset, gone=True)
    return _record(found)


def recent(bootstrap: str, topic: str, name: str) -> list[Record]:
    """The records with this id, or key, among the last RECENT of each partition.

    Raises:
        Unavailable: Kafka does not answer.
    """
    return [_record(one) for one in _read(bootstrap, topic, {}) if _named(one, name)]


def unread(bootstrap: str, stream: str, name: str, passed: Mapping[tuple[str, int], int]) -> list[Aside]:
    """Of `rejected` and `late`, the records of this id that PostgreSQL has not taken over, of the last RECENT.

    Raises:
        Unavailable: Kafka does not answer.
    """
    topics, found = Topics(stream), []
    for table, topic in (("rejected", topics.rejected), ("late", topics.late)):
        start = {partition: reached for (of, partition), reached in passed.items() if of == topic}
        found += [_aside(table, one) for one in _read(bootstrap, topic, start) if _named(one, name)]
    return found


def _read(bootstrap: str, topic: str, start: Mapping[int, int]) -> Iterator[Message]:
    """Each partition from `start` on, at most its last RECENT records."""
    for partition, (low, high) in offsets.ends(bootstrap, topic).items():
        first = max(low, start.get(partition, 0), high - RECENT)
        if first < high:
            yield from kafka.read(bootstrap, topic, partition, first)


def _named(message: Message, name: str) -> bool:
    """By its key, its id, or, where it is no JSON, by the id in quotes among its bytes."""
    key, value = message.key(), message.value() or b""
    if (key or b"") == name.encode():
        return True
    try:
        return _decode(value).id == name
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b'"' + name.encode() + b'"' in value


def _record(message: Message) -> Record:
    value, key = message.value(), message.key()
    time = int(message.timestamp()[1])
    return Record(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        time=time if time >= 0 else None,
        key=None if key is None else first_bytes(key if isinstance(key, bytes) else key.encode()),
        size=len(value or b""),
        value=None if value is None else repr(value[:SHOWN])[2:-1],
    )


def _aside(table: str, message: Message) -> Aside:
    one = of_message(message)
    return Aside(
        table=table, topic=one.topic, partition=one.partition, offset=one.offset, reason=one.reason,
        detail=one.detail, at=int(message.timestamp()[1]),
    )  # fmt: skip
