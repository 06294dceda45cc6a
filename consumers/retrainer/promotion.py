"""From a registered version to one that serves and is proven to, or to the one before, put back.

[scored beside the champion -> shadowing ->] promoting -> promoted | rejected. What a process that was killed has set
already is set again: alias, `models` and files stay the same.
"""

from collections.abc import Callable

import msgspec

from consumers.retrainer import sequential, shadow
from consumers.retrainer.beside import beside, with_shadows
from consumers.retrainer.means import Means
from consumers.retrainer.standing import PREVIOUS
from consumers.retrainer.trail import Trail
from schemas.duration import milliseconds, words
from schemas.errors import Refused
from schemas.messages import Decision, Figures, ModelRef, Models

_LENGTH = "2d"
"""Of the shadow of a version that a person promotes where neither a shadow nor a watch is declared."""


class Promotion:
    """Call `step` until it returns a final decision. `models` is what scorers were told last."""

    def __init__(self, means: Means, trail: Trail, models: Models, ref: ModelRef) -> None:
        self.models = models
        self._means, self._trail, self._ref = means, trail, ref
        if models.champion == ref and models.previous is not None:
            models = msgspec.structs.replace(models, champion=models.previous, previous=None)
        self._before = with_shadows(models, beside(models, means.declaration))
        self._deadline: float | None = None
        self._stage = self._first()

    def step(self) -> Decision | None:
        """Does what can be done now; the decision that was taken, if one was.

        Raises:
            Unavailable: a server is away; calling again goes on.
        """
        self._trail.event_time = self._means.evidence.now
        try:
            return self._stage()
        except Refused as error:
            return self._undo(str(error))

    def _first(self) -> Callable[[], Decision | None]:
        """Where the decisions say that it was."""
        flight = self._trail.flight
        if flight.step in ("promoting", "shadowing"):
            return self._promote if flight.step == "promoting" else self._shadow
        return self._announce if flight.forced or self._length is None else self._beside

    @property
    def _gated(self) -> bool:
        """Whether a retrain made it just now."""
        return self._trail.flight.began == "started"

    @property
    def _length(self) -> int | None:
        declared = self._means.declaration
        if self._gated:
            return declared.shadow_ms
        return declared.shadow_ms or declared.watch_ms or milliseconds(_LENGTH)

    def _beside(self) -> Decision | None:
        """Scorers are told; it counts from when every partition has it beside the champion."""
        if self._deadline is None:
            self._publish(with_shadows(self._before, beside(self._before, self._means.declaration, self._ref)))
            self._deadline = self._means.clock() + self._means.proof_limit_s
        lacking = self._means.proof.unshadowed(self._ref.version, self._means.partitions)
        if lacking is None:
            length = words(self._length or 0)
            said = f"every partition scores it beside version {self._before.champion.version}, {length} at most"
            return self._then(self._shadow, self._trail.decide("shadowing", said))
        if self._means.clock() < self._deadline:
            return None
        limit = self._means.declaration.promotion.proof_limit
        raise Refused(f"it was not scored beside the champion within {limit}: {lacking}")

    def _shadow(self) -> Decision | None:
        evidence, length, since = self._means.evidence, self._length or 0, self._trail.reached
        found = sequential.weigh(*evidence.gains(self._before.champion.version, self._ref.version, since))
        minimum = self._means.declaration.promotion.min_gain
        judged = shadow.judge(found, minimum, length, over=evidence.now >= since + length, gated=self._gated)
        if judged is None:
            return None
        if judged.verdict == "reject":
            return self._undo(judged.reason, shadow.as_figures(found))
        reason = f"in place of version {self._before.champion.version}: {judged.reason}"
        return self._then(self._promote, self._trail.decide("promoting", reason, shadow.as_figures(found)))

    def _announce(self) -> Decision | None:
        reason = f"in place of version {self._before.champion.version}"
        return self._then(self._promote, self._trail.decide("promoting", reason))

    def _promote(self) -> Decision | None:
        """The one before goes on scoring beside it, if it is to be watched."""
        old, declared = self._before.champion, self._means.declaration
        self._means.registry.point(self._ref.version, old.version)
        watched = () if declared.watch_ms is None else (old,)
        self._tell(self._ref, old, beside(self._before, declared, *watched))
        self._deadline = self._means.clock() + self._means.proof_limit_s
        self._stage = self._prove
        return None

    def _prove(self) -> Decision | None:
        """Promoted when every partition is served with it."""
        lacking = self._means.proof.lacking(self._ref, self._means.partitions)
        if lacking is None:
            figures = {PREVIOUS: self._before.champion.version}
            return self._trail.decide("promoted", f"version {self._ref.version} serves every partition", {**figures})
        if self._deadline is None or self._means.clock() < self._deadline:
            return None
        limit = self._means.declaration.promotion.proof_limit
        return self._undo(f"not every partition was served with it within {limit}: {lacking}")

    def _then(self, stage: Callable[[], Decision | None], decision: Decision) -> Decision:
        """The next stage, once Kafka has the decision."""
        self._stage = stage
        return decision

    def _undo(self, reason: str, figures: Figures | None = None) -> Decision:
        """As it was before: the champion, its aliases, and who scores beside it."""
        old, earlier = self._before.champion, self._before.previous
        self._means.registry.point(old.version, earlier.version if earlier else None)
        if self.models.champion == old:
            self._publish(self._before)
            return self._trail.decide("rejected", f"{reason}; version {old.version} goes on", figures)
        self._tell(old, earlier, self._before.shadows)
        return self._trail.decide("rejected", f"{reason}; version {old.version} was put back", figures)

    def _tell(self, champion: ModelRef, previous: ModelRef | None, shadows: list[ModelRef]) -> None:
        self._publish(
            Models(
                stream=self._before.stream,
                champion=champion,
                previous=previous,
                shadows=shadows,
                retrain=self._trail.flight.retrain,
                at=self._means.journal.now(),
            )
        )

    def _publish(self, models: Models) -> None:
        """Unless a process that was killed has done it."""
        if msgspec.structs.replace(models, at=self.models.at) != self.models:
            self.models = self._means.journal.publish(models)
