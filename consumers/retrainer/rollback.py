"""The way back: the champion's predecessor serves again."""

from consumers.retrainer.beside import beside
from consumers.retrainer.charge import Flight
from consumers.retrainer.means import Means
from consumers.retrainer.trail import Trail
from schemas.errors import Refused
from schemas.messages import Decision, ModelRef, Models


class Rollback:
    """Call `step` until it returns a final decision. `rolling_back` says to which version."""

    def __init__(self, means: Means, flight: Flight, models: Models) -> None:
        self.models = models
        self._means = means
        self._trail = Trail(means.journal, means.declaration.name, flight, flight.version)
        self._told: ModelRef | None = None
        self._deadline = 0.0

    def step(self) -> Decision | None:
        """Does what can be done now; the decision that was taken, if one was.

        Without proof in time it ends all the same: there is nothing better to put in its place.

        Raises:
            Unavailable: a server is away; calling again goes on.
        """
        self._trail.event_time = self._means.evidence.now
        try:
            if self._told is None:
                self._told = self._tell()
        except Refused as error:
            return self._trail.decide("failed", f"{error}; version {self.models.champion.version} goes on")
        lacking = self._means.proof.lacking(self._told, self._means.partitions)
        if lacking is not None and self._means.clock() < self._deadline:
            return None
        limit = self._means.declaration.promotion.proof_limit
        proof = (
            "serves every partition again" if lacking is None else f"is not proven to serve within {limit}: {lacking}"
        )
        return self._trail.decide("rolled_back", f"version {self._told.version} {proof}")

    def close(self) -> None:
        """Nothing is left open."""

    def _tell(self) -> ModelRef:
        """Alias and `models`, unless a process that was killed has told scorers."""
        back, models = self._target(), self.models
        self._means.registry.point(back.version, None)
        if models.champion != back:
            self.models = self._means.journal.publish(
                Models(
                    stream=models.stream,
                    champion=back,
                    previous=None,
                    shadows=beside(models, self._means.declaration),
                    retrain=self._trail.flight.retrain,
                    at=self._means.journal.now(),
                )
            )
        self._deadline = self._means.clock() + self._means.proof_limit_s
        return back

    def _target(self) -> ModelRef:
        known = (self.models.previous, self.models.champion)
        version = self._trail.version
        for ref in known:
            if ref is not None and ref.version == version:
                return ref
        raise Refused(f"version {version} is not the one before any more")
