"""The retrainer process: reads what happens, asks the governor, and carries one retrain at a time to its end."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog
from confluent_kafka import Message

from consumers import loop
from consumers.journal import Journal
from consumers.loop import Place
from consumers.retrainer import governor, watch
from consumers.retrainer.desk import Desk
from consumers.retrainer.evidence import Evidence
from consumers.retrainer.flight import Retrain
from consumers.retrainer.given import Given
from consumers.retrainer.governor import Limits, Move, State
from consumers.retrainer.history import History
from consumers.retrainer.intake import by_signal, ends_of
from consumers.retrainer.lock import Lock
from consumers.retrainer.means import Means
from consumers.retrainer.proof import Proof
from consumers.retrainer.rollback import Rollback
from consumers.retrainer.spare import Spare
from consumers.source import Everything, client
from infra import kafka, offsets
from infra.backoff import patiently
from infra.postgres import connect, migrate
from infra.registry import Registry
from infra.settings import Settings
from schemas import declaration
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.messages import FINAL_STEPS, Decision, DriftEvent, Models, Performance, Request, Served
from schemas.topics import Topics

_WAIT_S = 0.1
_EXTEND_S = 2.0
"""How often history is read while an incident is open, so that little is left to read when a retrain starts."""
_Running = Retrain | Given | Rollback
_FLIGHTS: dict[str, type[_Running]] = {"started": Retrain, "accepted": Given, "rolling_back": Rollback}
"""Who carries out what began with this step."""
_log = structlog.get_logger()


class Retrainer:
    """Takes the topics in; once all that was in them at the start has been read, it decides and acts."""

    def __init__(self, means: Means, lock: Lock, ends: Mapping[Place, int]) -> None:
        self._means, self._lock = means, lock
        self._unread = {place: end for place, end in ends.items() if end}
        self._own = dict(self._unread)
        self._limits = limits(means.declaration)
        self._state = State()
        self._models: Models | None = None
        self._retrain: _Running | None = None
        self._desk = Desk(means)
        self._counted: int | None = None
        self._extended = 0.0
        self._takers: dict[str, tuple[Any, Callable[[Any], None]]] = _takers(self, Topics(means.declaration.name))

    def handle(self, messages: Sequence[Message], reached: Mapping[Place, int], /) -> None:
        """Takes the records in, then acts. Taking in the same ones again changes nothing."""
        for message in messages:
            self._take(message)
        for place, position in reached.items():
            if position >= self._unread.get(place, position + 1):
                del self._unread[place]
        self.idle()

    def idle(self) -> None:
        """Acts, when everything up to the start has been read."""
        if self._unread:
            return
        self._lock.check()
        while self._act():
            pass
        if governor.near(self._state, self._limits):
            self._prepare()

    def _prepare(self) -> None:
        """For the retrain that may come: a process that waits, and the history read so far."""
        self._means.spare.prepare()
        if self._means.clock() - self._extended >= _EXTEND_S:
            self._extend()

    def _extend(self) -> None:
        with self._means.connect() as connection:
            self._means.history.extend(connection)
        self._extended = self._means.clock()

    def close(self) -> None:
        """Ends what is in flight; it will be taken up again."""
        self._means.spare.close()
        if self._retrain is not None:
            self._retrain.close()

    def on_event(self, event: DriftEvent) -> None:
        """A drift event."""
        self._state = governor.noticed(self._state, event)

    def on_performance(self, row: Performance) -> None:
        """Event time goes on."""
        self._state = governor.ticked(self._state, row.watermark)
        self._means.evidence.take(row)

    def on_decision(self, decision: Decision) -> None:
        """One of an earlier process, or of this one."""
        self._state = governor.decided(self._state, decision)
        self._desk.on_decision(decision)

    def on_request(self, request: Request) -> None:
        """A person's."""
        self._desk.on_request(request)

    def on_models(self, models: Models) -> None:
        """What scorers serve: the last record alone counts, since a version may have been put back."""
        self._models = models

    def on_served(self, served: Served) -> None:
        """A worker's report."""
        self._means.proof.take(served)

    def _take(self, message: Message) -> None:
        topic, offset = message.topic() or "", message.offset() or 0
        kind, take = self._takers[topic]
        topics = Topics(self._means.declaration.name)
        own = topic == topics.decisions or (topic == topics.models and self._models is not None)
        if own and offset >= self._own.get((topic, message.partition() or 0), 0):
            return  # written by this process, which holds the lock, and taken in then
        try:
            take(msgspec.json.decode(message.value() or b"", type=kind))
        except msgspec.MsgspecError as error:
            _log.warning(
                "not_understood", topic=topic, offset=offset, error=str(error), next="the record is passed over"
            )

    def _act(self) -> bool:
        """One thing that is due; whether there may be another at once."""
        models = self._models
        answer = None if models is None else self._desk.answer(self._state, models)
        if answer is not None:
            self.on_decision(answer)
            return True
        if self._state.flight is not None:
            return self._fly()
        if models is not None:
            self._state = governor.serving(self._state, models.champion.version, models.champion.trained_until)
            if (found := watch.look(self._means, self._state, models)) is not None:
                self.on_decision(found)
                return True
            self._models = watch.tidied(self._means, self._state, models)
        for move in governor.moves(self._state, self._limits):
            checked = self._checked(move)
            if checked is not None:
                self._counted = None  # if Kafka does not take the decision, it is due at once, not at the next event
                self._decide(checked)
                return True
        return False

    def _fly(self) -> bool:
        flight, models = self._state.flight, self._models
        if flight is None or models is None:
            return False
        if self._retrain is None:
            self._retrain = _FLIGHTS[flight.began](self._means, flight, models)
        running = self._retrain
        decision = running.step()
        self._models = running.models
        if decision is None:
            return False
        self.on_decision(decision)
        if decision.step in FINAL_STEPS:
            self._land()
        return True

    def _land(self) -> None:
        if self._retrain is not None:
            self._retrain.close()
        self._retrain = None

    def _checked(self, move: Move) -> Move | None:
        """The move, if it is still due after the labels were counted, which is done once for each event time."""
        if move.step != "started":
            return move
        if self._counted == self._state.now:
            return None
        self._counted = self._state.now
        self._extend()
        labels = self._means.history.labelled(self._state.now)
        found = governor.enough(move, labels, self._limits)
        return None if governor.repeated(self._state, found) else found

    def _decide(self, move: Move) -> None:
        decision = Decision(
            retrain=move.retrain,
            event=move.event,
            stream=self._means.declaration.name,
            step=move.step,
            reason=move.reason,
            event_time=self._state.now,
            at=self._means.journal.now(),
            figures={} if move.due is None else {governor.DUE: move.due},
        )
        self.on_decision(self._means.journal.decide(decision))


def limits(declared: Declaration) -> Limits:
    """The governor's limits as declared."""
    retrain = declared.retrain
    return Limits(
        milliseconds(retrain.cooldown),
        milliseconds(retrain.retry),
        retrain.daily_cap,
        retrain.minimum_labels,
        milliseconds(retrain.maximum_age) if retrain.maximum_age else None,
        declared.watch_ms,
    )


def run(path: Path, settings: Settings, stop: threading.Event | None = None) -> None:
    """Retrains until `stop` is set (by SIGTERM or SIGINT if none is given).

    Raises:
        Refused: the declaration or an address does not fit.
        Unavailable: a server was away for the whole patience; the retrain in flight is taken up at the next start.
        Fatal: the lock was lost.
    """
    declared = declaration.load(path)
    stop = stop or by_signal()
    migrate(settings.postgres)
    with connect(settings.postgres, application=f"{declared.name}.retrainer.lock") as connection:
        lock = Lock(connection, declared.name)
        if lock.acquire(stop.wait):
            _work(declared, path.read_bytes(), settings, lock, stop)


def _work(declared: Declaration, text: bytes, settings: Settings, lock: Lock, stop: threading.Event) -> None:
    topics = Topics(declared.name)
    read = (topics.decisions, topics.requests, topics.drift_events, topics.models, topics.served, topics.performance)
    ends = patiently(lambda: ends_of(settings.kafka, read), patience_s=kafka.PATIENCE_S, pause=stop.wait)
    limit_s = milliseconds(declared.retrain.time_limit) / 1000
    spare = Spare(settings.home / "training" / declared.name, limit_s, time.monotonic)
    means = Means(
        spare=spare,
        declaration=declared,
        text=text,
        kafka=settings.kafka,
        home=settings.home,
        registry=Registry(settings.mlflow, declared.name),
        journal=Journal(kafka.producer(settings.kafka), declared.name, lambda: time.time_ns() // 1_000_000),
        proof=Proof(),
        history=History(declared),
        evidence=Evidence(declared.wait_ms),
        connect=lambda: connect(settings.postgres, application=f"{declared.name}.retrainer", patience_s=0),
        clock=time.monotonic,
        partitions=len(patiently(lambda: offsets.ends(settings.kafka, topics.samples), patience_s=kafka.PATIENCE_S)),
    )
    shutil.rmtree(spare.workshop, ignore_errors=True)  # of a process that was killed; the lock is ours now
    retrainer = Retrainer(means, lock, ends)
    source = Everything(client(settings.kafka, f"{declared.name}.retrainer"), list(ends))
    _log.info("started", stream=declared.name)
    try:
        loop.run(source, retrainer, stop, wait_s=_WAIT_S)
    finally:
        retrainer.close()
        _log.info("stopped", stream=declared.name)


def _takers(retrainer: Retrainer, topics: Topics) -> dict[str, tuple[Any, Callable[[Any], None]]]:
    """What each topic's records are, and who takes them."""
    return {
        topics.drift_events: (DriftEvent, retrainer.on_event),
        topics.performance: (Performance, retrainer.on_performance),
        topics.decisions: (Decision, retrainer.on_decision),
        topics.requests: (Request, retrainer.on_request),
        topics.models: (Models, retrainer.on_models),
        topics.served: (Served, retrainer.on_served),
    }
