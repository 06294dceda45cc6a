"""From a registered version to one that serves and is proven to, or to the one before, put back."""

from collections.abc import Callable

import msgspec

from consumers.retrainer.means import Means
from consumers.retrainer.trail import Trail
from schemas.errors import Refused
from schemas.messages import Decision, ModelRef, Models


class Promotion:
    """Call `step` until it returns a final decision. `models` is what scorers were told last.

    Alias and `models` may have been set by a process that was killed then: both are set again.
    """

    def __init__(self, means: Means, trail: Trail, models: Models, ref: ModelRef) -> None:
        self.models = models
        self._means, self._trail, self._ref = means, trail, ref
        if models.champion == ref and models.previous is not None:
            models = msgspec.structs.replace(models, champion=models.previous, previous=None)
        self._before = models
        self._deadline = 0.0
        self._stage: Callable[[], Decision | None] = self._promote if self._announced else self._announce

    @property
    def _announced(self) -> bool:
        return self._trail.flight.step == "promoting"

    def step(self) -> Decision | None:
        """Does what can be done now; the decision that was taken, if one was.

        Raises:
            Unavailable: a server is away; calling again goes on.
        """
        try:
            return self._stage()
        except Refused as error:
            return self._undo(str(error))

    def _announce(self) -> Decision | None:
        self._stage = self._promote
        return self._trail.decide("promoting", f"in place of version {self._before.champion.version}")

    def _promote(self) -> Decision | None:
        old = self._before.champion
        self._means.registry.point(self._ref.version, old.version)
        self._tell(self._ref, old)
        self._deadline = self._means.clock() + self._means.proof_limit_s
        self._stage = self._prove
        return None

    def _prove(self) -> Decision | None:
        """Promoted when every partition is served with it."""
        lacking = self._means.proof.lacking(self._ref, self._means.partitions)
        if lacking is None:
            return self._trail.decide("promoted", f"version {self._ref.version} serves every partition")
        if self._means.clock() < self._deadline:
            return None
        limit = self._means.declaration.promotion.proof_limit
        return self._undo(f"not every partition was served with it within {limit}: {lacking}")

    def _undo(self, reason: str) -> Decision:
        old, earlier = self._before.champion, self._before.previous
        self._means.registry.point(old.version, earlier.version if earlier else None)
        self._tell(old, earlier)
        return self._trail.decide("rejected", f"{reason}; version {old.version} was put back")

    def _tell(self, champion: ModelRef, previous: ModelRef | None) -> None:
        self.models = self._means.journal.publish(
            Models(
                stream=self._before.stream,
                champion=champion,
                previous=previous,
                shadows=self._before.shadows,
                retrain=self._trail.flight.retrain,
                at=self._means.journal.now(),
            )
        )
