"""The one poll loop: batches of records to a handler, positions kept only after the handler has finished with them.

A handler may be given the same records again (after a fault, a restart or a rebalance), so what it writes must be
keyed by where it came from. In return no record is ever passed over.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from infra.backoff import patiently
from infra.kafka import PATIENCE_S
from infra.metrics.catalogue import STAGE, STAGE_RECORDS
from schemas.errors import Fatal, Unavailable

Place = tuple[str, int]
"""Topic and partition."""
Batch = tuple[Sequence[Message], Mapping[Place, int]]
BATCH, WAIT_S = 5_000, 0.2
"""Records of one batch at most, and how long one may take to fill."""
SILENCE_S = 10.0
"""After this long without any record the broker is asked whether it is still there."""
begun = threading.Event()
"""Set while the loop of this process reads: after its first look at the topics, until it ends."""
_log = structlog.get_logger()


class Handler(Protocol):
    """What a consumer does with its records."""

    def handle(self, messages: Sequence[Message], reached: Mapping[Place, int], /) -> None:
        """Takes the records in; `reached` is the next offset of each partition that moved, markers included.

        Raises Unavailable for a fault that may pass (it is then called again with the same records). A record that
        cannot be used is the handler's to put aside: it never raises for one.
        """

    def idle(self) -> None:
        """Called when nothing came."""


class Source(Protocol):
    """Where batches come from: `consumers.source` has them for a consumer group and for all partitions."""

    def open(self) -> None:
        """Begins reading."""

    def take(self, batch: int, wait_s: float, /) -> list[Message]:
        """Up to `batch` messages, errors and ends of partitions among them; none of partitions not held."""

    def ask(self) -> None:
        """Raises Unavailable if no broker answers."""

    def done(self, reached: Mapping[Place, int], /) -> None:
        """Keeps the positions."""

    def close(self) -> None:
        """Ends reading."""


def run(
    source: Source,
    handler: Handler,
    stop: threading.Event,
    *,
    batch: int = BATCH,
    wait_s: float = WAIT_S,
    patience_s: float = PATIENCE_S,
) -> None:
    """Reads until `stop` is set; the batch in hand is finished first.

    Raises:
        Unavailable: Kafka or what the handler writes to was away for `patience_s`; positions are as they were.
        Fatal: the client cannot go on.
    """
    source.open()
    watch = Watch(source, stop, patience_s)
    try:
        while not stop.is_set():
            messages, reached = watch.sort(source.take(batch, wait_s))
            begun.set()
            if not reached:
                patiently(handler.idle, patience_s=patience_s, pause=stop.wait)
                continue
            _finish(handler, (messages, reached), stop, patience_s)
            source.done(reached)
    except Unavailable:
        if not stop.is_set():
            raise
        _log.warning("stopped_while_away", kept="positions before the batch in hand, which will be read again")
    finally:
        begun.clear()
        source.close()


def unready() -> str:
    """Why this process reads nothing; asked from another thread."""
    return "" if begun.is_set() else "it has not begun to read: it waits for a server, or for a lock"


def _finish(handler: Handler, batch: Batch, stop: threading.Event, patience_s: float) -> None:
    with STAGE.live.labels("handle").time():
        patiently(lambda: handler.handle(*batch), patience_s=patience_s, pause=stop.wait)
    STAGE_RECORDS.live.labels("handle").inc(len(batch[0]))


class Watch:
    """Tells records from errors, and a quiet stream from a broker that is away."""

    def __init__(self, source: Source, stop: threading.Event, patience_s: float) -> None:
        self._source = source
        self._stop = stop
        self._patience_s = patience_s
        self._heard = time.monotonic()
        self._troubled: float | None = None

    def sort(self, taken: Sequence[Message]) -> tuple[list[Message], dict[Place, int]]:
        """The records among `taken`, and the next offset of every partition that they, or an end, moved.

        Raises:
            Unavailable: the broker, or a topic, was away for the whole patience.
            Fatal: the client reported an error after which it cannot go on.
        """
        messages: list[Message] = []
        reached: dict[Place, int] = {}
        for message in taken:
            error = message.error()
            offset = message.offset()
            if error is None:
                messages.append(message)
                reached[_place(message)] = (offset or 0) + 1
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - confluent-kafka's only name for it
                reached[_place(message)] = offset or 0
            else:
                self._trouble(error)
        if reached:
            self._heard, self._troubled = time.monotonic(), None
        elif time.monotonic() - self._heard > SILENCE_S:
            patiently(self._source.ask, patience_s=self._patience_s, pause=self._stop.wait)
            self._heard = time.monotonic()
        return messages, reached

    def _trouble(self, error: KafkaError) -> None:
        if error.fatal():
            raise Fatal(f"The Kafka client cannot go on: {error.str()}. Positions are kept; start this process again")
        now = time.monotonic()
        if self._troubled is None:
            self._troubled = now
            _log.warning("kafka_trouble", error=error.str(), code=error.name())
        if now - self._troubled > self._patience_s:
            raise Unavailable(
                f"Kafka goes on to report {error.name()}: {error.str()}. Positions are kept. Do its topics exist?"
            )


def _place(message: Message) -> Place:
    return message.topic() or "", message.partition() or 0


def committed(reached: Mapping[Place, int]) -> list[TopicPartition]:
    """The positions in the client's own terms."""
    return [TopicPartition(topic, partition, offset) for (topic, partition), offset in reached.items()]


def away(error: KafkaException) -> Unavailable:
    """The client's error as ours."""
    return Unavailable(f"Kafka does not answer: {error.args[0]}")
