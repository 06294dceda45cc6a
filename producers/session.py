"""One run of `replay`: reads the history, opens Kafka, shows the bar, sends."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from producers.events import Timeline
from producers.files import Roles, tracks
from producers.hold import watching
from producers.interrupts import Stop
from producers.outlet import Outlet
from producers.pace import Pace
from producers.progress import Bar
from producers.replay import Outcome, replay
from schemas.declaration import load
from schemas.errors import Refused
from schemas.sample import event_time


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked to be replayed; `speed` None is as fast as it goes, `start` and `until` ISO 8601 or ms."""

    declaration: Path
    sources: list[str]
    speed: float | None = None
    start: str | None = None
    until: str | None = None
    hold_while_retraining: bool = False
    roles: Roles = field(default_factory=Roles)


def run(request: Request, bootstrap: str, stop: Stop, console: Console) -> Outcome:
    """Sends what was asked, until its end or until `stop`.

    Raises:
        LeewayError: the history cannot be read, Kafka does not answer, or a record was not delivered.
    """
    if request.speed is not None and not request.speed > 0:
        raise Refused("--speed must be above 0: it is how many times faster than real time the history runs")
    start, until = _moment("--from", request.start), _moment("--until", request.until)
    declaration = load(request.declaration)
    timeline = Timeline(tracks(request.sources, declaration, request.roles), start, until)
    if not len(timeline):
        raise Refused(f"{', '.join(request.sources)}: no event in the time asked for; nothing was sent")
    bar = Bar(len(timeline), console)
    outlet = Outlet(bootstrap, declaration.name, bar.say)
    outlet.check()
    with ExitStack() as stack:
        stack.enter_context(bar)
        watch = watching(bootstrap, declaration.name, bar.say) if request.hold_while_retraining else None
        flight = stack.enter_context(watch) if watch is not None else None
        return replay(timeline, outlet, Pace(timeline.first, request.speed), stop.event, bar, flight)


def _moment(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return event_time(int(text) if text.isdecimal() and len(text) > len("20130101") else text)
    except ValueError:
        raise Refused(f"{option} {text!r} is not a time: write 2013-02-01, 2013-02-01T06:00Z or milliseconds") from None
