"""Sends events to a stream's topics and vouches for each: what is not delivered is an error that names the record."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.kafka import PATIENCE_S, producer
from producers.clientlog import client_log
from producers.events import Event
from schemas.errors import Fatal, LeewayError, Refused, Unavailable
from schemas.topics import Topics

_ATTEMPT_S = 10
ANY = -1
"""The partition: chosen by the key."""
LINGER_MS = 50
"""librdkafka sends one batch of one partition a request: with 5 ms a broker is busy with requests, not with records."""
_REFUSALS = (
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_TIMESTAMP,
    KafkaError.INVALID_RECORD,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
)


class Outlet:
    """An idempotent producer for the topics `samples` and `labels` of one stream; `say` gets the client's warnings."""

    def __init__(self, bootstrap: str, stream: str, say: Callable[[str], None], **extra: Any) -> None:
        topics = Topics(stream)
        self._topics = {"sample": topics.samples, "label": topics.labels}
        self._bootstrap = bootstrap
        self._producer: Producer = producer(
            bootstrap, logger=client_log(say), **{"delivery.report.only.error": True, "linger_ms": LINGER_MS} | extra
        )
        self._failure: LeewayError | None = None

    def check(self, patience_s: float = PATIENCE_S) -> None:
        """Makes sure that Kafka answers and has both topics.

        Raises:
            Unavailable: it did not answer for `patience_s` seconds.
            Refused: a topic does not exist.
        """
        deadline = time.monotonic() + patience_s
        for topic in self._topics.values():
            while not self._has(topic, deadline):
                pass

    def _has(self, topic: str, deadline: float) -> bool:
        try:
            found = self._producer.list_topics(topic, timeout=min(_ATTEMPT_S, max(deadline - time.monotonic(), 0.1)))
        except KafkaException as error:
            self._producer.poll(0)
            if time.monotonic() >= deadline:
                raise Unavailable(
                    f"Kafka at {self._bootstrap} does not answer ({error.args[0].str()}); is it running? Nothing sent"
                ) from error
            return False
        missing = found.topics[topic].error
        if missing is not None:
            raise Refused(f"Topic {topic} cannot be used ({missing.str()}): `leeway up` creates it. Nothing was sent")
        return True

    def send(self, events: Sequence[Event]) -> None:
        """Hands events to the producer in order, each at its event time; waits where its queue is full.

        Raises:
            LeewayError: one of these or of earlier events could not be delivered.
        """
        produce, topics, undelivered = self._producer.produce, self._topics, self._undelivered
        for event in events:
            moment, kind, key, value = event
            try:
                produce(topics[kind], value, key, ANY, undelivered, None, moment)  # by position: a third quicker
            except BufferError:
                self._insist(event)
            except KafkaException as error:
                raise _failure(error.args[0], topics[kind], key, value) from error
        self.wait(0)

    def _insist(self, event: Event) -> None:
        while True:
            self.wait(0.05)
            try:
                self._producer.produce(
                    self._topics[event.kind],
                    event.value,
                    event.key,
                    on_delivery=self._undelivered,
                    timestamp=event.time,
                )
            except BufferError:
                continue
            return

    def wait(self, seconds: float) -> None:
        """Serves delivery reports for up to this long.

        Raises:
            LeewayError: an event could not be delivered.
        """
        self._producer.poll(seconds)
        if self._failure is not None:
            raise self._failure

    def drain(self) -> None:
        """Returns when everything that was sent is acknowledged.

        Raises:
            LeewayError: an event could not be delivered, or is not within infra.kafka.PATIENCE_S.
        """
        left = self._producer.flush(PATIENCE_S + _ATTEMPT_S)
        if self._failure is not None:
            raise self._failure
        if left:
            raise Unavailable(f"{left} records were not acknowledged by Kafka at {self._bootstrap} in {PATIENCE_S} s")

    def discard(self) -> None:
        """Gives up what is still queued, after a failure."""
        self._producer.purge()
        self._producer.flush(_ATTEMPT_S)

    def _undelivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = _failure(error, str(message.topic()), message.key(), message.value())


def _failure(error: KafkaError, topic: str, key: bytes | str | None, value: bytes | str | None) -> LeewayError:
    """The error of one record, named by its key, or without one by its beginning."""
    named = key or (value or b"")[:80]
    name = named.decode("utf-8", "replace") if isinstance(named, bytes) else named
    what = f"The record {name} was not delivered to {topic}: {error.str()}"
    if error.fatal():
        return Fatal(f"{what}. The producer cannot go on without risking order; start again with --from")
    if error.code() in _REFUSALS:
        return Refused(f"{what}. Correct or leave out this record")
    return Unavailable(
        f"{what}. Is Kafka running? Start again with --from, what was sent twice is counted as duplicate"
    )
