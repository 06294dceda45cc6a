"""One retrain from its start to its end, in stages that each do a little and return: the poll loop goes on between.

started -> data gathered -> trained -> gated -> registered | rejected | failed; `promotion` has what comes then.
Every effect outside can be repeated, so a process that was killed goes on where the decisions say it was.
"""

from collections.abc import Callable

import msgspec
import structlog

from consumers.retrainer import arrival, beside, witness
from consumers.retrainer.charge import Flight
from consumers.retrainer.means import Means
from consumers.retrainer.promotion import Promotion
from consumers.retrainer.spare import discard
from consumers.retrainer.trail import Trail
from consumers.training import report
from consumers.training.cause import Cause
from consumers.training.job import Job, Result
from consumers.training.process import Training
from infra.modelcache import keep
from schemas.errors import Refused, Unavailable
from schemas.messages import Decision, Figures, ModelRef, Models
from schemas.topics import Topics

_UNREGISTERED = frozenset({"started", "trained", "gated"})
"""The steps after which a version may be made without a decision that says so."""
_log = structlog.get_logger()


class Retrain:
    """Call `step` until it returns a final decision; `close` in any case."""

    def __init__(self, means: Means, flight: Flight, models: Models) -> None:
        self._means, self._flight, self._models = means, flight, models
        self._trail = Trail(means.journal, means.declaration.name, flight, reached=flight.reached)
        self._stage: Callable[[], Decision | None] = self._begin
        self._result = Result()
        self._promotion: Promotion | None = None
        self._training: Training | None = None
        self._origin: Figures = {}
        self._deadline = 0.0
        self._wanted: dict[arrival.Place, int] = {}

    @property
    def models(self) -> Models:
        """What scorers were told last."""
        return self._promotion.models if self._promotion else self._models

    def step(self) -> Decision | None:
        """Does what can be done now; the decision that was taken, if one was.

        Raises:
            Unavailable: a server is away; calling again goes on.
        """
        try:
            return self._stage()
        except Refused as error:
            return self._trail.decide("failed", str(error))

    def close(self) -> None:
        """Ends the training process if it runs, and removes its folder."""
        if self._training is not None:
            discard(self._training)
            self._training = None

    def _begin(self) -> Decision | None:
        """A version of this retrain is not made twice; without one the training process starts, to import meanwhile."""
        registry, retrain = self._means.registry, self._flight.retrain
        ref = registry.finished(retrain) if self._flight.step in _UNREGISTERED else registry.version(retrain)
        if ref is not None:
            return self._made(ref, "it was registered before this process started")
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
        champion = self._models.champion
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
        means, version = self._means, self._models.champion.version
        try:
            return witness.cause(means.kafka, means.declaration, self._flight.event, version)
        except (Unavailable, msgspec.MsgspecError) as error:
            _log.warning("no_pictures_of_drift", event=self._flight.event, error=str(error), next="training goes on")
            return None

    def _never(self) -> tuple[ModelRef | None, str]:
        """The first version, if it scores beside the champion, and its files: for pictures as well."""
        first = beside.first(self._models, self._means.declaration)
        if first is None or first == self._models.champion:
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
            return self._trail.decide("failed", result.error)
        self._result = result
        for what in result.undrawn:
            _log.warning(
                "not_drawn", retrain=self._flight.retrain, picture=what, next="the version has no such picture"
            )
        took = sum(result.seconds.values())
        served = report.sentence(result.metrics, result.params)
        reason = f"window: {result.chosen}; took {took:.1f} s{served}"
        figures: Figures = {"rows": result.rows, "window": result.chosen, **self._origin}
        decision = self._trail.decide("trained", reason, figures | report.figures(result.metrics, result.params))
        self._stage = self._gate
        return decision

    def _gate(self) -> Decision | None:
        gate = self._result.gate
        if gate is None:
            return self._trail.decide("failed", "the training process gave no comparison with the champion")
        decision = self._trail.decide("gated", gate.reason, gate.figures())
        self._stage = self._register if gate.passed else self._turn_down
        return decision

    def _turn_down(self) -> Decision | None:
        """The run says why; there is no version."""
        failed = ", ".join(self._result.gate.failed) if self._result.gate else ""
        result = self._result
        if self._training is not None:
            tags = {"retrain": self._flight.retrain, "event": self._flight.event, "held_back_by": failed}
            self._means.registry.note(self._training.folder, tags, result.params, result.metrics, result.pictures)
        return self._trail.decide("rejected", f"the challenger did not pass the gate ({failed}); the champion goes on")

    def _register(self) -> Decision | None:
        result = self._result
        if self._training is None:
            return self._trail.decide("failed", "the training process and its files are gone")
        folder = self._training.folder
        tags = result.tags(self._flight.retrain, self._flight.event)
        ref = self._means.registry.register(
            folder, self._means.declaration, tags, result.params, result.metrics, result.pictures
        )
        keep(folder, ref, self._means.cache)
        return self._made(ref, "registered as challenger")

    def _made(self, ref: ModelRef, reason: str) -> Decision | None:
        """Notes the version, unless that was noted before."""
        self._trail.version = ref.version
        decision = self._trail.decide("registered", reason) if self._flight.step in _UNREGISTERED else None
        self._promotion = Promotion(self._means, self._trail, self._models, ref)
        self._stage = self._promotion.step
        return decision
