"""What training says: decisions and the models to serve, acknowledged by Kafka before it goes on."""

from collections.abc import Callable

import structlog
from confluent_kafka import Producer

from infra import kafka
from schemas.messages import Decision, DriftEvent, Models, encode
from schemas.topics import Topics

_log = structlog.get_logger()


class Journal:
    """Writes to the topics `decisions` and `models` of one stream; `clock` gives epoch milliseconds."""

    def __init__(self, producer: Producer, stream: str, clock: Callable[[], int]) -> None:
        self._producer, self._stream, self._clock = producer, stream, clock
        self._topics = Topics(stream)

    def decide(self, decision: Decision) -> Decision:
        """Writes a decision with the time of now, and returns it so.

        Raises:
            Unavailable: Kafka did not acknowledge it; it may or may not be in the topic.
        """
        self._write(self._topics.decisions, encode(decision))
        _log.info(
            decision.step, retrain=decision.retrain, reason=decision.reason, version=decision.version,
            event_time=decision.event_time,
        )  # fmt: skip
        return decision

    def publish(self, models: Models) -> Models:
        """Tells every scorer what to serve.

        Raises:
            Unavailable: Kafka did not acknowledge it.
        """
        self._write(self._topics.models, encode(models))
        return models

    def notice(self, event: DriftEvent) -> None:
        """Writes a drift event: a data incident.

        Raises:
            Unavailable: Kafka did not acknowledge it; it may be in the topic.
        """
        self._write(self._topics.drift_events, encode(event))
        _log.warning(event.kind, incident=event.incident, subject=event.subject, sentence=event.sentence)

    def now(self) -> int:
        """Wall-clock time in epoch milliseconds."""
        return self._clock()

    def _write(self, topic: str, value: bytes) -> None:
        kafka.deliver(self._producer, topic, value, self._stream)
