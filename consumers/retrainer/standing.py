"""What stands beside retrains: a promotion that is watched, a model that a person froze, retrains that people ask for.

A pure function of the decisions, like the governor's state, of which it is a part.
"""

from dataclasses import dataclass, field, replace

from schemas.messages import Decision

PERSON = "request-"
"""What the id of a person's request begins with."""
PREVIOUS = "previous"
"""The figure of a promotion that says which version it replaced."""
REPLACED = "replaced"
"""The figure of a way back that says which version goes."""


@dataclass(frozen=True, slots=True)
class Watch:
    """`version` took over from `previous` at the event time `since`, by this retrain, and has not proven itself yet."""

    retrain: str
    event: str
    version: int
    previous: int
    since: int


@dataclass(frozen=True, slots=True)
class Standing:
    """`frozen` is by whom and why; `asked` are retrains that people asked for and that have not started, with why."""

    watch: Watch | None = None
    frozen: str | None = None
    asked: dict[str, str] = field(default_factory=dict)


def after(standing: Standing, decision: Decision) -> Standing:
    """Takes in a decision."""
    if decision.step in ("frozen", "thawed"):
        return replace(standing, frozen=decision.reason if decision.step == "frozen" else None)
    if decision.step in ("confirmed", "rolled_back"):
        return replace(standing, watch=None)
    if decision.step == "promoted":
        return replace(standing, watch=_watch(decision))
    if decision.event.startswith(PERSON) and decision.step == "requested":
        return replace(standing, asked=standing.asked | {decision.event: decision.reason})
    if decision.step == "started" and decision.event in standing.asked:
        return replace(standing, asked={name: why for name, why in standing.asked.items() if name != decision.event})
    return standing


def _watch(decision: Decision) -> Watch | None:
    """None for the first champion, which replaced nothing."""
    previous = decision.figures.get(PREVIOUS)
    if previous is None or decision.version is None:
        return None
    return Watch(decision.retrain, decision.event, decision.version, int(previous), decision.event_time)
