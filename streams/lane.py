"""One partition's way to Kafka: outputs, state and position in one transaction, fenced against earlier owners."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from infra import kafka
from infra.identity import Identity
from infra.metrics.catalogue import REJECTED_FOR, STAGE_RECORDS
from schemas import position, sketch
from schemas.errors import Unavailable
from schemas.frame import BadFrame, Frame, pack, read
from schemas.messages import Served, encode
from schemas.position import Position
from schemas.reasons import headers
from schemas.sketch import SketchRow
from schemas.topics import Topics
from streams.decode import Aside
from streams.score import Partition, Serving, Stage
from streams.transaction import Transaction
from streams.watermark import standing

HOLE = 4_000
"""Records of a hole taken at once."""
STRETCH = 25 * HOLE
"""Records of a hole committed at once: a large hole must outlast neither a transaction nor a process."""
SCORED = STAGE_RECORDS.live.labels("score")
log = structlog.get_logger()
Reader = Callable[[str, int, int, int | None], Iterable[Any]]
"""topic, partition, start, stop -> committed records."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where lanes of a worker read and write."""

    bootstrap: str
    topics: Topics
    worker: str
    lateness: int
    pane: int


@dataclass(slots=True)
class Lane:
    """Takes frames, and commits what they gave; between two commits everything is in one open transaction."""

    place: Place
    state: Partition
    stage: Stage
    transaction: Transaction
    reader: Reader
    bounds: Callable[[], tuple[int, int]]
    """The first offset that `samples` still holds, and its end; raises Unavailable."""
    identity: Identity
    touched: set[tuple[int, int]] = field(default_factory=set)
    idle_reported: bool = False
    booked: Position = field(default_factory=Position)
    """The position as last committed."""

    ends_at: int = 0
    """`samples` holds as much at least."""

    def __post_init__(self) -> None:
        self.booked = msgspec.structs.replace(self.state.position)

    @property
    def open(self) -> bool:
        """Whether there is anything to commit."""
        return self.transaction.open

    @property
    def committed(self) -> tuple[int, int]:
        """`reach` and `next` of the position as last committed."""
        return self.booked.reach, self.booked.next

    def receive(self, data: bytes | None, offset: int, serving: Serving) -> None:
        """Takes the message of `frames` at `offset`. No frame of ours? Passed over: `samples` is the truth."""
        here, number = self.state.position, self.state.number
        try:
            frame = read(data, number)
            self._of_our_source(frame)
            self._within(frame)
        except BadFrame as error:
            here.foreign, here.doubt = here.foreign + 1, True
            log.error(  # noqa: TRY400 - the sentence says it
                "lane.foreign_frame",
                place=f"{self.place.topics.frames}/{number}/{offset}",
                error=str(error),
                done="passed over and counted; its records are read from samples",
            )
        else:
            self.take(frame, serving)
            here.doubt = False
        here.reach = offset + 1

    def _of_our_source(self, frame: Frame) -> None:
        """Refuses records of another topic than the state is of; ends the process if `samples` is another one now."""
        here = self.state.position
        if frame.source != here.source:
            here.source = self.identity.check()
        if frame.source != here.source:
            raise BadFrame(f"its records are of the topic {frame.source!r}, and samples is {here.source!r}")

    def _within(self, frame: Frame) -> None:
        """Refuses records that `samples` does not hold: those that will come at these offsets would be skipped.

        Where a frame goes on just where we stand, as nearly all do, the broker is not asked: its answer would take
        longer than the frame, and everything else on this thread would wait for it.
        """
        next_, last = self.state.position.next, len(frame.offsets) - 1
        if frame.prev == frame.first == next_ and frame.offsets[-1] == last:
            return
        if frame.end <= max(self.ends_at, next_):
            return
        try:
            self.ends_at = self.bounds()[1]
        except Unavailable as error:  # who cannot be asked now cannot have been flooded by a stranger either
            log.warning("lane.end_unknown", partition=self.state.number, error=str(error))
            return
        if frame.end > self.ends_at:
            raise BadFrame(f"it claims offsets up to {frame.end}, and samples ends at {self.ends_at}")

    def settle(self, serving: Serving) -> None:
        """Reads from `samples` what may have been in a frame that was passed over, when no frame of ours follows."""
        here, number = self.state.position, self.state.number
        stop = self.bounds()[1]
        if any(True for _ in self.reader(self.place.topics.samples, number, here.next, stop)):
            self._fill(stop, serving)
        here.doubt = False

    def take(self, frame: Frame, serving: Serving) -> None:
        """Applies a frame, and what is missing before it; nothing here awaits: state is read and written in one go."""
        if frame.prev > self.state.position.next:
            self._fill(frame.prev, serving)
        self._apply(frame, serving)

    def _fill(self, stop: int, serving: Serving) -> None:
        """Reads a hole from `samples`, which is the truth; records gone from there too are counted as unavailable."""
        here, number = self.state.position, self.state.number
        log.warning("lane.hole", partition=number, start=here.next, stop=stop)
        expected: int | None = here.next
        missing: list[Any] = []
        for message in self.reader(self.place.topics.samples, number, here.next, stop):
            if expected is not None:
                self._gone(expected, message.offset())
                expected = None
            missing.append(message)
            if len(missing) == HOLE:
                self._apply_read(missing, serving)
                missing = []
            if here.next - self.booked.next >= STRETCH and not missing:
                self.commit()
        if missing:
            self._apply_read(missing, serving)
        if expected is not None:
            self._gone(expected, stop)
        here.empty += stop - here.next
        here.next = stop

    def _apply_read(self, records: list[Any], serving: Serving) -> None:
        """Applies what was read from `samples`, which was still the topic that our offsets are of."""
        self.identity.check()
        self._apply(pack(self.state.number, self.state.position.next, records), serving)

    def _gone(self, start: int, stop: int) -> None:
        """What `samples` has deleted between these offsets was not scored; the rest of them never held a record."""
        records = min(self.bounds()[0], stop) - start
        if records > 0:
            self.state.position.unavailable += records
            self.state.position.received += records
            self.state.position.next += records
            log.error("lane.unavailable", partition=self.state.number, records=records)

    def _apply(self, frame: Frame, serving: Serving) -> None:
        self.adopt(serving)
        received = self.state.position.received
        output = self.stage.apply(self.state, frame, serving)
        SCORED.inc(self.state.position.received - received)
        self.idle_reported = False
        topics, number = self.place.topics, self.state.number
        self.transaction.produce_all(topics.predictions, output.predictions)
        for topic, put_aside in ((topics.rejected, output.rejected), (topics.late, output.late)):
            for aside in put_aside:
                self._put_aside(topic, frame, number, aside)
        for reason, count in Counter(aside.reason for aside in output.rejected).items():
            REJECTED_FOR.live.labels(reason).inc(count)
        self.touched.update(output.panes)

    def _put_aside(self, topic: str, frame: Frame, number: int, aside: Aside) -> None:
        offset = frame.first + frame.offsets[aside.index]
        why = headers(aside.reason, aside.detail, self.place.topics.samples, number, offset)
        self.transaction.produce(topic, frame.values[aside.index], frame.keys[aside.index], headers=why)

    def adopt(self, serving: Serving) -> None:
        """From the next record on this version scores: said in `served`, with the state."""
        here = self.state.position
        if here.version == serving.champion.version:
            return
        here.version, here.switched = serving.champion.version, here.next
        self.say_served(serving)

    def say_served(self, serving: Serving) -> None:
        """A record of `served` for this partition."""
        here, ref = self.state.position, serving.champion.model.ref
        said = Served(
            worker=self.place.worker,
            partition=self.state.number,
            version=ref.version,
            model_sha256=ref.model_sha256,
            from_offset=here.switched,
            at=kafka.now_ms(),
        )
        key = f"{self.place.topics.stream}|{self.place.worker}|{self.state.number}".encode()
        self.transaction.produce(self.place.topics.served, encode(said), key, partition=0)

    def say_idle(self) -> None:
        """This partition has nothing to read, and holds no verdict up."""
        if not self.idle_reported:
            self._sketch(SketchRow(partition=self.state.number, version=0, pane_start=0, reach=self.state.position.next,
                                   closed=self.state.position.sketched, idle=True))  # fmt: skip
            self.idle_reported = True

    def forget(self, keys: Iterable[bytes]) -> None:
        """Deletes rows of `state`, with the next commit."""
        for key in keys:
            self.transaction.produce(self.place.topics.state, None, key)

    def commit(self) -> None:
        """Ends the transaction: closed panes to `sketches`, changed state and the position to `state`.

        Raises:
            Fatal: another owner has fenced this lane, or Kafka refuses: the process must end.
        """
        self._close_panes()
        state_topic = self.place.topics.state
        for key in sorted(self.touched & self.state.panes.keys()):
            self.transaction.produce(state_topic, sketch.encode(self._row(key, key[1])), b"pane/%d/%d" % key)
        for chunk, content in self.state.recent.changed():
            self.transaction.produce(state_topic, content, b"ids/%d" % chunk)
        self.transaction.produce(state_topic, position.encode(self.state.position), position.KEY)
        self.touched.clear()
        self.transaction.commit()
        self.booked = msgspec.structs.replace(self.state.position)

    def _close_panes(self) -> None:
        here = self.state.position
        closed = standing(here).closed(self.place.lateness, self.place.pane)
        done = sorted((start, version) for version, start in self.state.panes if start + self.place.pane <= closed)
        here.sketched = max(here.sketched, closed)
        for start, version in done:
            key = (version, start)
            # The judge may read a part of a commit: only its last row says that all of them are there.
            self._sketch(self._row(key, closed if (start, version) == done[-1] else start))
            self.transaction.produce(self.place.topics.state, None, b"pane/%d/%d" % key)
            del self.state.panes[key]

    def _row(self, key: tuple[int, int], closed: int) -> SketchRow:
        pane = self.state.panes[key]
        counts, sums = pane.to_bytes()
        return SketchRow(
            partition=self.state.number,
            version=key[0],
            pane_start=key[1],
            reach=self.state.position.next,
            closed=closed,
            counts=counts,
            sums=sums,
            reference=pane.reference,
        )

    def _sketch(self, row: SketchRow) -> None:
        self.transaction.produce(self.place.topics.sketches, sketch.encode(row), row.key, partition=0)
