"""What the topics still hold of the past: sketches, and the verdicts that were published."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from infra import kafka
from schemas import messages, sketch
from schemas.messages import Budget, DriftEvent, DriftRow, Outcome
from schemas.sketch import SketchRow
from schemas.topics import Topics
from streams.hindsight.rejudge import Key


@dataclass(frozen=True, slots=True)
class Live:
    """The published record, as it is in Kafka."""

    rows: dict[Key, bytes]
    events: dict[str, bytes]

    def between(self, start: int, stop: int) -> "Live":
        """The part whose panes end from `start` to `stop` (epoch ms, inclusive)."""
        rows = {key: value for key, value in self.rows.items() if start <= key[1] <= stop}
        events = {
            name: value
            for name, value in self.events.items()
            if start <= messages.decode_event(value).event_time <= stop
        }
        return Live(rows, events)

    def row(self, key: Key) -> DriftRow:
        """One row, decoded."""
        return messages.decode_drift(self.rows[key])

    def told(self) -> list[DriftEvent]:
        """The events, in order."""
        return [messages.decode_event(value) for value in self.events.values()]


def sketches(bootstrap: str, topics: Topics) -> tuple[list[SketchRow], int]:
    """Every row that is kept, in order, and how many older offsets are gone."""
    low, _ = kafka.bounds(bootstrap, topics.sketches, 0)
    return [sketch.decode(message.value() or b"") for message in kafka.read(bootstrap, topics.sketches, 0, low)], low


def outcomes(bootstrap: str, topics: Topics) -> list[Outcome]:
    """Every row that is kept, in order."""
    return [messages.decode_outcome(value) for value in _values(bootstrap, topics.outcomes)]


def live(bootstrap: str, topics: Topics) -> Live:
    """What the judge has published."""
    rows: dict[Key, bytes] = {}
    for value in _values(bootstrap, topics.drift):
        row = messages.decode_drift(value)
        rows[row.version, row.pane_end, row.window, row.feature] = value
    return Live(rows, verdicts(_values(bootstrap, topics.drift_events)))


def verdicts(values: Iterable[bytes]) -> dict[str, bytes]:
    """The judge's events by id; what the retrainer says of broken data is no verdict, and cannot be judged again."""
    told = ((messages.decode_event(value), value) for value in values)
    return {event.id: value for event, value in told if event.subject != "data"}


def budget(bootstrap: str, topics: Topics, version: int) -> Budget | None:
    """The last that was told of this version's false alarms."""
    told = (messages.decode_budget(value) for value in _values(bootstrap, topics.budget))
    return next(iter(deque((one for one in told if one.version == version), maxlen=1)), None)


def _values(bootstrap: str, topic: str) -> Iterator[bytes]:
    low, _ = kafka.bounds(bootstrap, topic, 0)
    return (message.value() or b"" for message in kafka.read(bootstrap, topic, 0, low))
