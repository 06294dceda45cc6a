"""What people ask, and the answers: each request is answered by one decision, once."""

from consumers.retrainer.charge import FORCE, Flight
from consumers.retrainer.given import found
from consumers.retrainer.means import Means
from consumers.retrainer.standing import PERSON, REPLACED
from consumers.retrainer.state import State
from consumers.retrainer.trail import Trail
from schemas.errors import Refused
from schemas.messages import Decision, Figures, Models, Request, Step

ANSWERS = frozenset({"requested", "accepted", "rolling_back", "frozen", "thawed", "refused"})
WORDS = 500
"""Characters of a reason that go into the trail."""


class Desk:
    """The requests that have no answer yet, oldest first: a function of `requests` and `decisions`."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._open: dict[str, Request] = {}
        self._answered: set[str] = set()

    def on_request(self, request: Request) -> None:
        """A person's; one that was answered is passed over."""
        if request.id.startswith(PERSON) and request.id not in self._answered:
            self._open[request.id] = request

    def on_decision(self, decision: Decision) -> None:
        """May be an answer."""
        if decision.event.startswith(PERSON) and decision.step in ANSWERS:
            self._answered.add(decision.event)
            self._open.pop(decision.event, None)

    def answer(self, state: State, models: Models) -> Decision | None:
        """The answer to the oldest, if there is one; whoever gets it hands it to `on_decision`.

        Raises:
            Unavailable: a server is away; calling again goes on.
        """
        request = next(iter(self._open.values()), None)
        if request is None:
            return None
        flight = Flight(f"{request.id}-1", request.id, "asked", state.now)
        trail = Trail(self._means.journal, models.stream, flight, request.version)
        try:
            step, reason, figures = self._found(request, state, models)
        except Refused as error:
            return trail.decide("refused", f"{request.kind}, asked by {_by(request)}: {error}")
        if request.kind == "rollback" and models.previous is not None:
            trail.version = models.previous.version
        return trail.decide(step, reason, figures)

    def _found(self, request: Request, state: State, models: Models) -> tuple[Step, str, Figures]:
        by = _by(request)
        if request.kind == "freeze":
            return "frozen", f"by {by}", {}
        if request.kind == "thaw":
            if state.standing.frozen is None:
                raise Refused("the model is not frozen")
            return "thawed", f"by {by}", {}
        if request.kind == "retrain":
            _unfrozen(state)
            return "requested", f"asked by {by}", {}
        if state.flight is not None:
            raise Refused(f"{state.flight.retrain} is in flight; ask again when it has ended")
        if request.kind == "rollback":
            reason = f"version {_before(models)} in place of {models.champion.version}, by {by}"
            return "rolling_back", reason, {REPLACED: models.champion.version}
        _unfrozen(state)
        self._check(request, models)
        how = "at once" if request.force else "after a shadow that it must win"
        return "accepted", f"version {request.version} is to serve, {how}; asked by {by}", {FORCE: int(request.force)}

    def _check(self, request: Request, models: Models) -> None:
        """Whether the version exists and its files are what was registered."""
        if request.version == models.champion.version:
            raise Refused(f"version {request.version} serves already")
        self._means.registry.fetch(found(self._means.registry, request.version), self._means.cache)


def _before(models: Models) -> int:
    if models.previous is None:
        raise Refused(f"there is no version before version {models.champion.version} to go back to")
    return models.previous.version


def _unfrozen(state: State) -> None:
    if state.standing.frozen is not None:
        raise Refused(f"the model is frozen {state.standing.frozen}; `leeway thaw` ends that")


def _by(request: Request) -> str:
    return f"{' '.join(request.who.replace(':', ' ').split())}: {request.why[:WORDS]}"
