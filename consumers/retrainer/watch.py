"""Guards a promotion: the version before scores beside the new champion until that has proven itself, or goes."""

from consumers.retrainer import sequential, shadow
from consumers.retrainer.beside import beside, with_shadows
from consumers.retrainer.charge import Flight
from consumers.retrainer.means import Means
from consumers.retrainer.sequential import Weighed
from consumers.retrainer.standing import REPLACED, Watch
from consumers.retrainer.state import State
from consumers.retrainer.trail import Trail
from schemas.declaration import DAY_MS
from schemas.messages import Decision, Models

_LONGEST = 4
"""A watch in which too few panes are labelled for the test to tell goes on, up to so many times its length."""


def look(means: Means, state: State, models: Models) -> Decision | None:
    """What can be decided about the promotion that is watched, if anything.

    Raises:
        Unavailable: Kafka is away.
    """
    watch, length = state.standing.watch, means.declaration.watch_ms
    if watch is None or length is None or state.flight is not None:
        return None
    trail = Trail(
        means.journal, models.stream, Flight(watch.retrain, watch.event, "promoted", watch.since), watch.version
    )
    trail.event_time = means.evidence.now
    if models.champion.version != watch.version or models.previous is None:
        return trail.decide("confirmed", f"version {models.champion.version} serves; the watch is over")
    found = sequential.weigh(*means.evidence.gains(watch.version, watch.previous, watch.since))
    if found.verdict == "better":
        trail.version = watch.previous
        return trail.decide("rolling_back", _worse(watch, found), shadow.as_figures(found) | {REPLACED: watch.version})
    passed = means.evidence.now - watch.since
    if passed < length or (found.panes < sequential.TELLING and passed < _LONGEST * length):
        return None
    return trail.decide("confirmed", _held(watch, found, passed), shadow.as_figures(found))


def tidied(means: Means, state: State, models: Models) -> Models:
    """What scorers are told: nobody scores beside the champion for a shadow or a watch that is over.

    Raises:
        Unavailable: Kafka is away.
    """
    watched = state.standing.watch is not None and means.declaration.watch_ms is not None
    others = (models.previous,) if watched and models.previous is not None else ()
    wanted = beside(models, means.declaration, *others)
    if wanted == models.shadows:
        return models
    return means.journal.publish(with_shadows(models, wanted))


def _worse(watch: Watch, found: Weighed) -> str:
    return (
        f"version {watch.version} is worse than version {watch.previous} before it, beyond doubt: of going back, "
        f"{shadow.figures(found)}. The incident counts as open again"
    )


def _held(watch: Watch, found: Weighed, passed: int) -> str:
    days = f"{passed / DAY_MS:.3g} days"
    if found.gain is None:
        return f"after {days} nothing speaks against version {watch.version}: no pane of both is labelled"
    return (
        f"after {days} version {watch.version} is not worse beyond doubt than version {watch.previous}: "
        f"of going back, {shadow.figures(found)}"
    )
