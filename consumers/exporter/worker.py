"""The exporter process: reads the small topics of a stream from their beginning, and tells Prometheus what they say."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog
from confluent_kafka import Message
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from consumers import loop
from consumers.exporter import machine
from consumers.exporter.looking import Lags
from consumers.exporter.picture import Picture
from consumers.loop import Place
from consumers.source import Everything, client
from infra import offsets
from infra.backoff import patiently
from infra.kafka import PATIENCE_S
from infra.metrics import endpoint
from infra.settings import Settings
from schemas import declaration
from schemas.errors import Unavailable
from schemas.messages import Budget, Decision, DriftEvent, DriftRow, Models, Outcome, Performance, Served
from schemas.topics import Topics

WAIT_S = 1.0
_log = structlog.get_logger()
Taker = tuple[type[Any], Callable[[Any], None]]


class Exporter(Collector):
    """Takes records in, looks at Kafka between them, and tells what it knows when it is asked, from another thread.

    Of the topics nothing is told before they were read to where they ended at the start: counters would seem to fall.
    """

    def __init__(
        self,
        topics: Topics,
        picture: Picture,
        lags: Lags,
        ends: Mapping[Place, int],
        around: Callable[[], Iterator[Metric]],
    ) -> None:
        self._picture, self._lags, self._around = picture, lags, around
        self._behind = {place: end for place, end in ends.items() if end}
        self._takers = takers(picture, topics)
        self._lock = threading.Lock()

    def handle(self, messages: Sequence[Message], reached: Mapping[Place, int], /) -> None:
        """Takes records in; one that cannot be read is said and passed over."""
        with self._lock:
            for message in messages:
                self._take(message)
            self._behind = {place: end for place, end in self._behind.items() if reached.get(place, 0) < end}
        self._lags.look()

    def idle(self) -> None:
        """Looks at Kafka."""
        self._lags.look()

    def unready(self) -> str:
        """Why what the topics say is not told yet."""
        return f"{len(self._behind)} partitions are not read to their end yet" if self._behind else ""

    def collect(self) -> Iterator[Metric]:
        """One reading."""
        yield from self._around()
        yield from self._lags.tell()
        if not self._behind:
            with self._lock:
                yield from list(self._picture.tell())

    def _take(self, message: Message) -> None:
        topic, offset = message.topic() or "", message.offset() or 0
        kind, take = self._takers[topic]
        if message.value() is None:  # of a compacted topic
            return
        try:
            take(msgspec.json.decode(message.value() or b"", type=kind))
        except msgspec.MsgspecError as error:
            _log.warning("not_understood", topic=topic, offset=offset, error=str(error), next="passed over")


def takers(picture: Picture, topics: Topics) -> dict[str, Taker]:
    """What each topic's records are, and who takes them."""
    return {
        topics.models: (Models, picture.on_models),
        topics.served: (Served, picture.on_served),
        topics.drift: (DriftRow, picture.drift.judged),
        topics.drift_events: (DriftEvent, picture.drift.happened),
        topics.budget: (Budget, picture.drift.budgeted),
        topics.performance: (Performance, picture.qualities.performed),
        topics.outcomes: (Outcome, picture.qualities.turned_out),
        topics.decisions: (Decision, picture.retrains.take),
    }


def run(path: Path, settings: Settings, stop: threading.Event, where: endpoint.Address | None) -> None:
    """Tells until `stop` is set.

    Raises:
        Refused: the declaration does not fit, or the port is taken.
        Unavailable: Kafka was away for the whole patience.
    """
    declared = declaration.load(path)
    topics, picture = Topics(declared.name), Picture(declared.pane_ms, declared.wait_ms)
    names = list(takers(picture, topics))
    ends = patiently(lambda: _ends(settings.kafka, names), patience_s=PATIENCE_S, pause=stop.wait)
    lags = Lags(declared.name, settings.kafka, offsets.admin(settings.kafka), time.time)
    exporter = Exporter(topics, picture, lags, ends, lambda: machine.tell(settings.home))
    who = endpoint.Identity(declared.name, "exporter")
    endpoint.tell(settings.home, where, who, (exporter,), exporter.unready)
    source = Everything(client(settings.kafka, f"{declared.name}.exporter", unhurried=True), list(ends))
    _log.info("started", stream=declared.name)
    loop.run(source, exporter, stop, wait_s=WAIT_S)
    _log.info("stopped", stream=declared.name)


def _ends(bootstrap: str, topics: Sequence[str]) -> dict[Place, int]:
    found = {topic: offsets.ends(bootstrap, topic) for topic in topics}
    absent = [topic for topic, partitions in found.items() if not partitions]
    if absent:
        raise Unavailable(f"There is no topic {absent[0]}. The stream's topics are made when its workers start")
    return {(topic, place): high for topic, places in found.items() for place, (_, high) in places.items()}
