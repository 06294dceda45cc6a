"""The evaluator process: builds its state from the beginning of both topics, then follows them."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import structlog
from confluent_kafka import Message

from consumers import loop
from consumers.evaluator.case import Original, Prediction
from consumers.evaluator.change import MOST
from consumers.evaluator.join import LIMIT, LabelJoin
from consumers.evaluator.outbox import Outbox
from consumers.evaluator.outcomes import Outcomes
from consumers.evaluator.quiet import Quiet
from consumers.evaluator.stored import stored_aside, stored_outcomes, stored_rows
from consumers.labels import decode_label
from consumers.loop import Place
from consumers.source import Everything, client
from infra import offsets
from infra.backoff import patiently
from infra.kafka import ANY_BYTES, PATIENCE_S, producer
from infra.settings import Settings
from schemas import declaration
from schemas.duration import milliseconds
from schemas.errors import Unavailable
from schemas.reasons import Reason
from schemas.topics import Topics

EMIT_S = 0.25
"""Changed rows are sent at most this often while records flow."""
_prediction = msgspec.json.Decoder(Prediction).decode
_log = structlog.get_logger()


class Evaluator:
    """Feeds the join and sends what comes out of it.

    Rows are held back until every partition was read up to where it ended at the start: the rows in between are
    older than those that were sent before. Outcomes are final, and sent as they are made.

    Args:
        topics: of the stream.
        join: holds the state.
        outcomes: that the join tells of samples and labels.
        outbox: sends.
        ends: end offset of each partition at the start.
        quiet: knows the partitions that have nothing to read.
        max_delay: the delay in words, for labels without a sample.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        topics: Topics,
        join: LabelJoin,
        outcomes: Outcomes,
        outbox: Outbox,
        ends: Mapping[Place, int],
        quiet: Quiet,
        max_delay: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topics = topics
        self._join = join
        self._outcomes = outcomes
        self._outbox = outbox
        self._behind = {place: end for place, end in ends.items() if end > 0}
        self._quiet = quiet
        self._no_sample = f"no sample of this id within {max_delay} of event time"
        self._clock = clock
        self._next_emit = clock()

    def handle(self, messages: Sequence[Message], reached: Mapping[Place, int], /) -> None:
        """Takes predictions and labels in; sends what is due."""
        for message in messages:
            if message.topic() == self._topics.predictions:
                self._predicted(message)
            else:
                self._labelled(message)
        self._quiet.heard(reached)
        self._catch_up(reached)
        self._settle()
        if self._clock() >= self._next_emit:
            self._emit()

    def idle(self) -> None:
        """Sends what is left."""
        self._settle()
        self._emit()

    def _settle(self) -> None:
        """Nobody is quiet before what was there at the start has been read."""
        names = self._topics.predictions, self._topics.labels
        self._join.settle(((), ()) if self._behind else (self._quiet.of(names[0]), self._quiet.of(names[1])))

    def _predicted(self, message: Message) -> None:
        partition, offset = message.partition() or 0, message.offset() or 0
        try:
            given = _prediction(message.value() or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            _log.warning("unreadable_prediction", partition=partition, offset=offset, error=str(error), done="left out")
            return
        self._join.predicted(partition, offset, given)

    def _labelled(self, message: Message) -> None:
        partition, offset, value = message.partition() or 0, message.offset() or 0, message.value()
        sent = int(message.timestamp()[1])
        label = decode_label(value, partition, offset, sent if sent >= 0 else None)
        original = Original(partition, offset, message.key(), value)
        if isinstance(label, tuple):
            self._outbox.aside(original, *label)
        else:
            self._join.labelled(label, original)

    def _catch_up(self, reached: Mapping[Place, int]) -> None:
        if not self._behind:
            return
        self._behind = {place: end for place, end in self._behind.items() if reached.get(place, 0) < end}
        if not self._behind:
            _log.info("caught_up", ids_held=len(self._join), **self._join.counts, **self._outcomes.counts)

    def _emit(self) -> None:
        for original in self._join.drain():
            self._outbox.aside(original, Reason.NO_SAMPLE, self._no_sample)
        self._outbox.outcomes(self._outcomes.drain())
        if not self._behind:
            self._outbox.rows(self._join.changed())
        self._outbox.send()
        self._next_emit = self._clock() + EMIT_S


def run(path: Path, settings: Settings, stop: threading.Event) -> None:
    """Evaluates until `stop` is set.

    Raises:
        Refused: the declaration does not fit.
        Unavailable: Kafka was away for the whole patience; all will be read again.
    """
    declared = declaration.load(path)
    topics = Topics(declared.name)
    outbox = Outbox(topics, producer(settings.kafka, message_max_bytes=ANY_BYTES))
    known = patiently(lambda: _known(settings.kafka, topics), patience_s=PATIENCE_S, pause=stop.wait)
    patiently(lambda: _hold(outbox, settings.kafka, topics), patience_s=PATIENCE_S, pause=stop.wait)
    lateness, delta = milliseconds(declared.stream.lateness), min(MOST, declared.half_of_them)
    outcomes = Outcomes(declared.pane_ms, declared.wait_ms, lateness, delta=delta, limit=LIMIT)
    join = LabelJoin(
        declared.pane_ms,
        milliseconds(declared.label.max_delay),
        milliseconds(declared.stream.max_jump),
        outcomes,
        predictions=_begun(known, topics.predictions),
        labels=_begun(known, topics.labels),
    )
    ends = {place: high for place, (low, high) in known.items() if low < high}
    quiet = Quiet(lambda: {place: high for place, (_, high) in _known(settings.kafka, topics).items()})
    evaluator = Evaluator(topics, join, outcomes, outbox, ends, quiet, declared.label.max_delay)
    _log.info("started", stream=declared.name, to_read=sum(high - low for low, high in known.values()))
    try:
        reader = client(settings.kafka, f"{declared.name}.evaluator", unhurried=True)
        loop.run(Everything(reader, list(known)), evaluator, stop)
    finally:
        _log.info("stopped", ids_held=len(join), **join.counts, **outcomes.counts)


def _hold(outbox: Outbox, bootstrap: str, topics: Topics) -> None:
    outbox.holds(stored_rows(bootstrap, topics), stored_aside(bootstrap, topics), stored_outcomes(bootstrap, topics))


def _known(bootstrap: str, topics: Topics) -> dict[Place, tuple[int, int]]:
    """Beginning and end of every partition of both topics."""
    found: dict[Place, tuple[int, int]] = {}
    for topic in (topics.predictions, topics.labels):
        ends = offsets.ends(bootstrap, topic)
        if not ends:
            raise Unavailable(f"There is no topic {topic}. The stream's topics are made when its workers start")
        found |= {(topic, partition): limits for partition, limits in ends.items()}
    return found


def _begun(known: Mapping[Place, tuple[int, int]], topic: str) -> list[int]:
    """Partitions that hold records."""
    return [partition for (name, partition), (low, high) in known.items() if name == topic and low < high]
