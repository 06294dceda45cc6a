"""Sends history into a stream in event order: samples when they happened, labels when they became known."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from producers.events import Event, Timeline
from producers.hold import InFlight
from producers.outlet import Outlet
from producers.pace import LONGEST_WAIT_S, Pace
from schemas.errors import LeewayError

SLICE = 2_000
"""Events that are sent at most between two looks at the clock, the stop flag and the retrains."""


class Audience(Protocol):
    """Who watches a replay, such as a progress bar."""

    def advanced(self, events: int, moment: int) -> None:
        """So many more events were sent; the last has this event time in epoch milliseconds."""
        ...

    def held(self, retrain: str | None) -> None:
        """The replay waits for this retrain, or (None) goes on."""
        ...


@dataclass(slots=True)
class Outcome:
    """What a replay did: records sent and acknowledged, its seconds, its last event time (None if nothing was sent)."""

    samples: int = 0
    labels: int = 0
    seconds: float = 0.0
    last: int | None = None
    complete: bool = False

    def add(self, events: list[Event]) -> None:
        """Counts events that were sent."""
        samples = sum(event.kind == "sample" for event in events)
        self.samples += samples
        self.labels += len(events) - samples
        self.last = events[-1].time

    def sentence(self) -> str:
        """The summary as one line."""
        total = self.samples + self.labels
        rate = f"{total / self.seconds:,.0f}" if self.seconds > 0 else "-"
        sent = f"{self.samples} samples and {self.labels} labels in {self.seconds:.1f} s ({rate} records/s)"
        reached = f", up to {moment(self.last)}" if self.last is not None else ""
        if self.complete:
            return f"Sent {sent}{reached}."
        again = f" Go on with --from {moment(self.last)}." if self.last is not None else ""
        return f"Stopped after {sent}{reached}.{again}"


def replay(
    timeline: Timeline,
    outlet: Outlet,
    pace: Pace,
    stop: threading.Event,
    audience: Audience,
    flight: InFlight | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Sends every event of `timeline` when `pace` says that it is due, until `stop` is set.

    Returns when all that was sent is acknowledged. While a retrain is in flight nothing is sent and the pace is held.

    Raises:
        LeewayError: a record was not delivered, or decisions cannot be read; says how far the replay came.
    """
    outcome, begun = Outcome(), clock()
    try:
        for events in timeline.chunks():
            if not _send_chunk(events, outlet, pace, stop, audience, flight, outcome):
                break
        else:
            outcome.complete = True
        outlet.drain()
    except LeewayError as error:
        outlet.discard()
        reached = f" Records up to about {moment(outcome.last)} were handed over." if outcome.last is not None else ""
        raise type(error)(f"{error}.{reached}" if reached else str(error)) from error
    outcome.seconds = clock() - begun
    return outcome


def _send_chunk(
    events: list[Event],
    outlet: Outlet,
    pace: Pace,
    stop: threading.Event,
    audience: Audience,
    flight: InFlight | None,
    outcome: Outcome,
) -> bool:
    """False if the replay was stopped before the end of the chunk."""
    low = 0
    while low < len(events):
        if flight is not None and flight.retrain is not None:
            _hold(outlet, pace, stop, audience, flight)
        if stop.is_set():
            return False
        high = pace.due(events, low, SLICE)
        if high == low:
            outlet.wait(pace.wait_s(events[low].time))
            continue
        part = events[low:high]
        outlet.send(part)
        outcome.add(part)
        audience.advanced(high - low, part[-1].time)
        low = high
    return True


def _hold(outlet: Outlet, pace: Pace, stop: threading.Event, audience: Audience, flight: InFlight) -> None:
    pace.hold()
    audience.held(flight.retrain)
    outlet.drain()
    while flight.retrain is not None and not stop.is_set():
        stop.wait(LONGEST_WAIT_S / 4)
    audience.held(None)
    pace.go()


def moment(milliseconds: int | None) -> str:
    """Event time as ISO 8601 in UTC, to the second where it has no fraction."""
    if milliseconds is None:
        return "-"
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.isoformat(timespec="milliseconds" if milliseconds % 1000 else "seconds").replace("+00:00", "Z")
