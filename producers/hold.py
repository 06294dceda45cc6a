"""Holds a replay while a retrain is in flight: reads `decisions` from its end on, in a thread."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from infra.kafka import PATIENCE_S, consumer
from producers.clientlog import client_log
from schemas.errors import LeewayError, Unavailable
from schemas.messages import HOLDING_STEPS, RELEASING_STEPS, Decision
from schemas.topics import Topics

Say = Callable[[str], None]
_decode = msgspec.json.Decoder(Decision).decode
_POLL_S = 0.1
_OPENING_S = 30


class InFlight:
    """The retrains that work on something; written by one thread and read by another.

    One whose version scores in shadow waits for samples: then they must come.
    """

    def __init__(self) -> None:
        self._retrains: dict[str, None] = {}
        self._lock = threading.Lock()
        self._error: LeewayError | None = None

    def apply(self, decision: Decision) -> None:
        """Takes one step of a retrain into account."""
        with self._lock:
            if decision.step in HOLDING_STEPS:
                self._retrains[decision.retrain] = None
            elif decision.step in RELEASING_STEPS:
                self._retrains.pop(decision.retrain, None)

    def fail(self, error: LeewayError) -> None:
        """Notes that decisions can no longer be read."""
        self._error = error

    @property
    def retrain(self) -> str | None:
        """The oldest retrain in flight, or None.

        Raises:
            LeewayError: decisions can no longer be read, so nobody knows.
        """
        if self._error is not None:
            raise self._error
        with self._lock:
            return next(iter(self._retrains), None)


@contextmanager
def watching(bootstrap: str, stream: str, say: Say) -> Iterator[InFlight]:
    """Follows the decisions of `stream` that come from now on; `say` gets a line when something is amiss.

    Raises:
        Unavailable: the topic of decisions cannot be found.
    """
    topic = Topics(stream).decisions
    flight, stop = InFlight(), threading.Event()
    client = consumer(bootstrap, f"leeway-hold-{stream}", logger=client_log(say))
    try:
        client.assign(_ends(client, topic))
        thread = threading.Thread(target=_follow, args=(client, flight, stop, say), name="hold", daemon=True)
        thread.start()
        try:
            yield flight
        finally:
            stop.set()
            thread.join()
    finally:
        client.close()


def _ends(client: Consumer, topic: str) -> list[TopicPartition]:
    """The places after the last decision of now; asks again while a new topic has no leader yet."""
    deadline = time.monotonic() + _OPENING_S
    while True:
        try:
            known = client.list_topics(topic, timeout=10).topics[topic].partitions
            places = [TopicPartition(topic, partition) for partition in known or [0]]
            ends = [client.get_watermark_offsets(place, timeout=10)[1] for place in places]
            return [TopicPartition(topic, place.partition, end) for place, end in zip(places, ends, strict=True)]
        except KafkaException as error:
            if _is_lasting(error.args[0]) or time.monotonic() > deadline:
                raise Unavailable(
                    f"{topic} cannot be read ({error.args[0].str()}), so the replay cannot hold while a retrain runs. "
                    "Nothing was sent"
                ) from error
        client.poll(_POLL_S)


def _follow(client: Consumer, flight: InFlight, stop: threading.Event, say: Say) -> None:
    lost_at: float | None = None
    while not stop.is_set():
        message = client.poll(_POLL_S)
        error = message.error() if message is not None else None
        if error is not None and _is_lasting(error):
            flight.fail(Unavailable(f"Decisions cannot be read any more ({error}), so the replay stopped"))
            return
        if error is not None and lost_at is None:
            lost_at = time.monotonic()
            say(f"Decisions cannot be read at the moment ({error}); trying again")
        if message is not None and error is None:
            lost_at = None
            _take(message, flight, say)
        if lost_at is not None and time.monotonic() - lost_at > PATIENCE_S and not _answers(client):
            flight.fail(Unavailable(f"Decisions could not be read for {PATIENCE_S} s, so the replay stopped"))
            return


def _take(message: Message, flight: InFlight, say: Say) -> None:
    try:
        flight.apply(_decode(message.value() or b""))
    except msgspec.DecodeError as error:
        say(f"{message.topic()}/{message.partition()}/{message.offset()} is not a decision ({error}); passed over")


def _is_lasting(error: KafkaError) -> bool:
    """A topic that is gone or may not be read will not come back by itself."""
    lasting = (
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - confluent-kafka's only name for it
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 - as above
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
    )
    return error.fatal() or error.code() in lasting


def _answers(client: Consumer) -> bool:
    try:
        client.list_topics(timeout=5)
    except KafkaException:
        return False
    return True
