"""The cause of a retrain, from the topics `drift-events` and `drift`: for pictures, so only a bounded part is read."""

from consumers.training.cause import Cause
from infra import kafka
from schemas import messages
from schemas.declaration import Declaration
from schemas.messages import DriftEvent
from schemas.topics import Topics

EVENTS = 1_000
"""Records at the end of `drift-events` among which the event is looked for."""
PANES, ROWS = 120, 50_000
"""Panes that pictures reach back, and records of `drift` that are read for them at most."""


def cause(bootstrap: str, declaration: Declaration, event: str, version: int) -> Cause | None:
    """The event of this id, and the windows of `version` until then; None if there is no such event, or it names none.

    Raises:
        Unavailable: Kafka does not answer.
        MsgspecError: a record is not what it should be.
    """
    topics = Topics(declaration.name)
    found = _event(bootstrap, topics, event)
    if found is None or not found.shifts:
        return None
    named = {shift.feature for shift in found.shifts}
    columns = len(declaration.features) - len(declaration.unwatched) + 1
    told = ROWS if declaration.stream.segments else PANES * columns * len(declaration.drift.windows)
    start = kafka.tail(bootstrap, topics.drift, 0, min(ROWS, told))
    rows = (messages.decode_drift(one.value() or b"") for one in kafka.read(bootstrap, topics.drift, 0, start))
    mine = [row for row in rows if row.version == version and row.feature in named and row.pane_end <= found.event_time]
    return Cause(event=found, rows=sorted(mine, key=lambda row: (row.pane_end, row.window)))


def _event(bootstrap: str, topics: Topics, name: str) -> DriftEvent | None:
    start = kafka.tail(bootstrap, topics.drift_events, 0, EVENTS)
    events = (messages.decode_event(one.value() or b"") for one in kafka.read(bootstrap, topics.drift_events, 0, start))
    return next((event for event in events if event.id == name), None)
