"""One retrain from its start to its end, in stages that each do a little and return: the poll loop goes on between.

started -> data gathered -> trained -> gated -> registered -> promoting -> promoted | rejected | failed.
Every effect outside can be repeated, so a process that was killed goes on where the decisions say it was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from consumers.journal import Journal
from consumers.retrainer import arrival, witness
from consumers.retrainer.governor import Flight
from consumers.retrainer.history import History
from consumers.retrainer.inspection import Inspection
from consumers.retrainer.proof import Proof
from consumers.retrainer.spare import Spare, discard
from consumers.training import report
from consumers.training.cause import Cause
from consumers.training.job import Job, Result
from consumers.training.process import Training
from infra.postgres.connection import Connection
from infra.registry import Registry, keep
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.errors import Refused, Unavailable
from schemas.messages import Decision, ModelRef, Models, Step
from schemas.topics import Topics

_log = structlog.get_logger()
Figures = dict[str, float | int | str | None]


@dataclass(frozen=True, slots=True)
class Means:
    """What a retrain works with. `partitions` are those of `samples`; `clock` gives monotonic seconds."""

    declaration: Declaration
    text: bytes
    kafka: str
    home: Path
    registry: Registry
    journal: Journal
    proof: Proof
    history: History
    inspection: Inspection
    connect: Callable[[], Connection]
    clock: Callable[[], float]
    partitions: int
    spare: Spare

    @property
    def cache(self) -> Path:
        """Where this machine's processes find versions by checksum."""
        return self.home / "models"


class Retrain:
    """Call `step` until it returns a final decision; `close` in any case. `models` is what scorers were told last."""

    def __init__(self, means: Means, flight: Flight, models: Models) -> None:
        self.models = models
        self._means, self._flight = means, flight
        self._stage: Callable[[], Decision | None] = self._begin
        self._before = models
        self._result = Result()
        self._ref: ModelRef | None = None
        self._training: Training | None = None
        self._origin: Figures = {}
        self._deadline = 0.0
        self._wanted: dict[arrival.Place, int] = {}

    def step(self) -> Decision | None:
        """Does what can be done now; the decision that was taken, if one was.

        Raises:
            Unavailable: a server is away; calling again goes on.
        """
        try:
            return self._stage()
        except Refused as error:
            return self._undo(str(error)) if self.models is not self._before else self._decide("failed", str(error))

    def close(self) -> None:
        """Ends the training process if it runs, and removes its folder."""
        if self._training is not None:
            discard(self._training)
            self._training = None

    def _begin(self) -> Decision | None:
        """A version of this retrain is not made twice; without one the training process starts, to import meanwhile."""
        self._ref = self._means.registry.version(self._flight.retrain)
        if self._ref is not None:
            return self._made(self._ref, "it was registered before this process started")
        self._training = self._training or self._means.spare.take()
        self._wanted = arrival.ends(self._means.kafka, Topics(self._means.declaration.name))
        self._deadline = self._means.clock() + arrival.LIMIT_S
        self._stage = self._gather
        return None

    def _gather(self) -> Decision | None:
        """The data, once PostgreSQL holds it, to the training process."""
        declaration = self._means.declaration
        with self._means.connect() as connection:
            missing = arrival.missing(connection, declaration.name, self._wanted)
            if missing:
                self._wait_for(missing)
                return None
        champion = self._before.champion
        data, self._origin = self._means.inspection.dataset(self._flight.event_time, champion)
        never, never_folder = self._never()
        job = Job(
            as_of=data.as_of,
            digest=data.digest,
            values=data.values,
            champion=champion,
            champion_folder=str(self._means.registry.fetch(champion, self._means.cache)),
            cause=self._cause(),
            never=never,
            never_folder=never_folder,
        )
        if self._training is not None:
            self._training.give(job, data, self._means.text)
        self._stage = self._train
        return None

    def _cause(self) -> Cause | None:
        """For pictures, so a retrain goes on without."""
        means, version = self._means, self._before.champion.version
        try:
            return witness.cause(means.kafka, means.declaration, self._flight.event, version)
        except (Unavailable, msgspec.MsgspecError) as error:
            _log.warning("no_pictures_of_drift", event=self._flight.event, error=str(error), next="training goes on")
            return None

    def _never(self) -> tuple[ModelRef | None, str]:
        """The first version, if it scores beside the champion, and its files: for pictures as well."""
        first = min(self._before.shadows, key=lambda ref: ref.version, default=None)
        if first is None or first == self._before.champion or self._means.declaration.model.baseline != "first":
            return None, ""
        try:
            return first, str(self._means.registry.fetch(first, self._means.cache))
        except (Unavailable, Refused) as error:
            _log.warning("never_retrained_not_drawn", version=first.version, error=str(error), next="training goes on")
            return None, ""

    def _wait_for(self, missing: dict[arrival.Place, int]) -> None:
        """Refuses after the limit."""
        if self._means.clock() > self._deadline:
            raise Refused(arrival.words(missing))

    def _train(self) -> Decision | None:
        result = self._training.poll() if self._training is not None else Result(error="no training process")
        if result is None:
            return None
        if result.error is not None:
            return self._decide("failed", result.error)
        self._result = result
        self._stage = self._gate
        for what in result.undrawn:
            _log.warning(
                "not_drawn", retrain=self._flight.retrain, picture=what, next="the version has no such picture"
            )
        took = sum(result.seconds.values())
        served = report.sentence(result.metrics, result.params)
        reason = f"window: {result.chosen}; took {took:.1f} s{served}"
        figures: Figures = {"rows": result.rows, "window": result.chosen, **self._origin}
        return self._decide("trained", reason, figures | report.figures(result.metrics, result.params))

    def _gate(self) -> Decision | None:
        gate = self._result.gate
        if gate is None:
            return self._decide("failed", "the training process gave no comparison with the champion")
        self._stage = self._register if gate.passed else self._turn_down
        return self._decide("gated", gate.reason, gate.figures())

    def _turn_down(self) -> Decision | None:
        """The run says why; there is no version."""
        failed = ", ".join(self._result.gate.failed) if self._result.gate else ""
        result = self._result
        if self._training is not None:
            tags = {"retrain": self._flight.retrain, "event": self._flight.event, "held_back_by": failed}
            self._means.registry.note(self._training.folder, tags, result.params, result.metrics, result.pictures)
        return self._decide("rejected", f"the challenger did not pass the gate ({failed}); the champion goes on")

    def _register(self) -> Decision | None:
        result = self._result
        if self._training is None:
            return self._decide("failed", "the training process and its files are gone")
        folder = self._training.folder
        tags = {
            "retrain": self._flight.retrain,
            "event": self._flight.event,
            "model_sha256": result.model_sha256,
            "contract_sha256": result.contract_sha256,
            "trained_until": str(result.trained_until),
        }
        ref = self._means.registry.register(
            folder, self._means.declaration, tags, result.params, result.metrics, result.pictures
        )
        keep(folder, ref, self._means.cache)
        return self._made(ref, "registered as challenger")

    def _made(self, ref: ModelRef, reason: str) -> Decision | None:
        """Notes the version, unless that was noted before."""
        self._ref = ref
        if self._flight.step == "promoting":
            self._stage = self._promote
            return None
        self._stage = self._announce
        return None if self._flight.step == "registered" else self._decide("registered", reason)

    def _announce(self) -> Decision | None:
        self._stage = self._promote
        return self._decide("promoting", f"in place of version {self._before.champion.version}")

    def _promote(self) -> Decision | None:
        """Alias and `models`; both may have been done by a process that was killed then."""
        ref = self._version()
        if self._before.champion == ref and self._before.previous is not None:
            self._before = msgspec.structs.replace(self._before, champion=self._before.previous, previous=None)
        old = self._before.champion
        self._means.registry.point(ref.version, old.version)
        self._tell(ref, old)
        self._deadline = self._means.clock() + self._proof_limit_s()
        self._stage = self._prove
        return None

    def _prove(self) -> Decision | None:
        """Promoted when every partition is served with it."""
        lacking = self._means.proof.lacking(self._version(), self._means.partitions)
        if lacking is None:
            return self._decide("promoted", f"version {self._version().version} serves every partition")
        if self._means.clock() < self._deadline:
            return None
        limit = self._means.declaration.promotion.proof_limit
        return self._undo(f"not every partition was served with it within {limit}: {lacking}")

    def _undo(self, reason: str) -> Decision:
        old, earlier = self._before.champion, self._before.previous
        self._means.registry.point(old.version, earlier.version if earlier else None)
        self._tell(old, earlier)
        return self._decide("rejected", f"{reason}; version {old.version} was put back")

    def _tell(self, champion: ModelRef, previous: ModelRef | None) -> None:
        self.models = self._means.journal.publish(
            Models(
                stream=self._before.stream,
                champion=champion,
                previous=previous,
                shadows=self._before.shadows,
                retrain=self._flight.retrain,
                at=self._means.journal.now(),
            )
        )

    def _decide(self, step: Step, reason: str, figures: Figures | None = None) -> Decision:
        return self._means.journal.decide(
            Decision(
                retrain=self._flight.retrain,
                event=self._flight.event,
                stream=self._means.declaration.name,
                step=step,
                reason=reason,
                event_time=self._flight.event_time,
                at=self._means.journal.now(),
                version=self._ref.version if self._ref else None,
                figures=figures or {},
            )
        )

    def _version(self) -> ModelRef:
        if self._ref is None:
            raise Refused(f"{self._flight.retrain} has no registered version")
        return self._ref

    def _proof_limit_s(self) -> float:
        return milliseconds(self._means.declaration.promotion.proof_limit) / 1000
