"""Events -> when an incident was open: what a table says and a picture draws."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from schemas.errors import Refused
from schemas.messages import DriftEvent


@dataclass(frozen=True, slots=True)
class Span:
    """An incident: open from `start` to `stop` (epoch ms; None is still open); its last sentence while it was open."""

    version: int
    start: int
    stop: int | None
    sentence: str
    escalated: tuple[int, ...] = ()


def spans(events: Iterable[DriftEvent]) -> list[Span]:
    """The incidents of these events, which are in order, by their beginning."""
    found: dict[str, Span] = {}
    for event in events:
        before = found.get(event.incident)
        if event.kind == "closed":
            if before is not None:
                found[event.incident] = replace(before, stop=event.event_time)
        else:
            start, escalated = (before.start, before.escalated) if before else (event.event_time, ())
            if event.kind == "escalated":
                escalated += (event.event_time,)
            found[event.incident] = Span(event.version, start, None, event.sentence, escalated)
    return sorted(found.values(), key=lambda span: (span.start, span.version))


def moment(text: str | None, otherwise: int) -> int:
    """Epoch ms of a day in UTC; `otherwise` where none was given.

    Raises:
        Refused: it is no day.
    """
    if text is None:
        return otherwise
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError as error:
        raise Refused(f"{text!r} is no day: write it as 2013-03-31. Nothing was done") from error
