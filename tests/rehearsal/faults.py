"""Faults by real means: processes that stand still or are killed, a port that is taken, bad input, a shift, silence."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from signal import SIGCONT, SIGKILL, SIGSTOP

import msgspec

from infra import kafka, offsets
from infra.embedded.ports import HOST
from rehearsal.place import STREAM, Place, until
from rehearsal.traffic import Traffic
from schemas.messages import ModelRef, Models, encode

Act = Callable[[Place, Traffic], None]
KILLS, FOREIGN = 5, 120
ANSWER_S = 300.0
EVALUATOR = 'process_start_time_seconds{process="evaluator"}'


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, the alerts that must say so, and the ways there and back."""

    name: str
    alerts: tuple[str, ...]
    begin: Act
    end: Act


def nothing(_place: Place, _traffic: Traffic) -> None:
    """It is so already, or mends itself."""


def paused(name: str) -> tuple[Act, Act]:
    """A process that stands still: it lives, holds its connections, and does nothing."""
    return lambda place, _: place.signal(name, SIGSTOP), lambda place, _: place.signal(name, SIGCONT)


def answered(place: Place, _traffic: Traffic) -> None:
    """Waits for the retrain that answers: the next fault must not come between."""
    until(lambda: not place.firing() & {"LeewayDriftIncident", "LeewayAccuracyDropped"}, ANSWER_S)


class Occupied:
    """MLflow is killed and another program takes its port, so that it cannot start again."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def begin(self, place: Place, _traffic: Traffic) -> None:
        """Kills it, and is quicker than its supervisor."""
        port = int(place.endpoints.mlflow.rpartition(":")[2])
        place.signal("mlflow", SIGKILL)
        deadline = time.monotonic() + 30
        while self._socket is None:
            found = socket.socket()
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                found.bind((HOST, port))
                found.listen()
            except OSError:
                found.close()
                if time.monotonic() > deadline:
                    raise
            else:
                self._socket = found

    def end(self, _place: Place, _traffic: Traffic) -> None:
        """Gives the port back."""
        if self._socket is not None:
            self._socket.close()


def killed(place: Place, _traffic: Traffic) -> None:
    """The evaluator, again and again, once Prometheus has seen it start: a start that nobody saw is none."""
    for _ in range(KILLS):
        before = place.ask(EVALUATOR)
        place.signal("evaluator", SIGKILL)
        until(lambda before=before: values(place.ask(EVALUATOR)) not in ([], values(before)), 90)  # type: ignore[misc] # bound


def values(series: list[dict[str, object]]) -> list[object]:
    """Without the time of asking."""
    return [one["value"][1] for one in series]  # type: ignore[index] # Prometheus' pair of time and value


def foreign(place: Place, _traffic: Traffic) -> None:
    """Somebody writes into a topic of ours."""
    client = kafka.producer(place.endpoints.kafka)
    for _ in range(FOREIGN):
        client.produce(place.topics.frames, b"not a frame", partition=0)
    client.flush(30)


class Unloadable:
    """`models` names a version that no registry has."""

    def __init__(self) -> None:
        self._before: Models | None = None

    def begin(self, place: Place, _traffic: Traffic) -> None:
        """Writes the record."""
        rows = offsets.latest(place.endpoints.kafka, place.topics.models, [0], STREAM.encode(), Models)
        self._before = now = rows[0]
        lost = ModelRef(version=999, run_id="", model_sha256="0" * 64, contract_sha256="0" * 64, trained_until=0)
        self._tell(place, msgspec.structs.replace(now, champion=lost, previous=now.champion))

    def end(self, place: Place, _traffic: Traffic) -> None:
        """Puts it back."""
        if self._before is not None:
            self._tell(place, self._before)

    def _tell(self, place: Place, models: Models) -> None:
        client = kafka.producer(place.endpoints.kafka)
        client.produce(place.topics.models, encode(models), STREAM.encode())
        client.flush(30)


def _set(**values: object) -> Act:
    def act(_place: Place, traffic: Traffic) -> None:
        for name, value in values.items():
            setattr(traffic, name, value)

    return act


OCCUPIED, UNLOADABLE = Occupied(), Unloadable()
NO_MODEL = Fault("nobody has trained a model", ("LeewayNotReady",), nothing, lambda place, _: place.train())
AT_FIRST = (
    Fault("the evaluator is killed five times", ("LeewayRestarting",), killed, nothing),
    Fault("the framer stands still", ("LeewayServiceDown",), *paused("framer-0")),
    Fault("MLflow is killed, and its port taken", ("LeewayServerDown",), OCCUPIED.begin, OCCUPIED.end),
    Fault("Kafka stands still", ("LeewayKafkaAway",), *paused("kafka")),
)
IN_TURN = (
    Fault(
        "every number moves and the truth turns round",
        ("LeewayDriftIncident", "LeewayAccuracyDropped"),
        _set(shifted=True),
        answered,
    ),
    Fault("the scorer stands still", ("LeewayServiceDown", "LeewayBacklog"), *paused("scorer-0")),
)
TOGETHER = (
    Fault("a third of the samples is broken", ("LeewayErrorRate",), _set(bad=0.33), _set(bad=0.0)),
    Fault("somebody writes into the topic `frames`", ("LeewayErrorLines",), foreign, nothing),
    Fault("`models` names a version that there is not", ("LeewayVersionSkew",), UNLOADABLE.begin, UNLOADABLE.end),
    Fault("no labels come", ("LeewayLabelsLate",), _set(labelled=False), _set(labelled=True)),
)
NOT_REHEARSED = {
    "LeewayBalanceOpen": "it says that the program is at fault: no fault from outside causes it (docs/faults.md)",
    "LeewayDataIncident": "its events come from the retrainer's look at the data",
    "LeewayLabelsMissing": "it waits for five minutes of panes with few labels",
    "LeewayBudgetOverspent": "the reference would have to drift against itself",
    "LeewayRetrainFailing": "it takes two retrains that fail of themselves",
    "LeewayRetrainStuck": "it takes two hours",
    "LeewayDiskFull": "it takes a disk of its own",
}
