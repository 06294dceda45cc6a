"""The flight of a registered version that a person promotes."""

from consumers.retrainer.charge import Flight
from consumers.retrainer.means import Means
from consumers.retrainer.promotion import Promotion
from consumers.retrainer.trail import Trail
from infra.registry import Registry
from schemas.errors import Refused
from schemas.messages import Decision, ModelRef, Models


class Given:
    """Call `step` until it returns a final decision. `accepted` says which version."""

    def __init__(self, means: Means, flight: Flight, models: Models) -> None:
        self._means, self._flight, self._models = means, flight, models
        self._trail = Trail(means.journal, means.declaration.name, flight, flight.version, reached=flight.reached)
        self._promotion: Promotion | None = None

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
            if self._promotion is None:
                ref = found(self._means.registry, self._flight.version)
                self._promotion = Promotion(self._means, self._trail, self._models, ref)
            return self._promotion.step()
        except Refused as error:
            return self._trail.decide("rejected", str(error))

    def close(self) -> None:
        """Nothing is left open."""


def found(registry: Registry, version: int | None) -> ModelRef:
    """The registered version of this number.

    Raises:
        Refused: there is none.
        Unavailable: MLflow is away.
    """
    known = {ref.version: ref for ref in registry.versions()}
    if version not in known:
        raise Refused(f"there is no version {version}; known are {', '.join(map(str, known)) or 'none'}")
    return known[version]
