"""Writes the decisions of one flight."""

from dataclasses import dataclass

from consumers.journal import Journal
from consumers.retrainer.charge import Flight
from schemas.messages import Decision, Figures, Step


@dataclass(slots=True)
class Trail:
    """`version` is what the flight is about, once there is one; `event_time` is that of its next decisions.

    The last one was taken at `reached`, in event time.
    """

    journal: Journal
    stream: str
    flight: Flight
    version: int | None = None
    event_time: int = 0
    reached: int = 0

    def decide(self, step: Step, reason: str, figures: Figures | None = None) -> Decision:
        """Writes one.

        Raises:
            Unavailable: Kafka did not acknowledge it.
        """
        decided = self.journal.decide(
            Decision(
                retrain=self.flight.retrain,
                event=self.flight.event,
                stream=self.stream,
                step=step,
                reason=reason,
                event_time=max(self.flight.event_time, self.event_time),
                at=self.journal.now(),
                version=self.version,
                figures=figures or {},
            )
        )
        self.reached = decided.event_time
        return decided
