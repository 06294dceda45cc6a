"""The state of a lane made anew from `samples`, for when `state` is lost or doubted; no scorer may run meanwhile.

The records up to where the outputs end are applied again by the pure stage, with the versions that scored them.
Nothing goes to predictions, rejected, late or sketches: those were committed with the state that is lost.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from infra import kafka
from infra.verify import topics as outcomes
from schemas import frame, position
from schemas.errors import Refused
from schemas.messages import Served
from schemas.position import Position
from streams import past
from streams.lane import Lane, Place
from streams.recent import RecentIds
from streams.restore import open_lane, restore
from streams.score import Partition, Serving, Stage
from streams.watermark import standing

OWN = frozenset({"reach", "doubt", "foreign"})
"""What a position says of `frames`: no function of `samples`."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it.

    `gone`: records before it that `samples` does not hold any more; `differs`: from the state that was there, field by
    field; None where none could be read, `unreadable` says why.
    """

    state: Partition
    records: int
    gone: int
    differs: list[str] | None
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """`serving` loads what a row of `served` names; `tell` is called with the number of records applied."""

    place: Place
    stage: Stage
    serving: Callable[[Served], Serving]
    tell: Callable[[int], None] = lambda _: None

    def run(self, number: int) -> Rebuilt:
        """Rebuilds and writes the state of one partition, in one transaction, fenced against every lane before.

        Raises:
            Refused: it cannot be told where the outputs end, or what scored; nothing was changed.
            Unavailable: Kafka does not answer; nothing was changed.
        """
        lane = open_lane(self.place, number, self.stage, begin=lambda p, _: Partition(p, Position(), RecentIds()))
        rows = list(self._read(self.place.topics.state, number))
        before, unreadable = _before(number, rows)
        low = kafka.bounds(self.place.bootstrap, self.place.topics.samples, number)[0]
        published = self._published(number, low)
        records = self._replay(lane.state, published)
        here = lane.state.position
        here.foreign = before.position.foreign if before else 0
        here.reach, found = reach(self._read(self.place.topics.frames, number), number, here.next)
        here.doubt = not found and kafka.bounds(self.place.bootstrap, self.place.topics.samples, number)[1] > here.next
        differs = None if before is None else differences(before, lane.state, self.stage.lateness, self.stage.pane)
        self._write(lane, {message.key() or b"" for message in rows})
        return Rebuilt(lane.state, records, min(low, published.end), differs, unreadable)

    def _read(self, topic: str, number: int, start: int = 0, stop: int | None = None) -> Iterator[Any]:
        return kafka.read(self.place.bootstrap, topic, number, start, stop)

    def _published(self, number: int, low: int) -> "Published":
        strange: list[int] = []
        bootstrap, topics = self.place.bootstrap, self.place.topics
        found = Published(low)
        for part in outcomes.predictions(bootstrap, topics, number, strange):
            found.scored += found.count(part.source.tolist())
        for part in outcomes.rejected(bootstrap, topics, number, strange):
            found.rejected += found.count(part.source.tolist())
        if not found.end and kafka.bounds(bootstrap, topics.predictions, number)[0]:
            raise Refused(
                f"{topics.predictions}/{number} holds no prediction any more, so it cannot be told where the state was."
                " Nothing was changed"
            )
        return found

    def _replay(self, state: Partition, published: "Published") -> int:
        """Applies what is left below the end of the outputs; gives the number of records."""
        here, topics, number = state.position, self.place.topics, state.number
        said = (msgspec.json.decode(m.value() or b"", type=Served) for m in self._read(topics.served, 0))
        versions = past.switches(said, number)
        published.carry(here)
        records = 0
        for batch in past.cut(self._read(topics.samples, number, here.next, published.end), versions):
            serving = self.serving(past.adopt(here, versions, batch[0].offset()))
            self.stage.apply(state, frame.pack(number, here.next, batch), serving)
            close(state, self.stage.lateness, self.stage.pane)
            records += len(batch)
            self.tell(len(batch))
        here.empty += published.end - here.next
        here.next = published.end
        if versions and versions[0].from_offset <= here.next:
            past.adopt(here, versions, here.next)
        return records

    def _write(self, lane: Lane, keys: set[bytes]) -> None:
        kept = {position.KEY, *(b"pane/%d/%d" % key for key in lane.state.panes), *lane.state.recent.keys()}
        lane.touched = set(lane.state.panes)
        lane.forget(sorted(keys - kept))
        lane.commit()


@dataclass(slots=True)
class Published:
    """The outputs of a partition: the offset after the last, and how many are of samples below `low`."""

    low: int
    end: int = 0
    scored: int = 0
    rejected: int = 0

    def count(self, sources: list[int]) -> int:
        """Takes note of them; gives how many are below `low`."""
        self.end = max([self.end, *(source + 1 for source in sources)])
        return sum(1 for source in sources if source < self.low)

    def carry(self, here: Position) -> None:
        """Accounts for what `samples` has lost: by its outputs, and the rest as unavailable."""
        here.next = here.received = min(self.low, self.end)
        here.scored, here.rejected = self.scored, self.rejected
        here.unavailable = here.received - here.scored - here.rejected


def reach(messages: Iterable[Any], number: int, next_: int) -> tuple[int, bool]:
    """The first message of `frames` that holds a record from `next_` on, and whether there is one; else the end."""
    end = 0
    for message in messages:
        end = (message.offset() or 0) + 1
        try:
            found = frame.read(message.value(), number)
        except frame.BadFrame:
            continue
        if found.end > next_:
            return end - 1, True
    return end, False


def close(state: Partition, lateness: int, pane: int) -> None:
    """Drops the panes that are closed: their counts were committed to `sketches`."""
    closed = standing(state.position).closed(lateness, pane)
    state.position.sketched = max(state.position.sketched, closed)
    for key in [key for key in state.panes if key[1] + pane <= closed]:
        del state.panes[key]


def differences(before: Partition, after: Partition, lateness: int, pane: int) -> list[str]:
    """What the rebuilt state says otherwise, in words."""
    close(after, lateness, pane)
    was, now = msgspec.structs.asdict(before.position), msgspec.structs.asdict(after.position)
    found = [f"{name} was {was[name]}, is {now[name]}" for name in was if name not in OWN and was[name] != now[name]]
    found += [
        f"the pane of version {version} from {start} differs"
        for version, start in sorted(before.panes.keys() | after.panes.keys())
        if _bytes(before, (version, start)) != _bytes(after, (version, start))
    ]
    return found if before.recent.same(after.recent) else [*found, "the ids seen last differ"]


def _bytes(state: Partition, key: tuple[int, int]) -> tuple[bytes, bytes] | None:
    return state.panes[key].to_bytes() if key in state.panes else None


def _before(number: int, rows: list[Any]) -> tuple[Partition | None, str]:
    """The state that is there, if there is one that can be read; else why not."""
    live: Mapping[bytes, Any] = {message.key() or b"": message.value() for message in rows}
    if live.get(position.KEY) is None:
        return None, "there was none"
    try:
        return restore(number, rows), ""
    except Refused as error:
        return None, str(error)
