"""Events -> when an incident was open: what a table says and a picture draws."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.messages import DriftEvent


@dataclass(frozen=True, slots=True)
class Span:
    """An incident: open from `start` to `stop` (epoch ms; None is still open); its last sentence while it was open."""

    version: int
    start: int
    stop: int | None
    sentence: str


def spans(events: Iterable[DriftEvent]) -> list[Span]:
    """The incidents of these events, which are in order, by their beginning."""
    found: dict[str, Span] = {}
    for event in events:
        before = found.get(event.incident)
        if event.kind == "closed":
            if before is not None:
                found[event.incident] = Span(before.version, before.start, event.event_time, before.sentence)
        else:
            start = before.start if before else event.event_time
            found[event.incident] = Span(event.version, start, None, event.sentence)
    return sorted(found.values(), key=lambda span: (span.start, span.version))


def day(time: int) -> str:
    """Of epoch ms, in UTC, to the minute."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M")
