"""What is in flight, as its decisions tell."""

from dataclasses import dataclass

from schemas.messages import Decision

AGE = "age_ms"
"""The figure of a start that says how long ago, in event time, the champion's knowledge ended."""
FORCE = "force"
"""The figure of an acceptance that says that a version is promoted at once."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A retrain, a person's promotion or a rollback, and the last step that was recorded of it, at `reached`.

    It `began` with one of FIRST_STEPS, when what the champion knew was `age` ms old. `forced`: without a shadow.
    """

    retrain: str
    event: str
    step: str
    event_time: int
    version: int | None = None
    began: str = "started"
    forced: bool = False
    reached: int = 0
    age: int = 0


def begun(decision: Decision) -> Flight:
    """The flight that this decision begins."""
    return Flight(
        decision.retrain,
        decision.event,
        decision.step,
        decision.event_time,
        decision.version,
        began=decision.step,
        forced=bool(decision.figures.get(FORCE)),
        reached=decision.event_time,
        age=int(decision.figures.get(AGE) or 0),
    )
