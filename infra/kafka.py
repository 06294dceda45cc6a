"""Kafka by confluent-kafka: the configurations that we use, each with its reason, and reading a partition."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from schemas.errors import Unavailable
from schemas.topics import LARGE

SILENCE_S = 30
"""How long a read waits for the next record."""
ANY_BYTES = 1_000_000_000
"""A client counts a message before it is compressed, a broker afterwards: who passes records on asks the broker."""
PATIENCE_S = 120
"""How long an unreachable broker is waited for before a process ends, its offsets kept."""


_SETTLING = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE}
"""What a broker answers about a topic that was made, or moved, a moment ago."""


def producer(bootstrap: str, **extra: Any) -> Producer:
    """An idempotent producer: no loss and no reordering while it lives; its queue is bounded in bytes."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "linger.ms": 5,
            "compression.type": "lz4",
            "message.max.bytes": LARGE,
            "queue.buffering.max.kbytes": 65_536,
            "delivery.timeout.ms": PATIENCE_S * 1000,
        }
        | _dotted(extra)
    )


def deliver(given: Producer, topic: str, value: bytes, key: str) -> None:
    """One record, acknowledged.

    Raises:
        Unavailable: Kafka did not acknowledge it; it may or may not be in the topic.
    """
    errors: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            errors.append(error)

    try:
        given.produce(topic, value, key.encode(), on_delivery=delivered)
        left = given.flush(PATIENCE_S)
    except (KafkaException, BufferError) as error:
        raise Unavailable(f"{topic}: Kafka does not take records: {error}") from error
    if left or errors:
        raise Unavailable(f"{topic}: a record was not acknowledged: {errors[0].str() if errors else 'no answer'}")


def consumer(bootstrap: str, group: str, **extra: Any) -> Consumer:
    """A consumer of committed records that commits by hand."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "topic.metadata.refresh.interval.ms": 5_000,
        }
        | _dotted(extra)
    )


def read(bootstrap: str, topic: str, partition: int, start: int = 0, stop: int | None = None) -> Iterator[Message]:
    """The committed records of one partition from `start` to `stop` (or to its end now), without a group.

    Offsets that are gone are passed over: compare the first offset that comes with the one asked for.

    Raises:
        Unavailable: the broker gave nothing for SILENCE_S, or refused.
    """
    low, high = bounds(bootstrap, topic, partition)
    client = consumer(bootstrap, "leeway-read", **{"enable.partition.eof": True, "fetch.wait.max.ms": 50})
    try:
        stop = high if stop is None else min(stop, high)
        if max(low, start) >= stop:
            return
        client.assign([TopicPartition(topic, partition, max(low, start))])
        yield from _until(client, topic, partition, stop)
    except KafkaException as error:
        raise Unavailable(f"{topic}/{partition} cannot be read: {error}") from error
    finally:
        client.close()


def _until(client: Consumer, topic: str, partition: int, stop: int) -> Iterator[Message]:
    heard = time.monotonic()
    while True:
        batch = client.consume(1000, 0.05)  # waits for as many, or so long, whatever comes first
        heard = time.monotonic() if batch else heard
        if time.monotonic() - heard > SILENCE_S:
            raise Unavailable(
                f"{topic}/{partition}: the broker gave nothing for {SILENCE_S} s; nothing was changed. Is it up?"
            )
        for message in batch:
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - confluent-kafka's only name for it
                    return
                if error.fatal():
                    raise KafkaException(error)
                continue
            if (message.offset() or 0) >= stop:
                return
            yield message
            if (message.offset() or 0) == stop - 1:
                return


def partitions(client: Producer, topic: str) -> int:
    """How many partitions a topic has now; the producer may write to them from then on. 0 if there is no such topic.

    Raises:
        Unavailable: no broker answers.
    """
    try:
        return len(client.list_topics(topic, timeout=SILENCE_S).topics[topic].partitions)
    except KafkaException as error:
        raise Unavailable(f"{topic}: Kafka does not tell its partitions ({error.args[0].str()})") from error


def tail(bootstrap: str, topic: str, partition: int, records: int) -> int:
    """The offset so many records before the end of a partition, or its start."""
    low, high = bounds(bootstrap, topic, partition)
    return max(low, high - records)


class Watermarks:
    """Where partitions begin and end, asked again and again by one client; any thread may ask."""

    def __init__(self, bootstrap: str, answer_s: float = SILENCE_S) -> None:
        self._client = consumer(bootstrap, "leeway-read")
        self._answer_s = answer_s

    def of(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset that a partition still holds, and the one after its last committed record.

        Raises:
            Unavailable: the broker does not answer.
        """
        deadline = time.monotonic() + self._answer_s
        place = TopicPartition(topic, partition)
        while True:
            try:
                low, high = self._client.get_watermark_offsets(place, timeout=self._answer_s)
            except KafkaException as error:
                if error.args[0].code() not in _SETTLING or time.monotonic() > deadline:
                    raise Unavailable(f"{topic}/{partition}: the broker does not answer: {error}") from error
                time.sleep(0.1)
            else:
                return low, high

    def close(self) -> None:
        """Gives the client up."""
        self._client.close()


def bounds(bootstrap: str, topic: str, partition: int) -> tuple[int, int]:
    """`Watermarks.of`, once.

    Raises:
        Unavailable: the broker does not answer.
    """
    with closing(Watermarks(bootstrap)) as marks:
        return marks.of(topic, partition)


def now_ms() -> int:
    """The wall clock, epoch milliseconds."""
    return time.time_ns() // 1_000_000


def _dotted(extra: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments as librdkafka spells them: group_instance_id -> group.instance.id."""
    return {key.replace("_", "."): value for key, value in extra.items()}
