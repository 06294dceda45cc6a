"""Reads what happens, asks the governor, and carries one retrain at a time to its end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from confluent_kafka import Message

from consumers.loop import Place
from consumers.retrainer import governor, watch
from consumers.retrainer.desk import Desk
from consumers.retrainer.flight import Retrain
from consumers.retrainer.given import Given
from consumers.retrainer.governor import Move
from consumers.retrainer.lock import Lock
from consumers.retrainer.means import Means
from consumers.retrainer.rollback import Rollback
from consumers.retrainer.state import Limits, State
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.messages import FINAL_STEPS, Decision, DriftEvent, Models, Performance, Request, Served
from schemas.topics import Topics

_EXTEND_S = 2.0
"""How often history is read, and looked at, while an incident is open: little is left to do when a retrain starts."""
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
        self._spoken = False
        self._retrain: _Running | None = None
        self._desk = Desk(means)
        self._counted: tuple[str, int] | None = None
        self._wanted: tuple[str, int] | None = None
        self._extended = self._looked = 0.0
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
        self._look()
        while self._act():
            pass
        if governor.near(self._state, self._limits):
            self._prepare()

    def _look(self) -> None:
        """At what samples and labels are like, while that may be asked for."""
        looks, now = self._means.inspection, self._means.clock()
        wanted = looks.open or governor.near(self._state, self._limits)
        if self._models is not None and wanted and now - self._looked >= _EXTEND_S:
            looks.look(self._state.now, self._models.champion)
            self._looked = now

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
        """A drift event, or a data incident's."""
        if event.subject == "data":
            self._means.inspection.on_event(event)
        else:
            self._state = governor.noticed(self._state, event)

    def on_performance(self, row: Performance) -> None:
        """Event time goes on."""
        self._state = governor.ticked(self._state, row.watermark)
        self._means.evidence.take(row)

    def on_decision(self, decision: Decision) -> None:
        """One of an earlier process, or of this one."""
        self._state = governor.decided(self._state, decision)
        self._means.inspection.on_decision(decision)
        self._desk.on_decision(decision)

    def on_request(self, request: Request) -> None:
        """A person's."""
        self._desk.on_request(request)

    def on_models(self, models: Models) -> None:
        """What scorers serve: the last record alone counts, since a version may have been put back.

        Once this process has told them something its own word is the last; it may read its earlier records only now.
        """
        if not self._spoken:
            self._models = models

    def on_served(self, served: Served) -> None:
        """A worker's report."""
        self._means.proof.take(served)

    def _take(self, message: Message) -> None:
        topic, offset = message.topic() or "", message.offset() or 0
        kind, take = self._takers[topic]
        if kind is Decision and offset >= self._own.get((topic, message.partition() or 0), 0):
            return  # taken in when this process wrote it; or of `leeway train`, whose champion `models` tells
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
            self._told(watch.tidied(self._means, self._state, models))
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
        self._told(running.models)
        if decision is None:
            return False
        self.on_decision(decision)
        if decision.step in FINAL_STEPS:
            self._land()
        return True

    def _told(self, models: Models) -> None:
        """What scorers were told last, by this process if it is new."""
        self._spoken = self._spoken or models != self._models
        self._models = models

    def _land(self) -> None:
        if self._retrain is not None:
            self._retrain.close()
        self._retrain = None

    def _checked(self, move: Move) -> Move | None:
        """The move, if it is still due after the labels were counted, which is done once for an event and a time.

        And if what they are of can be trained on, which is asked again until PostgreSQL holds it.
        """
        if move.step != "started" or self._models is None:
            return move
        looks, now = self._means.inspection, self._state.now
        if self._wanted is None or self._wanted[0] != move.event:
            self._wanted = move.event, now  # what was known then is enough: time that goes on is not run after
        looks.look(now, self._models.champion)
        quality = looks.verdict(self._wanted[1], self._models.champion)
        if quality is None or self._counted == (move.event, now):
            return None
        self._extend()
        self._counted = (move.event, now)  # not before: if PostgreSQL is away it is due again
        since = governor.shifted(self._state, move, self._means.declaration.pane_ms)
        found = governor.enough(move, looks.labels(now, since), self._limits, shifted=since > 0)
        found = governor.trusted(found, quality.doubt)
        self._wanted = None
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
            figures=governor.figures(self._state, move),
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
        payoff=retrain.payoff,
        watch=declared.watch_ms,
    )


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
